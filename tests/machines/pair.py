"""Two machines that write one vault, whose catalogue is in a PostgreSQL of its own.

A machine has a folder of its own for the vault, and an operator who remembers the log's head there.
What it does is written into a diary before it begins and once it is acknowledged, so that what it
was told can be compared with what the vault holds, whatever killed it in between.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Event
from time import time
from typing import Any

from callrec.audit import tree
from callrec.audit.log import node_reader, read_leaf, stored_head
from callrec.audit.remembered import load_seen_head
from callrec.catalogue.engine import reading
from callrec.errors import CallrecError
from callrec.practice import record
from house import postgres, practices
from house.commands import Answer, done, type_in
from house.practices import House
from house.spool import a_call, a_name, a_wave, left_in, recordings_of

CALLS = 3
"""That a telephone system leaves at a time."""


@contextmanager
def own_server(*settings: str) -> Iterator[Path]:
    """A server that may be killed: its folder."""
    folder = Path(tempfile.mkdtemp(prefix="callrec-pg-"))
    postgres.make(folder)
    postgres.start(folder, *settings)
    try:
        postgres.make_roles(folder)
        yield folder
    finally:
        postgres.stop(folder)
        shutil.rmtree(folder)


def two_machines(work: Path, server: Path, founded: House) -> tuple[House, House]:
    """A copy of a practice, moved into a database there; and the machine beside it."""
    one = practices.copy(founded, work / "one")
    postgres.move_to_own(one, server)
    return one, postgres.beside(one)


@dataclass(frozen=True, slots=True)
class Diary:
    """What one machine did, in all its lives: lines that are there once they are written."""

    file: Path

    def write(self, *words: object) -> None:
        line = " ".join(map(str, (*words, f"{time():.3f}")))
        with self.file.open("ab", buffering=0) as file:
            file.write(f"{line}\n".encode())

    def lines(self, kind: str) -> list[list[str]]:
        """What it wrote of one kind, a list of words each, with the second at the end."""
        if not self.file.exists():
            return []
        words = [line.split() for line in self.file.read_text(encoding="utf-8").splitlines()]
        return [rest for first, *rest in words if first == kind]


def diary_of(house: House) -> Diary:
    return Diary(house.folder.with_suffix(".diary"))


def live(house: House, life: int, pause: float) -> None:
    """Act, and take in what the telephone system left, until killed."""
    os.setsid()
    diary, number = diary_of(house), count()
    machine = 1 + (house.folder.name == "beside")
    for each in number:
        house.at = datetime.now(UTC)
        mark = f"{machine:08x}{life:08x}{each:016x}"
        diary.write("begun", mark)
        try:
            seq = record(house.practice, house.actor("max"), "user.shown", subject=[mark])
        except CallrecError as failure:
            diary.write("failed", mark, failure.message.replace(" ", "_"))
        else:
            diary.write("done", mark, seq)
        if each % 4 == 0:
            first = machine * 10_000_000 + life * 100_000 + each * CALLS
            leave_calls(house, range(first, first + CALLS))
            answer = take_in(house)
            diary.write("ingested" if answer.status == 0 else "not-ingested", answer.status)
        house.close()
        Event().wait(pause)


def spool_of(house: House) -> Path:
    return house.folder.with_name(f"spool-{house.folder.name}")


def leave_calls(house: House, calls: Iterable[int]) -> None:
    """A telephone system leaves these: each is in the diary, and then whole in the spool."""
    making = spool_of(house).with_suffix(".making")
    spool_of(house).mkdir(exist_ok=True)
    for call in calls:
        made = a_call(making, call)
        diary_of(house).write("call", call)
        made.rename(spool_of(house) / made.name)


def take_in(house: House) -> Answer:
    return type_in(house, "max", "ingest", str(spool_of(house)), "--after", "delete")


def came_to(houses: tuple[House, ...]) -> dict[str, Any]:
    """What the vault holds of what the machines were told; nothing may be wrong with it.

    Raises:
        AssertionError: something is missing, there twice, or was never begun; or a log that
            one of them remembers is not the beginning of the log that is there.
    """
    kept = houses[0]
    done_, begun = dict[str, int](), set[str]()
    for house in houses:
        begun |= {mark for mark, _ in diary_of(house).lines("begun")}
        done_ |= {mark: int(seq) for mark, seq, _ in diary_of(house).lines("done")}
    refused = [words for house in houses for words in diary_of(house).lines("failed")]
    found = marks_in(kept)
    assert max(Counter(found.values()).values(), default=1) == 1, "a leaf is there twice"
    assert {found.get(seq) == mark for mark, seq in done_.items()} <= {True}, "a leaf is missing"
    assert set(found.values()) <= begun, "a leaf that nobody wrote"
    for house in houses:
        check_remembered(house)
        assert done(house, "dora", "audit", "verify", "--full").startswith("INTACT")
    return {
        "acknowledged": len(done_),
        "found": len(found),
        "of those not acknowledged, as it was killed": len(found) - len(done_),
        "begun": len(begun),
        "refused": len(refused),
        "as": sorted({words[1].replace("_", " ") for words in refused}),
    }


def marks_in(house: House) -> dict[int, str]:
    """What the machines acted on, by the numbers of the leaves."""
    with reading(house.practice.engine) as connection:
        size = stored_head(connection).size
        leaves = [read_leaf(connection, seq)[0] for seq in range(size)]
    return {leaf.seq: leaf.subject[0] for leaf in leaves if leaf.act == "user.shown"}


def check_remembered(house: House) -> None:
    """The log goes on from the head that a machine remembers."""
    seen = load_seen_head(house.practice.state_folder)
    assert seen is not None
    with reading(house.practice.engine) as connection:
        assert tree.root(seen.head.size, node_reader(connection)) == seen.head.root


def calls_come_to(houses: tuple[House, ...]) -> int:
    """Take in what is left; returns how many calls there are, each once, with its file.

    Raises:
        AssertionError: one is neither there nor left, or there twice, or a file is nobody's.
    """
    left = [int(call) for house in houses for call, _ in diary_of(house).lines("call")]
    for house in houses:
        made = {int(call): a_name(int(call)) for call, _ in diary_of(house).lines("call")}
        for name in made.values():
            with suppress(FileNotFoundError):
                (spool_of(house).with_suffix(".making") / name).rename(spool_of(house) / name)
        if left_in(spool_of(house)):
            answer = take_in(house)
            assert answer.status == 0, answer
        assert left_in(spool_of(house)) == []
    found = recordings_of(houses[0])
    sounds = Counter(str(each.fields["sha256"]) for each in found)
    assert sounds == Counter(sha256(a_wave(call)).hexdigest() for call in left)
    folders = [house.config.vault / "recordings" for house in houses]
    files = [Path(name).name for folder in folders for name in left_in(folder)]
    assert sorted(files) == sorted(each.ciphertext for each in found)
    return len(found)
