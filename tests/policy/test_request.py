from __future__ import annotations

import pytest

from callrec.errors import Refused, Tampered
from callrec.policy.clause import Clause
from callrec.policy.request import (
    ENDED_STATES,
    RequestAct,
    RequestEvent,
    RequestState,
    changed_by,
    check_can_happen,
    check_transition,
    has_standing_approval,
    is_unanswered,
    is_undelivered,
    state_after,
    version_after,
)
from callrec.policy.words import in_words
from policy.builders import BEN, CAT, NOW, events

Act, State = RequestAct, RequestState

HISTORIES = {
    "made": ((), State.SUBMITTED),
    "changed": ((Act.AMENDED,), State.SUBMITTED),
    "asked about": ((Act.ASKED,), State.WAITING),
    "changed while waiting": ((Act.ASKED, Act.AMENDED), State.WAITING),
    "answered": ((Act.ASKED, Act.ANSWERED), State.SUBMITTED),
    "withdrawn while waiting": ((Act.ASKED, Act.WITHDRAWN), State.WITHDRAWN),
    "lapsed while waiting": ((Act.ASKED, Act.LAPSED), State.LAPSED),
    "approved": ((Act.APPROVED,), State.APPROVED),
    "approved for two": ((Act.APPROVED, Act.APPROVED), State.APPROVED),
    "denied": ((Act.DENIED,), State.DENIED),
    "withdrawn": ((Act.WITHDRAWN,), State.WITHDRAWN),
    "lapsed": ((Act.LAPSED,), State.LAPSED),
    "revoked": ((Act.APPROVED, Act.REVOKED), State.SUBMITTED),
    "revoked and approved again": ((Act.APPROVED, Act.REVOKED, Act.APPROVED), State.APPROVED),
    "grant never used": ((Act.APPROVED, Act.GRANT_LAPSED), State.SUBMITTED),
    "changed after approval": ((Act.APPROVED, Act.AMENDED), State.SUBMITTED),
    "prepared": ((Act.APPROVED, Act.PREPARED), State.APPROVED),
    "failed": ((Act.APPROVED, Act.PREPARED, Act.FAILED), State.APPROVED),
    "revoked while prepared": (
        (Act.APPROVED, Act.PREPARED, Act.REVOKED, Act.FAILED),
        State.SUBMITTED,
    ),
    "delivered": ((Act.APPROVED, Act.PREPARED, Act.DELIVERED), State.RELEASED),
    "heard": ((Act.APPROVED, Act.LISTENED), State.HEARD),
    "heard twice": ((Act.APPROVED, Act.LISTENED, Act.LISTENED), State.HEARD),
    "heard to its end": ((Act.APPROVED, Act.LISTENED, Act.HEARING_ENDED), State.HEARD),
    "heard in two rooms": (
        (Act.APPROVED, Act.LISTENED, Act.LISTENED, Act.HEARING_ENDED, Act.HEARING_ENDED),
        State.HEARD,
    ),
    "looked at": ((Act.APPROVED, Act.LOOKED), State.APPROVED),
    "closed while it was heard": (
        (Act.APPROVED, Act.LISTENED, Act.CLOSED, Act.HEARING_ENDED),
        State.CLOSED,
    ),
    "a second copy": (
        (Act.APPROVED, Act.LISTENED, Act.APPROVED, Act.PREPARED, Act.DELIVERED),
        State.RELEASED,
    ),
    "revoked after a release": ((Act.APPROVED, Act.LISTENED, Act.REVOKED), State.HEARD),
    "denied after the staff heard it": (
        (Act.APPROVED, Act.LISTENED, Act.REVOKED, Act.DENIED),
        State.DENIED,
    ),
    "denied after a grant that was heard lapsed": (
        (Act.APPROVED, Act.LISTENED, Act.GRANT_LAPSED, Act.DENIED),
        State.DENIED,
    ),
    "denied while it was heard": (
        (Act.APPROVED, Act.LISTENED, Act.REVOKED, Act.DENIED, Act.HEARING_ENDED),
        State.DENIED,
    ),
    "changed after the staff heard it": (
        (Act.APPROVED, Act.LISTENED, Act.AMENDED, Act.RECEIVED, Act.APPROVED),
        State.HEARD,
    ),
    "proven after the staff heard it": ((Act.APPROVED, Act.LISTENED, Act.ANSWERED), State.HEARD),
    "given more time after the staff heard it": (
        (Act.APPROVED, Act.LISTENED, Act.EXTENDED),
        State.HEARD,
    ),
    "asked about after the staff heard it": (
        (Act.APPROVED, Act.LISTENED, Act.REVOKED, Act.ASKED, Act.ANSWERED),
        State.HEARD,
    ),
    "the rest never used": ((Act.APPROVED, Act.LISTENED, Act.GRANT_LAPSED), State.HEARD),
    "handed over and acknowledged": (
        (Act.APPROVED, Act.PREPARED, Act.DELIVERED, Act.HANDED_OVER, Act.ACKNOWLEDGED),
        State.HANDED_OVER,
    ),
    "the player failed": ((Act.APPROVED, Act.LISTENED, Act.HEARING_FAILED), State.APPROVED),
    "one of two players failed": (
        (Act.APPROVED, Act.LISTENED, Act.HEARING_ENDED, Act.LISTENED, Act.HEARING_FAILED),
        State.HEARD,
    ),
    "the player failed after it was revoked": (
        (Act.APPROVED, Act.LISTENED, Act.REVOKED, Act.HEARING_FAILED),
        State.SUBMITTED,
    ),
    "the player failed while something was asked": (
        (Act.APPROVED, Act.LISTENED, Act.REVOKED, Act.ASKED, Act.HEARING_FAILED),
        State.WAITING,
    ),
    "the player failed after a package went out": (
        (Act.APPROVED, Act.PREPARED, Act.DELIVERED, Act.APPROVED, Act.LISTENED, Act.HEARING_FAILED),
        State.RELEASED,
    ),
    "closed while a player failed": (
        (Act.APPROVED, Act.LISTENED, Act.CLOSED, Act.HEARING_FAILED),
        State.CLOSED,
    ),
    "closed": ((Act.APPROVED, Act.LISTENED, Act.CLOSED), State.CLOSED),
    "carried out": ((Act.APPROVED, Act.CARRIED_OUT), State.CLOSED),
}


