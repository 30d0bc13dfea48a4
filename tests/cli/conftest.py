"""What tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.transcript import Stage
from house.practices import House, settle_passwords


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Stage:
    """A folder to play a transcript in: empty, but for a home with a configuration."""

    def practice() -> Path:
        house: House = request.getfixturevalue("template")
        return house.folder

    settle_passwords(tmp_path / ".home" / "config")
    return Stage(tmp_path, monkeypatch, practice)
