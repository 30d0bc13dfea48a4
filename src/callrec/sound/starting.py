"""Children are started when it is their turn, or before: loading FFmpeg takes a tenth of a second.

One that was started before waits for its job. It has been told nothing, and reads nothing of a
recording before it is confined.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from callrec.errors import Failed
from callrec.system.processes import kill_process, python_command, start_process

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

MAX_WAITING: Final = 2
"""Children that load beside the one that works: more would wait for a processor."""

DECODER_COMMAND: Final = python_command("callrec.sound.decoder")


class _Waiting:
    """Decoders that have no job yet, the oldest first."""

    def __init__(self) -> None:
        self._processes: deque[subprocess.Popen[bytes]] = deque()
        self._expected = 0

    def expect(self, count: int) -> None:
        self._expected = count
        self._fill(min(MAX_WAITING, count))

    def take(self) -> subprocess.Popen[bytes] | None:
        if not self._processes:
            return None
        self._expected -= 1
        self._fill(1 + min(MAX_WAITING, self._expected))  # the taken one is still among them
        return self._processes.popleft()

    def _fill(self, number: int) -> None:
        with suppress(OSError):  # whoever needs one, and has none, is told
            while len(self._processes) < number:
                self._processes.append(start_process(DECODER_COMMAND))

    def end(self) -> None:
        for process in self._processes:
            kill_process(process)


_waiting: ContextVar[_Waiting | None] = ContextVar("_waiting", default=None)


@contextmanager
def starting_ahead() -> Iterator[None]:
    """In the block, decoders that are expected are started before their turn; none outlives it."""
    waiting = _Waiting()
    before = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(before)
        waiting.end()


def expect_decoders(count: int) -> None:
    """Say that so many will be started next, those that wait among them.

    It is no promise, and outside a block of `starting_ahead` nothing comes of it.
    """
    waiting = _waiting.get()
    if waiting is not None:
        waiting.expect(count)


def start_child(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A child that waits for its job: one that was started ahead, or a new one.

    Raises:
        Failed: the system lets none be started. That says nothing of a recording.
    """
    waiting = _waiting.get() if command == DECODER_COMMAND else None
    try:
        return (waiting and waiting.take()) or start_process(command)
    except OSError as error:
        raise Failed(
            f"the process that decodes sound cannot be started: {error.strerror}",
            hint="see how many processes and open files this account may have, then run it again",
        ) from error
