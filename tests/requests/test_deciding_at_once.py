"""Two people decide the same request at the same moment, each in a process of his own."""

from __future__ import annotations

import subprocess

import pytest

from callrec.audit.leaf import Leaf
from callrec.audit.log import read_leaf, stored_head
from callrec.audit.verify import require_sound_log
from callrec.catalogue.engine import reading
from house.practices import House
from house.processes import environment, program
from house.requests import a_request, grants_of, opened, rows, state_of


def begin(house: House, login: str, reference: str, decision: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        program("house.deciding_at_once", house.folder, login, reference, decision),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def at_once(house: House, reference: str, **decisions: str) -> dict[str, str]:
    """What each of them is told, by login."""
    running = {who: begin(house, who, reference, what) for who, what in decisions.items()}
    for each in running.values():
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running.values():
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    told = {who: each.communicate(timeout=60)[0].strip() for who, each in running.items()}
    house.open()
    return told


def decided(house: House) -> list[Leaf]:
    """The leaves of both, once the whole log is seen to be as it was signed."""
    with reading(house.practice.engine) as connection:
        require_sound_log(connection, house.practice.vault)
        leaves = [read_leaf(connection, seq)[0] for seq in range(stored_head(connection).size)]
    return [leaf for leaf in leaves if leaf.act in {"request.approved", "request.denied"}]


def test_two_who_grant_different_recordings_have_both_granted(stocked: House) -> None:
    reference = a_request(stocked)
    assert at_once(stocked, reference, max="1", mia="2") == {"max": "done", "mia": "done"}
    assert [grant.recording.id for grant in grants_of(stocked, reference)] == [1, 2]
    assert [leaf.outcome for leaf in decided(stocked)] == ["done", "done"]
    first, second = opened(stocked, reference).approvals
    assert first.leaf.seq < second.leaf.seq


def test_of_two_who_grant_the_same_the_later_grant_stands(stocked: House) -> None:
    reference = a_request(stocked)
    assert set(at_once(stocked, reference, max="1", mia="1").values()) == {"done"}
    later = opened(stocked, reference).approvals[-1]
    (grant,) = grants_of(stocked, reference)
    assert grant.approval.digest == later.statement.digest
    assert len(decided(stocked)) == 2


@pytest.mark.parametrize("approving", ["1", "1,2"])
def test_of_two_who_disagree_the_first_decides_and_the_other_is_refused(
    stocked: House, approving: str
) -> None:
    reference = a_request(stocked)
    told = at_once(stocked, reference, max=approving, mia="deny")
    (winner,) = (who for who, said in told.items() if said == "done")
    (refusal,) = (said for said in told.values() if said != "done")
    state = {"max": "approved", "mia": "denied"}[winner]
    other = {"max": "denied", "mia": "approved"}[winner]
    assert refusal == f"3 the request is {state} and cannot be {other}"
    assert state_of(stocked, reference) == state
    assert [leaf.outcome for leaf in decided(stocked)] == ["done", "refused"]
    granted = len(approving.split(",")) if winner == "max" else 0
    assert len(rows(stocked, "SELECT * FROM grant_")) == granted
