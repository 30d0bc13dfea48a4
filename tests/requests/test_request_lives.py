"""Whatever people do to requests, in whatever order: what holds then, on a real vault."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Row, select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import to_millis
from callrec.errors import NotFound, Refused, Unusable
from callrec.office.inbox import InboxAction, read_inbox
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind
from callrec.policy.purpose import Purpose
from callrec.policy.request import ENDED_STATES, RequestState
from callrec.registers.projections import check_projections
from callrec.requests.amend import attach_recordings, detach_recordings
from callrec.requests.approvals import end_reason, read_approvals
from callrec.requests.clock import read_clock, read_deadlines
from callrec.requests.decide import deny_request, revoke_grants
from callrec.requests.event import close_request, date_request, withdraw_request
from callrec.requests.history import REQUESTS, read_history
from callrec.requests.standing import read_lapse_facts, state_now
from house import practices
from house.listening import hear
from house.practices import House
from house.requests import ANOTHER_REASON, a_request, approve, logged_in, pass_days, signed_in
from house.stages import STOCKED, Stages

REFERENCE = st.sampled_from(["R-1", "R-2"])

DECIDER = st.sampled_from(["dora", "dora", "max"])

MAKER = st.sampled_from(["sam", "max"])

RECORDINGS = st.sets(st.sampled_from([1, 2, 3]), min_size=1).map(sorted)

PURPOSES = st.sampled_from(
    [Purpose.PROTECT_PARTIES, Purpose.COMPLAINT, Purpose.SUBJECT_ACCESS, Purpose.OUTSIDE_BODY]
)

Deed = tuple[str, dict[str, Any]]


def deed(name: str, **said: st.SearchStrategy[Any]) -> st.SearchStrategy[Deed]:
    return st.tuples(st.just(name), st.fixed_dictionaries(said))


DEEDS = st.one_of(
    deed("approve", reference=REFERENCE, who=DECIDER, recordings=RECORDINGS),
    deed("approve", reference=REFERENCE, who=DECIDER, recordings=st.just([])),
    deed("hear", reference=REFERENCE, who=MAKER, recording=st.sampled_from([1, 2, 3])),
    deed("attach", reference=REFERENCE, who=MAKER, recordings=RECORDINGS),
    deed("detach", reference=REFERENCE, who=MAKER, recordings=RECORDINGS),
    deed("ask", reference=REFERENCE, who=DECIDER),
    deed("answer", reference=REFERENCE, who=MAKER),
    deed("deny", reference=REFERENCE, who=DECIDER),
    deed("withdraw", reference=REFERENCE, who=MAKER),
    deed("revoke", reference=REFERENCE, who=DECIDER),
    deed("close", reference=REFERENCE, who=MAKER),
    deed("wait", days=st.sampled_from([5, 15])),
)


def ask(house: House, who: str, reference: str, asked: ClockEventKind) -> None:
    dated = ClockEvent(event=asked, on=house.at.date(), awaited=Awaited.CLARIFICATION)
    actor = signed_in(house, who)
    date_request(house.practice, actor, reference, dated, reason=ANOTHER_REASON)


DOING: dict[str, Callable[..., object]] = {
    "approve": lambda house, who, reference, recordings: approve(
        house, reference, who, recordings=tuple(recordings)
    ),
    "hear": lambda house, who, reference, recording: hear(house, reference, recording, who),
    "attach": lambda house, who, reference, recordings: attach_recordings(
        house.practice, signed_in(house, who), reference, recordings
    ),
    "detach": lambda house, who, reference, recordings: detach_recordings(
        house.practice, signed_in(house, who), reference, recordings
    ),
    "ask": lambda house, who, reference: ask(house, who, reference, ClockEventKind.ASKED),
    "answer": lambda house, who, reference: ask(house, who, reference, ClockEventKind.ANSWERED),
    "deny": lambda house, who, reference: deny_request(
        house.practice, logged_in(house, who), reference, reason=ANOTHER_REASON
    ),
    "withdraw": lambda house, who, reference: withdraw_request(
        house.practice, logged_in(house, who), reference
    ),
    "revoke": lambda house, who, reference: revoke_grants(
        house.practice, logged_in(house, who), reference, reason=ANOTHER_REASON
    ),
    "close": lambda house, who, reference: close_request(
        house.practice, signed_in(house, who), reference, reason=ANOTHER_REASON
    ),
    "wait": pass_days,
}
"""Each deed by one person; the policy may refuse it."""


def approved_now(house: House, connection: Connection, row: Row[Any]) -> set[tuple[str, str]]:
    """To whom which recording is granted by the approvals that stand, by their ids."""
    history = read_history(house.practice, connection, row.id)
    return {
        (approval.to, uid)
        for approval in read_approvals(house.practice, connection, history)
        if not end_reason(approval, history, house.practice.now())
        for uid in approval.items
    }


def check_grants(house: House, connection: Connection) -> None:
    """Grants exist for exactly what the approvals that stand grant; ended requests hold none."""
    now, grant, ends = house.practice.now(), tables.grant, read_lapse_facts(connection)
    for row in REQUESTS.every(connection):
        granted = approved_now(house, connection, row)
        usable = connection.execute(
            select(grant.c.person, grant.c.uid).where(
                grant.c.request == row.id, grant.c.lapses_at > to_millis(now)
            )
        )
        assert {(each.person, each.uid) for each in usable} == granted
        state = state_now(house.practice, row, ends)
        assert (state is not RequestState.APPROVED) or granted
        assert not (row.state in ENDED_STATES and granted)


def check_log(house: House, connection: Connection) -> None:
    """Replaying the leaves rebuilds each request, and nothing in the catalogue says otherwise."""
    for row in REQUESTS.every(connection):
        history = read_history(house.practice, connection, row.id)
        assert (row.state, row.version) == (history.state, history.version)
    problems = list(check_projections(connection, house.practice.register))
    assert problems == []


def is_unanswered_again(house: House, connection: Connection, row: Row[Any]) -> bool:
    """Heard at most, what was granted is over, and the law sets a day for the answer."""
    return (
        row.state is RequestState.HEARD
        and row.id in read_deadlines(house.practice, connection)
        and not approved_now(house, connection, row)
    )


def check_inboxes(house: House, connection: Connection) -> None:
    """Every request that waits for somebody is in somebody's inbox."""
    ends = read_lapse_facts(connection)
    waiting = {
        f"R-{row.number}"
        for row in REQUESTS.every(connection)
        if state_now(house.practice, row, ends) in (RequestState.SUBMITTED, RequestState.WAITING)
        or is_unanswered_again(house, connection, row)
    }
    found = {
        item.reference
        for login in practices.PEOPLE
        for item in read_inbox(house.practice, logged_in(house, login))
        if item.waits_to in (InboxAction.DECIDE, InboxAction.ANSWER)
    }
    assert found == waiting


