"""The second process that verifies: of a long log it takes the stretches from the end back.

It opens the catalogue for reading and writes one line of JSON for each stretch that it found
sound. Its word is its parent's own. If it cannot be started or ends early, nothing is lost: the
parent does what is left.
"""

from __future__ import annotations

import gc
import json
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any, Final, Self

from sqlalchemy.exc import DBAPIError

from callrec.audit.stretch import STRETCH, Stretch, StretchExpectations, check_stretch
from callrec.catalogue.engine import Database, opened_at, place_of
from callrec.errors import CallrecError, Tampered
from callrec.system.modules import python_command
from callrec.system.processes import (
    kill_process,
    read_available,
    start_process,
    usable_processors,
)

SECOND_PROCESS_COMMAND: Final = python_command("callrec.audit.from_the_end")


class SecondProcess:
    """The other process, as its parent sees it; within a ``with`` it runs."""

    def __init__(self, database: Database, expected: StretchExpectations, *, last: bool) -> None:
        """Prepare to ask for the last stretches, or for none."""
        self._found: dict[int, Stretch] = {}
        self._rest = b""
        self._process: subprocess.Popen[bytes] | None = None
        self._job = (
            second_process_job(database, expected) if last and usable_processors() > 1 else b""
        )

    def __enter__(self) -> Self:
        if self._job:
            with suppress(OSError):
                self._process = start_beside(verify_from_end, self._job)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            kill_process(self._process)

    def found(self, first: int) -> Stretch | None:
        """The stretch that begins at ``first``, if the other process has found it sound.

        Raises:
            Tampered: it has found one that is not.
        """
        self._listen()
        return self._found.get(first)

    def _listen(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        output = self._rest + read_available(self._process.stdout)
        *lines, self._rest = output.split(b"\n")
        for line in lines:
            value = json.loads(line)
            if value is None:
                raise Tampered("a stretch of the audit log is not as it was written")
            stretch = Stretch(**value)
            self._found[stretch.first] = stretch


def start_beside(task: Callable[[Any, IO[bytes]], None], job: object) -> subprocess.Popen[bytes]:
    """Have another process do what a function of a module does; what it writes can be read."""
    process = start_process(SECOND_PROCESS_COMMAND)
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    with suppress(OSError), process.stdin:  # it may have ended: it is done without
        process.stdin.write(pickle.dumps((task, job)))
    return process


def second_process_job(database: Database, expected: StretchExpectations) -> bytes:
    return pickle.dumps((place_of(database), expected))


def verify_from_end(job: bytes, out: IO[bytes]) -> None:
    """Check stretch after stretch, from the log's end back, and say which were sound."""
    place, expected = pickle.loads(job)  # noqa: S301 - from our own parent
    with suppress(CallrecError, DBAPIError), opened_at(place) as database:  # or with nothing said
        for first in reversed(range(0, expected.size, STRETCH)):
            try:
                value = asdict(check_stretch(database, first, expected))
            except sqlite3.OperationalError:
                break  # someone is about to write, and waits for our parent: nothing is wrong
            except (CallrecError, sqlite3.DatabaseError):
                value = None
            out.write(json.dumps(value).encode() + b"\n")
            out.flush()
            if value is None:
                break


if __name__ == "__main__":  # pragma: no cover - a process of its own
    gc.disable()  # rows refer to nothing that refers to them: looking costs a tenth of the time
    task, job = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - from our own parent
    task(job, sys.stdout.buffer)
