"""The parent's end: start a confined child, answer it, take what it says, end it in any case."""

from __future__ import annotations

import json
import os
import select
import time
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from callrec.sound.exchange import ANSWER, HEAD, MAX_MESSAGE_BYTES, QUESTION, MessageKind
from callrec.sound.starting import start_child
from callrec.sound.undecodable import DecodeFailure, Undecodable
from callrec.system.processes import kill_process

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from typing import Any

    from callrec.sound.confinement import Limits

TIMEOUT_S: Final = 60.0
"""Seconds in which a child whose turn it is must say something."""


def converse(
    command: Sequence[str],
    job: Mapping[str, Any],
    answer: Callable[[int, int], bytes],
    *,
    limits: Limits,
    patience: float = TIMEOUT_S,
) -> Generator[tuple[MessageKind, bytes]]:
    """All that a child says but its questions, until it is done.

    Args:
        command: what to run. It gets no environment, no open file, no folder of its caller's.
        job: what it is told; JSON.
        answer: the bytes from a place on, at most so many; none at the end.
        limits: what it may use up.
        patience: seconds.

    Raises:
        Undecodable: it says so, breaks off, is silent for too long, or says what it should not.
    """
    with _child(command) as process:
        line = _Line(process, patience)
        line.say(json.dumps({**job, "limits": asdict(limits)}).encode())
        while True:
            kind, said = line.hear()
            if kind is MessageKind.ASKS:
                line.say(_answered(said, answer))
            elif kind is MessageKind.FAILED:
                raise Undecodable(_why(said))
            elif kind is MessageKind.DONE:
                return
            else:
                yield kind, said


@contextmanager
def _child(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = start_child(command)
    try:
        yield process
    finally:
        kill_process(process)


class _Line:
    """Both pipes of a child; neither is ever waited for longer than patience allows."""

    def __init__(self, process: subprocess.Popen[bytes], patience: float) -> None:
        assert process.stdin is not None  # noqa: S101  # both are pipes
        assert process.stdout is not None  # noqa: S101
        self._to, self._from = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(self._to, False)
        self._patience = patience

    def say(self, what: bytes) -> None:
        left = memoryview(ANSWER.pack(len(what)) + what)
        until = time.monotonic() + self._patience
        while left:
            self._wait(self._to, select.POLLOUT, until)
            try:
                left = left[os.write(self._to, left) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise Undecodable(DecodeFailure.GAVE_UP) from None

    def hear(self) -> tuple[MessageKind, bytes]:
        until = time.monotonic() + self._patience
        mark, length = HEAD.unpack(self._exactly(HEAD.size, until))
        try:
            kind = MessageKind(mark)
        except ValueError:
            raise Undecodable(DecodeFailure.GAVE_UP) from None
        if length > MAX_MESSAGE_BYTES:
            raise Undecodable(DecodeFailure.GAVE_UP)
        return kind, self._exactly(length, until)

    def _exactly(self, length: int, until: float) -> bytes:
        read = bytearray()
        while len(read) < length:
            self._wait(self._from, select.POLLIN, until)
            some = os.read(self._from, length - len(read))
            if not some:
                raise Undecodable(DecodeFailure.GAVE_UP)
            read += some
        return bytes(read)

    def _wait(self, descriptor: int, event: int, until: float) -> None:
        waiting = select.poll()
        waiting.register(descriptor, event)
        if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
            raise Undecodable(DecodeFailure.GAVE_UP)


def _answered(question: bytes, answer: Callable[[int, int], bytes]) -> bytes:
    if len(question) != QUESTION.size:
        raise Undecodable(DecodeFailure.GAVE_UP)
    place, length = QUESTION.unpack(question)
    return answer(place, min(length, MAX_MESSAGE_BYTES))


def _why(name: bytes) -> DecodeFailure:
    return next((why for why in DecodeFailure if why.name.encode() == name), DecodeFailure.GAVE_UP)
