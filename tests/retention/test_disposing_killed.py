"""A disposal that is killed anywhere leaves the old or the new, and the next run finishes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.practice import Actor, Practice
from callrec.registers.verify import check_vault
from callrec.retention.erase import carry_out, preview_destruction, propose_disposal
from house.drives import archive, drive, faults, verify
from house.erasures import bags_of, found_in, secrets_of, tokens_of
from house.interrupted import wrong_but_cut_off, wrong_with_vault
from house.killing import by, count_steps, killed_at
from house.practices import House
from house.requests import rows, state_of
from house.retention import approved_disposal, dispose, later, propose
from house.stages import CALLERS, Stage, looked_at
from house.steps import Steps

REFERENCE = "R-1"

PARTS = 6


def on_a_drive(house: House) -> None:
    """Four calls are due, and on a volume."""
    archive(house, drive(house))
    later(house)


def approve_two(house: House) -> None:
    """Two of them are to go, as dora approved."""
    assert approved_disposal(house, 1, 3, note="The others may be needed") == REFERENCE


DUE = Stage("due-on-a-drive", on_a_drive, after=CALLERS)

due = looked_at(DUE)

waiting = looked_at(Stage("disposal-waiting", approve_two, after=DUE))


@pytest.fixture(scope="module")
def points(waiting: House, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many there are in a disposal that nobody kills."""
    return count_steps(waiting, tmp_path_factory.mktemp("whole"), DISPOSING)


def dispose_them(practice: Practice, dora: Actor) -> None:
    volumes = [practice.folder.parent / "drive-a"]
    carry_out(
        practice,
        dora,
        REFERENCE,
        preview_destruction,
        volumes=volumes,
        advance=lambda _: None,
        check=check_vault,
    )


DISPOSING = by("dora", dispose_them)

PROPOSING = by("dora", propose_disposal)


def test_there_are_many_points(points: int) -> None:
    assert points > 50


@pytest.mark.parametrize("part", range(PARTS))
def test_wherever_it_is_killed_there_is_old_or_new_and_the_next_run_finishes(
    waiting: House, points: int, tmp_path: Path, steps: Steps, part: int
) -> None:
    secrets = secrets_of(waiting, 1, 3)
    for point in steps.of(points)[part::PARTS]:
        house = killed_at(point, waiting, tmp_path / str(point), DISPOSING)
        assert house, point
        at = drive(house)
        bags_of(at)
        stubs = rows(house, "SELECT rule, due_on FROM destroyed")
        assert state_of(house, REFERENCE) == ("closed" if stubs else "approved")
        assert bool(tokens_of(house, 1, 3)) is not bool(stubs)
        assert wrong_but_cut_off(house) == [], point
        assert dispose(house, REFERENCE, at).is_done, point
        stubs = rows(house, "SELECT rule, due_on FROM destroyed")
        assert [tuple(stub) for stub in stubs] == [("routine, 3 years", "2027-01-05")] * 2
        assert faults(verify(house, at)) == [], point
        assert len(bags_of(at)) == 1
        assert found_in(secrets, house.config.vault, at) == [], point
        assert [*wrong_with_vault(house)] == [], point


def test_a_proposal_that_is_killed_is_made_or_not(due: House, tmp_path: Path, steps: Steps) -> None:
    points = count_steps(due, tmp_path / "whole", PROPOSING)
    assert points > 0
    for point in steps.of(points):
        house = killed_at(point, due, tmp_path / str(point), PROPOSING)
        assert house, point
        made = rows(house, "SELECT number FROM request")
        assert [*wrong_with_vault(house)] == [], point
        assert propose(house, "dora").reference == ("" if made else REFERENCE)
        assert [*wrong_with_vault(house)] == [], point
