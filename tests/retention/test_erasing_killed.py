"""An erasure that is killed anywhere leaves the old or the new, and the next run finishes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callrec.archive.copy import rebuild_folder
from callrec.practice import Actor, Practice
from callrec.registers.verify import check_vault
from callrec.restore.copy import opener_by_password
from callrec.restore.drill import run_restore_drill
from callrec.restore.rebuild import open_volumes
from callrec.retention.erase import carry_out, preview_erasure
from house import practices
from house.drives import drive, faults, verify
from house.erasures import bags_of, erase, found_in, secrets_of, tokens_of
from house.interrupted import wrong_but_cut_off, wrong_with_vault
from house.killing import by, count_steps, killed_at
from house.practices import House, password_of
from house.requests import state_of
from house.stages import TO_BE_ERASED, looked_at
from house.steps import Steps

REFERENCE = "R-1"

PARTS = 8

OF_DRILL = ("file", "clock")
"""What its points are counted by."""

POINTS_OF_DRILL = {"unpacking": 6, "fetching": 12}

waiting = looked_at(TO_BE_ERASED)


@pytest.fixture(scope="module")
def points(waiting: House, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many there are in an erasure that nobody kills."""
    return count_steps(waiting, tmp_path_factory.mktemp("whole"), ERASING)


def volumes_of(house: House) -> tuple[Path, Path]:
    return drive(house, "drive-a"), drive(house, "drive-b")


def erase_it(practice: Practice, dora: Actor) -> None:
    volumes = [practice.folder.parent / name for name in ("drive-a", "drive-b")]
    carry_out(
        practice,
        dora,
        REFERENCE,
        preview_erasure,
        volumes=volumes,
        advance=lambda _: None,
        check=check_vault,
    )


ERASING = by("dora", erase_it)


def test_there_are_more_than_a_hundred_points(points: int) -> None:
    assert points > 100


@pytest.mark.parametrize("part", range(PARTS))
def test_wherever_it_is_killed_there_is_old_or_new_and_the_next_run_finishes(
    waiting: House, points: int, tmp_path: Path, steps: Steps, part: int
) -> None:
    secrets = secrets_of(waiting, 1, 2, 5)
    later = practices.moved(waiting, waiting.folder)
    later.at = waiting.at.replace(day=27)
    for point in steps.of(points)[part::PARTS]:
        house = killed_at(point, later, tmp_path / str(point), ERASING)
        assert house, point
        bags_of(*volumes_of(house))
        assert state_of(house, REFERENCE) == (
            "closed" if not tokens_of(house, 1, 2, 5) else "approved"
        )
        assert wrong_but_cut_off(house) == [], point
        assert erase(house, REFERENCE, *volumes_of(house)).is_done, point
        assert [faults(verify(house, each)) for each in volumes_of(house)] == [[], []], point
        assert len(bags_of(*volumes_of(house))) == 2
        assert found_in(secrets, house.config.vault, *volumes_of(house)) == [], point
        assert [*wrong_with_vault(house)] == [], point


def drill(practice: Practice, dora: Actor, name: str = "drive-a") -> None:
    volumes = open_volumes([practice.folder.parent / name])
    opener = opener_by_password(password_of("dora"))
    run_restore_drill(
        practice, dora, volumes, opener, environ={}, advance=lambda _: None, check=check_vault
    )


DRILLING = by("dora", drill)


@pytest.mark.parametrize("point", POINTS_OF_DRILL.values(), ids=POINTS_OF_DRILL)
def test_what_a_killed_drill_or_restore_left_beside_the_vault_goes(
    waiting: House, tmp_path: Path, point: int
) -> None:
    secrets = secrets_of(waiting, 1, 2, 5)
    house = killed_at(point, waiting, tmp_path / "house", DRILLING, kinds=OF_DRILL)
    assert house
    (left,) = house.folder.glob(".*vault*")
    assert found_in(secrets, left) != []
    shutil.copytree(left, rebuild_folder(house.config.vault, house.practice.vault))
    assert erase(house, REFERENCE, *volumes_of(house)).is_done
    assert found_in(secrets, house.folder) == []


def test_what_a_volume_owes_is_erased_before_a_drill_opens_anything(
    waiting: House, tmp_path: Path
) -> None:
    house = practices.copy(waiting, tmp_path / "house")
    secrets, owing = secrets_of(house, 1, 2, 5), drive(house, "drive-b")
    assert not erase(house, REFERENCE, drive(house)).is_done
    assert found_in(secrets, owing) != []
    drill(house.open(), house.actor("dora"), "drive-b")
    assert found_in(secrets, house.folder) == []
    assert faults(verify(house, owing)) == []
