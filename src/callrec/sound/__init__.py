"""A recording's sound: measured, edited, and written again as any computer plays it."""

from callrec.sound.child import Undecodable, expect_decoders, starting_ahead
from callrec.sound.encoding import COMPRESSED, WAV, Encoding
from callrec.sound.listening import listening_copy, measure
from callrec.sound.measured import Measured

__all__ = [
    "COMPRESSED", "WAV", "Encoding", "Measured", "Undecodable", "expect_decoders", "listening_copy",
    "measure", "starting_ahead",
]  # fmt: skip
