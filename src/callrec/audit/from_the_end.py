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
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Final

from sqlalchemy.exc import DBAPIError

from callrec.audit.stretch import STRETCH, Stretch, StretchExpectations, check_stretch
from callrec.catalogue.engine import Database, opened_at, place_of
from callrec.dataclass import asdict, dataclass, field
from callrec.errors import CallrecError, Tampered
from callrec.system.modules import python_command
from callrec.system.processes import kill_process, read_available, start_process, usable_processors

SECOND_PROCESS_COMMAND: Final = python_command("callrec.audit.from_the_end")


@dataclass(slots=True)
class SecondProcess:
    """The stretches that the other process has told of."""

    said: IO[bytes] | None
    _found: dict[int, Stretch] = field(default_factory=dict)
    _rest: bytes = b""

    def found(self, first: int) -> Stretch | None:
        """The stretch that begins at ``first``, if the other process has found it sound.

        Raises:
            Tampered: it has found one that is not.
        """
        output = self._rest + (read_available(self.said) if self.said else b"")
        *lines, self._rest = output.split(b"\n")
        for line in lines:
            value = json.loads(line)
            if value is None:
                raise Tampered("a stretch of the audit log is not as it was written")
            stretch = Stretch(**value)
            self._found[stretch.first] = stretch
        return self._found.get(first)


@contextmanager
def verified_beside(
    database: Database, expected: StretchExpectations, *, wanted: bool
) -> Iterator[SecondProcess]:
    """Have another process verify from the end, while what is within goes on.

    It tells of nothing where it is not wanted, cannot be started, or there is one processor alone.
    """
    process = None
    if wanted and usable_processors() > 1:
        with suppress(OSError):
            process = start_process(SECOND_PROCESS_COMMAND)
    if process is None or process.stdin is None:
        yield SecondProcess(None)
        return
    try:
        with suppress(OSError), process.stdin:  # it may have ended: it is done without
            process.stdin.write(pickle.dumps((place_of(database), expected)))
        yield SecondProcess(process.stdout)
    finally:
        kill_process(process)


def verify_from_end(place: tuple[str, str], expected: StretchExpectations, out: IO[bytes]) -> None:
    """Check stretch after stretch, from the log's end back, and say which were sound."""
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
    place, expected = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - from our own parent
    verify_from_end(place, expected, sys.stdout.buffer)