@pytest.mark.parametrize(("acts", "state"), HISTORIES.values(), ids=HISTORIES)
def test_a_request_stands_where_its_history_leads(
    acts: tuple[RequestAct, ...], state: RequestState
) -> None:
    assert state_after(events(Act.CREATED, *acts)) is state


def test_all_that_went_out_is_handed_over_before_the_request_is() -> None:
    made = events(Act.CREATED, Act.APPROVED, Act.PREPARED, Act.PREPARED)
    first, second = (RequestEvent(Act.DELIVERED, NOW, BEN, of) for of in ("first", "second"))
    got_first, got_second = (
        RequestEvent(Act.HANDED_OVER, NOW, BEN, of) for of in ("first", "second")
    )
    assert state_after([*made, first, second, got_second]) is State.RELEASED
    assert state_after([*made, first, second, got_second, got_first]) is State.HANDED_OVER


HEARD = (Act.CREATED, Act.APPROVED, Act.LISTENED)

DELIVERED = (Act.CREATED, Act.APPROVED, Act.PREPARED, Act.DELIVERED)

IMPOSSIBLE = {
    "nothing happened": (),
    "not made": (Act.APPROVED,),
    "made twice": (Act.CREATED, Act.CREATED),
    "released unapproved": (Act.CREATED, Act.PREPARED),
    "heard unapproved": (Act.CREATED, Act.LISTENED),
    "decided while waiting": (Act.CREATED, Act.ASKED, Act.APPROVED),
    "approved after a denial": (Act.CREATED, Act.DENIED, Act.APPROVED),
    "delivered unprepared": (Act.CREATED, Act.APPROVED, Act.DELIVERED),
    "failed unprepared": (Act.CREATED, Act.APPROVED, Act.FAILED),
    "delivered twice": (Act.CREATED, Act.APPROVED, Act.PREPARED, Act.DELIVERED, Act.DELIVERED),
    "ended unheard": (Act.CREATED, Act.APPROVED, Act.PREPARED, Act.DELIVERED, Act.HEARING_ENDED),
    "ended twice": (
        *(Act.CREATED, Act.APPROVED, Act.LISTENED),
        *(Act.HEARING_ENDED, Act.HEARING_ENDED),
    ),
    "looked at unapproved": (Act.CREATED, Act.LOOKED),
    "heard after it was revoked": (Act.CREATED, Act.APPROVED, Act.REVOKED, Act.LISTENED),
    "heard after a change": (Act.CREATED, Act.APPROVED, Act.AMENDED, Act.LISTENED),
    "withdrawn after approval": (Act.CREATED, Act.APPROVED, Act.WITHDRAWN),
    "carried out unapproved": (Act.CREATED, Act.CARRIED_OUT),
    "carried out after it was heard": (Act.CREATED, Act.APPROVED, Act.LISTENED, Act.CARRIED_OUT),
    "closed unreleased": (Act.CREATED, Act.APPROVED, Act.CLOSED),
    "denied while an approval stands": (Act.CREATED, Act.APPROVED, Act.LISTENED, Act.DENIED),
    "denied when it was approved again": (
        *(Act.CREATED, Act.APPROVED, Act.LISTENED, Act.REVOKED, Act.APPROVED),
        Act.DENIED,
    ),
    "denied after a package went out": (
        *(Act.CREATED, Act.APPROVED, Act.PREPARED, Act.DELIVERED, Act.REVOKED),
        Act.DENIED,
    ),
    "changed after a package went out": (*DELIVERED, Act.AMENDED),
    "changed after a package went out and was taken back": (*DELIVERED, Act.REVOKED, Act.AMENDED),
    "given more time after a package went out": (*DELIVERED, Act.EXTENDED),
    "answered after a package went out": (*DELIVERED, Act.ANSWERED),
    "asked about after a package went out": (*DELIVERED, Act.REVOKED, Act.ASKED),
    "asked about while an approval stands": (*HEARD, Act.ASKED),
    "dated again while an approval stands": (*HEARD, Act.RECEIVED),
}


