"""An archive run that is killed leaves nothing that the next run does not finish or clear away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import practices
from procedures.drives import archive, archived_twice, drive, one_more_call, verify

if TYPE_CHECKING:
    from practices import House

TESTS = Path(__file__).parents[1]
POINTS = {
    "the first leaf is durable": 4,
    "the bag is there": 5,
    "the copy of the catalogue is there": 6,
    "the rows are being written": 8,
    "it is committed": 9,
}
"""How often the clock was asked by then (killed_archive.py)."""


@pytest.fixture(scope="module")
def waiting(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A practice with a drive-a, and one recording more than that holds."""
    house = archived_twice(template, tmp_path_factory.mktemp("waiting"))
    one_more_call(house)
    return house


def killed(house: House, to: Path, point: int) -> int:
    program = [sys.executable, str(TESTS / "procedures" / "killed_archive.py")]
    environ = {**os.environ, "PYTHONPATH": str(TESTS)}
    words = [str(house.folder), str(to), str(point)]
    return subprocess.run([*program, *words], env=environ, check=False).returncode


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
def test_the_next_run_finishes_what_was_killed_when(
    waiting: House, tmp_path: Path, point: int
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    house.at = waiting.at.replace(day=27)
    assert killed(house, drive(house), point) == -signal.SIGKILL
    house.open()
    archive(house, drive(house))
    report = verify(house, drive(house))
    assert (report.bags, report.checked, report.faults) == (3, 5, ())


@pytest.mark.parametrize("point", [5, 9])
def test_a_new_volume_that_was_killed_is_finished_too(
    waiting: House, tmp_path: Path, point: int
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    house.at = waiting.at.replace(day=27)
    assert killed(house, drive(house, "drive-b"), point) == -signal.SIGKILL
    house.open()
    archive(house, drive(house, "drive-b"))
    report = verify(house, drive(house, "drive-b"))
    assert (report.bags, report.checked, report.faults) == (1, 5, ())


def test_there_is_no_point_after_these(waiting: House, tmp_path: Path) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    assert killed(house, drive(house), max(POINTS.values()) + 1) == 0
