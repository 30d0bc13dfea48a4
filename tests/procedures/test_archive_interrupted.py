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
from callrec.practice import open_practice
from callrec.procedures.archive import archive_recordings
from practices import NOON
from procedures.drives import archive, archived_twice, contents, drive, one_more_call, verify

if TYPE_CHECKING:
    from datetime import datetime

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


@pytest.mark.parametrize("point", [5, 6, 8])
def test_a_run_that_is_broken_off_leaves_the_drive_as_it_was(
    waiting: House, tmp_path: Path, point: int
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    before = contents(drive(house))
    break_off(house, drive(house), point)
    assert contents(drive(house)) == before
    break_off(house, drive(house, "drive-b"), point)
    assert [*drive(house, "drive-b").iterdir()] == []


def test_a_run_that_is_broken_off_once_it_is_committed_leaves_its_bag(
    waiting: House, tmp_path: Path
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    break_off(house, drive(house), POINTS["it is committed"])
    assert len([*(drive(house) / "bags").iterdir()]) == 3
    archive(house, drive(house))
    assert verify(house, drive(house)).faults == ()


def break_off(house: House, to: Path, point: int) -> None:
    """Press Control-C when the clock is asked for the ``point``-th time."""
    asked = 0

    def now() -> datetime:
        nonlocal asked
        asked += 1
        if asked == point:
            raise KeyboardInterrupt
        return NOON.replace(day=26)

    actor = house.actor("max")
    practice = open_practice(house.config, now, house.environ)
    with pytest.raises(KeyboardInterrupt):
        archive_recordings(practice, actor, to)
    house.open()


def test_there_is_no_point_after_these(waiting: House, tmp_path: Path) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    assert killed(house, drive(house), max(POINTS.values()) + 1) == 0
