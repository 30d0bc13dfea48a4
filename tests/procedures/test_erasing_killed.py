"""An erasure that is killed anywhere leaves the old or the new, and the next run finishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import practices
from callrec.procedures.audit_verify import Verdict
from procedures.asking import state_of, with_recordings
from procedures.drives import archive, drive, faults, verify
from procedures.erasures import (
    approved_erasure,
    bags_of,
    erase,
    found_in,
    secrets_of,
    tokens_of,
)
from procedures.holding import verified, with_two_callers
from procedures.killed_erase import killed

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House
    from steps import Steps

REFERENCE = "R-1"
PARTS = 8


@pytest.fixture(scope="module")
def waiting(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Ann's calls 1 and 2 are to go: with Bob's in one bag of each volume, alone in another."""
    house = practices.copy(template, tmp_path_factory.mktemp("waiting"))
    house.open()
    with_two_callers(house)
    for name in ("drive-a", "drive-b"):
        archive(house, drive(house, name))
    with_recordings(house, 1)
    house.open()
    house.at = house.at.replace(day=25)
    archive(house, drive(house, "drive-a"))
    assert approved_erasure(house, 1, 2, 5) == REFERENCE
    return house


@pytest.fixture(scope="module")
def points(waiting: House, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many there are in an erasure that nobody kills."""
    house = practices.copy(waiting, tmp_path_factory.mktemp("whole"))
    return killed(house, REFERENCE, *volumes_of(house))


def volumes_of(house: House) -> tuple[Path, Path]:
    return drive(house, "drive-a"), drive(house, "drive-b")


def test_there_are_more_than_a_hundred_points(points: int) -> None:
    assert points > 100


@pytest.mark.parametrize("part", range(PARTS))
def test_wherever_it_is_killed_there_is_old_or_new_and_the_next_run_finishes(
    waiting: House, points: int, tmp_path: Path, steps: Steps, part: int
) -> None:
    for point in steps.of(points)[part::PARTS]:
        house = practices.copy(waiting, tmp_path / str(point))
        house.at = waiting.at.replace(day=27)
        secrets = secrets_of(house, 1, 2, 5)
        assert killed(house, REFERENCE, *volumes_of(house), point=point) == 0
        house.open()
        bags_of(*volumes_of(house))
        assert state_of(house, REFERENCE) == (
            "closed" if not tokens_of(house, 1, 2, 5) else "approved"
        )
        assert verified(house).problems == (), point
        assert erase(house, REFERENCE, *volumes_of(house)).is_done, point
        assert [faults(verify(house, each)) for each in volumes_of(house)] == [[], []], point
        assert len(bags_of(*volumes_of(house))) == 2
        assert found_in(secrets, house.config.vault, *volumes_of(house)) == [], point
        assert verified(house).verdict is Verdict.INTACT, point
