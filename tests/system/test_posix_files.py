"""What Linux and macOS promise of files beyond the contract of all systems."""

from __future__ import annotations

from pathlib import Path

from callrec.system.files import exchange_names


def test_two_folders_change_places_in_one_step(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert exchange_names(tmp_path / "one", tmp_path / "other")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["other"]
