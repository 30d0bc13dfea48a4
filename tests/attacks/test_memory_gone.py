"""A remembered head that somebody took away is missed loudly; none is outside that we can write."""

from __future__ import annotations

import shutil

from house.commands import done, type_in
from house.practices import House
from house.requests import by_sql

UNANCHORED = 10

HEAD_GONE = 11

TAMPERED = 5


def test_a_head_that_has_gone_from_memory_is_told_loudly_with_a_status_of_its_own(
    worked: House,
) -> None:
    done(worked, "dora", "audit", "verify", "--full")
    (worked.practice.state_folder / "head.json").unlink()
    status = done(worked, "nobody", "status")
    assert "warning: this machine's note of the record's newest entry IS MISSING" in status
    answer = type_in(worked, "dora", "audit", "verify")
    assert answer.status == HEAD_GONE
    assert answer.out.startswith("INTACT-UNANCHORED\n")
    assert "THIS MACHINE'S NOTE OF THE NEWEST ENTRY IS MISSING" in answer.out
    assert "newest entry is missing" in answer.err


def test_where_all_memory_has_gone_it_is_told_since_when_there_is_one(worked: House) -> None:
    shutil.rmtree(worked.practice.state_folder)
    answer = type_in(worked, "dora", "audit", "verify")
    assert answer.status == UNANCHORED
    assert "NO NOTE OF THE NEWEST ENTRY WAS AT HAND" in answer.out
    done(worked, "pat", "whoami")
    done(worked, "dora", "user", "list")
    begun = f"kept watch without a break since {worked.now():%a %-d %b %Y, %H:%M} UTC"
    assert begun in done(worked, "dora", "audit", "verify")


def test_an_account_that_only_verifies_is_held_to_what_it_verified(worked: House) -> None:
    catalogue = worked.practice.folder / "catalogue.sqlite"
    done(worked, "pat", "login", "pat")
    memory = worked.practice.state_folder / "head.json"
    seen_before = memory.read_bytes()
    shutil.copy(catalogue, older := worked.folder / "older")
    done(worked, "dora", "user", "list")
    for begins_with in (seen_before, None):
        newer = worked.folder / "newer"
        shutil.copy(catalogue, newer)
        shutil.rmtree(worked.practice.state_folder)
        if begins_with:
            memory.parent.mkdir(mode=0o700)
            memory.write_bytes(begins_with)
            verified(worked, 0, "INTACT")
        else:
            verified(worked, UNANCHORED, "INTACT-UNANCHORED")
        verified(worked, 0, "INTACT")
        shutil.copy(older, catalogue)
        for how in ("--new", "--full"):
            verified(worked, TAMPERED, "TAMPERED", how)
        shutil.copy(newer, catalogue)


def verified(house: House, status: int, verdict: str, *how: str) -> None:
    pin = house.practice.root.hex()
    answer = type_in(house, "nobody", "audit", "verify", "--pin", pin, *how)
    assert (answer.status, answer.out.splitlines()[0]) == (status, verdict), answer


def test_no_note_is_printed_of_a_record_whose_end_nobody_signed(worked: House) -> None:
    done(worked, "dora", "audit", "print")
    by_sql(worked, "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")
    for memory in ("there", "gone"):
        if memory == "gone":
            shutil.rmtree(worked.practice.state_folder)
        answer = type_in(worked, "dora", "audit", "print")
        assert (answer.status, answer.out) == (TAMPERED, "")


def test_a_head_in_a_file_that_we_can_write_is_not_called_an_outside_one(worked: House) -> None:
    (worked.folder / "paper.txt").write_text(done(worked, "nobody", "audit", "print"))
    said = done(worked, "dora", "audit", "verify", "--against", str(worked.folder / "paper.txt"))
    assert 'holds all that a note says that you could have written: "paper.txt", ' in said
    assert "outside note" not in said
