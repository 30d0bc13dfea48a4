"""Children are started when it is their turn, or before: loading FFmpeg takes a tenth of a second.

One that was started before waits for its job. It has been told nothing, and reads nothing of a
recording before it is confined.
"""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_WAITING: Final = 2
"""Children that load beside the one that works: more would wait for a processor."""


def python(module: str) -> tuple[str, ...]:
    """The command that runs a module of ours and looks at nothing of its caller's."""
    return (sys.executable, "-I", "-m", module)


DECODER: Final = python("callrec.sound.decoder")


class _Waiting:
    """Decoders that have no job yet, the oldest first."""

    def __init__(self) -> None:
        self._processes: deque[subprocess.Popen[bytes]] = deque()
        self._expected = 0

    def expect(self, count: int) -> None:
        self._expected = count
        self._fill(min(MOST_WAITING, count))

    def take(self) -> subprocess.Popen[bytes] | None:
        if not self._processes:
            return None
        self._expected -= 1
        self._fill(1 + min(MOST_WAITING, self._expected))  # the taken one is still among them
        return self._processes.popleft()

    def _fill(self, number: int) -> None:
        while len(self._processes) < number:
            self._processes.append(_started(DECODER))

    def end(self) -> None:
        for process in self._processes:
            end(process)


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


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A child that waits for its job: one that was started ahead, or a new one."""
    waiting = _waiting.get() if command == DECODER else None
    return (waiting and waiting.take()) or _started(command)


def end(process: subprocess.Popen[bytes]) -> None:
    """Whatever it does, it is gone afterwards."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    process.wait()


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        env={},
        start_new_session=True,
    )
