"""Requests: the list of them, and one as it stands, warnings first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from callrec.dataclass import dataclass
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import reader_of
from callrec.desk.hints import page_for
from callrec.desk.rendering import page
from callrec.desk.seat import Seat
from callrec.errors import is_allowed
from callrec.policy.authority import RequestFacts, check_is_decider, check_may_decide
from callrec.policy.handling import check_may_change, check_may_close, check_may_gather
from callrec.policy.hold import check_may_read_hold
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestState, check_can_happen
from callrec.policy.reviews import check_may_read_dossier
from callrec.policy.role import Person, Power, Role, VaultKey, keys_held
from callrec.policy.search import described_by
from callrec.policy.words import in_words
from callrec.practice import powers, today
from callrec.requests.ask import staff_named_in_open_request
from callrec.requests.show import ShownRequest, find_listed, list_requests, show_request
from callrec.views.requests.shown import (
    approval_facts,
    deadline_facts,
    denial_facts,
    further_facts,
    gathering_facts,
    hold_in_words,
    particular_facts,
    pressing,
    recording_remarks,
    release_facts,
    summary_lines,
    told_facts,
    warning_lines,
    what_happened,
)
from callrec.views.typed import read_request, read_word
from callrec.views.words import local_time


def show_list(seat: Seat, asked: Asked) -> Answered:
    """The requests that this person may know of, newest first; of one state or purpose if asked."""
    state, purpose = asked.query.get("state", ""), asked.query.get("purpose", "")
    wanted = read_word(RequestState, "state", state) if state else None
    meant = read_word(Purpose, "purpose", purpose) if purpose else None
    is_mine = bool(asked.query.get("mine"))
    listed = list_requests(seat.practice, seat.actor, state=wanted, mine=is_mine)
    return page(
        seat,
        "requests.html",
        title="Your requests" if is_mine else "Requests",
        rows=[each for each in listed if meant in (None, each.purpose)],
        state=state,
        purpose=purpose,
        is_mine=is_mine,
        states=[("", "any state"), *((str(each), in_words(each)) for each in RequestState)],
        purposes=[("", "any purpose"), *((str(each), in_words(each)) for each in Purpose)],
        make=page_for("callrec request create"),
        reads=not _reads_dossiers_alone(seat),
    )


def _reads_dossiers_alone(seat: Seat) -> bool:
    """An auditor, who opens no request but what they made."""
    may = powers(seat.practice, seat.actor)
    return Power.READ_AUDIT in may and VaultKey.CATALOGUE not in keys_held(may)


def show(seat: Seat, asked: Asked, reference: str) -> Answered:
    """One request, as this person may see it; that is on record."""
    which = read_request(reference)
    shown = show_request(seat.practice, reader_of(seat, asked), which)
    values = values_of(seat, shown) | {"offers": _offers(seat, shown)}
    return page(seat, "request.html", title=f"Request {which}", **values)


def values_of(seat: Seat, shown: ShownRequest) -> dict[str, Any]:
    """What the template request_parts.html says of a request."""
    zone, clock = seat.zone, shown.deadline
    warn_days, on = seat.practice.settings.clocks.warn_days, today(seat.practice)
    concerned = staff_named_in_open_request(seat.practice, shown.opened)
    presses = clock and pressing(clock, on, warn_days=warn_days, is_answered=shown.is_answered)
    return {
        "shown": shown,
        "offers": [],
        "summary": summary_lines(shown, zone),
        "warnings": list(warning_lines(shown, concerned, seat.login)),
        "due": list(deadline_facts(clock, on, presses)) if clock and presses else [],
        "presses": presses,
        "said": [*particular_facts(shown), *further_facts(shown)],
        "recordings": [
            (each, _length(each.duration_ms), [*recording_remarks(each)], _heard_at(shown, each.id))
            for each in shown.recordings
        ],
        "gathered": list(gathering_facts(shown, zone)),
        "hold": hold_in_words(shown.hold) if shown.hold else "",
        "hold_page": _hold_page(seat, shown),
        "decisions": [
            *(approval_facts(each, shown.purpose, zone) for each in shown.approvals),
            *([denial_facts(shown.denial, zone)] if shown.denial else []),
        ],
        "packages": [
            [
                ("released", f"{local_time(each.at, zone)} by {each.by}, release {each.id[:8]}"),
                *release_facts(each),
            ]
            for each in shown.releases
        ],
        "history": [(each, what_happened(each)) for each in shown.history],
        "told": list(told_facts(shown, zone)),
    }


def about_request(template: str, title: str, **values: Any) -> Callable[..., Answered]:
    """The form of what is done with a request, whose reference takes the place of ``{}``."""

    def ask(seat: Seat, asked: Asked, reference: str) -> Answered:
        listed = find_listed(seat.practice, seat.actor, read_request(reference))
        head = title.format(listed.reference)
        return page(seat, template, title=head, asked=asked, listed=listed, **values)

    return ask


def _hold_page(seat: Seat, shown: ShownRequest) -> str:
    """Where it says why its hold was placed, for who may read that."""
    may = is_allowed(check_may_read_hold, seat.actor.person, on=today(seat.practice))
    return page_for(f"callrec hold show H-{shown.hold.number}") if shown.hold and may else ""


def _length(duration_ms: int | None) -> str:
    if duration_ms is None:
        return ""
    minutes, seconds = divmod(round(duration_ms / 1000), 60)
    return f"{minutes}:{seconds:02d}"


def _heard_at(shown: ShownRequest, recording: int) -> str:
    """The page where a recording that was granted is heard."""
    granted = {each for a in shown.approvals if a.ended is None for each in a.recordings}
    listen = f"callrec listen {shown.reference} {recording}"
    return page_for(listen) if recording in granted else ""


def _offers(seat: Seat, shown: ShownRequest) -> list[tuple[str, str]]:
    """What this person may do with a request now: each page's address, and how its link reads.

    The rules are asked, and decide again at each page. What its page is not there for is left out.
    """
    rules = _Rules(seat.actor.person, shown, today(seat.practice))
    commands = (*_to_decide(rules), *_to_handle(rules), *_to_end(rules))
    offered = ((page_for(command), reads) for command, reads in commands)
    return [(address, reads) for address, reads in offered if address]


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one person may do with a request, by the rules alone."""

    me: Person
    shown: ShownRequest
    on: date

    @property
    def facts(self) -> RequestFacts:
        return self.shown.opened.facts

    def let(self, act: RequestAct, *checks: Callable[..., None]) -> bool:
        """Whether the act is possible now, and each check lets this person."""
        events, reference = self.shown.opened.history.events, self.shown.reference
        can_happen = is_allowed(check_can_happen, events, act, reference)
        return can_happen and all(map(self.permit, checks))

    def permit(self, check: Callable[..., None]) -> bool:
        """Whether a check lets this person."""
        return is_allowed(check, self.me, self.facts, on=self.on)


