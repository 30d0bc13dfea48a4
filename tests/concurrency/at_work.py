"""Eight people and services who work at once on one vault.

Each has their list of things to do and does one after the other, each by a real command line in a
process of its own.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from house import practices
from house.commands import Answer
from house.interrupted import answer_of, begin_command
from house.practices import House
from house.processes import Child, first_of
from house.spool import a_call

BEGAN = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)

NEW, AGAIN = 3, 2
"""Recordings that a system leaves in each round, and those that the other one left as well."""

FAR = 1_000_000
"""Between the numbers of the calls of two systems."""

REASON = "The patient complains that nobody rang back"

BUSY = frozenset(
    {"another ingest is running", "an archive run, a move, an erasure or sealing anew is under way"}
)
"""What one command tells another that has to wait; it is typed again."""


@dataclass(frozen=True)
class Told(Answer):
    """A command, and what came of it."""

    who: str = ""
    words: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        return self.status == 0

    @property
    def error(self) -> str:
        """The message alone."""
        return self._told("error")

    @property
    def hint(self) -> str:
        """What to do about it."""
        return self._told("hint")

    def _told(self, what: str) -> str:
        for line in self.err.splitlines():
            if line.startswith("{"):
                return json.loads(line)[what] or ""
            if line.startswith(f"callrec: {what}: "):
                return line.split(": ", 2)[2]
        return ""


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
            a_call(spool, others + call)
        while (yield ("ingest", str(spool))).error in BUSY:
            pass


def asking(office: Office, recording: int) -> Work:
    """Somebody of the staff, at one of two terminals: they ask, and release what is granted."""
    unknown = ("number", "date", "time", "extension", "party")
    particulars = [word for name in unknown for word in (f"--{name}", "unknown")]
    particulars += ["--recording", str(recording), "--reason", REASON]
    particulars += ["--complaint", "C-7", "--complainant", "patient"]
    for _ in range(office.rounds):
        told = yield ("request", "create", "complaint", *particulars, "--json")
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
    running: dict[Child, tuple[str, Work, tuple[str, ...]]] = {}
    told: list[Told] = []
    while waiting or running:
        for who, work, words in waiting:
            now = practices.moved(office.house, office.folder)
            now.at = BEGAN + timedelta(seconds=len(told) + len(running))
            running[begin_command(now, who, *words)] = (who, work, words)
        child = first_of(running)
        who, work, words = running.pop(child)
        told.append(Told(**asdict(answer_of(child.ended())), who=who, words=words))
        try:
            waiting = [(who, work, work.send(told[-1]))]
        except StopIteration:
            waiting = []
    return told
