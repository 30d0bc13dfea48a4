"""A recording's samples, as one confined child decodes them and another encodes them again.

WAVE with 16-bit PCM plays everywhere and changes no sample. The other encodings are for where a
copy must be small. MP3 plays wherever there is a browser or a telephone; Opus keeps speech clear at
an eighth of the size and plays in every browser, but in no player that Windows brings.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import BinaryIO, Final, Protocol

from callrec.dataclass import astuple, dataclass, field
from callrec.sound.child import DECODER_COMMAND, DecodeFailure, MessageKind, Undecodable, converse
from callrec.system.limits import Limits
from callrec.system.modules import python_command

_MAX_DECODED_BYTES: Final = 2**32 - 1 - 36
"""Of samples: RIFF counts in 32 bits, and 36 bytes are spent before the samples."""

_LONGEST_S, _HIGHEST_RATE = 31 * 24 * 3600, 1_000_000
_MEMORY, _CPU_S = 1 << 30, 120

_BYTES_A_CPU_S, _SAMPLES_A_CPU_S = 100_000, 160_000
"""Of processor time two minutes are allowed, and a second more for each 100 kB to be decoded or for
each 20 s at 8 kHz to be encoded."""


class Original(Protocol):
    """What a recording's bytes are read from."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


@dataclass(frozen=True, slots=True)
class SampleFormat:
    """How samples follow each other: interleaved, 16 bits, signed, little-endian."""

    sample_rate: int
    channels: int
    expected: int = field(default=0, compare=False)
    """Samples of one channel that the file says it has; they have not been counted."""

    @property
    def max_bytes(self) -> int:
        return min(_MAX_DECODED_BYTES, _LONGEST_S * self.sample_rate * self.channels * 2)


@contextmanager
def decoding(original: BinaryIO, suffix: str) -> Iterator[tuple[SampleFormat, Iterator[bytes]]]:
    """The form of a recording's samples, and they themselves while they are decoded.

    Each piece holds whole samples of every channel. The child is gone when the block is left.
    """
    with _decoder(original, suffix) as talk:
        form = _form(next(talk, None))
        yield form, _pieces(talk, form)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a recording is, and how long it lasts, once all of it was decoded."""

    codec: str
    """As FFmpeg calls it."""
    sample_rate: int
    """Hz."""
    channels: int
    duration_ms: int
    claimed_ms: int
    """When its last packet begins, by the times that the file tells."""
    spoilt: int
    """Packets that could not be decoded."""


def count(original: Original, suffix: str) -> Counted:
    """Decode all of a recording, and keep none of its samples.

    Raises:
        Undecodable: it cannot be decoded here, or nothing comes out.
    """
    with _decoder(original, suffix, only_counted=True) as talk:
        return _counted(next(talk, None))


_CODEC: Final = re.compile("[a-z0-9_]{1,24}")


def _counted(message: tuple[MessageKind, bytes] | None) -> Counted:
    kind, facts = message or (MessageKind.DONE, b"")
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        found = Counted(**json.loads(facts if kind is MessageKind.FACTS else b""))
        is_whole = all(isinstance(each, int) and each >= 0 for each in astuple(found)[1:])
        if is_whole and _CODEC.fullmatch(found.codec):
            return found
    raise Undecodable(DecodeFailure.GAVE_UP)


@contextmanager
def _decoder(
    original: Original, suffix: str, *, only_counted: bool = False
) -> Iterator[Iterator[tuple[MessageKind, bytes]]]:
    size = original.seek(0, io.SEEK_END)

    def answer(place: int, length: int) -> bytes:
        original.seek(place)
        return original.read(length)

    limits = Limits(cpu_seconds=_CPU_S + size // _BYTES_A_CPU_S, memory_bytes=_MEMORY)
    job = {"size": size, "suffix": suffix, "only_counted": only_counted}
    with closing(converse(DECODER_COMMAND, job, answer, limits=limits)) as talk:
        yield talk


def _pieces(talk: Iterator[tuple[MessageKind, bytes]], form: SampleFormat) -> Iterator[bytes]:
    left, block = form.max_bytes, form.channels * 2
    for kind, piece in talk:
        left -= len(piece)
        if kind is not MessageKind.PIECE or len(piece) % block:
            raise Undecodable(DecodeFailure.GAVE_UP)
        if left < 0:
            raise Undecodable(DecodeFailure.TOO_LONG)
        yield piece


def _form(message: tuple[MessageKind, bytes] | None) -> SampleFormat:
    kind, facts = message or (MessageKind.DONE, b"")
    form = None
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        fields = json.loads(facts) if kind is MessageKind.FACTS else {}
        if all(isinstance(each, int) for each in fields.values()):
            form = SampleFormat(**fields)
    if form is None:
        raise Undecodable(DecodeFailure.GAVE_UP)
    if not 1 <= form.sample_rate <= _HIGHEST_RATE or form.channels not in {1, 2}:
        raise Undecodable(DecodeFailure.UNKNOWN)
    if form.expected < 0:
        raise Undecodable(DecodeFailure.GAVE_UP)
    return form


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
