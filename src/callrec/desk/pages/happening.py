"""What happens to a request besides its decision: dated events, gathering, its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from callrec.dataclass import dataclass
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import (
    check_typed,
    day_of,
    lines_of,
    read_if_given,
    reader_of,
    text_of,
    word_of,
)
from callrec.desk.rendering import go_on, page
from callrec.desk.seat import Seat, find_kept
from callrec.errors import NotFound, is_allowed
from callrec.policy.clause import Law
from callrec.policy.days import parse_time
from callrec.policy.handing_over import Channel, Handover
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import RequestAct, check_transition
from callrec.policy.rights.grounds import GROUNDS_FOR, Ground
from callrec.policy.words import in_words
from callrec.requests.event import (
    close_request,
    date_request,
    record_third_party_check,
    withdraw_request,
)
from callrec.requests.gather import Gathered, gather_recordings
from callrec.requests.packages import missing_handovers, record_acknowledged, record_handed_over
from callrec.requests.show import ListedRequest, find_listed
from callrec.views.calls import CALL_HEADERS, call_rows
from callrec.views.complaints import CHANNELS
from callrec.views.requests.decisions import gathered_lines, gathering_notes
from callrec.views.requests.events import (
    AskedFor,
    Event,
    after_dating,
    clock_event,
    dated_lines,
    late_lines,
    read_not_heard,
    reasons_by_number,
    recorded_line,
)
from callrec.views.typed import read_recording, read_request, read_word

_TITLES: Final[Mapping[Event, str]] = {
    Event.ASK: "Ask for more",
    Event.EXTEND: "Take more time",
    Event.ANSWER: "The answer came",
    Event.IDENTITY: "Proof of identity came",
    Event.AUTHORITY: "Proof of authority came",
    Event.FEE: "The fee came",
    Event.THIRD_PARTIES: "Other voices were checked",
    Event.HANDED_OVER: "The package was handed over",
    Event.ACKNOWLEDGED: "The package was acknowledged",
}

_REASONS: Final[Mapping[Event, str]] = {
    Event.ASK: "What do you ask, and why?",
    Event.EXTEND: "Why is more time needed?",
    Event.THIRD_PARTIES: "What did you find about other people?",
    Event.HANDED_OVER: "If it went another way than planned, why?",
    Event.ACKNOWLEDGED: "How did they acknowledge it?",
}

_ACTS: Final[Mapping[Event, RequestAct]] = {
    Event.ASK: RequestAct.ASKED,
    Event.EXTEND: RequestAct.EXTENDED,
    Event.THIRD_PARTIES: RequestAct.THIRD_PARTIES,
    Event.HANDED_OVER: RequestAct.HANDED_OVER,
    Event.ACKNOWLEDGED: RequestAct.ACKNOWLEDGED,
}

_ASKED_FOR: Final = (
    (AskedFor.CLARIFICATION, "What they mean: the clock stops until the answer comes"),
    (AskedFor.IDENTITY, "Proof of who they are: the month begins when it comes"),
    (AskedFor.AUTHORITY, "Proof that they may ask for somebody else"),
    (AskedFor.FEE, "The fee"),
)


def show_events(seat: Seat, _asked: Asked, reference: str) -> Answered:
    """What can be recorded about a request of its purpose, as it stands."""
    listed = _listed(seat, reference)
    events = [(each, _TITLES[each]) for each in _TITLES if _may_happen(each, listed)]
    title = f"Record what happened about {listed.reference}"
    return page(seat, "events.html", title=title, listed=listed, events=events)


def _may_happen(event: Event, listed: ListedRequest) -> bool:
    terms, package = TERMS[listed.purpose], (Event.HANDED_OVER, Event.ACKNOWLEDGED)
    needed = {
        Event.EXTEND: terms.clock is Law.ONE_MONTH,
        Event.FEE: terms.is_dated and listed.purpose is not Purpose.DECEASED,
        Event.THIRD_PARTIES: terms.needs_third_party_check,
        **dict.fromkeys(package, True),
    }
    act = _ACTS.get(event, RequestAct.ANSWERED)
    can_happen = is_allowed(check_transition, listed.state, act, listed.reference)
    return can_happen and needed.get(event, terms.is_dated)


def ask_event(seat: Seat, asked: Asked, reference: str, event: str) -> Answered:
    """The form of one of these."""
    listed, what = _listed(seat, reference), _event(event)
    return page(
        seat,
        "event.html",
        title=f"{listed.reference}: {_TITLES[what][:1].lower()}{_TITLES[what][1:]}",
        asked=asked,
        listed=listed,
        event=str(what),
        question=_REASONS.get(what, "What came?"),
        is_needed=what in (Event.ASK, Event.EXTEND, Event.THIRD_PARTIES),
        asked_for=[(str(each), meaning) for each, meaning in _ASKED_FOR],
        channels=[(str(each), how) for each, how in CHANNELS.items()],
    )


def record_event(seat: Seat, asked: Asked, reference: str, event: str) -> Answered:
    """Record it."""
    which, what = read_request(reference), _event(event)
    record = {
        Event.THIRD_PARTIES: _third_parties,
        Event.HANDED_OVER: _handed_over,
        Event.ACKNOWLEDGED: _acknowledged,
    }
    record_it = record.get(what, partial(_date, what=what))
    return go_on(seat, f"/requests/{which}/event", *record_it(seat, asked, which))


def _date(seat: Seat, asked: Asked, which: str, what: Event) -> Sequence[str]:
    """What stops, starts or extends the clock."""
    wanted = read_if_given(asked, "for", lambda text: read_word(AskedFor, "question", text))
    event = clock_event(what, day_of(seat, asked, "on"), wanted or AskedFor.CLARIFICATION)
    is_needed = what in (Event.ASK, Event.EXTEND)
    reason = text_of(asked, "reason") if is_needed else asked.first("reason")
    done = date_request(seat.practice, reader_of(seat, asked), which, event, reason=reason)
    return [*dated_lines(done), *late_lines(done), f"Next: {after_dating(done)}"]


def _third_parties(seat: Seat, asked: Asked, which: str) -> Sequence[str]:
    record_third_party_check(
        seat.practice,
        reader_of(seat, asked),
        which,
        on=day_of(seat, asked, "on"),
        assessment=text_of(asked, "reason"),
        not_heard=reasons_by_number([*map(read_not_heard, lines_of(asked, "not_heard"))]),
    )
    return [f"{which} was checked for third parties."]


def _handed_over(seat: Seat, asked: Asked, which: str) -> Sequence[str]:
    handover = Handover(
        on=day_of(seat, asked, "on"),
        clock=read_if_given(asked, "time", parse_time),
        channel=word_of(asked, "by", Channel, "channel"),
        to_whom=text_of(asked, "to_whom"),
        reason=asked.first("reason"),
    )
    actor, release = reader_of(seat, asked), asked.first("release").lower()
    done = record_handed_over(seat.practice, actor, which, handover, release=release)
    return [recorded_line(done, "handed over", handover.on)]


def _acknowledged(seat: Seat, asked: Asked, which: str) -> Sequence[str]:
    on, reason, release = day_of(seat, asked, "on"), asked.first("reason"), asked.first("release")
    actor, practice = reader_of(seat, asked), seat.practice
    done = record_acknowledged(
        practice, actor, which, on=on, reason=reason, release=release.lower()
    )
    return [recorded_line(done, "acknowledged", on)]


def ask_close(seat: Seat, asked: Asked, reference: str) -> Answered:
    """The form that closes it, with what cannot be recorded afterwards."""
    listed = _listed(seat, reference)
    return page(
        seat,
        "close.html",
        title=f"Close {listed.reference}",
        asked=asked,
        listed=listed,
        unrecorded=missing_handovers(seat.practice, seat.actor, listed.reference),
    )


def close(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Close it, once the reference is typed."""
    which, reason = read_request(reference), asked.first("reason")
    check_typed(asked, which)
    actor = reader_of(seat, asked) if reason else seat.actor
    state = close_request(seat.practice, actor, which, reason=reason)
    return go_on(seat, "/", f"{which} is {in_words(state)}.")


