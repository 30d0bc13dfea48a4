"""A recording's samples, as a confined child decodes them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from callrec.sound.child import DECODER_COMMAND, DecodeFailure, MessageKind, Undecodable, converse
from callrec.sound.confinement import Limits

MAX_DECODED_BYTES: Final = 2**32 - 1 - 36
"""Of samples: RIFF counts in 32 bits, and 36 bytes are spent before the samples."""

_LONGEST_S = 31 * 24 * 3600

_HIGHEST_RATE = 1_000_000

_MEMORY = 1 << 30

_CPU_S, _BYTES_A_CPU_S = 120, 100_000
"""Processor time that is allowed: two minutes, and a second more for each 100 kB."""


@dataclass(frozen=True, slots=True)
class SampleFormat:
    """How samples follow each other: interleaved, 16 bits, signed, little-endian."""

    sample_rate: int
    channels: int
    expected: int = field(default=0, compare=False)
    """Samples of one channel that the file says it has; nobody has counted them."""

    def check(self) -> None:
        if not 1 <= self.sample_rate <= _HIGHEST_RATE or self.channels not in {1, 2}:
            raise Undecodable(DecodeFailure.UNKNOWN)
        if self.expected < 0:
            raise Undecodable(DecodeFailure.GAVE_UP)

    @property
    def max_bytes(self) -> int:
        return min(MAX_DECODED_BYTES, _LONGEST_S * self.sample_rate * self.channels * 2)


@contextmanager
def decoding(original: BinaryIO, suffix: str) -> Iterator[tuple[SampleFormat, Iterator[bytes]]]:
    """The form of a recording's samples, and they themselves while they are decoded.

    Each piece holds whole samples of every channel. The child is gone when the block is left.
    """
    size = original.seek(0, io.SEEK_END)

    def answer(place: int, length: int) -> bytes:
        original.seek(place)
        return original.read(length)

    limits = Limits(cpu_seconds=_CPU_S + size // _BYTES_A_CPU_S, memory_bytes=_MEMORY)
    job = {"size": size, "suffix": suffix}
    talk = converse(DECODER_COMMAND, job, answer, limits=limits)
    with closing(talk):
        form = _form(next(talk, None))
        yield form, _pieces(talk, form)


def _pieces(talk: Iterator[tuple[MessageKind, bytes]], form: SampleFormat) -> Iterator[bytes]:
    left, block = form.max_bytes, form.channels * 2
    for kind, piece in talk:
        left -= len(piece)
        if kind is not MessageKind.PIECE or len(piece) % block:
            raise Undecodable(DecodeFailure.GAVE_UP)
        if left < 0:
            raise Undecodable(DecodeFailure.TOO_LONG)
        yield piece


def _form(said: tuple[MessageKind, bytes] | None) -> SampleFormat:
    kind, facts = said or (MessageKind.DONE, b"")
    try:
        told = json.loads(facts) if kind is MessageKind.FACTS else {}
        form = (
            SampleFormat(**told) if all(isinstance(each, int) for each in told.values()) else None
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        form = None
    if form is None:
        raise Undecodable(DecodeFailure.GAVE_UP)
    form.check()
    return form
