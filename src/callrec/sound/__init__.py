"""A recording's sound: measured, edited, and written again as any computer plays it."""

from callrec.sound.encoding import COMPRESSED, WAV, Encoding
from callrec.sound.listening import listening_copy
from callrec.sound.measured import Measured
from callrec.sound.measuring import measure
from callrec.sound.starting import expect_decoders, starting_ahead
from callrec.sound.undecodable import Undecodable

__all__ = [
    "COMPRESSED", "WAV", "Encoding", "Measured", "Undecodable", "expect_decoders", "listening_copy",
    "measure", "starting_ahead",
]  # fmt: skip
