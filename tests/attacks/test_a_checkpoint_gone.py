"""A checkpoint that is gone though the next one covers its leaves is missed by who verified it.

Nothing that was acted or signed is lost with it, and nothing else tells: but it was there.
"""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from attacks.test_foreign_entries import REASON, TAMPERED, database
from callrec.audit.remembered import VERIFIED_FILE
from callrec.catalogue.engine import reading
from callrec.errors import Tampered
from callrec.registers.verify import check_vault
from house.commands import done, type_in
from house.holds import leaves
from house.practices import House

RESUME = ("audit", "resume", "--reason", REASON, "--yes")


@pytest.fixture
def verified_once(worked: House) -> House:
    """Three checkpoints of one person follow one another without a row written, and it is known."""
    for _ in range(3):
        done(worked, "max", "user", "list")
    assert done(worked, "dora", "audit", "verify").startswith("INTACT\n")
    return worked


def take_out(house: House) -> str:
    """Two of the three; how verifying names it."""
    *_, first, second, _ = leaves(house, "people.listed")
    with closing(database(house)) as catalogue, catalogue:
        gone = "DELETE FROM checkpoint WHERE size IN (?, ?) AND instr(note, 'written ') = 0"
        assert catalogue.execute(gone, (first.seq + 1, second.seq + 1)).rowcount == 2
    verified = json.loads((house.practice.state_folder / VERIFIED_FILE).read_bytes())["signed"]
    return (
        f"a signature of the first {verified} entries was changed or taken away since they"
        " were verified here"
    )


@pytest.mark.parametrize("how", [(), ("--full",)], ids=["plain", "full"])
def test_it_is_told_until_somebody_has_put_it_on_record(
    verified_once: House, how: tuple[str, ...]
) -> None:
    what = take_out(verified_once)
    for _ in range(2):
        answer = type_in(verified_once, "dora", "audit", "verify", *how)
        assert (answer.status, what in answer.out) == (TAMPERED, True)
    shown = type_in(verified_once, "dora", *RESUME)
    assert (shown.status, what in shown.out) == (0, True)
    found = done(verified_once, "dora", "audit", "verify", *how)
    assert found.startswith("INTACT, resumed at")
    assert "the signatures over the first" in found
    assert done(verified_once, "dora", "audit", "verify", *how).startswith("INTACT, resumed at")


def test_no_copy_of_such_a_vault_takes_the_place_of_a_good_one(verified_once: House) -> None:
    what = take_out(verified_once)
    with reading(verified_once.practice.engine) as connection, pytest.raises(Tampered, match=what):
        check_vault(verified_once.practice, connection)


def test_it_is_named_with_what_else_is_wrong(verified_once: House) -> None:
    what = take_out(verified_once)
    with closing(database(verified_once)) as catalogue, catalogue:
        catalogue.execute("DELETE FROM detail WHERE seq = (SELECT min(seq) FROM detail)")
    answer = type_in(verified_once, "dora", "audit", "verify")
    assert (answer.status, what in answer.out) == (TAMPERED, True)
    assert "the details of leaf" in answer.out
    shown = type_in(verified_once, "dora", *RESUME)
    assert (shown.status, what in shown.out) == (0, True)


def test_what_was_put_on_record_before_explains_nothing(verified_once: House) -> None:
    with closing(database(verified_once)) as catalogue, catalogue:
        catalogue.execute("INSERT INTO checkpoint VALUES (10000, x'00')")
    assert type_in(verified_once, "dora", *RESUME).status == 0
    for _ in range(3):
        done(verified_once, "max", "user", "list")
    assert done(verified_once, "dora", "audit", "verify").startswith("INTACT, resumed at")
    what = take_out(verified_once)
    assert what in type_in(verified_once, "dora", "audit", "verify").out


def test_who_never_verified_it_is_told_nothing(verified_once: House) -> None:
    """Known, and said in docs/formats/audit-log.md, 4."""
    take_out(verified_once)
    (verified_once.practice.state_folder / VERIFIED_FILE).unlink()
    assert done(verified_once, "dora", "audit", "verify", "--full").startswith("INTACT\n")
