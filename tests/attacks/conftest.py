"""A practice whose people did by real commands all that there is to do, and left their traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from attacks.office import work_a_day
from attacks.traces import Traces, listening
from house import practices
from house.practices import House


@pytest.fixture(scope="session")
def day(template: House, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Traces]:
    house = practices.copy(template, tmp_path_factory.mktemp("worked"))
    with listening() as traces:
        work_a_day(house)
    return house, traces


@pytest.fixture(scope="session")
def worked_template(day: tuple[House, Traces]) -> House:
    house, _ = day
    return house


@pytest.fixture(scope="session")
def traces(day: tuple[House, Traces]) -> Traces:
    """What was written, started and called on that day."""
    _, heard = day
    return heard


@pytest.fixture
def worked(worked_template: House, tmp_path: Path) -> House:
    """A practice of one's own after that day."""
    return practices.copy(worked_template, tmp_path / "house")
