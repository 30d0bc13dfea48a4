"""The made-up recordings: as many and as large as was asked for, and the same each time."""

from __future__ import annotations

import io
import random
import wave
from pathlib import Path

import pytest

from benchmarks.corpora import BLOCK, Corpus, write_corpus
from benchmarks.real import Sounds
from callrec.telephone.sound.inspecting import inspect
from house.drives import contents


@pytest.mark.parametrize("file_bytes", [4000, 20_000, BLOCK + 44, 2 * BLOCK + 100])
def test_a_recording_is_as_large_as_asked_for_and_can_be_played(
    tmp_path: Path, file_bytes: int
) -> None:
    write_corpus(tmp_path, Corpus("one", 1, file_bytes))
    (path,) = tmp_path.rglob("*.wav")
    assert path.stat().st_size == file_bytes
    with wave.open(str(path), "rb") as sound:
        assert sound.getparams()[:3] == (1, 2, 8000)
        assert sound.getnframes() == (file_bytes - 44) // 2


def test_a_larger_corpus_keeps_the_calls_of_a_smaller_one(tmp_path: Path) -> None:
    write_corpus(tmp_path / "few", Corpus("c", 3, 4000))
    write_corpus(tmp_path / "many", Corpus("c", 5, 4000))
    few, many = contents(tmp_path / "few"), contents(tmp_path / "many")
    assert len(few) == 3
    assert few.items() <= many.items()
    assert len({*many.values()}) == 5


def test_real_ones_are_whole_and_no_two_alike() -> None:
    sounds, chance = Sounds(spoken_s=6), random.Random(1)  # noqa: S311 - chance, no secrets
    kinds, files = set(), set()
    for number in range(6):
        ending, seconds, parts = sounds.call(number, chance)
        file = b"".join(parts)
        found = inspect(io.BytesIO(file), len(file), f".{ending}")
        assert found.duration_ms == round(1000 * seconds)
        assert not found.findings
        kinds.add((ending, found.codec, found.sample_rate))
        files.add(file)
    assert kinds == {("WAV", "gsm", 8000), ("mp3", "mp3", 8000)}
    assert len(files) == 6
