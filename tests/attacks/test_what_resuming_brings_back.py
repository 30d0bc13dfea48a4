"""Nobody has a thing that was ended stand again by damaging the entry that ended it."""

from __future__ import annotations

import pytest

from callrec.people.powers import disable_person
from house.commands import type_in
from house.practices import House
from house.requests import by_sql, rows

REFUSED = 3


def ends_it(house: House, what: str) -> None:
    match what:
        case "person.disabled":
            disable_person(house.practice, house.actor("dora"), login="max")
        case "settings.applied":
            house.decide(search={"widest_window_days": 2})
        case _:
            (house.folder / "new").write_text("nine orange badgers sleep very late\n")
            (house.folder / "new").chmod(0o600)
            done_with = {"CALLREC_NEW_PASSWORD_FILE": house.folder / "new"}
            assert type_in(house, "max", "user", "password", **done_with).status == 0


@pytest.mark.parametrize("what", ["person.disabled", "settings.applied", "password.changed"])
def test_what_an_entry_ended_does_not_come_back_by_damaging_it(stocked: House, what: str) -> None:
    ends_it(stocked, what)
    act = f'"act":"{what}"'.encode()
    (row,) = rows(stocked, "SELECT max(seq) AS seq FROM leaf WHERE instr(body, :act)", act=act)
    assert row.seq is not None
    by_sql(stocked, "UPDATE leaf SET body = x'7b7d' WHERE seq = :seq", seq=row.seq)
    stocked.close()
    reason = ("--reason", "Somebody had the disk in their hands", "--yes")
    answer = type_in(stocked, "dora", "audit", "resume", *reason)
    assert answer.status == REFUSED
    assert "would stand again" in answer.err
    assert "callrec restore" in answer.err
