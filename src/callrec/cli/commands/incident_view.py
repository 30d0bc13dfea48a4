"""An incident asked for, listed and shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from callrec.cli.facts import facts
from callrec.cli.invocation import acting_person, signing_person
from callrec.cli.options import read_recording, read_request
from callrec.policy.breach import BREACH_RECORD_FIELDS, ICO_REPORT_FIELDS, Closing
from callrec.policy.days import parse_day, parse_instant
from callrec.policy.incident import IncidentState, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime, timedelta, tzinfo

    from callrec.cli.invocation import Invocation
    from callrec.cli.prompts import Prompts
    from callrec.incidents.incident import IncidentReport
    from callrec.incidents.show import ListedIncident, ShownIncident
    from callrec.practice import Actor, Practice


def reader(invocation: Invocation, practice: Practice) -> Actor:
    """Who reads an incident: the open login where that is enough, else with the password."""
    from callrec.incidents.log import can_open_incidents

    actor = acting_person(invocation, practice)
    if actor.identity is not None or can_open_incidents(actor):
        return actor
    return signing_person(invocation, practice)


def listed_json(listed: ListedIncident, now: datetime) -> Mapping[str, Any]:
    """An incident in a list, for programs; the seconds that are left are less than 0 when over."""
    left = listed.left(now)
    return {
        "id": listed.reference,
        **facts(listed, "state", "noticed_at", "due_at"),
        "left_s": None if left is None else int(left.total_seconds()),
        **facts(listed, "reported_by", "told"),
    }


def list_row(listed: ListedIncident, now: datetime, zone: tzinfo) -> tuple[object, ...]:
    """The same as cells of a table."""
    return (
        listed.reference,
        _local(listed.noticed_at, zone),
        _local(listed.due_at, zone),
        _spoken(listed.left(now)),
        listed.state,
        listed.reported_by,
        listed.told,
    )


def incident_json(shown: ShownIncident) -> Mapping[str, Any]:
    """An incident as other programs read it (docs/cli.md)."""
    found = shown.findings
    return {
        "id": shown.reference,
        **facts(shown, "state", "what", "noticed_at", "due_at", "reported_at", "reported_by"),
        **facts(shown, "told", "recordings"),
        "request": shown.request or None,
        "article_33_3": {name: found.said.get(name) for name in ICO_REPORT_FIELDS},
        "article_33_5": {name: found.said.get(name) for name in BREACH_RECORD_FIELDS},
        **facts(found, "likelihood", "impact"),
        **facts(shown, "must_be_reported", "still_missing"),
        "closing": None if shown.closing is None else _closing_json(shown.closing, shown.was_late),
        **facts(shown, "history"),
    }


def incident_lines(shown: ShownIncident, now: datetime, zone: tzinfo) -> Iterator[str]:
    """An incident in words, a line each."""
    yield f"{shown.reference}  {shown.state}"
    for label, value in _labelled(shown, now, zone):
        yield f"{label:<14}{value}"
    for event in shown.history:
        added = f"  {', '.join(map(_named, event.added))}" if event.added else ""
        yield f"{'history':<14}{_local(event.at, zone)}  {event.what}  {event.by}{added}"


def _labelled(shown: ShownIncident, now: datetime, zone: tzinfo) -> Iterator[tuple[str, object]]:
    yield "noticed", _local(shown.noticed_at, zone)
    yield "reported", f"{_local(shown.reported_at, zone)} by {shown.reported_by}"
    yield "told", shown.told
    yield "72 hours end", f"{_local(shown.due_at, zone)}{_left(shown, now)}"
    yield "what", shown.what
    if shown.recordings:
        yield "recordings", ", ".join(map(str, shown.recordings))
    if shown.request:
        yield "request", shown.request
    for name, value in shown.findings.said.items():
        yield _named(name), value
    yield "reportable", _needed(shown)
    if shown.closing is not None:
        yield from _closed(shown.closing, zone, late=shown.was_late)
    if shown.still_missing:
        yield "still missing", ", ".join(map(_named, shown.still_missing))


def _closed(closing: Closing, zone: tzinfo, *, late: bool) -> Iterator[tuple[str, str]]:
    when = f"{closing.on}" if closing.at is None else _local(closing.at, zone)
    yield "outcome", f"{closing.outcome}, {when}{', after the 72 hours' if late else ''}"
    yield "reason", closing.reason
    if closing.delay_reason:
        yield "delayed", closing.delay_reason


def _closing_json(closing: Closing, was_late: bool) -> Mapping[str, Any]:  # noqa: FBT001
    return {
        **facts(closing, "outcome", "on", "at", "reason"),
        "late": was_late,
        "delay_reason": closing.delay_reason or None,
    }


def _needed(shown: ShownIncident) -> str:
    match shown.must_be_reported:
        case None:
            return "nobody has said how likely and how grave the harm is"
        case True:
            return "yes, by likelihood and impact"
        case False:
            return "no, by likelihood and impact"


def _left(shown: ShownIncident, now: datetime) -> str:
    if shown.state is IncidentState.CLOSED:
        return ""
    left = shown.due_at - now
    return f", {_spoken(left)}" if left.total_seconds() < 0 else f", {_spoken(left)} left"


def _spoken(left: timedelta | None) -> str:
    """``20 h``, ``5 h over``; nothing once it is closed."""
    if left is None:
        return ""
    hours = f"{abs(left.total_seconds()) // 3600:.0f} h"
    return f"{hours} over" if left.total_seconds() < 0 else hours


def _named(name: str) -> str:
    return name.replace("_", " ")


def _local(at: datetime | None, zone: tzinfo) -> str:
    return "unknown" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


_MEANINGS = {
    Outcome.REPORTED: "the Information Commissioner was told",
    Outcome.NOT_REPORTED: "it need not be reported",
}

_NONE = "none"

_NOW = "now"

_HAS_A_TIME = re.compile(r"[0-9][Tt ][0-9]")


def ask_account(
    prompts: Prompts,
    practice: Practice,
    *,
    noticed: str | None,
    what: str | None,
    tell: str | None,
    recordings: Sequence[int] | None,
    request: str | None,
) -> IncidentReport:
    """What is reported; on a terminal, what was left out is asked for."""
    from callrec.incidents.incident import IncidentReport

    noticed = noticed or prompts.ask(
        "When was it noticed (2026-11-24T09:30, or now)", option="--noticed TIME"
    )
    what = what or prompts.ask("What happened, in a sentence", option="--what TEXT")
    manager = _asked(
        prompts, tell, "Login of your line manager (or none: the Data Controller)", "--tell USER"
    )
    if recordings is None:
        numbers = _asked(
            prompts, None, "Recordings concerned (1042 1043, or none)", "--recording ID"
        )
        recordings = [read_recording(each) for each in (numbers or "").replace(",", " ").split()]
    under = _asked(prompts, request, "Request concerned (R-17, or none)", "--request R")
    return IncidentReport(
        noticed_at=read_noticed(noticed, practice),
        what=what,
        tell=manager,
        recordings=recordings,
        request=None if under is None else read_request(under),
    )


def read_noticed(text: str, practice: Practice) -> datetime:
    """When something was noticed: a moment, or ``now``."""
    if text.casefold() == _NOW:
        return practice.now()
    hint = "type 2024-01-04T14:05, 2024-01-04T14:05:00Z or now"
    return parse_instant(text, practice.config.time_zone, hint=hint)


def ask_closing(
    prompts: Prompts,
    practice: Practice,
    *,
    outcome: Outcome | None,
    on: str | None,
    reason: str | None,
    delay_reason: str,
) -> Closing:
    """How an incident ends; on a terminal, what was left out is asked for."""
    from callrec.practice import today

    if outcome is None:
        choices = {str(each): meaning for each, meaning in _MEANINGS.items()}
        outcome = Outcome(prompts.choose("Outcome", choices, option="--outcome OUTCOME"))
    day = on or prompts.ask("On which day (or moment)", option="--on DATE")
    why = reason or prompts.ask("Reason", option="--reason TEXT")
    at = _instant(day, practice) if _HAS_A_TIME.search(day) else None
    return Closing(
        outcome=outcome,
        on=parse_day(day, today(practice)) if at is None else _day_of(at, practice),
        at=at,
        reason=why,
        delay_reason=delay_reason,
    )


def _asked(prompts: Prompts, given: str | None, what: str, option: str) -> str | None:
    """What may be left out; on a terminal it is asked for, and "none" is an answer."""
    if given is not None or not prompts.possible:
        return given
    answer = prompts.ask(what, option=option)
    return None if answer.casefold() == _NONE else answer


def _instant(text: str, practice: Practice) -> datetime:
    return parse_instant(text, practice.config.time_zone)


def _day_of(at: datetime, practice: Practice) -> date:
    return at.astimezone(practice.config.time_zone).date()
