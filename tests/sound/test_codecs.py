"""Every codec that a telephone system writes: measured, and silenced where it was asked."""

from __future__ import annotations

import hashlib
import io
from array import array
from collections.abc import Callable
from typing import NamedTuple

import pytest

from callrec.policy.edits import Edits, Span
from callrec.sound.coding import COMPRESSED, Encoding
from callrec.sound.listening import listening_copy, measure
from callrec.sound.measured import Measured
from callrec.telephone.sound.inspecting import inspect
from callrec.telephone.sound.sound import Sound
from sound.builders import LOUD, VECTORS, a_copy, a_silence, a_tone, made, samples


class Sample(NamedTuple):
    """A sound of two seconds, or half a second where it was shipped."""

    suffix: str
    make: Callable[[], bytes]
    rate: int = 8000
    channels: int = 1
    seconds: float = 2


def encoded(
    codec: str, container: str, rate: int = 8000, channels: int = 1, **options: str
) -> bytes:
    return made(
        codec, container, a_tone(2, rate, channels), rate=rate, channels=channels, options=options
    )


def with_pauses() -> bytes:
    """As a mobile telephone records: a frame of comfort noise in eight, and none was sent else."""
    pause = b"\x4c" + bytes(5) + b"\x7c" * 7
    return (VECTORS / "wide.amr").read_bytes() + pause * 12 + pause[:9]


SAMPLES = {
    "pcm16": Sample(".wav", lambda: encoded("pcm_s16le", "wav")),
    "pcm16, two channels": Sample(".wav", lambda: encoded("pcm_s16le", "wav", 8000, 2), 8000, 2),
    "pcm24": Sample(".wav", lambda: encoded("pcm_s24le", "wav", 16000), 16000),
    "a-law": Sample(".wav", lambda: encoded("pcm_alaw", "wav")),
    "u-law, two channels": Sample(".wav", lambda: encoded("pcm_mulaw", "wav", 8000, 2), 8000, 2),
    "ima adpcm": Sample(".wav", lambda: encoded("adpcm_ima_wav", "wav")),
    "microsoft adpcm": Sample(".wav", lambda: encoded("adpcm_ms", "wav")),
    "wav49": Sample(".WAV", (VECTORS / "wav49.WAV").read_bytes, seconds=0.5),
    "mp3 at 8 kHz": Sample(".mp3", lambda: encoded("libmp3lame", "mp3", b="16k")),
    "mp3 at 44.1 kHz": Sample(
        ".mp3", lambda: encoded("libmp3lame", "mp3", 44100, 2, q="5"), 44100, 2),
    "opus": Sample(".opus", lambda: encoded("libopus", "ogg", 16000), 48000),
    "opus, two streams": Sample(
        ".opus", lambda: encoded("libopus", "ogg", 16000) + encoded("libopus", "ogg", 16000),
        48000, seconds=4),
    "vorbis": Sample(".ogg", lambda: encoded("vorbis", "ogg", 16000, 2, strict="-2"), 16000, 2),
    "flac": Sample(".flac", lambda: encoded("flac", "flac", 16000), 16000),
    "aac in mpeg-4": Sample(".m4a", lambda: encoded("aac", "ipod", 16000), 16000),
    "aac alone": Sample(".aac", lambda: encoded("aac", "adts", 48000), 48000),
    "amr": Sample(".amr", lambda: encoded("libopencore_amrnb", "amr")),
    "amr-wb": Sample(".amr", (VECTORS / "wide.amr").read_bytes, 16000, seconds=0.5),
    "amr with pauses": Sample(".amr", (VECTORS / "with-pauses.amr").read_bytes, seconds=1.5),
    "amr-wb with pauses": Sample(".amr", with_pauses, 16000, seconds=2.5),
    "g.722 alone": Sample(".g722", lambda: encoded("g722", "g722", 16000), 16000),
    "g.729 alone": Sample(".g729", (VECTORS / "plain.g729").read_bytes, seconds=0.5),
    "gsm alone": Sample(".gsm", (VECTORS / "plain.gsm").read_bytes, seconds=0.5),
    "u-law alone": Sample(".ulaw", lambda: encoded("pcm_mulaw", "mulaw")),
    "a-law alone": Sample(".alaw", lambda: encoded("pcm_alaw", "alaw")),
    "samples alone": Sample(".sln", lambda: encoded("pcm_s16le", "s16le")),
    "samples alone at 16 kHz": Sample(
        ".sln16", lambda: encoded("pcm_s16le", "s16le", 16000), 16000),
    "raw": Sample(".raw", lambda: encoded("pcm_s16le", "s16le")),
}  # fmt: skip

