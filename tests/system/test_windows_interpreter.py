"""The Python that runs these tests: built for Windows by its authors, with all of our parts."""

from __future__ import annotations

import sqlite3
import sys
import wave
from contextlib import closing
from datetime import datetime
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import pytest

MODULES = sorted(
    name for name in packages_distributions() if name[0].isalpha() and "\\" not in name
)


def test_it_is_microsoft_s_compiler_that_built_it() -> None:
    assert (sys.platform, "MSC v." in sys.version) == ("win32", True)


@pytest.mark.filterwarnings("ignore")  # of an old name that a part goes by, too
@pytest.mark.parametrize("name", MODULES)
def test_each_part_is_imported(name: str) -> None:
    import_module(name)


def test_sqlite_knows_strict_tables() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE a (b INT) STRICT")
        with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT"):
            database.execute("INSERT INTO a VALUES ('c')")


def test_sound_is_decoded(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "call.wav"), "wb") as call:
        call.setparams((1, 2, 8000, 0, "NONE", ""))
        call.writeframes(bytes(16000))
    with av.open(tmp_path / "call.wav") as call:
        assert sum(frame.samples for frame in call.decode(audio=0)) == 8000


def test_summer_time_is_known_without_a_database_of_the_system() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/London"))
    assert noon.isoformat() == "2026-07-01T12:00:00+01:00"
