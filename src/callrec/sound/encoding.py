"""How a copy is written.

WAVE with 16-bit PCM plays everywhere and changes no sample. The others are for where a copy must be
small. MP3 plays wherever there is a browser or a telephone; Opus keeps speech clear at an eighth of
the size and plays in every browser, but in no player that Windows brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from callrec.sound.child import DecodeFailure, MessageKind, Undecodable, converse
from callrec.sound.confinement import Limits
from callrec.sound.decoding import SampleFormat
from callrec.system.processes import python_command

_PAGE_BYTES, _PAGE_MS, _PACKET_MS = 27, 1000, 60
"""Of Ogg, as it is written here."""

_NARROW, _WIDE = 16_000, 24_000
"""Hz."""

_MARGIN_MS, _MARGIN_BYTES = 200, 1024
"""What an encoder puts before and after the sound, and a file's header."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One way to write samples."""

    codec: str
    """pcm16, mp3 or opus."""
    suffix: str
    bit_rate: int | None
    """Bits a second of all channels together; None: no sample is changed, and none is saved."""

    def sample_rate(self, original: int) -> int:
        """At what rate sound of another one is written, Hz.

        Only rates that every player of MP3 knows, and at which a frame is of whole bytes; and those
        that Opus has.
        """
        if self.bit_rate is None:
            return original
        return _NARROW if original <= _NARROW else _WIDE

    def estimated_bytes(
        self, duration_ms: int, *, sample_rate: int = 8000, channels: int = 1
    ) -> int:
        """No copy of so much sound is larger."""
        if self.bit_rate is None:
            return 44 + -(-duration_ms * sample_rate // 1000) * channels * 2
        lasting = duration_ms + _MARGIN_MS
        sound = self.bit_rate * lasting // 8000
        if self.codec == "opus":
            packets, pages = lasting // _PACKET_MS + 1, lasting // _PAGE_MS + 1
            sound += packets * (1 + self.bit_rate * _PACKET_MS // 8000 // 255) + pages * _PAGE_BYTES
        return sound + _MARGIN_BYTES


WAV: Final = Encoding("pcm16", "wav", None)

COMPRESSED: Final = (
    Encoding("mp3", "mp3", 64_000),
    Encoding("mp3", "mp3", 32_000),
    Encoding("mp3", "mp3", 16_000),
    Encoding("opus", "opus", 12_000),
    Encoding("opus", "opus", 8_000),
)

_MEMORY = 1 << 30

_CPU_S, _SAMPLES_A_CPU_S = 120, 160_000
"""Processor time that is allowed: two minutes, and a second more for each 20 of sound at 8 kHz."""


def encode_samples(
    pcm: Iterator[bytes], form: SampleFormat, encoding: Encoding, *, samples: int
) -> Iterator[bytes]:
    """The file, a piece at a time."""
    job = {
        "codec": encoding.codec,
        "bit_rate": encoding.bit_rate,
        "sample_rate": form.sample_rate,
        "channels": form.channels,
        "written_rate": encoding.sample_rate(form.sample_rate),
        "samples": samples,
    }
    limits = Limits(_CPU_S + samples * form.channels // _SAMPLES_A_CPU_S, _MEMORY)
    # The samples in the order in which they come: there is but one place to ask for.
    talk = converse(
        python_command("callrec.sound.encoder"), job, lambda *_: next(pcm, b""), limits=limits
    )
    with closing(talk):
        for kind, piece in talk:
            if kind is not MessageKind.PIECE:
                raise Undecodable(DecodeFailure.GAVE_UP)
            yield piece
