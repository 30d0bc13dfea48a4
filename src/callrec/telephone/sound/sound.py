"""A sound as found, and why a file has none."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, StrEnum
from typing import Protocol, Self

from callrec.dataclass import dataclass, field, replace
from callrec.errors import Unusable

_MAX_CHANNELS = 64
_HIGHEST_RATE = 1_000_000

_LONGEST_MS = 31 * 24 * 3600 * 1000
"""A header that claims more was not written by a telephone system, and would upset every sum."""


class SoundFault(Enum):
    """Why a file is not sound; one sentence for each."""

    EMPTY = "it holds no sound"
    """No bytes, or a header with nothing after it."""
    CUT_SHORT = "its header is cut short"
    CONTRADICTORY = "its header makes no sense"
    TEXT = "it is text, not sound"
    ENCRYPTED = "its sound is encrypted: export it from the telephone system as plain sound"
    """Sound should be there and noise is, even in every respect (`samples`)."""
    UNPLAYABLE = "nothing in it can be played: it is cut short or spoilt"
    UNKNOWN = "this kind of audio file is not supported"


class NotAudio(Unusable):
    """The bytes are no sound, or hold none."""

    def __init__(self, why: SoundFault) -> None:
        super().__init__(why.value)


class Finding(StrEnum):
    """What is to be known of a sound that can be taken in."""

    SILENT = "silent"
    """Nothing is to be heard from its beginning to its end."""
    TRUNCATED = "truncated"
    """Its header, or its last frame, says that there was more."""
    UNCLOSED = "unclosed"
    """Its header does not tell its whole length: after a crash, or where two files were joined."""
    DAMAGED = "damaged"
    """Less of it plays than it says or shows: something within it is missing or spoilt."""
    MISDATED = "misdated"
    """Its call is dated before 2000 or in the future: some clock was wrong, or it is misread."""
    UNREAD = "unread"
    """The number of its outside party could not be read; it is found by its digits."""
    UNDECODED = "undecoded"
    """It cannot be played here; how long it lasts is what its header says, if it says so."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a file holds, once measured."""

    format: str
    """The kind of file, which serves as a suffix: wav, mp3, ogg, flac, amr, m4a, au, ulaw, ..."""
    codec: str
    """How the samples are written: pcm16, ulaw, alaw, gsm, mp3, opus, ..."""
    sample_rate: int
    """Hz."""
    channels: int
    duration_ms: int
    findings: frozenset[Finding] = frozenset()
    is_counted: bool = field(default=True, compare=False)
    """Whether its length was counted; else it is what the file says, and only decoding tells."""

    def __post_init__(self) -> None:
        usual = 1 <= self.channels <= _MAX_CHANNELS and 1 <= self.sample_rate <= _HIGHEST_RATE
        if not usual or not 0 <= self.duration_ms <= _LONGEST_MS:
            raise NotAudio(SoundFault.CONTRADICTORY)

    def with_findings(self, findings: Iterable[Finding]) -> Self:
        """The same, of which more is known."""
        known = self.findings.union(findings)
        return self if known == self.findings else replace(self, findings=known)


def milliseconds(samples: int, sample_rate: int) -> int:
    """How long so many samples of one channel last."""
    if sample_rate < 1:
        raise NotAudio(SoundFault.CONTRADICTORY)
    return round(samples * 1000 / sample_rate)


BLOCK_BYTES = 64 * 1024
"""Bytes; the most that is ever held, and more than an Ogg page has (65,307)."""


class Seekable(Protocol):
    """What a sound's bytes are read from."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...


class Window:
    """Bytes of a seekable stream, as far as a size that is known beforehand."""

    __slots__ = ("_block", "_block_at", "_stream", "size")

    def __init__(self, stream: Seekable, size: int) -> None:
        self._stream = stream
        self._block = b""
        self._block_at = 0
        self.size = size

    def at(self, place: int, length: int) -> bytes:
        """So many bytes from a place, up to a block; fewer where the file ends."""
        start = place - self._block_at
        if 0 <= start <= len(self._block) - length:
            return self._block[start : start + length]
        length = min(length, self.size - place)
        if length <= 0:
            return b""
        if not 0 <= start <= len(self._block) - length:
            self._stream.seek(place)
            self._block = self._stream.read(min(BLOCK_BYTES, self.size - place))
            self._block_at, start = place, 0
        return self._block[start : start + length]
