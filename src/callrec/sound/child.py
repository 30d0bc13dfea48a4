"""A confined child, from both ends.

The child has no file. It gets a job, asks for bytes by place, one question at a time, and says what
came of it; the parent speaks only when asked. So each end is a plain loop, and neither holds more
than one piece. They speak over the child's input and output:

    to the child:    length (4 bytes), bytes            the job, then one answer to each question
    from the child:  kind (1 byte), length (4 bytes), bytes

Loading FFmpeg takes a tenth of a second, so a child that decodes can be started before its turn. It
then waits for its job: it has been sent nothing, and reads nothing of a recording before it is
confined.
"""

from __future__ import annotations

import json
import os
import struct
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from enum import Enum
from typing import Any, Final, NoReturn

from callrec.dataclass import asdict
from callrec.errors import Failed, Unusable
from callrec.system.confinement import ConfinedProcess, confine
from callrec.system.limits import Limits, Unconfined
from callrec.system.modules import python_command

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
    """All that a child says but its questions, until it is done."""
    process, line, said = _begin(command, {**job, "limits": asdict(limits)}, limits, patience)
    try:
        while True:
            kind, body = said
            if kind is MessageKind.ASKS:
                if len(body) != QUESTION.size:
                    raise Undecodable(DecodeFailure.GAVE_UP)
                place, length = QUESTION.unpack(body)
                line.send(answer(place, min(length, MAX_MESSAGE_BYTES)))
            elif kind is MessageKind.FAILED:
                named = (why for why in DecodeFailure if why.name.encode() == body)
                raise Undecodable(next(named, DecodeFailure.GAVE_UP))
            elif kind is MessageKind.DONE:
                return
            else:
                yield kind, body
            said = line.receive()
    finally:
        process.end()


def _begin(
    command: Sequence[str], job: Mapping[str, Any], limits: Limits, patience: float
) -> tuple[ConfinedProcess, _Line, tuple[MessageKind, bytes]]:
    """A child that has its job, and the first that it said."""
    while True:
        process = start_child(command)
        try:
            process.limit(limits)
            line = _Line(process, patience)
            line.send(json.dumps(job).encode())
            return process, line, line.receive()
        except Undecodable:
            process.end()
            # It was sent nothing of a recording yet: none can have its child's walls lowered.
            if not process.walls_were_too_high():
                raise
        except BaseException:
            process.end()
            raise


class _Line:
    """What a child and its parent say to each other, each thing whole and in time."""

    def __init__(self, process: ConfinedProcess, patience: float) -> None:
        self._process, self._patience = process, patience

    def send(self, what: bytes) -> None:
        until = time.monotonic() + self._patience
        with _or_it_gave_up():
            self._process.write(ANSWER.pack(len(what)) + what, until)

    def receive(self) -> tuple[MessageKind, bytes]:
        until = time.monotonic() + self._patience
        with _or_it_gave_up():
            mark, length = HEAD.unpack(self._process.read(HEAD.size, until))
        try:
            kind = MessageKind(mark)
        except ValueError:
            raise Undecodable(DecodeFailure.GAVE_UP) from None
        if length > MAX_MESSAGE_BYTES:
            raise Undecodable(DecodeFailure.GAVE_UP)
        with _or_it_gave_up():
            return kind, self._process.read(length, until)


@contextmanager
def _or_it_gave_up() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError):  # it has ended, or takes too long
        raise Undecodable(DecodeFailure.GAVE_UP) from None


MAX_MESSAGE_BYTES: Final = 1 << 20
"""Bytes in one piece or answer: 1 MiB."""

HEAD: Final = struct.Struct(">cI")

QUESTION: Final = struct.Struct(">QI")
"""From which byte on, how many at most."""

ANSWER: Final = struct.Struct(">I")
_INPUT, _OUTPUT = 0, 1


class MessageKind(Enum):
    """What a child says."""

    ASKS = b"?"
    FACTS = b"F"
    """JSON: what sound it is."""
    PIECE = b"P"
    DONE = b"D"
    FAILED = b"X"
    """The name of a `DecodeFailure`."""


