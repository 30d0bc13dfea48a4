"""States of a request, and when it lapses.

    submitted <-> waiting           the decider asks, an answer comes
    submitted  -> approved | denied | withdrawn | lapsed
    approved   -> released          packed or heard, once at the least
    released   -> closed            until then it is said who has the package
    released   -> denied            heard at most, and taken back or lapsed since
    released   -> released          heard at most, and changed, dated or asked about since
    approved   -> closed            what was to be erased or disposed of is destroyed

A state is never stored as a fact: it is what `state_after` reads from the log's leaves about the
request.

What ends an approval (revoked, lapsed unused, or the request changed under it) destroys its grants
and puts the request back to `submitted`. "Denied" would be untrue, since nobody refused it; an end
of its own would lose a subject access request that the law still wants answered. Back in
`submitted` it stands in an inbox again, must be decided again, and lapses by the day on which that
ended (`lapse`). What was once heard or handed over stays `released` whatever ends
afterwards. The staff may have heard it alone, before they answer, and found what forbids it, or
what is wanting: so where no package went out it is changed and given more time, and proof that was
missing is written down; and where nothing stands that was approved either, it is asked about yet,
denied, or approved anew.

While an answer is awaited nothing is decided: one does not decide what one has asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from callrec.errors import Refused, Tampered
from callrec.policy.clause import Clause
from callrec.policy.days import day_end
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import PersonId


class RequestState(StrEnum):
    """Where a request stands."""

    SUBMITTED = "submitted"
    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    RELEASED = "released"
    CLOSED = "closed"


class RequestAct(StrEnum):
    """What happens to a request. As text it is the `act` of the leaf that records it."""

    done: str
    """Completes "cannot be …"."""

    def __new__(cls, act: str, done: str) -> Self:
        member = str.__new__(cls, act)
        member._value_ = act
        member.done = done
        return member

    CREATED = "request.created", "made again"
    RECEIVED = "request.received", "dated"
    AMENDED = "request.amended", "changed"
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
    PREPARED = "release.prepared", "released"
    DELIVERED = "release.delivered", "released"
    FAILED = "release.failed", "released"
    HANDED_OVER = "release.handed-over", "recorded as handed over"
    ACKNOWLEDGED = "release.acknowledged", "recorded as acknowledged"
    CARRIED_OUT = "request.carried-out", "carried out"
    CLOSED = "request.closed", "closed"


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """One thing that happened to a request, as a leaf records it."""

    act: RequestAct
    at: datetime
    actor: PersonId


_NEXT: Mapping[RequestState, Mapping[RequestAct, RequestState]] = MappingProxyType(
    {
        RequestState.SUBMITTED: {
            RequestAct.RECEIVED: RequestState.SUBMITTED,
            RequestAct.AMENDED: RequestState.SUBMITTED,
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
            RequestAct.ASKED: RequestState.WAITING,  # something else, or of another day
            RequestAct.ANSWERED: RequestState.SUBMITTED,
            RequestAct.EXTENDED: RequestState.WAITING,
            RequestAct.WITHDRAWN: RequestState.WITHDRAWN,
            RequestAct.LAPSED: RequestState.LAPSED,
        },
        RequestState.APPROVED: {
            RequestAct.AMENDED: RequestState.SUBMITTED,
            RequestAct.ANSWERED: RequestState.APPROVED,  # proof that was missing
            RequestAct.EXTENDED: RequestState.APPROVED,
            RequestAct.THIRD_PARTIES: RequestState.APPROVED,
            RequestAct.REVOKED: RequestState.SUBMITTED,
            RequestAct.GRANT_LAPSED: RequestState.SUBMITTED,
            RequestAct.APPROVED: RequestState.APPROVED,  # for another person or recording
            RequestAct.PREPARED: RequestState.APPROVED,
            RequestAct.DELIVERED: RequestState.RELEASED,
            RequestAct.LOOKED: RequestState.APPROVED,
            RequestAct.LISTENED: RequestState.RELEASED,
            RequestAct.CARRIED_OUT: RequestState.CLOSED,  # what was approved is destroyed
        },
        RequestState.RELEASED: {
            **dict.fromkeys(  # if it was only heard: `_IF_ONLY_HEARD`
                (
                    *(RequestAct.RECEIVED, RequestAct.AMENDED, RequestAct.ASKED),
                    *(RequestAct.ANSWERED, RequestAct.EXTENDED),
                ),
                RequestState.RELEASED,
            ),
            RequestAct.THIRD_PARTIES: RequestState.RELEASED,
            RequestAct.REVOKED: RequestState.RELEASED,
            RequestAct.GRANT_LAPSED: RequestState.RELEASED,
            RequestAct.APPROVED: RequestState.RELEASED,  # a second copy is a second approval
            RequestAct.DENIED: RequestState.DENIED,  # likewise
            RequestAct.PREPARED: RequestState.RELEASED,
            RequestAct.DELIVERED: RequestState.RELEASED,
            RequestAct.LOOKED: RequestState.RELEASED,
            RequestAct.LISTENED: RequestState.RELEASED,
            RequestAct.HEARING_ENDED: RequestState.RELEASED,
            RequestAct.HANDED_OVER: RequestState.RELEASED,
            RequestAct.ACKNOWLEDGED: RequestState.RELEASED,
            RequestAct.CLOSED: RequestState.CLOSED,
        },
        RequestState.DENIED: {
            RequestAct.HEARING_ENDED: RequestState.DENIED,  # it went on while that was done
        },
        RequestState.WITHDRAWN: {},
        RequestState.LAPSED: {},
        RequestState.CLOSED: {
            RequestAct.HEARING_ENDED: RequestState.CLOSED,  # it went on while that was done
        },
    }
)

ENDED_STATES = frozenset(
    state for state, onward in _NEXT.items() if {state}.issuperset(onward.values())
)
"""The states that nothing leads out of."""

_PREPARING = {RequestAct.PREPARED: 1, RequestAct.DELIVERED: -1, RequestAct.FAILED: -1}
"""A package begun, and one brought to its end."""

_HEARING = {RequestAct.LISTENED: 1, RequestAct.HEARING_ENDED: -1}
"""A hearing begun, and one that ended; of one whose program was killed there is no end."""

_STANDS = {
    RequestAct.APPROVED: True,
    RequestAct.AMENDED: False,
    RequestAct.REVOKED: False,
    RequestAct.GRANT_LAPSED: False,
}
"""Whether something stands that was approved, once this has happened."""

ENDING_ACTS = frozenset(act for act, stands in _STANDS.items() if not stands)
"""After what of a request that was approved it is to be decided again."""

_HOW_IT_GOT_THERE = "see how it got there: callrec request show {}"

_INSTEAD = {
    (RequestState.APPROVED, RequestAct.WITHDRAWN): "first whoever decides it: callrec revoke {}",
    (RequestState.RELEASED, RequestAct.WITHDRAWN): "end it: callrec request close {}",
}
"""What to do about a request of which something cannot be done; else one sees why."""

_HANDING_OVER = frozenset(
    {RequestAct.PREPARED, RequestAct.DELIVERED, RequestAct.LOOKED, RequestAct.LISTENED}
)


def check_transition(state: RequestState, act: RequestAct, reference: str) -> None:
    """Whether this may happen to a request that stands there.

    Args:
        state: where it stands.
        act: what is to happen.
        reference: ``R-17``, for the hint.

    Raises:
        Refused: it may not; the message names the state.
    """
    if _next_state(state, act) is None:
        raise Refused(
            f"the request is {state} and cannot be {act.done}",
            clause=Clause.FORMALLY_AUTHORISED if act in _HANDING_OVER else None,
            hint=_INSTEAD.get((state, act), _HOW_IT_GOT_THERE).format(reference),
        )


def check_can_happen(events: Iterable[RequestEvent], act: RequestAct, reference: str) -> None:
    """Whether this may happen to a request with this history.

    Args:
        events: what happened to it, oldest first.
        act: what is to happen.
        reference: ``R-17``, for the hint.

    Raises:
        Refused: it may not where it stands, or a package went out, or something stands that was
            approved and would have to be taken back first.
    """
    history = tuple(events)
    state = state_after(history)
    check_transition(state, act, reference)
    if state is RequestState.RELEASED and not _is_open_to(history, act):
        hint = _HOW_IT_GOT_THERE
        if is_undelivered(history):
            hint = "what was only heard can be, once it is taken back: callrec revoke {}"
        raise Refused(
            f"the request is {state} and cannot be {act.done}", hint=hint.format(reference)
        )


def is_undelivered(events: Iterable[RequestEvent]) -> bool:
    """Whether no package went out."""
    return all(event.act is not RequestAct.DELIVERED for event in events)


def is_unanswered(events: Iterable[RequestEvent]) -> bool:
    """Whether no package went out and nothing stands that was approved.

    Who was there when it was heard is no matter of its state.
    """
    history = tuple(events)
    return is_undelivered(history) and not has_standing_approval(history)


def has_standing_approval(events: Iterable[RequestEvent]) -> bool:
    """Whether something that was approved stands, as far as the log says that it has lapsed."""
    stands = False
    for event in events:
        stands = _STANDS.get(event.act, stands)
    return stands


def state_after(events: Iterable[RequestEvent]) -> RequestState:
    """Where a request stands after what happened to it, oldest first.

    What was only tried and refused did not happen and is no event.

    Law: it never goes where `check_transition` refuses to go.

    Raises:
        Tampered: this cannot have happened in this order.
    """
    state: RequestState | None = None
    in_preparation = under_way = 0
    history = tuple(events)
    for number, event in enumerate(history):
        heard = state is RequestState.RELEASED
        state = _next_state(state, event.act)
        if heard and not _is_open_to(history[:number], event.act):
            state = None
        in_preparation += _PREPARING.get(event.act, 0)
        under_way += _HEARING.get(event.act, 0)
        if state is None or min(in_preparation, under_way) < 0:
            raise Tampered(f"a request's history has {event.act} where it cannot be")
    if state is None:
        raise Tampered("a request has no history")
    return state


def version_after(events: Iterable[RequestEvent]) -> int:
    """Which version of the request stands: 1, and one more for each change."""
    return 1 + sum(event.act is RequestAct.AMENDED for event in events)


def changed_by(events: Iterable[RequestEvent]) -> frozenset[PersonId]:
    """Who changed the request after it was made."""
    return frozenset(event.actor for event in events if event.act is RequestAct.AMENDED)


def _is_open_to(history: tuple[RequestEvent, ...], act: RequestAct) -> bool:
    """Whether this may happen to a request that was heard, or of which a package went out."""
    condition = _IF_ONLY_HEARD.get(act)
    return condition is None or condition(history)


_IF_ONLY_HEARD: Mapping[RequestAct, Callable[[tuple[RequestEvent, ...]], bool]] = MappingProxyType(
    {
        RequestAct.RECEIVED: is_unanswered,  # it was changed, so nothing stands
        RequestAct.AMENDED: is_undelivered,
        RequestAct.ASKED: is_unanswered,  # one does not ask about what one has decided
        RequestAct.ANSWERED: is_undelivered,
        RequestAct.EXTENDED: is_undelivered,
        RequestAct.DENIED: is_unanswered,
    }
)
"""What may yet happen to a request that was heard, and if what holds of it: the staff may have
heard it alone. Of what has been handed over nothing is changed."""


def _next_state(state: RequestState | None, act: RequestAct) -> RequestState | None:
    if state is None:
        return RequestState.SUBMITTED if act is RequestAct.CREATED else None
    if act is RequestAct.FAILED:  # changes nothing, whatever else happened meanwhile
        return state
    return _NEXT[state].get(act)


UNDECIDED: Final = frozenset({RequestState.SUBMITTED, RequestState.WAITING})


# When what nobody decided, and what nobody used, ends.
#
# The days are the practice's to set: `requests.lapse_days` and `grants.lapse_days`. A grant lapses
# by when it was approved. A request lapses by when it was made, and once it was approved in time,
# by when that ended: it is to be decided again. So each time it takes an approval, which is signed,
# logged and told; what nobody approved is changed, asked about and answered, and lapses by the same
# day.


def lapses_at(made_at: datetime, days: int, zone: tzinfo) -> datetime:
    """UTC: the end of the local day that is `days` after the one on which it was made."""
    return day_end(_last_day(made_at, days, zone), zone)


def undecided_since(events: Iterable[tuple[RequestEvent, datetime | None]]) -> datetime:
    """UTC: when a request was made, or what was approved of it ended last.

    Args:
        events: what happened to it, oldest first and one at the least, each with when that lapses
            which it approved; None where it approves nothing, or where nobody can tell.

    Law: without an approval nothing moves it on.
    """
    history = tuple(events)
    since, stands, until = history[0][0].at, False, None
    for event, over_at in history:
        if event.act is RequestAct.APPROVED:
            stands, until = True, max(filter(None, (until, over_at)), default=None)
        elif stands and event.act in ENDING_ACTS:
            # It lapses by its day, and not by when somebody's command came to write that down.
            over = until if event.act is RequestAct.GRANT_LAPSED else None
            since, stands, until = min(over or event.at, event.at), False, None
    return until or since


def request_lapses_at(
    purpose: Purpose, since: datetime, days: int, zone: tzinfo, *, is_ordered: bool = False
) -> datetime | None:
    """UTC: when a request that nobody decides lapses; None where a law's own clock runs.

    Nor does one lapse for whose answer a court has named a day (``is_ordered``). ``since`` is as
    `undecided_since` says.
    """
    if TERMS[purpose].has_statutory_clock or is_ordered:
        return None
    return lapses_at(since, days, zone)


def grant_lapses_at(
    approved_at: datetime, days: int, zone: tzinfo, *, until: date | None = None
) -> datetime:
    """UTC: when a grant lapses, after the end of `until` where the decider chose an earlier day.

    Raises:
        Refused: the day chosen is later than grants may last, or over already.
    """
    last = _last_day(approved_at, days, zone)
    chosen = last if until is None else until
    if not approved_at.astimezone(zone).date() <= chosen <= last:
        raise Refused(
            "a grant lasts from today on and no longer than the practice allows",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"choose --until {last} or an earlier day that is not over",
        )
    return day_end(chosen, zone)


def has_lapsed(lapses_at: datetime | None, now: datetime) -> bool:
    """Whether it is over at `now`; what has no end never is."""
    return lapses_at is not None and now >= lapses_at


def _last_day(made_at: datetime, days: int, zone: tzinfo) -> date:
    return made_at.astimezone(zone).date() + timedelta(days=days)
