"""Eight people and services who work at once on one vault; a program of its own.

Each has his list of things to do and does one after the other, each by a real command line in a
process of its own, forked from this one, so that Python and its modules are loaded once for all.
What each command was told is written down, for the test to judge.

    cd tests && python -m concurrency.at_work HOUSE ROUNDS delete|wal

The last word is SQLite's journal: this machine's own version may use only one of the two.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import callrec
from callrec.catalogue import engine
from callrec.cli.app import run
from callrec.system.processes import harden_process
from house.commands import environment_of
from house.practices import House, written_down
from house.spool import a_call, a_name

BEGAN = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)

NEW, AGAIN = 3, 2
"""Recordings that a system leaves in each round, and those that the other one left as well."""

FAR = 1_000_000
"""Between the numbers of the calls of two systems."""

REASON = "The patient complains that nobody rang back"

NOT_LOADED = ("callrec.__main__", "callrec.catalogue.migrations", "callrec.package.callrec_verify")

BUSY = frozenset({"another ingest is running", "another archive run is under way"})
"""What one command tells another that has to wait; it is typed again."""


@dataclass(frozen=True)
class Told:
    """A command, and what came of it."""

    who: str
    words: tuple[str, ...]
    status: int
    out: str
    err: str

    @property
    def done(self) -> bool:
        return self.status == 0

    @property
    def error(self) -> str:
        """The message alone."""
        return self.err.partition("callrec: error: ")[2].partition("\n")[0]


@dataclass
class Office:
    """What they tell each other."""

    house: House
    rounds: int
    asked: list[str] = field(default_factory=list)
    """Requests, as they were made."""
    approved: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)

    @property
    def folder(self) -> Path:
        return self.house.folder

    @property
    def requests(self) -> int:
        """How many there will be: one in a round from each terminal."""
        return 2 * self.rounds


Work = Generator[tuple[str, ...], Told, None]
"""Yields what is typed next, and is sent what came of it."""


def taking_in(office: Office, system: str, other: str) -> Work:
    """A telephone system's service: new calls each time, and some that the other has as well."""
    own, others = FAR * int(system), FAR * int(other)
    for number in range(office.rounds):
        spool = office.folder / f"spool-{system}-{number}"
        for call in range(number * NEW, (number + 1) * NEW):
            a_call(spool, own + call)
        for call in range(number * NEW, number * NEW + AGAIN):
            a_call(spool, others + call, name=a_name(own + FAR // 2 + call))
        while (yield ("ingest", str(spool))).error in BUSY:
            pass


def asking(office: Office, recording: int) -> Work:
    """Somebody of the staff, at one of his two terminals: he asks, and releases what is granted."""
    unknown = ("number", "date", "time", "extension", "party")
    particulars = [word for name in unknown for word in (f"--{name}", "unknown")]
    particulars += ["--recording", str(recording), "--reason", REASON]
    particulars += ["--complaint", "C-7", "--complainant", "patient"]
    for _ in range(office.rounds):
        told = yield ("request", "create", "--purpose", "complaint", *particulars, "--json")
        office.asked.append(json.loads(told.out)["id"])
        yield from releasing(office)
    while len(office.released) < office.requests:
        yield ("request", "list")
        yield from releasing(office)


def releasing(office: Office) -> Work:
    """Everything that is granted and not released yet, though the other terminal may be at it."""
    to = ("--to", str(office.folder / "outbox"), "--deliver-by", "letter", "--passphrase-by")
    for reference in sorted(office.approved - office.released):
        if (yield ("release", reference, *to, "phone", "--json")).done:
            office.released.add(reference)


def deciding(office: Office, drive: str) -> Work:
    """An approver, who grants what waits, whether or not a colleague has; and archives."""
    seen: set[str] = set()
    while len(seen) < office.requests:
        yield ("inbox",)
        for reference in [each for each in office.asked if each not in seen]:
            seen.add(reference)
            if (yield ("approve", reference, "--yes")).done:
                office.approved.add(reference)
        yield ("search", "--number", "07700 900123", "--reason", REASON)
        while (yield ("archive", "--to", str(office.folder / drive), "--yes")).error in BUSY:
            pass


def looking(office: Office) -> Work:
    """Somebody who wants to know how things are."""
    for number in range(office.rounds):
        yield ("audit", "verify", "--full")
        yield ("search", "--extension", "201", "--date", "4/7/2024", "--reason", REASON)
        yield ("show", str(number + 1))
        yield ("status",)
        yield ("doctor",)
        yield ("audit", "verify")


def everybody(office: Office) -> list[tuple[str, Work]]:
    """Who works, under whose login, with what password or credential."""
    return [
        ("door", taking_in(office, "1", "2")),
        ("door", taking_in(office, "2", "1")),
        ("sam", asking(office, 1)),
        ("sam", asking(office, 2)),
        ("max", deciding(office, "drive-a")),
        ("mia", deciding(office, "drive-b")),
        ("dora", looking(office)),
        ("dora", looking(office)),
    ]


def at_once(office: Office) -> list[Told]:
    """Let all of them work till they are done; what they were told, in the order of its end."""
    waiting = [(who, work, next(work)) for who, work in everybody(office)]
    running: dict[int, tuple[str, Work, tuple[str, ...], Path]] = {}
    told: list[Told] = []
    started = 0
    while waiting or running:
        for who, work, words in waiting:
            started += 1
            place = office.folder / "told" / str(started)
            at = BEGAN + timedelta(seconds=started)
            running[begin(office, who, words, place, at)] = (who, work, words, place)
        process, status = os.wait()
        who, work, words, place = running.pop(process)
        answer = Told(
            who,
            words,
            os.waitstatus_to_exitcode(status),
            place.with_suffix(".out").read_text(),
            place.with_suffix(".err").read_text(),
        )
        told.append(answer)
        try:
            waiting = [(who, work, work.send(answer))]
        except StopIteration:
            waiting = []
    return told


def begin(office: Office, who: str, words: tuple[str, ...], place: Path, at: datetime) -> int:
    """Type a command, as its own process; returns the process's number."""
    process = os.fork()
    if process:
        return process
    status = 99
    try:
        for stream, suffix in ((1, ".out"), (2, ".err")):
            file = os.open(place.with_suffix(suffix), os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(file, stream)
        os.environ.update(environment_of(office.house, who))
        harden_process()
        status = run(words, now=lambda: at)
        sys.stdout.flush()
    finally:
        os._exit(status)


def main(house: Path, rounds: int, journal: str) -> None:
    """Have the office at work, and write down what each command was told."""
    for each in walk_packages(callrec.__path__, "callrec."):
        if not each.name.startswith(NOT_LOADED):
            import_module(each.name)
    engine.wal_is_safe = lambda version: journal == "wal"  # noqa: ARG005 - SQLite's, whatever it is
    gc.freeze()
    office = Office(written_down(house), rounds)
    for folder in ("told", "outbox", "drive-a", "drive-b"):
        (house / folder).mkdir()
    told = at_once(office)
    (house / "told.json").write_text(json.dumps([asdict(each) for each in told]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
