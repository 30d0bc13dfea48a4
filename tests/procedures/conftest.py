"""Practices that hold recordings and requests, made once and copied for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import practices
from procedures.asking import approved, with_recordings
from procedures.holding import with_two_callers
from procedures.packages import a_package

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House
    from procedures.packages import Package


@pytest.fixture(scope="session")
def stocked_template(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    return with_recordings(practices.copy(template, tmp_path_factory.mktemp("stocked")))


@pytest.fixture(scope="session")
def granted_template(stocked_template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = practices.copy(stocked_template, tmp_path_factory.mktemp("granted"))
    approved(house)
    return house


@pytest.fixture(scope="session")
def callers_template(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Ann's calls 1 and 2, and Bob's 3 and 4."""
    return with_two_callers(practices.copy(template, tmp_path_factory.mktemp("callers")))


@pytest.fixture
def stocked(stocked_template: House, tmp_path: Path) -> House:
    """A practice of one's own that holds recordings 1, 2 and 3."""
    return practices.copy(stocked_template, tmp_path / "house")


@pytest.fixture
def granted(granted_template: House, tmp_path: Path) -> House:
    """The same, where max has approved R-1, which sam made for recordings 1 and 2."""
    return practices.copy(granted_template, tmp_path / "house")


@pytest.fixture(scope="session")
def package(granted_template: House, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """R-1, released and opened; it is only looked at."""
    return a_package(practices.copy(granted_template, tmp_path_factory.mktemp("package")))
