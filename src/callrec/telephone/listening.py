"""A copy of a telephone recording that any computer plays: WAVE with 16-bit PCM.

Source: ITU-T G.711 (1988), tables 1a to 2b, in the arithmetic of ITU-T G.191's g711.c.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, TypeAlias

from callrec.telephone.sound.riff import ALAW, LINEAR, PCM, ULAW, Wave, read_wave, wave_sound
from callrec.telephone.sound.sound import NotAudio
from callrec.telephone.sound.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from callrec.telephone.sound.riff import Encoding

_BLOCKS_AT_ONCE = 16 * 1024
_LARGEST = 2**32 - 1 - 36
"""Bytes of sound, for RIFF counts in 32 bits and 36 of them are spent before the sound."""

_HEADER = struct.Struct("<4sI8sIHHIIHH4sI")

_Halves: TypeAlias = tuple[bytes, bytes]
"""The low and the high bytes of 16-bit samples."""


def listening_copy(source: BinaryIO) -> Iterator[bytes] | None:
    """A WAVE file's sound again, as one of 16-bit PCM at its own rate, with its own channels.

    Args:
        source: buffered and seekable, at any place; read on while the copy is made.

    Returns:
        The copy, a block at a time; None where the source is no WAVE file of PCM, A-law or u-law.

    Law: 16-bit PCM comes out with the same samples.
    """
    wave = _wave(source)
    decode = _decoder(wave) if wave else None
    if wave is None or decode is None:
        return None
    blocks = wave.length // wave.encoding.block
    if blocks * wave.encoding.channels * 2 > _LARGEST:
        return None
    return _copy(source, wave, blocks, decode)


def _copy(
    source: BinaryIO, wave: Wave, blocks: int, decode: Callable[[bytes], _Halves]
) -> Iterator[bytes]:
    yield _header(blocks, wave.encoding)
    source.seek(wave.start)
    for done in range(0, blocks, _BLOCKS_AT_ONCE):
        size = min(_BLOCKS_AT_ONCE, blocks - done) * wave.encoding.block
        yield _joined(decode(source.read(size)))


def _wave(source: BinaryIO) -> Wave | None:
    window = Window(source, source.seek(0, io.SEEK_END))
    try:
        wave_sound(window)
        return read_wave(window)
    except NotAudio:
        return None


def _header(blocks: int, encoding: Encoding) -> bytes:
    block = encoding.channels * 2
    form = (encoding.channels, encoding.sample_rate, encoding.sample_rate * block, block, 16)
    length = blocks * block
    return _HEADER.pack(b"RIFF", 36 + length, b"WAVEfmt ", 16, PCM, *form, b"data", length)


def _joined(halves: _Halves) -> bytes:
    low, high = halves
    samples = bytearray(2 * len(high))
    samples[0::2], samples[1::2] = low, high
    return bytes(samples)


def _decoder(wave: Wave) -> Callable[[bytes], _Halves] | None:
    """What makes 16-bit samples of so encoded bytes."""
    encoding = wave.encoding
    if encoding.tag not in LINEAR:
        return None
    width = encoding.block // encoding.channels
    if width == 1:
        low, high = {PCM: _FROM_PCM8, ALAW: _FROM_ALAW, ULAW: _FROM_ULAW}[encoding.tag]
        return lambda read: (read.translate(low), read.translate(high))
    first = 0 if wave.order == "big" else width - 1
    second = 1 if wave.order == "big" else width - 2
    return lambda read: (read[second::width], read[first::width])


def _table(sample: Callable[[int], int]) -> _Halves:
    low, high = zip(
        *(sample(byte).to_bytes(2, "little", signed=True) for byte in range(256)), strict=True
    )
    return bytes(low), bytes(high)


def _from_ulaw(byte: int) -> int:
    inverted = byte ^ 0xFF
    size = ((inverted & 0x0F) << 3) + 0x84 << (inverted >> 4 & 7)
    return 0x84 - size if inverted & 0x80 else size - 0x84


def _from_alaw(byte: int) -> int:
    inverted = byte ^ 0x55
    segment = inverted >> 4 & 7
    size = (inverted & 0x0F) << 4
    size = size + 0x108 << segment - 1 if segment else size + 8
    return size if inverted & 0x80 else -size


_FROM_ULAW, _FROM_ALAW = _table(_from_ulaw), _table(_from_alaw)
_FROM_PCM8 = _table(lambda byte: (byte - 128) * 256)
