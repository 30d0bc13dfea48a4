"""The listening copy: a recording's sound as any computer plays it, edited as it was approved."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from callrec.policy.edits import UNEDITED
from callrec.sound.decoding import SampleFormat, decoding
from callrec.sound.editing import edit_samples, samples_after
from callrec.sound.encoding import WAV
from callrec.sound.smaller import encode_samples
from callrec.sound.undecodable import DecodeFailure, Undecodable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from callrec.policy.edits import Edits
    from callrec.sound.encoding import Encoding
    from callrec.sound.measured import Measured

_HEADER = struct.Struct("<4sI8sIHHIIHH4sI")

_PCM = 1


def listening_copy(
    original: BinaryIO,
    suffix: str,
    measured: Measured,
    *,
    edits: Edits = UNEDITED,
    encoding: Encoding = WAV,
) -> Iterator[bytes]:
    """A recording's sound again, a piece at a time; the original is read on meanwhile.

    The same original, edits and encoding give the same bytes each time. Nothing of the original but
    its sound is in them.

    Args:
        original: seekable, at any place.
        suffix: as it was measured with.
        measured: by `measure`.
        edits: in milliseconds of the original.
        encoding: how the copy is written.

    Raises:
        Undecodable: it cannot be decoded, or came out otherwise than when it was measured.
    """
    with decoding(original, suffix) as (form, pieces):
        if form != SampleFormat(measured.sample_rate, measured.channels):
            raise Undecodable(DecodeFailure.CHANGED)
        left = samples_after(measured.samples, edits, form.sample_rate)
        pcm = edit_samples(
            _as_many(pieces, measured.samples * form.channels * 2),
            edits,
            sample_rate=form.sample_rate,
            channels=form.channels,
        )
        if encoding.bit_rate is None:
            yield wave_header(form, left)
            yield from pcm
        else:
            yield from encode_samples(pcm, form, encoding, samples=left)


def _as_many(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The pieces, which are so many bytes in all."""
    for piece in pieces:
        size -= len(piece)
        if size < 0:
            break
        yield piece
    if size:
        raise Undecodable(DecodeFailure.CHANGED)


def wave_header(form: SampleFormat, samples: int) -> bytes:
    """What a WAVE file of so many samples of one channel begins with."""
    block = form.channels * 2
    said = (form.channels, form.sample_rate, form.sample_rate * block, block, 16)
    length = samples * block
    return _HEADER.pack(b"RIFF", 36 + length, b"WAVEfmt ", 16, _PCM, *said, b"data", length)