EDITS = Edits(Span(41, 461), (a_silence(100, 201), a_silence(333, 400)))


class Read(NamedTuple):
    """All that is read of one sample; each time that takes a process."""

    sample: Sample
    said: Sound
    measured: Measured
    copy: bytes
    edited: bytes


@pytest.fixture(scope="module", params=list(SAMPLES.values()), ids=list(SAMPLES))
def read(request: pytest.FixtureRequest) -> Read:
    sample: Sample = request.param
    data = sample.make()
    original = io.BytesIO(data)
    said = inspect(original, len(data), sample.suffix)
    measured = measure(original, sample.suffix)
    copy = b"".join(listening_copy(original, sample.suffix, measured))
    edited = b"".join(listening_copy(original, sample.suffix, measured, edits=EDITS))
    assert original.getvalue() == data
    return Read(sample, said, measured, copy, edited)


def test_intake_and_decoder_agree_on_how_long_it_is(read: Read) -> None:
    sample, measured = read.sample, read.measured
    assert (measured.sample_rate, measured.channels) == (sample.rate, sample.channels)
    assert measured.duration_ms == pytest.approx(sample.seconds * 1000, abs=100)
    assert read.said.duration_ms == pytest.approx(sample.seconds * 1000, abs=100)
    assert read.said.duration_ms == pytest.approx(measured.duration_ms, abs=100)
    assert max(map(max, measured.peaks)) == pytest.approx(LOUD, rel=0.25)


def test_the_hash_taken_while_it_is_measured_is_that_of_the_copy(read: Read) -> None:
    assert read.measured.wave_bytes == len(read.copy)
    assert read.measured.wave_sha256 in {"", hashlib.sha256(read.copy).hexdigest()}


def test_silence_is_exactly_where_it_was_asked(read: Read) -> None:
    whole, rate, channels = samples(read.copy), read.sample.rate, read.sample.channels
    for begin_ms, end_ms in ((100, 201), (333, 400)):
        first, end = begin_ms * rate // 1000, -(-end_ms * rate // 1000)
        span = slice(first * channels, end * channels)
        assert max(whole[span]) > LOUD // 2
        whole[span] = array("h", bytes(2 * len(whole[span])))
    clip = slice(-(-41 * rate // 1000), 461 * rate // 1000)
    assert samples(read.edited) == whole[clip.start * channels : clip.stop * channels]


# Each of them, and with each codec the rate of most telephone systems, 8 kHz.
@pytest.mark.parametrize(
    ("encoding", "rate", "channels"),
    [
        (encoding, *sound)
        for encoding, sound in zip(
            COMPRESSED, [(48000, 1), (11025, 2), (8000, 1), (11025, 2), (8000, 1)], strict=True
        )
    ],
    ids=lambda each: f"{each.codec} {each.bit_rate}" if isinstance(each, Encoding) else None,
)
def test_a_small_copy_is_silent_there_and_as_long(
    encoding: Encoding, channels: int, rate: int
) -> None:
    data = made("pcm_s16le", "wav", a_tone(2, rate, channels), rate=rate, channels=channels)
    edits = Edits(Span(200, 1800), (a_silence(700, 1200),))
    copy = a_copy(data, edits=edits, encoding=encoding)
    assert len(copy) <= encoding.estimated_bytes(1600)
    heard = samples(a_copy(copy, encoding.suffix))
    written = len(heard) // channels * 10 // 16  # samples a second, the copy lasting 1.6
    assert written in {16_000, 24_000, 48_000}

    def loudest(from_ms: int, to_ms: int) -> int:
        return max(heard[from_ms * written // 1000 * channels : to_ms * written // 1000 * channels])

    spread = 80  # an encoder's windows reach so far, ms
    assert loudest(500 + spread, 1000 - spread) < LOUD // 200
    assert loudest(100, 500 - spread) > LOUD // 2
    assert loudest(1000 + spread, 1600) > LOUD // 2