def withdraw(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Withdraw it, once the reference is typed."""
    which = read_request(reference)
    check_typed(asked, which)
    state = withdraw_request(seat.practice, seat.actor, which)
    return go_on(seat, "/", f"{which} is {in_words(state)}.")


@dataclass(frozen=True, slots=True, repr=False)
class _Found:
    """What a gathering found. Its repr shows nothing."""

    listed: ListedRequest
    gathered: Gathered


def gather(seat: Seat, asked: Asked, reference: str) -> Answered:
    """Ask for every recording that matches, but for those that are left out on a ground."""
    listed = _listed(seat, reference)
    chosen = {name: asked.first(name) for name in asked.fields if name.startswith(_LEAVE_OUT)}
    leave_out = {
        read_recording(name.removeprefix(_LEAVE_OUT)): read_word(Ground, "code", code)
        for name, code in chosen.items()
        if code
    }
    actor, which = reader_of(seat, asked), listed.reference
    gathered = gather_recordings(seat.practice, actor, which, leave_out=leave_out)
    key = seat.keep(_Found(listed, gathered))
    return go_on(seat, f"/requests/{which}/gather/{key}", *gathered_lines(gathered))


_LEAVE_OUT: Final = "leave-"


def show_gathered(seat: Seat, asked: Asked, reference: str, key: str) -> Answered:
    """What was found, and which of it is left out on which ground."""
    found = find_kept(seat, key, _Found, f"gather again: callrec request gather {reference}")
    gathered, purpose = found.gathered, found.listed.purpose
    return page(
        seat,
        "gathered.html",
        title=f"What matches {found.listed.reference}",
        asked=asked,
        listed=found.listed,
        notes=list(gathering_notes(gathered)),
        headers=CALL_HEADERS,
        rows=list(zip(gathered.found, call_rows(gathered.found, seat.zone), strict=True)),
        added=gathered.added,
        left_out={number: str(ground) for number, ground in gathered.left_out.items()},
        grounds=[("", "no"), *((str(each), in_words(each)) for each in GROUNDS_FOR[purpose])],
    )


def _listed(seat: Seat, reference: str) -> ListedRequest:
    return find_listed(seat.practice, seat.actor, read_request(reference))


def _event(name: str) -> Event:
    if name not in {*Event}:
        raise NotFound("there is no such page", hint="callrec request list")
    return Event(name)
