"""States of a request, and when it lapses.

    submitted <-> waiting           the decider asks, an answer comes
    submitted  -> approved | denied | withdrawn | lapsed
    approved   -> heard             played at least once, and nothing went out
    heard      -> approved          the player failed before anything could be heard
    heard      -> denied            the approval was revoked or lapsed since
    approved, heard -> released     a package was made and may go
    released   -> handed-over       the record says of each package who has it
    heard, released, handed-over -> closed
    approved   -> closed            the recordings to erase or dispose of are destroyed
    approved   -> in-effect         a correction, a restriction or an objection stands from now on
    in-effect  -> closed            answered; a restriction and an objection are lifted with it

A state is never stored: `state_after` reads it from the log's leaves about the request.

The end of an approval (revoked, lapsed unused, or the request changed) destroys its grants and puts
the request back to `submitted`. "Denied" would be untrue, since nobody refused it; a state of its
own would lose a subject access request that the law still wants answered. Back in `submitted` it is
in an inbox again, must be decided again, and lapses by the day on which the approval ended. A
request that was heard stays `heard` afterwards, and one of which a package went out `released` or
`handed-over`. But staff may have heard it alone before answering, and found something that forbids
or lacks an answer. So what was only heard can still be changed, extended and given missing proof;
and with no standing approval, it can be asked about, denied, or approved again.

A hearing counts from its first byte, and so does one whose end is not on record. Only one that the
log says failed is none: the request is then where it would be without it.

While an answer is awaited nothing is decided.

The practice sets `requests.lapse_days` and `grants.lapse_days`. A grant lapses by the day of its
approval. A request lapses by the day it was made, or by the end of its last approval, which needs a
new decision. So each further period takes an approval, which is signed, logged and reported;
changing an undecided request or asking about it does not move its day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Refused, Tampered
from callrec.policy.clause import Clause
from callrec.policy.days import as_typed, day_end
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import PersonId
from callrec.policy.words import Worded, in_words


class RequestState(StrEnum):
    """Where a request stands."""

    SUBMITTED = "submitted"
    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    HEARD = "heard"
    RELEASED = "released"
    HANDED_OVER = "handed-over"
    IN_EFFECT = "in-effect"
    CLOSED = "closed"


class RequestAct(Worded):
    """What happens to a request, as leaves name it; its meaning completes "cannot be …"."""

    CREATED = "request.created", "made again"
    RECEIVED = "request.received", "dated"
    AMENDED = "request.amended", "changed"
    GATHERED = "request.gathered", "gathered"
    ASKED = "request.asked", "asked about"
    ANSWERED = "request.answered", "answered"
    EXTENDED = "request.extended", "given more time"
    THIRD_PARTIES = "request.third-parties", "checked for third parties"
    APPROVED = "request.approved", "approved"
    DENIED = "request.denied", "denied"
    WITHDRAWN = "request.withdrawn", "withdrawn"
    LAPSED = "request.lapsed", "let lapse"
    REVOKED = "request.revoked", "revoked"
    GRANT_LAPSED = "grant.lapsed", "let lapse"
    LOOKED = "listen.looked", "looked at"
    LISTENED = "listen", "listened to"
    HEARING_ENDED = "listen.ended", "heard to an end"
    HEARING_FAILED = "listen.failed", "played"
    PREPARED = "release.prepared", "released"
    DELIVERED = "release.delivered", "released"
    FAILED = "release.failed", "released"
    HANDED_OVER = "release.handed-over", "recorded as handed over"
    ACKNOWLEDGED = "release.acknowledged", "recorded as acknowledged"
    IN_EFFECT = "request.in-effect", "put into effect"
    CARRIED_OUT = "request.carried-out", "carried out"
    LETTER_WRITTEN = "request.letter-written", "written about"
    LETTER_SENT = "request.letter-sent", "written about"
    CLOSED = "request.closed", "closed"


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """One thing that happened to a request, as a leaf records it."""

    act: RequestAct
    at: datetime
    actor: PersonId
    of: str = ""
    """The id of the hearing, the release or the letter that it is about; else it does not count."""


CHANGING_ACTS: Final = frozenset({RequestAct.AMENDED, RequestAct.GATHERED})
"""Each makes a new version of the request."""

_HEARING_OVER: Final = (RequestAct.HEARING_ENDED, RequestAct.HEARING_FAILED)

_GOES_ON: Final = (
    *(RequestAct.THIRD_PARTIES, RequestAct.REVOKED, RequestAct.GRANT_LAPSED),
    RequestAct.APPROVED,  # a second copy is a second approval
    *(RequestAct.PREPARED, RequestAct.LOOKED, RequestAct.LISTENED, *_HEARING_OVER),
)
"""What leaves a request as it is once it was heard."""

_RECORDED: Final = (RequestAct.HANDED_OVER, RequestAct.ACKNOWLEDGED)

_AFTER_HEARING: Final = {
    RequestAct.DELIVERED: RequestState.RELEASED,
    RequestAct.CLOSED: RequestState.CLOSED,
}

_NEXT: Mapping[RequestState, Mapping[RequestAct, RequestState]] = {
    RequestState.SUBMITTED: {
        RequestAct.RECEIVED: RequestState.SUBMITTED,
        RequestAct.AMENDED: RequestState.SUBMITTED,
        RequestAct.GATHERED: RequestState.SUBMITTED,
        RequestAct.ASKED: RequestState.WAITING,
        RequestAct.ANSWERED: RequestState.SUBMITTED,  # unasked: proof of identity, say
        RequestAct.EXTENDED: RequestState.SUBMITTED,
        RequestAct.THIRD_PARTIES: RequestState.SUBMITTED,
        RequestAct.APPROVED: RequestState.APPROVED,
        RequestAct.DENIED: RequestState.DENIED,
        RequestAct.WITHDRAWN: RequestState.WITHDRAWN,
        RequestAct.LAPSED: RequestState.LAPSED,
    },
    RequestState.WAITING: {
        RequestAct.RECEIVED: RequestState.WAITING,
        RequestAct.AMENDED: RequestState.WAITING,
        RequestAct.GATHERED: RequestState.WAITING,
        RequestAct.ASKED: RequestState.WAITING,  # something else, or of another day
        RequestAct.ANSWERED: RequestState.SUBMITTED,
        RequestAct.EXTENDED: RequestState.WAITING,
        RequestAct.WITHDRAWN: RequestState.WITHDRAWN,
        RequestAct.LAPSED: RequestState.LAPSED,
    },
    RequestState.APPROVED: {
        RequestAct.AMENDED: RequestState.SUBMITTED,
        RequestAct.GATHERED: RequestState.SUBMITTED,
        RequestAct.ANSWERED: RequestState.APPROVED,  # proof that was missing
        RequestAct.EXTENDED: RequestState.APPROVED,
        RequestAct.THIRD_PARTIES: RequestState.APPROVED,
        RequestAct.REVOKED: RequestState.SUBMITTED,
        RequestAct.GRANT_LAPSED: RequestState.SUBMITTED,
        RequestAct.APPROVED: RequestState.APPROVED,  # for another person or recording
        RequestAct.PREPARED: RequestState.APPROVED,
        RequestAct.DELIVERED: RequestState.RELEASED,
        RequestAct.LOOKED: RequestState.APPROVED,
        RequestAct.LISTENED: RequestState.HEARD,
        RequestAct.IN_EFFECT: RequestState.IN_EFFECT,  # at once, as it was approved
        RequestAct.CARRIED_OUT: RequestState.CLOSED,  # what was approved is destroyed
    },
    RequestState.HEARD: {
        **_AFTER_HEARING,
        **dict.fromkeys(  # some only where no approval stands: `_IF_NOTHING_STANDS`
            (
                *(RequestAct.RECEIVED, *CHANGING_ACTS, RequestAct.ASKED),
                *(RequestAct.ANSWERED, RequestAct.EXTENDED),
            ),
            RequestState.HEARD,
        ),
        RequestAct.DENIED: RequestState.DENIED,
        **dict.fromkeys(_GOES_ON, RequestState.HEARD),
    },
    RequestState.RELEASED: {
        **_AFTER_HEARING,
        **dict.fromkeys((*_GOES_ON, *_RECORDED), RequestState.RELEASED),
    },
    RequestState.HANDED_OVER: {
        **_AFTER_HEARING,
        **dict.fromkeys((*_GOES_ON, *_RECORDED), RequestState.HANDED_OVER),
    },
    RequestState.IN_EFFECT: {RequestAct.CLOSED: RequestState.CLOSED},
    RequestState.DENIED: dict.fromkeys(_HEARING_OVER, RequestState.DENIED),  # meanwhile
    RequestState.WITHDRAWN: {},
    RequestState.LAPSED: {},
    RequestState.CLOSED: dict.fromkeys(_HEARING_OVER, RequestState.CLOSED),  # meanwhile
}

USED_STATES: Final = frozenset(
    {RequestState.HEARD, RequestState.RELEASED, RequestState.HANDED_OVER}
)
"""Something was heard or went out, and the request is not closed."""

GRANTED_STATES: Final = frozenset({RequestState.APPROVED, *USED_STATES})
"""Grants may lie under it."""

ENDED_STATES = frozenset(
    state for state, onward in _NEXT.items() if {state}.issuperset(onward.values())
)
"""The final states."""

_PREPARING = {RequestAct.PREPARED: 1, RequestAct.DELIVERED: -1, RequestAct.FAILED: -1}
"""A package begun, and one brought to its end."""

_HEARING = {RequestAct.LISTENED: 1, **dict.fromkeys(_HEARING_OVER, -1)}
"""A hearing begun, and one ended; a killed program leaves no end."""

ENDING_ACTS = frozenset({*CHANGING_ACTS, RequestAct.REVOKED, RequestAct.GRANT_LAPSED})
"""Acts that end an approval, so that the request must be decided again."""

_HOW_IT_GOT_THERE = "see how it got there: callrec request show {}"

_INSTEAD = {
    (
        RequestState.APPROVED,
        RequestAct.WITHDRAWN,
    ): "first the person who decides it: callrec revoke {}",
    **{
        (state, RequestAct.WITHDRAWN): "end it: callrec request close {}"
        for state in sorted(USED_STATES)
    },
    (
        RequestState.IN_EFFECT,
        RequestAct.WITHDRAWN,
    ): "ask the Data Controller to run callrec request close {} --reason TEXT",
    (
        RequestState.IN_EFFECT,
        RequestAct.REVOKED,
    ): "close it: callrec request close {} --reason TEXT",
}
"""The hint for some impossible acts."""

_HANDING_OVER = frozenset(
    {RequestAct.PREPARED, RequestAct.DELIVERED, RequestAct.LOOKED, RequestAct.LISTENED}
)


def check_transition(state: RequestState, act: RequestAct, reference: str) -> None:
    """Check that an act is possible in this state; ``reference`` is for the hint."""
    if _next_state(state, act) is None:
        raise Refused(
            f"the request is {in_words(state)} and cannot be {act.meaning}",
            clause=Clause.FORMALLY_AUTHORISED if act in _HANDING_OVER else None,
            hint=_INSTEAD.get((state, act), _HOW_IT_GOT_THERE).format(reference),
        )


def check_can_happen(events: Iterable[RequestEvent], act: RequestAct, reference: str) -> None:
    """Check that an act is possible for a request with this history; ``reference`` is for the hint.

    Some are not while an approval stands, which must be revoked first.
    """
    history = tuple(events)
    state = state_after(history)
    check_transition(state, act, reference)
    if not _is_open_to(state, history, act):
        raise Refused(
            f"the request is {in_words(state)} and cannot be {act.meaning}",
            hint=f"take it back first: callrec revoke {reference}",
        )


def is_undelivered(events: Iterable[RequestEvent]) -> bool:
    """Whether no package went out."""
    return all(event.act is not RequestAct.DELIVERED for event in events)


def is_unanswered(events: Iterable[RequestEvent]) -> bool:
    """Whether no package went out and no approval stands, even if staff have heard it."""
    history = tuple(events)
    return is_undelivered(history) and not has_standing_approval(history)


def has_standing_approval(events: Iterable[RequestEvent]) -> bool:
    """Whether an approval stands that the log does not show as ended."""
    turns = {RequestAct.APPROVED, *ENDING_ACTS}
    acts = [event.act for event in events if event.act in turns]
    return acts[-1:] == [RequestAct.APPROVED]


def state_after(events: Iterable[RequestEvent]) -> RequestState:
    """The state of a request after these events, oldest first; refused attempts are no events.

    Tampered if this cannot have happened in this order.

    Law: it never goes where `check_transition` refuses to go.
    """
    state: RequestState | None = None
    in_preparation = under_way = 0
    history = tuple(events)
    for number, event in enumerate(history):
        if state is not None and not _is_open_to(state, history[:number], event.act):
            state = None
        else:
            state = _next_state(state, event.act)
            state = state and _settled(state, history[: number + 1])
        in_preparation += _PREPARING.get(event.act, 0)
        under_way += _HEARING.get(event.act, 0)
        if state is None or min(in_preparation, under_way) < 0:
            raise Tampered(f"a request's history has {event.act} where it cannot be")
    if state is None:
        raise Tampered("a request has no history")
    return state


def version_after(events: Iterable[RequestEvent]) -> int:
    """The request's version: 1, and one more for each change."""
    return 1 + sum(event.act in CHANGING_ACTS for event in events)


