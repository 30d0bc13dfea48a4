"""Edited samples as MP3 or Opus, as another confined child encodes them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from callrec.sound.child import converse
from callrec.sound.confinement import Limits
from callrec.sound.exchange import MessageKind
from callrec.sound.undecodable import DecodeFailure, Undecodable
from callrec.system.processes import python_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.sound.decoding import SampleFormat
    from callrec.sound.encoding import Encoding

_MEMORY = 1 << 30

_CPU_S, _SAMPLES_A_CPU_S = 120, 160_000
"""Processor time that is allowed: two minutes, and a second more for each 20 of sound at 8 kHz."""


def encode_samples(
    pcm: Iterator[bytes], form: SampleFormat, encoding: Encoding, *, samples: int
) -> Iterator[bytes]:
    """The file, a piece at a time.

    Args:
        pcm: what `callrec.sound.editing.edited` gives.
        form: of it.
        encoding: a compressed one.
        samples: of one channel, in all.

    Raises:
        Undecodable: it cannot be encoded.
    """
    job = {
        "codec": encoding.codec,
        "bit_rate": encoding.bit_rate,
        "sample_rate": form.sample_rate,
        "channels": form.channels,
        "written_rate": encoding.sample_rate(form.sample_rate),
        "samples": samples,
    }
    limits = Limits(_CPU_S + samples * form.channels // _SAMPLES_A_CPU_S, _MEMORY)
    talk = converse(python_command("callrec.sound.encoder"), job, _Feed(pcm).next, limits=limits)
    with closing(talk):
        for kind, piece in talk:
            if kind is not MessageKind.PIECE:
                raise Undecodable(DecodeFailure.GAVE_UP)
            yield piece


class _Feed:
    """Samples in the order in which they come, whatever place is asked for."""

    def __init__(self, pcm: Iterator[bytes]) -> None:
        self._pcm = pcm

    def next(self, place: int, length: int) -> bytes:  # noqa: ARG002  # there is but one place
        return next(self._pcm, b"")
