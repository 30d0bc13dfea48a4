"""An erasure that is killed anywhere leaves the old or the new, and the next run finishes it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from callrec.procedures.audit_verify import Verdict
from callrec.procedures.rebuilding import open_volumes
from callrec.procedures.restore_copy import by_password
from callrec.procedures.restore_drill import drill
from callrec.procedures.unpacked import place_of_drill, place_of_rebuilding
from house import practices
from house.drives import drive, faults, verify
from house.erasures import (
    bags_of,
    erase,
    found_in,
    secrets_of,
    tokens_of,
)
from house.holds import verified
from house.killed_erase import killed
from house.practices import password_of
from house.requests import state_of
from house.stages import TO_BE_ERASED, looked_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from callrec.practice import Actor, Practice
    from house.practices import House
    from house.steps import Steps

REFERENCE = "R-1"
PARTS = 8
POINTS_OF_DRILL = {"unpacking": 5, "fetching": 12}


waiting = looked_at(TO_BE_ERASED)


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


def _drill(
    practice: Practice,
    actor: Actor,
    _reference: str,
    *,
    volumes: Sequence[Path],
    advance: Callable[[int], None],
) -> None:
    opener = by_password(password_of("dora"))
    drill(practice, actor, open_volumes(volumes), opener, environ={}, advance=advance)


@pytest.mark.parametrize("point", POINTS_OF_DRILL.values(), ids=POINTS_OF_DRILL)
def test_what_a_killed_drill_or_restore_left_beside_the_vault_goes(
    waiting: House, tmp_path: Path, point: int
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    secrets = secrets_of(house, 1, 2, 5)
    killed(house, REFERENCE, drive(house), point=point, carry_out=_drill)
    (left,) = house.folder.glob(".*vault*")
    assert found_in(secrets, left) != []
    shutil.copytree(left, place_of_rebuilding(house.config.vault, house.practice.vault))
    assert erase(house, REFERENCE, *volumes_of(house)).is_done
    assert found_in(secrets, house.folder) == []


def test_what_a_killed_drill_left_of_a_volume_that_owes_goes_before_it_is_done(
    waiting: House, tmp_path: Path
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    secrets = secrets_of(house, 1, 2, 5)
    a, b = volumes_of(house)
    assert not erase(house, REFERENCE, a).is_done
    killed(house, REFERENCE, b, point=POINTS_OF_DRILL["fetching"], carry_out=_drill)
    assert found_in(secrets, place_of_drill(house.config.vault)) != []
    assert erase(house, REFERENCE, b).is_done
    assert found_in(secrets, house.folder) == []