def changed_by(events: Iterable[RequestEvent]) -> frozenset[PersonId]:
    """Who changed the request after it was made.

    People who gather choose nothing of what it says or asks for, and may decide it.
    """
    return frozenset(event.actor for event in events if event.act is RequestAct.AMENDED)


def _is_open_to(state: RequestState, history: tuple[RequestEvent, ...], act: RequestAct) -> bool:
    """Whether an act is possible by the approval that stands, or does not."""
    needs_none = state is RequestState.HEARD and act in _IF_NOTHING_STANDS
    return not (needs_none and has_standing_approval(history))


_IF_NOTHING_STANDS: Final = frozenset(
    {
        RequestAct.RECEIVED,  # it was changed, so nothing stands
        RequestAct.ASKED,  # nobody asks about what is decided
        RequestAct.DENIED,
    }
)
"""Acts possible for a request that was heard, and of which no approval stands."""


def _settled(state: RequestState, history: tuple[RequestEvent, ...]) -> RequestState:
    """The state after the last event, by the other hearings and releases there were."""
    match history[-1].act:
        case RequestAct.HANDED_OVER if state is RequestState.RELEASED:
            recorded = _ids(history, RequestAct.HANDED_OVER)
            is_all = _ids(history, RequestAct.DELIVERED) <= recorded
            return RequestState.HANDED_OVER if is_all else state
        case RequestAct.HEARING_FAILED if state is RequestState.HEARD:
            begun = sum(event.act is RequestAct.LISTENED for event in history)
            failed = sum(event.act is RequestAct.HEARING_FAILED for event in history)
            return state if begun > failed else _without_hearings(history)
        case _:
            return state


