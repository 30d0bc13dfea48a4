from __future__ import annotations

import io
import json
import struct
import wave

import pytest

from callrec.telephone.listening import listening_copy
from telephone.builders import VECTORS, a_format, a_wave, an_mp3


def a_copy(data: bytes) -> wave.Wave_read:
    pieces = listening_copy(io.BytesIO(data))
    assert pieces is not None
    return wave.Wave_read(io.BytesIO(b"".join(pieces)))


def samples(data: bytes) -> list[int]:
    with a_copy(data) as copy:
        frames = copy.readframes(copy.getnframes())
    return list(struct.unpack(f"<{len(frames) // 2}h", frames))


@pytest.mark.parametrize(("codec", "tag"), [("alaw", 6), ("ulaw", 7)])
def test_g711_is_decoded_as_ffmpeg_decodes_it(codec: str, tag: int) -> None:
    expected = json.loads((VECTORS / f"g711/{codec}.json").read_text("utf-8"))
    assert samples(a_wave(bytes(range(256)), a_format(tag=tag, bits=8))) == expected


VALUES = (0, 1, -1, 256, -256, 32767, -32768)
PCM = {
    "16 bits": a_wave(struct.pack("<7h", *VALUES)),
    "24 bits": a_wave(b"".join(b"\x7f" + v.to_bytes(2, "little", signed=True) for v in VALUES),
                      a_format(bits=24)),
    "32 bits": a_wave(struct.pack("<7i", *(v << 16 for v in VALUES)), a_format(bits=32)),
    "16 bits, big-endian": a_wave(struct.pack(">7h", *VALUES), kind=b"RIFX"),
    "24 bits, big-endian": a_wave(
        b"".join(v.to_bytes(2, "big", signed=True) + b"\x7f" for v in VALUES),
        a_format(bits=24, order=">"), kind=b"RIFX"),
    "16 bits after a crash": a_wave(struct.pack("<7h", *VALUES), said=0, riff_said=0),
}  # fmt: skip


@pytest.mark.parametrize("data", PCM.values(), ids=PCM.keys())
def test_pcm_of_every_width_keeps_its_upper_sixteen_bits(data: bytes) -> None:
    assert samples(data) == list(VALUES)


def test_pcm_of_eight_bits_is_unsigned() -> None:
    assert samples(a_wave(b"\x00\x80\xff\x81", a_format(bits=8))) == [-32768, 0, 32512, 256]


def test_the_copy_keeps_rate_and_channels() -> None:
    form = a_format(tag=7, channels=2, rate=16_000, bits=8)
    with a_copy(a_wave(bytes(32_000), form)) as copy:
        assert copy.getparams()[:4] == (2, 2, 16_000, 16_000)


def test_a_copy_longer_than_a_block_has_every_sample() -> None:
    data = struct.pack("<50000h", *range(-25000, 25000))
    assert samples(a_wave(data)) == list(range(-25000, 25000))


def test_half_a_sample_at_the_end_is_left_out() -> None:
    assert samples(a_wave(b"\1\0\2")) == [1]


NOT_DECODED = {
    "gsm": a_wave(bytes(650), struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)),
    "floating point": a_wave(bytes(64), a_format(tag=3, bits=32)),
    "mp3": an_mp3(9),
    "an empty wave": a_wave(b""),
    "a wave of no channels": a_wave(bytes(64), a_format(channels=0)),
    "a wave with an absurd rate": a_wave(bytes(64), a_format(rate=2**25)),
    "nothing": b"",
}


@pytest.mark.parametrize("data", NOT_DECODED.values(), ids=NOT_DECODED.keys())
def test_what_cannot_be_decoded_here_has_no_copy(data: bytes) -> None:
    assert listening_copy(io.BytesIO(data)) is None


class FourGibibytes(io.BytesIO):
    """A WAVE file of u-law that nobody has to store."""

    head = a_wave(b"", a_format(tag=7, bits=8), said=2**32 - 1)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return 2**32 if whence == io.SEEK_END else offset

    def read(self, size: int | None = -1, /) -> bytes:
        return self.head + bytes((size or 0) - len(self.head))


def test_a_copy_that_riff_could_not_count_is_not_begun() -> None:
    assert listening_copy(FourGibibytes()) is None
