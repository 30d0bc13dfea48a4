"""How long a recording really sounds, at what rate, and how loud it is where."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from callrec.sound.decoding import decoding
from callrec.sound.listening import wave_header
from callrec.sound.measured import Measured, Peaks
from callrec.sound.undecodable import Undecodable, Why

if TYPE_CHECKING:
    from typing import BinaryIO


def measure(original: BinaryIO, suffix: str) -> Measured:
    """Decode all of a recording and keep nothing but its measures.

    Args:
        original: seekable, at any place.
        suffix: of its name, or its kind as `callrec.telephone.sound` tells it: ``ulaw``.

    Raises:
        Undecodable: it cannot be decoded.
    """
    with decoding(original, suffix) as (form, pieces):
        expected = min(form.expected, form.most_bytes // form.channels // 2)
        peaks, copy = Peaks(form.channels), hashlib.sha256(wave_header(form, expected))
        for piece in pieces:
            peaks.add(piece)
            copy.update(piece)
    if not peaks.samples:
        raise Undecodable(Why.EMPTY)
    wave = copy.hexdigest() if peaks.samples == expected else ""
    return Measured(form.sample_rate, form.channels, peaks.samples, peaks.found(), wave)