def _without_hearings(history: tuple[RequestEvent, ...]) -> RequestState:
    """Where a request would be that nobody has heard."""
    state = RequestState.SUBMITTED
    for event in history[1:]:
        if event.act is not RequestAct.LISTENED:
            state = _next_state(state, event.act) or state
    return state


def _ids(history: Iterable[RequestEvent], act: RequestAct) -> frozenset[str]:
    return frozenset(event.of for event in history if event.act is act)


_CHANGES_NOTHING: Final = (
    RequestAct.FAILED,  # whatever else happened meanwhile
    *(RequestAct.LETTER_WRITTEN, RequestAct.LETTER_SENT),
)


def _next_state(state: RequestState | None, act: RequestAct) -> RequestState | None:
    if state is None:
        return RequestState.SUBMITTED if act is RequestAct.CREATED else None
    if act in _CHANGES_NOTHING:
        return state
    return _NEXT[state].get(act)


GATHERABLE: Final = frozenset(s for s, onward in _NEXT.items() if RequestAct.GATHERED in onward)
"""States in which what matches a request can be gathered anew."""

ASKING_NOTHING: Final = frozenset({*ENDED_STATES, RequestState.IN_EFFECT})
"""States in which a request waits for no recording: what is in effect, uses none.

What a restriction keeps, its hold keeps (policy/hold.py).
"""

