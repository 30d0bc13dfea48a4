"""What tests of the command line share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.elsewhere import StageElsewhere
from cli.transcript import Stage
from house.postgres import template_of
from house.practices import House, settle_passwords


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Stage:
    """A folder to play a transcript in: empty, but for a home with a configuration."""

    def practice() -> Path:
        house: House = request.getfixturevalue("template")
        return house.folder

    settle_passwords(tmp_path / ".home" / "config")
    return Stage(tmp_path, monkeypatch, practice)


@pytest.fixture
def stage_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: House
) -> Iterator[StageElsewhere]:
    """The same, whose practices have their catalogue in PostgreSQL."""
    settle_passwords(tmp_path / ".home" / "config")
    stage = StageElsewhere(
        tmp_path, monkeypatch, lambda: template.folder, lambda: template_of(None, template)
    )
    yield stage
    stage.close()
