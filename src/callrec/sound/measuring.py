"""How long a recording really sounds, at what rate, and how loud it is where."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from callrec.sound.decoding import decoding
from callrec.sound.listening import wave_header
from callrec.sound.measured import Measured, Peaks
from callrec.sound.undecodable import DecodeFailure, Undecodable

if TYPE_CHECKING:
    from typing import BinaryIO


def measure(original: BinaryIO, suffix: str, *, drawn: bool = True) -> Measured:
    """Decode all of a recording and keep nothing but its measures.

    Args:
        original: seekable, at any place.
        suffix: of its name, or its kind as `callrec.telephone.sound` tells it: ``ulaw``.
        drawn: whether its waveform is wanted; to see how loud it is where takes a third of the
            time.

    Raises:
        Undecodable: it cannot be decoded.
    """
    with decoding(original, suffix) as (form, pieces):
        expected = min(form.expected, form.max_bytes // form.channels // 2)
        peaks, copy = Peaks(form.channels), hashlib.sha256(wave_header(form, expected))
        size = 0
        for piece in pieces:
            if drawn:
                peaks.add(piece)
            copy.update(piece)
            size += len(piece)
    if not size:
        raise Undecodable(DecodeFailure.EMPTY)
    samples = size // form.channels // 2
    wave = copy.hexdigest() if samples == expected else ""
    return Measured(form.sample_rate, form.channels, samples, peaks.found(), wave)
