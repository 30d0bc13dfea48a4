"""Two people decide the same request at the same moment, each in a process of their own."""

from __future__ import annotations

from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import pytest

from callrec.audit.leaf import Leaf
from callrec.audit.log import read_leaf, stored_head
from callrec.audit.verify import require_sound_log
from callrec.catalogue.engine import reading
from callrec.errors import CallrecError
from callrec.login.unlock import actor_by_password
from callrec.practice import open_practice
from callrec.requests.decide import Decision, approve_request, deny_request
from house.practices import House, password_of
from house.processes import begin
from house.requests import a_request, grants_of, opened, rows, state_of

REASON = "It was looked into and is not needed any more"


def decide(house: House, login: str, reference: str, decision: str, ready: Barrier) -> str:
    """Approve the recordings whose numbers are given, or deny the request, when all are ready."""
    environ = {"XDG_STATE_HOME": str(house.folder / login)}
    practice = open_practice(house.config, house.now, environ)
    actor = actor_by_password(practice, login=login, password=password_of(login))
    ready.wait(60)
    try:
        if decision == "deny":
            deny_request(practice, actor, reference, reason=REASON)
        else:
            numbers = tuple(int(number) for number in decision.split(","))
            approve_request(practice, actor, reference, Decision(recordings=numbers))
    except CallrecError as error:
        return f"{error.exit_status} {error.message}"
    return "done"


def at_once(house: House, reference: str, **decisions: str) -> dict[str, str]:
    """What each of them is told, by login."""
    house.close()
    ready = get_context("fork").Barrier(len(decisions))
    running = {
        who: begin(partial(decide, house, who, reference, what, ready))
        for who, what in decisions.items()
    }
    return {who: each.ended().told for who, each in running.items()}


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