def serve_job(work: Callable[[dict[str, Any]], None]) -> NoReturn:
    """Be a confined child: take the job, give up everything else, do it, say how it went.

    Any other exception ends the child without a word, as being ended by a limit does.
    """
    job = json.loads(_answer())
    try:
        confine(Limits(**job.pop("limits")))
        work(job)
    except Unconfined:
        send(MessageKind.FAILED, DecodeFailure.UNCONFINED.name.encode())
    except Undecodable as stopped:
        send(MessageKind.FAILED, stopped.why.name.encode())
    else:
        send(MessageKind.DONE)
    os._exit(0)  # nothing is to be closed or flushed, and closing is not allowed


def ask_for_bytes(place: int, length: int) -> bytes:
    """Bytes of what is to be worked on; fewer where there are no more."""
    send(MessageKind.ASKS, QUESTION.pack(place, min(length, MAX_MESSAGE_BYTES)))
    return _answer()


def send(kind: MessageKind, body: bytes | memoryview = b"") -> None:
    """Say one thing to the parent."""
    for whole in (HEAD.pack(kind.value, len(body)), body):
        left = memoryview(whole)
        while left:
            left = left[os.write(_OUTPUT, left) :]


def _answer() -> bytes:
    (length,) = ANSWER.unpack(_exactly(ANSWER.size))
    return _exactly(length)


def _exactly(length: int) -> bytes:
    read = bytearray()
    while len(read) < length:
        some = os.read(_INPUT, length - len(read))
        if not some:  # the parent is gone
            os._exit(1)
        read += some
    return bytes(read)


MAX_WAITING: Final = 2
"""Children that load beside the one that works: more would wait for a processor."""

DECODER_COMMAND: Final = python_command("callrec.sound.decoder")


class _Waiting:
    """Decoders that have no job yet, the oldest first."""

    def __init__(self) -> None:
        self._processes: deque[ConfinedProcess] = deque()
        self._expected = 0

    def expect(self, count: int) -> None:
        self._expected = count
        self._fill(min(MAX_WAITING, count))

    def take(self) -> ConfinedProcess | None:
        if not self._processes:
            return None
        self._expected -= 1
        self._fill(1 + min(MAX_WAITING, self._expected))  # the taken one is still among them
        return self._processes.popleft()

    def _fill(self, number: int) -> None:
        with suppress(OSError):  # it is reported where one is needed and there is none
            while len(self._processes) < number:
                self._processes.append(ConfinedProcess(DECODER_COMMAND))

    def end(self) -> None:
        for process in self._processes:
            process.end()


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

    It is not a promise, and outside a block of `starting_ahead` nothing comes of it.
    """
    waiting = _waiting.get()
    if waiting is not None:
        waiting.expect(count)


def start_child(command: Sequence[str]) -> ConfinedProcess:
    """A child that waits for its job: one that was started ahead, or a new one."""
    waiting = _waiting.get() if command == DECODER_COMMAND else None
    try:
        return (waiting and waiting.take()) or ConfinedProcess(command)
    except OSError as error:
        raise Failed(
            f"the process that decodes sound cannot be started: {error.strerror}",
            hint="see how many processes and open files this account may have, then run it again",
        ) from error


class DecodeFailure(Enum):
    """One sentence for each; a child sends a name of these and no words of its own."""

    UNKNOWN = "this kind of audio file cannot be decoded here"
    EMPTY = "no sound could be got out of it"
    TOO_LONG = "it is longer than any copy of it could be"
    GAVE_UP = "decoding it took more time or memory than a recording needs"
    CHANGED = "it came out otherwise than when it was measured"
    UNCONFINED = "what decodes sound could not be confined on this computer"


class Undecodable(Unusable):
    """The sound could not be decoded; the recording can still be kept and released as it is."""

    def __init__(self, why: DecodeFailure) -> None:
        super().__init__(why.value)
        self.why = why
