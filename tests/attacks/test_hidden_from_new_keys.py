"""Whoever can write to the database hides rows while keys go on, and puts them back afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count

import pytest

from attacks.everything import catalogue_of
from callrec.errors import Tampered
from callrec.keys import reencrypting, rotating
from callrec.keys.reencrypting import WhyLeft, reencrypt
from callrec.keys.rotating import left_to_reseal, reseal, rotate_keys
from callrec.policy.role import VaultKey
from callrec.registers.verify import Verdict
from house.commands import type_in
from house.holds import verified
from house.practices import House
from house.stages import BUSY, Stage, copied

TAMPERED, IN_PART = 5, 8

RESEAL = ("keys", "rotate", "--reseal")
REENCRYPT = ("keys", "rotate", "--reencrypt")
AUDIT = ("keys", "audit")

LAST_STEP = 4


def renewed(house: House) -> None:
    rotate_keys(house.practice, house.actor("dora"), tuple(VaultKey))


RENEWED = Stage("busy, renewed", renewed, after=BUSY)
"""Everything lies under keys that are not the newest."""

old = copied(RENEWED)


@contextmanager
def hidden(house: House, table: str, where: str = "true") -> Iterator[None]:
    """Rows are not there for a while, and as they were then."""
    with closing(sqlite3.connect(catalogue_of(house))) as database:
        rows = database.execute(f'SELECT * FROM "{table}" WHERE {where}').fetchall()
        with database:
            database.execute(f'DELETE FROM "{table}" WHERE {where}')
        assert rows
        yield
        places = ", ".join("?" * len(rows[0]))
        with database:
            database.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)


@pytest.mark.parametrize(
    ("words", "table"),
    [
        *((RESEAL, table) for table in ("batch", "recording", "request_key", "hold", "detail")),
        *((RESEAL, table) for table in ("note_key", "subject_key", "incident_key", "person")),
        *((RESEAL, table) for table in ("metadata", "duplicate", "complaint_key", "subject")),
        *((REENCRYPT, table) for table in ("batch", "recording", "grant_", "held")),
        *((AUDIT, table) for table in ("incident_key", "complaint_key", "grant_")),
        (AUDIT, "written"),
        (("keys", "list"), "share"),
    ],
    ids=lambda each: each if isinstance(each, str) else " ".join(each),
)
def test_nothing_is_told_of_what_is_not_all_there(
    old: House, words: tuple[str, ...], table: str
) -> None:
    with hidden(old, table, "seq > 20" if table == "detail" else "true"):
        answer = type_in(old, "dora", *words)
    assert answer.status == TAMPERED, answer
    assert not answer.out
    assert verified(old).verdict is Verdict.INTACT
    answer = type_in(old, "dora", *words)
    assert answer.status == (IN_PART if words == REENCRYPT else 0), answer


@pytest.mark.parametrize("words", [RESEAL, REENCRYPT], ids=" ".join)
def test_nothing_is_told_of_what_only_says_that_it_was_moved(
    old: House, words: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(catalogue_of(old))) as database, database:
        database.execute("UPDATE batch SET recordings_version = 2, catalogue_version = 2")
    answer = type_in(old, "dora", *words)
    assert (answer.status, answer.out) == (TAMPERED, "")


def test_what_comes_back_while_others_are_moved_is_left(old: House) -> None:
    steps, keys = count(1), [VaultKey.CATALOGUE]
    with ExitStack() as away:
        away.enter_context(hidden(old, "hold"))

        def put_back(_: int) -> None:
            if next(steps) == LAST_STEP:
                away.close()

        assert not reseal(old.practice, old.actor("dora"), keys, put_back).moved["holds"]
    assert +left_to_reseal(old.practice, keys) == {"holds": 1}


@pytest.mark.parametrize("table", ["recording", "metadata"])
def test_what_comes_back_behind_the_others_in_the_index_is_looked_at_again(
    old: House, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "RECORDINGS_PER_STEP", 1)
    steps, keys = count(1), [VaultKey.INDEX]
    with ExitStack() as away:

        def toggle(_: int) -> None:
            step = next(steps)
            if step == 1:
                column = "id" if table == "recording" else "recording"
                away.enter_context(hidden(old, table, f"{column} = 2"))
            elif step == 2:
                away.close()

        moved = reseal(old.practice, old.actor("dora"), keys, toggle).moved
    assert moved["calls in the index"] == 2
    assert left_to_reseal(old.practice, keys)["calls in the index"]
    answer = type_in(old, "dora", *RESEAL, "--key", "index")
    assert answer.status == 0
    assert answer.out.split("calls in the index")[1].split()[:2] == ["3", "0"]


@pytest.mark.parametrize("step", [2, 3])
def test_what_comes_back_while_others_are_sealed_anew_is_named(
    stocked: House, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencrypting, "RECORDINGS_PER_STEP", 1)
    renewed(stocked)
    stocked.open()
    steps = count(1)
    with ExitStack() as away:

        def toggle(_: int) -> None:
            if (now := next(steps)) == 1:
                away.enter_context(hidden(stocked, "recording", "id = 2"))
            elif now == step:
                away.close()

        if step == 2:
            done = reencrypt(stocked.practice, stocked.actor("dora"), toggle)
            assert (done.recordings, done.left) == (2, {WhyLeft.CHANGED: [2]})
        else:
            with pytest.raises(Tampered):
                reencrypt(stocked.practice, stocked.actor("dora"), toggle)
