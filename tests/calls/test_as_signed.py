"""Recordings are held against the log, however many are asked for at once."""

from __future__ import annotations

import pytest

from callrec.calls import as_signed
from callrec.calls.as_signed import check_as_signed
from callrec.catalogue.engine import reading
from callrec.errors import Tampered
from callrec.policy.request import RequestAct
from callrec.practice import writing
from house.erasures import approved_erasure, erase
from house.practices import House
from house.requests import by_sql, rows, signed_in
from house.stages import CALLERS, copied

callers = copied(CALLERS)


@pytest.fixture(params=[0, 50], ids=["as many", "as few"])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many are looked for one by one."""
    monkeypatch.setattr(as_signed, "_FEW", request.param)


def check(house: House, *numbers: int) -> None:
    found = [row for row in rows(house, "SELECT * FROM recording") if row.id in numbers]
    with reading(house.practice.engine) as connection:
        check_as_signed(house.practice, connection, found)


@pytest.mark.usefixtures("asked")
def test_what_an_entry_destroyed_is_found_among_others(callers: House) -> None:
    erase(callers, approved_erasure(callers, 2))
    check(callers, 1, 3, 4)
    with pytest.raises(Tampered, match="recording 2 was destroyed by entry"):
        check(callers, 1, 2, 3, 4)


@pytest.mark.usefixtures("asked")
def test_an_entry_of_somebody_who_may_not_destroy_destroys_nothing(callers: House) -> None:
    sam, (uid,) = (
        signed_in(callers, "sam"),
        rows(callers, "SELECT uid FROM recording WHERE id = 1")[0],
    )
    with writing(callers.practice, sam.signer) as act:
        act.leaf(RequestAct.CARRIED_OUT, actor=sam.person.id, subject=["ab" * 16, uid])
    check(callers, 1, 2, 3, 4)


def test_one_row_among_others_that_is_not_as_it_was_signed_for_is_found(callers: House) -> None:
    by_sql(callers, "UPDATE recording SET state = 'archived' WHERE id = 3")
    check(callers, 1, 2, 4)
    with pytest.raises(Tampered, match=r"recording 3, in .* is not as entry"):
        check(callers, 1, 2, 3, 4)


def test_nor_is_what_was_signed_for_one_changed_with_it(callers: House) -> None:
    by_sql(callers, "UPDATE written SET was = x'00' WHERE name = 'recording' AND key = '3'")
    with pytest.raises(Tampered, match='the table "written" tells what nobody signed'):
        check(callers, 1, 2, 3, 4)
