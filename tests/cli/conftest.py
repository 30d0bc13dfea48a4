"""What tests of the command line share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.transcript import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Stage:
    """An empty folder to play a transcript in."""

    def practice() -> Path:
        house: House = request.getfixturevalue("template")
        return house.folder

    return Stage(tmp_path, monkeypatch, practice)