@pytest.mark.parametrize("acts", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_history_that_cannot_be_is_tampered_with(acts: tuple[RequestAct, ...]) -> None:
    with pytest.raises(Tampered, match="a request"):
        state_after(events(*acts))


# One row an act, one column a state that something leads out of; a dash: it cannot happen there.
STEPS = """
                          submitted waiting   approved  heard     released handed-over in-effect
    request.created       -         -         -         -         -        -           -
    request.received      submitted waiting   -         heard     -        -           -
    request.amended       submitted waiting   submitted heard     -        -           -
    request.gathered      submitted waiting   submitted heard     -        -           -
    request.asked         waiting   waiting   -         heard     -        -           -
    request.answered      submitted submitted approved  heard     -        -           -
    request.extended      submitted waiting   approved  heard     -        -           -
    request.third-parties submitted -         approved  heard     released handed-over -
    request.approved      approved  -         approved  heard     released handed-over -
    request.denied        denied    -         -         denied    -        -           -
    request.withdrawn     withdrawn withdrawn -         -         -        -           -
    request.lapsed        lapsed    lapsed    -         -         -        -           -
    request.revoked       -         -         submitted heard     released handed-over -
    grant.lapsed          -         -         submitted heard     released handed-over -
    listen.looked         -         -         approved  heard     released handed-over -
    listen                -         -         heard     heard     released handed-over -
    listen.ended          -         -         -         heard     released handed-over -
    listen.failed         -         -         -         approved  released handed-over -
    release.prepared      -         -         approved  heard     released handed-over -
    release.delivered     -         -         released  released  released released    -
    release.failed        submitted waiting   approved  heard     released handed-over in-effect
    release.handed-over   -         -         -         -         handed-over handed-over -
    release.acknowledged  -         -         -         -         released handed-over -
    request.in-effect     -         -         in-effect -         -        -           -
    request.carried-out   -         -         closed    -         -        -           -
    request.letter-written submitted waiting   approved  heard     released handed-over in-effect
    request.letter-sent   submitted waiting   approved  heard     released handed-over in-effect
    request.closed        -         -         -         closed    closed   closed      closed
"""

COLUMNS, *ROWS = (line.split() for line in STEPS.strip().splitlines())

NEXT = {
    (State(state), next(each for each in Act if each == act)): None
    if target == "-"
    else State(target)
    for act, *targets in ROWS
    for state, target in zip(COLUMNS, targets, strict=True)
}

PACKED = (Act.PREPARED, Act.DELIVERED)

LED_TO = {  # with a package in preparation, which can then be delivered or fail
    State.SUBMITTED: (Act.APPROVED, Act.PREPARED, Act.REVOKED),
    State.WAITING: (Act.APPROVED, Act.PREPARED, Act.REVOKED, Act.ASKED),
    State.APPROVED: (Act.APPROVED, Act.PREPARED),
    State.HEARD: (Act.APPROVED, Act.LISTENED, Act.PREPARED),
    State.IN_EFFECT: (Act.APPROVED, Act.PREPARED, Act.IN_EFFECT),
    State.RELEASED: (Act.APPROVED, *PACKED, Act.APPROVED, Act.LISTENED, Act.PREPARED),
    State.HANDED_OVER: (
        *(Act.APPROVED, *PACKED, Act.HANDED_OVER),
        *(Act.APPROVED, Act.LISTENED, Act.PREPARED),
    ),
}

TAKEN_BACK = (Act.DENIED, Act.ASKED, Act.RECEIVED)

BEFORE = {(State.HEARD, act): (Act.REVOKED,) for act in TAKEN_BACK}
"""What has to have happened besides."""


def test_the_table_of_steps_has_every_act() -> None:
    assert [act for act, *_ in ROWS] == list(Act)
    assert set(COLUMNS) == set(State) - ENDED_STATES


@pytest.mark.parametrize(("state", "act"), NEXT, ids=str)
def test_a_request_moves_as_the_table_of_steps_says(state: RequestState, act: RequestAct) -> None:
    before = (*LED_TO[state], *BEFORE.get((state, act), ()))
    history, target = events(Act.CREATED, *before, act), NEXT[state, act]
    if target is None:
        with pytest.raises(Refused, match=f"is {in_words(state)} and cannot be {act.meaning}"):
            check_transition(state, act, "R-17")
        with pytest.raises(Tampered, match=f"a request's history has {act} where it cannot be"):
            state_after(history)
    else:
        check_transition(state, act, "R-17")
        assert state_after(history) is target


AFTERWARDS = {
    *(Act.FAILED, Act.HEARING_ENDED, Act.HEARING_FAILED, Act.LETTER_WRITTEN, Act.LETTER_SENT)
}
"""What may still happen to a request that has ended: what had begun ends, and it is answered."""


@pytest.mark.parametrize("act", sorted(set(Act) - AFTERWARDS), ids=str)
@pytest.mark.parametrize("state", sorted(ENDED_STATES), ids=str)
def test_nothing_happens_to_a_request_that_has_ended(state: RequestState, act: RequestAct) -> None:
    with pytest.raises(Refused, match=f"is {in_words(state)} and cannot be {act.meaning}"):
        check_transition(state, act, "R-17")


DONE = (
    "made again, dated, changed, gathered, asked about, answered, given more time,"
    " checked for third parties, approved, denied, withdrawn, let lapse, revoked, let lapse,"
    " looked at, listened to, heard to an end, played, released, released, released,"
    " recorded as handed over, recorded as acknowledged, put into effect, carried out,"
    " written about, written about, closed"
)


def test_a_refusal_says_what_cannot_be_done() -> None:
    assert [act.meaning for act in Act] == DONE.split(", ")


HANDING_OVER = {Act.PREPARED, Act.DELIVERED, Act.LOOKED, Act.LISTENED}


@pytest.mark.parametrize("act", sorted(set(Act) - AFTERWARDS), ids=str)
def test_only_what_hands_over_is_refused_under_4b(act: RequestAct) -> None:
    with pytest.raises(Refused) as refused:
        check_transition(State.DENIED, act, "R-17")
    under = Clause.FORMALLY_AUTHORISED if act in HANDING_OVER else None
    assert refused.value.clause is under


def test_nothing_leads_out_of_the_four_ends() -> None:
    assert {State.DENIED, State.WITHDRAWN, State.LAPSED, State.CLOSED} == ENDED_STATES


def test_a_refused_step_names_the_state() -> None:
    with pytest.raises(Refused, match="the request is denied and cannot be withdrawn"):
        check_transition(State.DENIED, Act.WITHDRAWN, "R-17")


def test_a_refused_step_names_the_state_in_words() -> None:
    with pytest.raises(Refused, match="the request is in effect and cannot be revoked"):
        check_transition(State.IN_EFFECT, Act.REVOKED, "R-17")


def test_a_release_without_approval_is_refused_under_4b() -> None:
    with pytest.raises(Refused, match=r"submitted and cannot be released \[policy 4\(b\)\]"):
        check_transition(State.SUBMITTED, Act.PREPARED, "R-17")


def test_what_was_heard_is_denied_once_it_was_taken_back() -> None:
    with pytest.raises(Refused, match="the request is heard and cannot be denied") as refused:
        check_can_happen(events(*HEARD), Act.DENIED, "R-17")
    assert refused.value.hint == ("take it back first: callrec revoke R-17")
    check_can_happen(events(*HEARD, Act.REVOKED), Act.DENIED, "R-17")
    check_can_happen(events(Act.CREATED), Act.DENIED, "R-17")


@pytest.mark.parametrize("act", [*TAKEN_BACK, Act.AMENDED, Act.ANSWERED, Act.EXTENDED], ids=str)
def test_of_what_has_gone_out_nothing_is_changed(act: RequestAct) -> None:
    with pytest.raises(Refused, match="the request is released and cannot be") as refused:
        check_can_happen(events(*DELIVERED, Act.REVOKED), act, "R-17")
    assert refused.value.hint == "see how it got there: callrec request show R-17"


HINTS = {
    (State.APPROVED, Act.WITHDRAWN): "first the person who decides it: callrec revoke R-17",
    (State.HEARD, Act.WITHDRAWN): "end it: callrec request close R-17",
    (State.RELEASED, Act.WITHDRAWN): "end it: callrec request close R-17",
    (State.IN_EFFECT, Act.WITHDRAWN): (
        "ask the Data Controller to run callrec request close R-17 --reason TEXT"
    ),
    (State.IN_EFFECT, Act.REVOKED): "close it: callrec request close R-17 --reason TEXT",
    (State.DENIED, Act.WITHDRAWN): "see how it got there: callrec request show R-17",
}


@pytest.mark.parametrize(("at", "hint"), HINTS.items(), ids=lambda each: str(each[0]))
def test_a_refused_step_says_what_to_do(at: tuple[RequestState, RequestAct], hint: str) -> None:
    with pytest.raises(Refused) as refused:
        check_transition(*at, "R-17")
    assert refused.value.hint == hint


def test_so_does_one_that_does_not_follow_from_what_happened() -> None:
    with pytest.raises(Refused) as refused:
        check_can_happen(events(Act.CREATED, Act.APPROVED), Act.WITHDRAWN, "R-17")
    assert refused.value.hint == "first the person who decides it: callrec revoke R-17"


def test_something_stands_from_an_approval_till_it_ends() -> None:
    assert not has_standing_approval(events(Act.CREATED))
    assert has_standing_approval(events(Act.CREATED, Act.APPROVED, Act.LOOKED))
    assert not has_standing_approval(events(Act.CREATED, Act.APPROVED, Act.REVOKED))


ANSWERS: dict[str, tuple[tuple[RequestAct, ...], bool, bool]] = {
    "made": ((), True, True),
    "approved": ((Act.APPROVED,), True, False),
    "heard": ((Act.APPROVED, Act.LISTENED), True, False),
    "heard and revoked": ((Act.APPROVED, Act.LISTENED, Act.REVOKED), True, True),
    "prepared": ((Act.APPROVED, Act.PREPARED), True, False),
    "delivered": ((Act.APPROVED, *PACKED), False, False),
    "delivered, and what is left revoked": ((Act.APPROVED, *PACKED, Act.REVOKED), False, False),
}


@pytest.mark.parametrize(("acts", "undelivered", "unanswered"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_what_went_out_or_is_approved(
    acts: tuple[RequestAct, ...],
    undelivered: bool,  # noqa: FBT001
    unanswered: bool,  # noqa: FBT001
) -> None:
    history = events(Act.CREATED, *acts)
    assert (is_undelivered(history), is_unanswered(iter(history))) == (undelivered, unanswered)


def test_a_step_that_leads_on_is_allowed() -> None:
    check_transition(State.SUBMITTED, Act.APPROVED, "R-17")


def test_each_change_is_a_version() -> None:
    assert version_after(events(Act.CREATED)) == 1
    assert version_after(events(Act.CREATED, Act.AMENDED, Act.APPROVED, Act.AMENDED)) == 3


def test_who_changed_a_request_is_known() -> None:
    made = RequestEvent(Act.CREATED, NOW, BEN)
    assert changed_by([made]) == frozenset()
    assert changed_by([made, RequestEvent(Act.AMENDED, NOW, CAT)]) == {CAT}
