"""What all tests that kill, fail and interrupt commands share, whatever does it to them.

A command is a process of its own, forked from this one. How it ended, and what it left, is judged
alike: killed at a step (killing.py), met by a fault of its disk (faults/), or beside seven others
(concurrency/). At which of its points something comes: steps.py.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path

from callrec.errors import DoneInPart, Failed, Misconfigured, Tampered
from callrec.office.doctor import examine
from callrec.office.finding import Level
from callrec.registers.verify import Verdict
from callrec.system.processes import harden_process
from house.commands import Answer, type_in
from house.holds import verified
from house.practices import House
from house.processes import Child, Ended, begin, in_a_child

LONGEST_SECONDS = 100
"""A command that takes longer hangs, and is ended."""

FAILURES = frozenset({each.exit_status for each in (Failed, Misconfigured, DoneInPart)})
"""Exit statuses of a command that met a fault: nobody has tampered, mistyped or may not."""

UNREADABLE = "the catalogue is damaged"
"""What SQLite calls a file that its disk cannot read, and callrec after it."""


def begin_command(
    house: House,
    login: str,
    *words: str,
    within: AbstractContextManager[object] = nullcontext(),  # noqa: B008 - it keeps nothing
    **environ: str,
) -> Child:
    """Type a command in a process that is as callrec's own; nobody has the practice open here."""

    def command() -> dict[str, object]:
        os.setsid()
        signal.alarm(LONGEST_SECONDS)
        harden_process()
        with within:
            return asdict(type_in(house, login, *words, **environ))

    return begin(command)


def answer_of(ended: Ended) -> Answer:
    """What came back from it; where something else was raised, that is the test's."""
    assert ended.status <= 0, ended.failure
    return Answer(**ended.told) if ended.status == 0 else Answer(ended.status)


def wrong_with(answer: Answer, statuses: Container[int] = FAILURES) -> Iterator[str]:
    """What a command that met a fault, or another, should not have said.

    Where it is not done it may end with these statuses, or by a signal, and then it says nothing.
    """
    if answer.status < 0:
        return
    is_damage = answer.status == Tampered.exit_status and UNREADABLE in answer.err
    if not (answer.status == 0 or answer.status in statuses or is_damage):
        yield f"status {answer.status}: {answer.err.strip()}"
    told = answer.err.count("callrec: error: ") + answer.err.count('{"error": ')
    if told != (answer.status != 0) or "Traceback" in answer.err:
        yield f"status {answer.status}, and {told} errors told: {answer.err}"


def wrong_with_vault(house: House) -> Iterator[str]:
    """What is wrong with the vault as the next command finds it, which opens it."""
    house.open()
    yield from (f"doctor: {what}" for what in found_by_doctor(house, Level.DAMAGE))
    found = verified(house)
    if found.verdict is not Verdict.INTACT:
        yield f"audit verify: {found.verdict} {found.problems} {found.unchecked}"


def wrong_but_cut_off(house: House) -> list[str]:
    """The same, less the files that a destruction which was cut off has left: doctor names them."""
    left = "was destroyed, and its sealed file is there"
    return [each for each in wrong_with_vault(house) if not each.endswith(left)]


def found_by_doctor(house: House, level: Level) -> Iterator[str]:
    for finding in examine(
        house.practice, house.environ, approver=None, full=True, done=lambda _: None
    ):
        if finding.level is level:
            yield finding.what


def unfinished(folder: Path) -> list[Path]:
    """What lies below a folder under a hidden name, from there."""
    return [path.relative_to(folder) for path in folder.rglob(".*")]


def found(look: Callable[[], Iterable[str]]) -> list[str]:
    """What it finds, in a child; what it raises is something wrong too."""
    ended = in_a_child(lambda: [*look()])
    return list(ended.told) if ended.status == 0 else [ended.failure or f"signal {-ended.status}"]
