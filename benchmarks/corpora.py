"""Made-up recordings as an Asterisk telephone system writes them, the same on every machine.

16-bit PCM at 8 kHz: line noise, fresh in every sample, in the low byte; two voices that take turns
in the high one. So they compress about as badly as real ones do, and no two share a block. As a
practice has them, in GSM and MP3, `benchmarks.real` makes them; the names are the same. The
numbers are Ofcom's, kept for drama: nobody's.
"""

from __future__ import annotations

import math
import os
import random
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from benchmarks.real import Sounds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench

RATE: Final = 8000
HEADER_BYTES: Final = 44
LONDON: Final = ZoneInfo("Europe/London")
FIRST: Final = datetime(2024, 1, 1, tzinfo=UTC)
DAYS: Final = 731
PREFIXES: Final = ("02079460", "01134960", "01214960", "01632960", "07700900", "08081570")
BLOCK: Final = 1 << 20  # 1 MiB of sound at a time, however long the call


@dataclass(frozen=True, slots=True)
class Corpus:
    """So many recordings of one size; or, where none is said, as a practice has them."""

    name: str
    files: int
    file_bytes: int | None


def corpus_folder(bench: Bench, corpus: Corpus) -> Path:
    """The corpus, made where it is not there yet."""
    name = f"corpus-{corpus.files}x{corpus.file_bytes or 'real'}"
    return bench.made_once(name, lambda folder: write_corpus(folder, corpus))


def write_corpus(folder: Path, corpus: Corpus) -> None:
    """Call i depends on i and the size alone: a larger corpus keeps the calls of a smaller one."""
    draw = Sounds().call if corpus.file_bytes is None else partial(_drawn, corpus.file_bytes)
    for call in range(corpus.files):
        chance = random.Random(f"{corpus.file_bytes}/{call}")
        started_at = FIRST + timedelta(
            days=chance.randrange(DAYS), seconds=chance.randrange(8 * 3600, 18 * 3600)
        )
        name = _name(call, started_at, chance)
        ending, seconds, sound = draw(call, chance)
        path = folder / f"{name}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.writelines(sound)
        ended = (started_at + timedelta(seconds=seconds)).timestamp()
        os.utime(path, (ended, ended))


def _drawn(file_bytes: int, _: int, chance: random.Random) -> tuple[str, float, Iterator[bytes]]:
    return "wav", file_bytes / (2 * RATE), _sound(file_bytes, chance)


def _name(call: int, started_at: datetime, chance: random.Random) -> str:
    number = f"{chance.choice(PREFIXES)}{chance.randrange(1000):03d}"
    kind, ends = chance.choice(
        [
            ("in", f"{201 + call % 40}-{number}"),
            ("out", f"{number}-{201 + call % 40}"),
        ]
    )
    local = started_at.astimezone(LONDON)
    unique = f"{int(started_at.timestamp())}.{call}"
    return f"{local:%Y/%m/%d}/{kind}-{ends}-{local:%Y%m%d-%H%M%S}-{unique}"


@cache
def _voices() -> list[bytes]:
    """A second each of silence and of twelve hums: the high byte of each sample."""
    hums = [bytes(RATE)]
    for pitch in range(110, 290, 15):
        turn = 2 * math.pi * pitch / RATE
        wave = [9 * math.sin(turn * t) + 5 * math.sin(3.5 * turn * t) for t in range(RATE)]
        hums.append(bytes(int(w * abs(math.sin(9 * t / RATE))) & 0xFF for t, w in enumerate(wave)))
    return hums


def _sound(file_bytes: int, chance: random.Random) -> Iterator[bytes]:
    data_bytes = file_bytes - HEADER_BYTES
    form = struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    head = b"RIFF" + struct.pack("<I", file_bytes - 8) + b"WAVEfmt " + form
    yield head + b"data" + struct.pack("<I", data_bytes)
    voices = _voices()
    speakers = [*chance.sample(voices[1:], 2), voices[0]]
    while data_bytes:
        block = min(BLOCK, data_bytes)
        samples = block // 2
        speech = b"".join(chance.choices(speakers, k=samples // RATE + 1))[:samples]
        sound = bytearray(block)
        sound[0::2] = chance.randbytes(block - samples)
        sound[1::2] = speech
        yield bytes(sound)
        data_bytes -= block
