"""How files and names would be read, without a vault."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callrec.intake.preview import find_by_name, preview_found, preview_names
from callrec.intake.reading import telephone_setup
from callrec.settings import Settings
from house.spool import a_call, a_name

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

SETUP = telephone_setup(Settings())

NOT_IN_A_NAME = (
    "codec",
    "sample_rate",
    "channels",
    "duration_s",
    "sides",
    "findings",
    "joined_by",
    "template",
)

KNOWN = {
    "accepted": True,
    "system": "asterisk",
    "direction": "inbound",
    "caller": "+447700900123",
    "callee": "201",
    "number": "+447700900123",
    "extension": "201",
    "parties": [],
    "started_at": datetime(2024, 7, 4, 13, 5, 1, tzinfo=UTC),
    "local_time": "2024-07-04T14:05:01",
    "raw_time": "20240704-140501",
    "zone": "Europe/London",
    "utc_offset_minutes": 60,
    "contradiction": None,
    "time_confidence": "utc-proven",
    "unique_id": "1720098301.0",
}

UNKNOWN: dict[str, Any] = dict.fromkeys([*KNOWN, *NOT_IN_A_NAME])


def named(name: str) -> dict[str, Any]:
    (preview,) = preview_names([name], SETUP)
    return preview.as_json()


def test_a_name_tells_what_it_can_and_the_rest_is_null() -> None:
    told = named(f"2024/07/04/{a_name()}")
    assert told == UNKNOWN | KNOWN | {"path": f"2024/07/04/{a_name()}", "why": told["why"]}
    assert "the unique id proves the hour" in told["why"]


def test_a_name_of_no_system_would_be_taken_in_and_tells_nothing() -> None:
    told = named("Aufnahme 3.wav")
    why = (
        "no system that is known writes such a name;"
        " JSON beside it, call records, or its own time would tell"
    )
    assert told == UNKNOWN | {"path": "Aufnahme 3.wav", "accepted": True, "why": why}


def test_a_name_of_another_kind_would_not() -> None:
    assert not named("Master.csv")["accepted"]


def test_a_file_tells_its_sound_as_well(tmp_path: Path) -> None:
    path = a_call(tmp_path)
    (preview,) = preview_found(find_by_name([tmp_path]), SETUP, now=NOW)
    sound = {
        "codec": "ulaw",
        "sample_rate": 8000,
        "channels": 1,
        "duration_s": 0.25,
        "sides": [],
        "findings": [],
        "joined_by": None,
        "template": None,
    }
    assert preview.as_json() == KNOWN | sound | {"path": str(path), "why": preview.why}


def test_a_file_that_would_be_left_is_told_and_why(tmp_path: Path) -> None:
    (tmp_path / "note.wav").write_text("Call back", encoding="utf-8")
    (tmp_path / "Master.csv").write_text("x", encoding="utf-8")
    (preview,) = preview_found(find_by_name([tmp_path]), SETUP, now=NOW)
    path = str(tmp_path / "note.wav")
    left = {"path": path, "accepted": False, "why": "it is text, not sound"}
    assert preview.as_json() == UNKNOWN | left


def test_nothing_is_changed(tmp_path: Path) -> None:
    path = a_call(tmp_path)
    before = path.stat()
    list(preview_found(find_by_name([tmp_path]), SETUP, now=NOW))
    assert (path.stat().st_mtime_ns, list(tmp_path.iterdir())) == (before.st_mtime_ns, [path])
