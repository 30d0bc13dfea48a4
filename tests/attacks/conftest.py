"""A practice whose people did by real commands all that there is to do, and left their traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import practices
from attacks.office import work_a_day

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House


@pytest.fixture(scope="session")
def worked_template(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = practices.copy(template, tmp_path_factory.mktemp("worked"))
    work_a_day(house)
    return house


@pytest.fixture
def worked(worked_template: House, tmp_path: Path) -> House:
    """A practice of one's own after that day."""
    return practices.copy(worked_template, tmp_path / "house")
