"""A disposal that is killed anywhere leaves the old or the new, and the next run finishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callrec.procedures.audit_verify import Verdict
from callrec.procedures.disposing import dispose as dispose_recordings
from callrec.procedures.disposing import propose_disposal
from house import practices
from house.drives import archive, drive, faults, verify
from house.erasures import bags_of, found_in, secrets_of, tokens_of
from house.holds import verified
from house.killed_erase import killed
from house.requests import rows, state_of
from house.retention import approved_disposal, dispose, later, propose
from house.stages import CALLERS, Stage, looked_at

if TYPE_CHECKING:
    from pathlib import Path

    from callrec.practice import Actor, Practice
    from house.practices import House
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
    house = later(practices.copy(waiting, tmp_path_factory.mktemp("whole")))
    return killed(house, REFERENCE, drive(house), carry_out=dispose_recordings)


def propose_instead(practice: Practice, actor: Actor, *_: object, **__: object) -> None:
    propose_disposal(practice, actor)


def test_there_are_many_points(points: int) -> None:
    assert points > 50


@pytest.mark.parametrize("part", range(PARTS))
def test_wherever_it_is_killed_there_is_old_or_new_and_the_next_run_finishes(
    waiting: House, points: int, tmp_path: Path, steps: Steps, part: int
) -> None:
    for point in steps.of(points)[part::PARTS]:
        house = later(practices.copy(waiting, tmp_path / str(point)))
        at, secrets = drive(house), secrets_of(house, 1, 3)
        assert killed(house, REFERENCE, at, point=point, carry_out=dispose_recordings) == 0
        house.open()
        bags_of(at)
        stubs = rows(house, "SELECT rule, due_on FROM destroyed")
        assert state_of(house, REFERENCE) == ("closed" if stubs else "approved")
        assert bool(tokens_of(house, 1, 3)) is not bool(stubs)
        assert verified(house).problems == (), point
        assert dispose(house, REFERENCE, at).is_done, point
        stubs = rows(house, "SELECT rule, due_on FROM destroyed")
        assert [tuple(stub) for stub in stubs] == [("routine, 3 years", "2027-01-05")] * 2
        assert faults(verify(house, at)) == [], point
        assert len(bags_of(at)) == 1
        assert found_in(secrets, house.config.vault, at) == [], point
        assert verified(house).verdict is Verdict.INTACT, point


def test_a_proposal_that_is_killed_is_made_or_not(due: House, tmp_path: Path, steps: Steps) -> None:
    whole = later(practices.copy(due, tmp_path / "whole"))
    points = killed(whole, "", carry_out=propose_instead)
    assert points > 0
    for point in steps.of(points):
        house = later(practices.copy(due, tmp_path / str(point)))
        assert killed(house, "", point=point, carry_out=propose_instead) == 0
        house.open()
        made = rows(house, "SELECT number FROM request")
        assert verified(house).problems == (), point
        assert propose(house, "dora").reference == ("" if made else REFERENCE)
        assert verified(house).verdict is Verdict.INTACT, point
