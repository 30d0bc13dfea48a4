"""Programs of tests, in processes of their own; and the processes that a test has started.

These are its own only, and no browser that was there before it.
"""

from __future__ import annotations

import json
import os
import select
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]

_BEFORE: set[int] = set()


def program(module: str, *words: object) -> list[str]:
    """What starts a module of the tests as a program; it finds them in such an `environment`."""
    return [sys.executable, "-m", module, *map(str, words)]


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TESTS), **variables}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    status: int
    """0, or 1 if something was raised; negative: the signal that ended it."""
    told: Any = None
    """What it returned, by JSON."""
    failure: str = ""
    """What was raised."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that does something beside this one, and has what was loaded here."""

    number: int
    _told: int
    """Where it says what it returned; it ends there."""

    def ended(self) -> Ended:
        """Wait for its end."""
        with os.fdopen(self._told, encoding="utf-8") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self.number, 0)
        if os.WIFSIGNALED(status):
            return Ended(-os.WTERMSIG(status))
        told, failure = json.loads(said)
        return Ended(int(bool(failure)), told, failure)

    def fileno(self) -> int:
        """What `select` waits for."""
        return self._told


def begin(do: Callable[[], object]) -> Child:
    """Do something in a child of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            try:
                said = json.dumps([do(), ""])
            except BaseException:  # noqa: BLE001 - whatever it is, it is told
                said = json.dumps([None, traceback.format_exc()])
            with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                pipe.write(said)
        finally:
            os._exit(0)  # whatever it says, the parent's tests do not run twice
    os.close(writing)
    return Child(child, reading)


def in_a_child(do: Callable[[], object]) -> Ended:
    """The same, and wait for its end."""
    return begin(do).ended()


def first_of(children: Iterable[Child]) -> Child:
    """Wait until one of them has something to tell, or has ended."""
    (first, *_), _, _ = select.select([*children], [], [])
    return first


def running_below(parent: int) -> Iterator[int]:
    """The children of any process that run now."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, above = place.read_text().rpartition(") ")[2].split()[:2]
            if int(above) == parent and state != "Z":
                yield int(place.parent.name)


def count_from_here() -> None:
    """Leave those out that are there now."""
    _BEFORE.clear()
    _BEFORE.update(_all())


def children() -> list[int]:
    """Those that the test started, whatever for, and has not seen end."""
    return [number for number in _all() if number not in _BEFORE]


def _all() -> list[int]:
    return [
        int(number)
        for task in Path(f"/proc/{os.getpid()}/task").iterdir()
        for number in _started_by(task).split()
    ]


def _started_by(thread: Path) -> str:
    try:
        return (thread / "children").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has ended meanwhile, and left what it started to another
