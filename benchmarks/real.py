"""Recordings as a practice has them: GSM 6.10 in WAVE and MP3, at 8 kHz, as long as calls are.

Half an hour of something like speech is made and encoded, once: voices with two formants, hisses,
and pauses of line noise. Each call is some of it, cut into pieces that stand in another order: so
it is valid sound of its encoder's, compresses as such sound does, and is unlike every other file.
"""

from __future__ import annotations

import io
import math
import random
import struct
import subprocess
from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from av.audio.stream import AudioStream

RATE: Final = 8000
MEDIAN_S: Final = 180
SPREAD: Final = 0.7
"""Of the logarithm: one call in six takes twice as long as the median, or longer."""
LONGEST_S: Final = 1500
PIECE_S: Final = 2.88
"""Whole blocks of GSM, 40 ms, and whole frames of MP3, 72 ms."""
SPOKEN_S: Final = 260
SPEEDS: Final = (0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.16)
"""At which it is said again: another pitch, so that no frame is like that of another speed."""
GSM_BLOCK, GSM_SAMPLES = 65, 320
MP3_BITS, MP3_FRAME, MP3_SAMPLES = 16_000, 144, 576
RAW: Final = ("-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", "1")


class Sounds:
    """The pieces, encoded in both ways."""

    def __init__(self, spoken_s: float = SPOKEN_S) -> None:
        said = array("h", _speech(spoken_s, random.Random(1))).tobytes()
        raw = b"".join(_sox(said, *RAW, "-", "speed", str(speed)) for speed in SPEEDS)
        self._gsm = _pieces(_gsm(raw), int(PIECE_S * RATE) // GSM_SAMPLES * GSM_BLOCK)
        self._mp3 = _pieces(_mp3(raw), int(PIECE_S * RATE) // MP3_SAMPLES * MP3_FRAME)

    def call(self, number: int, chance: random.Random) -> tuple[str, float, Iterable[bytes]]:
        """How the call's name ends, its seconds and its file: GSM where the number is even."""
        seconds = min(LONGEST_S, MEDIAN_S * math.exp(chance.gauss(0, SPREAD)))
        pieces = self._mp3 if number % 2 else self._gsm
        count = min(len(pieces), max(1, round(seconds / PIECE_S)))
        sound = chance.sample(pieces, count)
        if number % 2:
            return "mp3", count * PIECE_S, sound
        return "WAV", count * PIECE_S, [_gsm_header(sum(map(len, sound))), *sound]


def _speech(seconds: float, chance: random.Random) -> Iterator[int]:
    """Samples; each vowel, hiss or pause by itself."""
    left = int(seconds * RATE)
    while left > 0:
        kind = chance.choices(("vowel", "hiss", "pause"), (6, 2, 2))[0]
        length = min(left, int(chance.uniform(0.05, 0.9 if kind == "pause" else 0.25) * RATE))
        left -= max(1, length)
        period = int(RATE / chance.uniform(90, 240))
        loudness = {"vowel": 9000, "hiss": 300, "pause": 3}[kind] * chance.uniform(0.4, 1.6)
        near, far = (
            _resonance(chance.uniform(low, high), broad) for low, high, broad in FORMANTS[kind]
        )
        ones = twos = (0.0, 0.0)
        for place in range(length):
            pushed = chance.gauss(0, 0.02 if kind == "vowel" else 1)
            pushed += kind == "vowel" and place % period == 0
            ones = (pushed + near[0] * ones[0] + near[1] * ones[1], ones[0])
            twos = (ones[0] + far[0] * twos[0] + far[1] * twos[1], twos[0])
            swell = math.sin(math.pi * (place + 1) / (length + 1))
            yield max(-32768, min(32767, int(loudness * swell * twos[0] * far[2])))


FORMANTS: Final = {
    "vowel": ((250, 850, 80), (900, 2300, 120)),
    "hiss": ((1800, 2600, 900), (2500, 3600, 900)),
    "pause": ((200, 400, 900), (900, 2300, 900)),
}
"""Hertz from and to, and how broad, of two resonances."""


def _resonance(hertz: float, breadth: float) -> tuple[float, float, float]:
    """The two coefficients of a resonator and what keeps it as loud."""
    decay = math.exp(-math.pi * breadth / RATE)
    return 2 * decay * math.cos(2 * math.pi * hertz / RATE), -decay * decay, 1 - decay


def _sox(raw: bytes, *words: str) -> bytes:
    words = ("sox", "-V1", *RAW, "-", *words)
    return subprocess.run(words, input=raw, check=True, capture_output=True).stdout


def _gsm(raw: bytes) -> bytes:
    return _sox(raw, "-e", "gsm-full-rate", "-t", "wav", "-").partition(b"data")[2][4:]


def _mp3(raw: bytes) -> bytes:
    """Each frame by itself, as it borrows no bits."""
    import av  # noqa: PLC0415 - large, and what a run is told to take is never less than this has

    into = io.BytesIO()
    plain = {"write_xing": "0", "id3v2_version": "0"}
    with av.open(into, "w", format="mp3", options=plain) as file:
        stream: AudioStream = file.add_stream("libmp3lame", rate=RATE, options={"reservoir": "0"})
        stream.bit_rate, stream.layout = MP3_BITS, "mono"
        for start in range(0, len(raw), 2 * RATE):
            second = raw[start : start + 2 * RATE]
            frame = av.AudioFrame(format="s16p", layout="mono", samples=len(second) // 2)
            frame.sample_rate = RATE
            frame.planes[0].update(second)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return into.getvalue()


def _pieces(sound: bytes, size_bytes: int) -> list[bytes]:
    """The whole ones; the encoder's first second, which begins from silence, is left out."""
    return [
        sound[start : start + size_bytes]
        for start in range(size_bytes, len(sound) - size_bytes + 1, size_bytes)
    ]


def _gsm_header(data_bytes: int) -> bytes:
    """As Asterisk writes it for ``.WAV``."""
    form = struct.pack("<IHHIIHHHH", 20, 0x31, 1, RATE, 1625, GSM_BLOCK, 0, 2, GSM_SAMPLES)
    fact = struct.pack("<II", 4, data_bytes // GSM_BLOCK * GSM_SAMPLES)
    size = struct.pack("<I", 4 + 4 + len(form) + 4 + len(fact) + 8 + data_bytes)
    data = b"data" + struct.pack("<I", data_bytes)
    return b"".join([b"RIFF", size, b"WAVEfmt ", form, b"fact", fact, data])
