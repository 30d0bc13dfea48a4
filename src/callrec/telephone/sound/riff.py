"""RIFF, RIFX and RF64 WAVE: where the samples lie and how they are written.

Sizes are measured and not believed: Asterisk writes them when it closes the file, so that after a
crash they are 0 or old, and programs that stream write 0x7FFFFFFF, a little less, or 0xFFFFFFFF.

Sources: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991);
EBU Tech 3306 (RF64); RFC 2361 (format tags).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from callrec.telephone.sound.gsm import BLOCK_OF_TWO, gsm_findings
from callrec.telephone.sound.samples import Samples, sample_findings
from callrec.telephone.sound.sound import (
    Contradictory,
    CutShort,
    Empty,
    Finding,
    Sound,
    Unknown,
    milliseconds,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.telephone.sound.window import Window

PCM, ALAW, ULAW = 1, 6, 7

_GSM, _EXTENSIBLE = 0x31, 0xFFFE

LINEAR = frozenset({PCM, ALAW, ULAW})
"""Tags of the codecs in which every sample stands by itself."""

_CODECS = {
    0x02: "adpcm",
    0x03: "float",
    ALAW: "alaw",
    ULAW: "ulaw",
    0x11: "adpcm",
    _GSM: "gsm",
    0x45: "g726",
    0x55: "mp3",
}

_ADPCM = frozenset({0x02, 0x11})
"""Tags after whose usual fields the samples of a block follow."""

_GSM_SAMPLES = 320

_MOST_CHUNKS = 1000

_IN_DS64 = 0xFFFFFFFF
"""A size that did not fit: where it is RF64, another chunk has it."""

_OPEN, _LONG_OPEN = 0x7FFFF000, 1 << 63
"""From here on a size is what a program writes that does not know it yet."""

_ORDERS: dict[bytes, Literal["little", "big"]] = {
    b"RIFF": "little",
    b"RF64": "little",
    b"RIFX": "big",
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """The ``fmt`` chunk."""

    tag: int
    """Of the codec; that of the subformat where it is extensible."""
    channels: int
    sample_rate: int
    """Hz."""
    bytes_per_second: int
    block: int
    """Bytes that belong together: one sample of each channel, or a packed block of many."""
    bits: int
    """Of one sample; 0 where blocks are packed."""
    samples_per_block: int
    """Of one channel; 0 where the chunk does not say."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A WAVE file's encoding, and where its samples lie."""

    order: Literal["little", "big"]
    encoding: Encoding
    start: int
    """Bytes from the beginning of the file."""
    length: int
    """Bytes of sound that are really there."""
    findings: frozenset[Finding]
    """What the header says of what is not."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    said: int


def is_riff(head: bytes) -> bool:
    """Whether a file that begins so is of the RIFF family; four bytes suffice."""
    return head[:4] in _ORDERS


def read_wave(window: Window) -> Wave:
    """Find the encoding and the samples.

    Raises:
        NotAudio: no WAVE, or one without a header that can be used.
    """
    head = window.at(0, 12)
    if not is_riff(head) or not b"WAVE".startswith(head[8:]):
        raise Unknown
    order = _ORDERS[head[:4]]
    encoding = samples = None
    long = 0
    for chunk in _chunks(window, order):
        if chunk.name == b"fmt " and encoding is None:
            encoding = _encoding(window.at(chunk.start, min(chunk.said, 40)), order)
        elif chunk.name == b"data" and samples is None:
            samples = replace(chunk, said=long) if long and chunk.said == _IN_DS64 else chunk
        elif chunk.name == b"ds64":
            long = int.from_bytes(window.at(chunk.start + 8, 8), order)
        if encoding and samples:
            return Wave(order, encoding, samples.start, *_measured(window, samples, order))
    raise CutShort


def wave_sound(window: Window) -> Sound:
    """The sound of a WAVE file.

    Raises:
        NotAudio: it is none, or holds none.
    """
    wave = read_wave(window)
    encoding = wave.encoding
    if encoding.tag in LINEAR and not encoding.block:
        raise Contradictory
    if wave.length < max(encoding.block, 1):
        raise Empty
    codec = f"pcm{encoding.bits}" if encoding.tag == PCM else _codec(encoding.tag)
    sound = Sound(
        "wav",
        codec,
        encoding.sample_rate,
        encoding.channels,
        _duration_ms(encoding, wave.length),
        wave.findings,
    )
    return sound.with_findings(_heard(window, wave, codec))


def _heard(window: Window, wave: Wave, codec: str) -> frozenset[Finding]:
    length = wave.length // wave.encoding.block * wave.encoding.block if wave.encoding.block else 0
    if wave.encoding.tag == _GSM:
        return gsm_findings(window, wave.start, length, BLOCK_OF_TWO)
    return sample_findings(window, Samples(codec, wave.start, length, wave.order))


def _chunks(window: Window, order: Literal["little", "big"]) -> Iterator[_Chunk]:
    place = 12
    for _ in range(_MOST_CHUNKS):
        head = window.at(place, 8)
        if len(head) < 8:  # noqa: PLR2004  # a name and a size
            return
        said = int.from_bytes(head[4:], order)
        yield _Chunk(head[:4], place + 8, said)
        place += 8 + said + said % 2


def _encoding(body: bytes, order: Literal["little", "big"]) -> Encoding:
    if len(body) < 16:  # noqa: PLR2004  # what the oldest form of the chunk has
        raise CutShort

    def number(start: int, length: int) -> int:
        return int.from_bytes(body[start : start + length], order)

    tag = number(0, 2)
    return _settled(
        Encoding(
            number(24, 2) if tag == _EXTENSIBLE else tag,
            channels=number(2, 2),
            sample_rate=number(4, 4),
            bytes_per_second=number(8, 4),
            block=number(12, 2),
            bits=number(14, 2),
            samples_per_block=number(18, 2) if tag in _ADPCM else 0,
        )
    )


def _settled(said: Encoding) -> Encoding:
    """With what the codec itself settles, whatever the chunk says."""
    if said.tag in {ALAW, ULAW}:
        return replace(said, bits=8, block=said.channels, samples_per_block=1)
    if said.tag == PCM:
        return replace(said, block=said.channels * ((said.bits + 7) // 8), samples_per_block=1)
    if said.tag == _GSM:
        return replace(said, block=BLOCK_OF_TWO, samples_per_block=_GSM_SAMPLES)
    return said


def _measured(
    window: Window, data: _Chunk, order: Literal["little", "big"]
) -> tuple[int, frozenset[Finding]]:
    """Bytes of sound: what the chunk says where that fits, what is there where it does not."""
    there = window.size - data.start
    if data.said > there:
        is_open = _OPEN <= data.said <= _IN_DS64 or data.said >= _LONG_OPEN
        return there, frozenset({Finding.UNCLOSED if is_open else Finding.TRUNCATED})
    after = data.start + data.said + data.said % 2
    follows = window.at(after, 8)
    if len(follows) < 8:  # noqa: PLR2004  # nothing, or a scrap
        return data.said, frozenset()
    size = int.from_bytes(follows[4:], order)
    is_chunk = all(0x20 <= sign < 0x7F for sign in follows[:4])  # noqa: PLR2004  # ASCII
    if is_chunk and size <= window.size - after - 8:
        return data.said, frozenset()
    return there, frozenset({Finding.UNCLOSED})


def _codec(tag: int) -> str:
    return _CODECS.get(tag, f"wave-{tag}")


def _duration_ms(encoding: Encoding, length: int) -> int:
    if encoding.samples_per_block and encoding.block:
        blocks = length // encoding.block
        return milliseconds(blocks * encoding.samples_per_block, encoding.sample_rate)
    if not encoding.bytes_per_second:
        raise Contradictory
    return milliseconds(length, encoding.bytes_per_second)
