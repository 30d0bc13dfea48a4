"""What a confined child and its parent say to each other, over the child's input and output.

The child has no file. It gets a job, asks for bytes by place, one question at a time, and says
what came of it; the parent speaks only when asked. So each end is a plain loop, and neither holds
more than one piece.

    to the child:    length (4 bytes), bytes            the job, then one answer to each question
    from the child:  kind (1 byte), length (4 bytes), bytes
"""

from __future__ import annotations

import json
import os
import struct
from enum import Enum
from typing import TYPE_CHECKING, Final

from callrec.sound.confinement import Limits, Unconfined, confine
from callrec.sound.undecodable import DecodeFailure

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

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
    """The name of a `Why`."""


class JobFailed(Exception):
    """What the child was asked to do cannot be done."""

    def __init__(self, why: DecodeFailure) -> None:
        super().__init__(why.name)
        self.why = why


def serve_job(work: Callable[[dict[str, Any]], None]) -> NoReturn:
    """Be a confined child: take the job, give up everything else, do it, say how it went.

    Whatever else is raised ends the child without a word, as being ended by a limit does.
    """
    job = json.loads(_answer())
    try:
        confine(Limits(**job.pop("limits")))
        work(job)
    except Unconfined:
        send(MessageKind.FAILED, DecodeFailure.UNCONFINED.name.encode())
    except JobFailed as stopped:
        send(MessageKind.FAILED, stopped.why.name.encode())
    else:
        send(MessageKind.DONE)
    os._exit(0)  # nothing is to be closed or flushed, and closing is not allowed


def ask_for_bytes(place: int, length: int) -> bytes:
    """Bytes of what is to be worked on; fewer where there are no more."""
    send(MessageKind.ASKS, QUESTION.pack(place, min(length, MAX_MESSAGE_BYTES)))
    return _answer()


def send(kind: MessageKind, said: bytes | memoryview = b"") -> None:
    """Say one thing to the parent."""
    for whole in (HEAD.pack(kind.value, len(said)), said):
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