UNDECIDED: Final = frozenset({RequestState.SUBMITTED, RequestState.WAITING})


def lapses_at(made_at: datetime, days: int, zone: tzinfo) -> datetime:
    """UTC: the end of the local day that is `days` after the one on which it was made."""
    return day_end(_last_day(made_at, days, zone), zone)


def undecided_since(events: Iterable[tuple[RequestEvent, datetime | None]]) -> datetime:
    """UTC: when a request was made, or when its last approval ended.

    At least one, oldest first, each with when the grants lapse that it approved, where that is
    known.

    Law: without an approval nothing moves it on.
    """
    history = tuple(events)
    since, stands, until = history[0][0].at, False, None
    for event, over_at in history:
        if event.act is RequestAct.APPROVED:
            stands, until = True, max(filter(None, (until, over_at)), default=None)
        elif stands and event.act in ENDING_ACTS:
            # It lapses by its day, not when a command came to record it.
            over = until if event.act is RequestAct.GRANT_LAPSED else None
            since, stands, until = min(over or event.at, event.at), False, None
    return until or since


def request_lapses_at(
    purpose: Purpose, since: datetime, days: int, zone: tzinfo, *, is_ordered: bool = False
) -> datetime | None:
    """UTC: when an undecided request lapses; None where a law or a court sets a day for the answer.

    ``since`` is what `undecided_since` returns; ``is_ordered`` means a court has set a day.
    """
    if TERMS[purpose].has_statutory_clock or is_ordered:
        return None
    return lapses_at(since, days, zone)


def grant_lapses_at(
    approved_at: datetime, days: int, zone: tzinfo, *, until: date | None = None
) -> datetime:
    """UTC: when a grant lapses; at the end of `until` where the decider chose an earlier day.

    Refused if that day is in the past, or later than grants may last.
    """
    last = _last_day(approved_at, days, zone)
    chosen = last if until is None else until
    if not approved_at.astimezone(zone).date() <= chosen <= last:
        raise Refused(
            "you can grant it from today on, and no longer than the practice allows",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"choose --until {as_typed(last)} or an earlier day that is not over",
        )
    return day_end(chosen, zone)


def has_lapsed(lapses_at: datetime | None, now: datetime) -> bool:
    """Whether it is over at `now`; None never is."""
    return lapses_at is not None and now >= lapses_at


def _last_day(made_at: datetime, days: int, zone: tzinfo) -> date:
    return made_at.astimezone(zone).date() + timedelta(days=days)
