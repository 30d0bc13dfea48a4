"""Recordings are held against the log, however many are asked for at once."""

from __future__ import annotations

import pytest

from callrec.calls import as_signed
from callrec.calls.as_signed import check_as_signed
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import from_millis
from callrec.errors import Tampered
from callrec.policy.request import RequestAct
from callrec.practice import writing
from house.commands import type_in
from house.erasures import approved_erasure, erase
from house.practices import House
from house.requests import a_request, by_sql, rows, signed_in
from house.stages import CALLERS, copied

callers = copied(CALLERS)

TAMPERED = 5


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


def test_one_that_says_it_was_destroyed_and_is_there_is_left_out_of_no_list(
    callers: House,
) -> None:
    by_sql(callers, "UPDATE recording SET state = 'destroyed' WHERE id = 3")
    when = rows(callers, "SELECT started_at FROM recording WHERE id = 3")[0].started_at
    day = f"{from_millis(when):%Y-%m-%d}"
    for words in (("status",), ("show", "3"), ("retention", "review")):
        assert type_in(callers, "max", *words).status == TAMPERED, words
    why = ("--reason", "A patient complains about a call of that day")
    assert "\n3" in type_in(callers, "max", "search", "--date", day, *why).out


def test_what_the_clear_columns_of_a_call_say_is_not_shown_of_a_request_where_it_was_changed(
    callers: House,
) -> None:
    reference = a_request(callers, "max", recordings=(3,))
    by_sql(callers, "UPDATE recording SET duration_ms = 3600000, direction = 'outbound'")
    assert type_in(callers, "max", "request", "show", reference).status == TAMPERED
