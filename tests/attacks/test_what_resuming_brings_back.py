"""Nobody has a thing that was ended stand again by damaging the entry that ended it."""

from __future__ import annotations

import pytest

from attacks.everything import FULL
from callrec.errors import Failed, Tampered
from callrec.people.powers import disable_person
from house.commands import done, type_in
from house.drives import archive
from house.incidents import MILD, found
from house.practices import House
from house.requests import by_sql, rows
from house.stages import copied

REFUSED = 3

full = copied(FULL)


REASON = ("--reason", "Somebody had the disk in their hands", "--yes")


def damage_last(house: House, act: str) -> None:
    """The last entry of an act is spoilt."""
    spoken = f'"act":"{act}"'.encode()
    (row,) = rows(house, "SELECT max(seq) AS seq FROM leaf WHERE instr(body, :act)", act=spoken)
    assert row.seq is not None
    by_sql(house, "UPDATE leaf SET body = x'7b7d' WHERE seq = :seq", seq=row.seq)
    house.close()


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
    damage_last(stocked, what)
    answer = type_in(stocked, "dora", "audit", "resume", *REASON)
    assert answer.status == REFUSED
    assert "would stand again" in answer.err
    assert "callrec drive restore" in answer.err


BROKEN = {
    "request.denied": "request R-4",
    "request.received": "request R-1",
    "hold.covers": "hold H-1",
    "incident.updated": "incident I-1",
}
"""What lacks an entry then."""


@pytest.mark.parametrize(("act", "thing"), BROKEN.items(), ids=BROKEN)
def test_what_lacks_an_entry_is_put_on_record_and_stops_nothing_else(
    act: str, thing: str, full: House
) -> None:
    found(full, "I-1", MILD)
    damage_last(full, act)
    on_record = f"{thing} is not what the entries that are left come to"
    answer = type_in(full, "dora", "audit", "resume", *REASON)
    assert answer.status == 0, answer
    assert thing in answer.out
    verified = done(full, "dora", "audit", "verify", "--full")
    assert verified.startswith("INTACT, resumed at ")
    assert on_record in verified
    archive(full, full.folder / "drive-a")
    for words in (["status"], ["inbox"], ["request", "list"], ["hold", "list"]):
        done(full, "dora", *words)


def test_what_was_denied_is_not_open_again_without_its_denial(full: House) -> None:
    damage_last(full, "request.denied")
    done(full, "dora", "audit", "resume", *REASON)
    answer = type_in(full, "dora", "approve", "R-4", "--yes")
    assert answer.status == Tampered.exit_status, answer


@pytest.mark.parametrize("act", ["request.created", "login", "incident.reported", "hold.placed"])
def test_without_the_entry_that_made_it_nothing_is_put_on_record(act: str, full: House) -> None:
    damage_last(full, act)
    before = rows(full, "SELECT * FROM leaf")
    answer = type_in(full, "dora", "audit", "resume", *REASON)
    assert answer.status == Failed.exit_status, answer
    assert "callrec drive restore --from DRIVE" in answer.err
    assert rows(full, "SELECT * FROM leaf") == before


def test_of_a_login_that_was_renamed_it_is_not_said_that_nothing_is_wrong(full: House) -> None:
    by_sql(full, "UPDATE person SET login = 'maxine' WHERE login = 'max'")
    full.close()
    done(full, "dora", "audit", "resume", *REASON)  # the row stands as it was found
    answer = type_in(full, "dora", "audit", "resume", *REASON)
    assert answer.status == Tampered.exit_status, answer
    assert "a login stands beside somebody else's name" in answer.err
    assert "callrec drive restore" in answer.err