def check_days(house: House, connection: Connection) -> None:
    """No request is due before it came."""
    for request, deadline in read_deadlines(house.practice, connection).items():
        clock = read_clock(
            house.practice, connection, read_history(house.practice, connection, request)
        )
        assert clock is not None
        assert (deadline.due_on or date.max) >= clock.receipt.received_on
        assert (deadline.target_on or date.max) >= clock.receipt.received_on


@settings(
    max_examples=12,  # each takes a second; what fails is shrunk by hand
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(purposes=st.tuples(PURPOSES, PURPOSES), deeds=st.lists(DEEDS, min_size=4, max_size=12))
def test_whatever_is_done_the_log_the_grants_and_the_inboxes_agree(
    stages: Stages,
    tmp_path_factory: pytest.TempPathFactory,
    purposes: tuple[Purpose, Purpose],
    deeds: list[Deed],
) -> None:
    house = stages.copy(STOCKED, tmp_path_factory.mktemp("lives"))
    for purpose, maker in zip(purposes, ("sam", "max"), strict=True):
        a_request(house, maker, purpose=purpose)
    approval = ("approve", {"reference": "R-1", "who": "dora", "recordings": [1, 2]})
    for name, said in [approval, *deeds]:
        with suppress(Refused, Unusable, NotFound):
            DOING[name](house, **said)
            event(name)
    with reading(house.practice.engine) as connection:
        check_grants(house, connection)
        check_log(house, connection)
        check_inboxes(house, connection)
        check_days(house, connection)