def _to_decide(rules: _Rules) -> Iterator[tuple[str, str]]:
    which, me = rules.shown.reference, rules.me
    may_be_alone = me.role is Role.DATA_CONTROLLER  # who may break the glass
    check = check_is_decider if may_be_alone else check_may_decide
    if rules.let(RequestAct.APPROVED, check):
        yield f"callrec approve {which}", "Approve or withhold"
    if rules.let(RequestAct.DENIED, check):
        yield f"callrec deny {which}", "Refuse"
    if me.id in rules.facts.granted_to:
        yield f"callrec listen {which}", "Listen"
        yield f"callrec release {which}", "Release"


def _to_handle(rules: _Rules) -> Iterator[tuple[str, str]]:
    which, shown = rules.shown.reference, rules.shown
    is_dated = shown.opened.clock is not None
    if is_dated and rules.let(RequestAct.ASKED):
        yield f"callrec request event {which} ask", "Ask for more"
    if is_dated or shown.releases:
        yield f"callrec request event {which}", "Record what happened"
    if described_by(shown.opened.particulars) and rules.let(RequestAct.GATHERED, check_may_gather):
        yield f"callrec request gather {which}", "Gather what matches"
    if rules.let(RequestAct.AMENDED, check_may_change):
        yield f"callrec request amend {which}", "Change what it says"
        yield f"callrec request attach {which}", "Add recordings"
    yield f"callrec request letter {which}", "Letters"
    if rules.permit(check_may_read_dossier):
        yield f"callrec request dossier {which}", "Dossier"


def _to_end(rules: _Rules) -> Iterator[tuple[str, str]]:
    which, is_mine = rules.shown.reference, rules.me.id == rules.facts.requester
    if rules.let(RequestAct.REVOKED, check_is_decider):
        yield f"callrec revoke {which}", "Take back the approval"
    if is_mine and rules.let(RequestAct.WITHDRAWN):
        yield f"callrec request withdraw {which}", "Withdraw"
    if rules.let(RequestAct.CLOSED, check_may_close):
        yield f"callrec request close {which}", "Close"
