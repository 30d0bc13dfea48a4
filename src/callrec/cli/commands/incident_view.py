"""An incident as it is shown and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callrec.cli.who import acting_person, signing_person
from callrec.policy.breach import BREACH_RECORD_FIELDS, ICO_REPORT_FIELDS
from callrec.policy.incident import IncidentState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta, tzinfo

    from callrec.cli.invocation import Invocation
    from callrec.incidents.show import ListedIncident, ShownIncident
    from callrec.policy.breach import Closing
    from callrec.practice import Actor, Practice


def reader(invocation: Invocation, practice: Practice) -> Actor:
    """Who reads an incident: the open login where that is enough, else with the password.

    Raises:
        Locked: nobody is logged in, or the password is wrong.
    """
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
        "state": listed.state,
        "noticed_at": listed.noticed_at,
        "due_at": listed.due_at,
        "left_s": None if left is None else int(left.total_seconds()),
        "reported_by": listed.reported_by,
        "told": listed.told,
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
        "state": shown.state,
        "what": shown.what,
        "noticed_at": shown.noticed_at,
        "due_at": shown.due_at,
        "reported_at": shown.reported_at,
        "reported_by": shown.reported_by,
        "told": shown.told,
        "recordings": list(shown.recordings),
        "request": shown.request or None,
        "article_33_3": {name: found.said.get(name) for name in ICO_REPORT_FIELDS},
        "article_33_5": {name: found.said.get(name) for name in BREACH_RECORD_FIELDS},
        "likelihood": found.likelihood,
        "impact": found.impact,
        "must_be_reported": shown.must_be_reported,
        "still_missing": list(shown.still_missing),
        "closing": None if shown.closing is None else _closing_json(shown.closing, shown.was_late),
        "history": [
            {"at": event.at, "what": event.what, "by": event.by, "added": list(event.added)}
            for event in shown.history
        ],
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
        "outcome": closing.outcome,
        "on": closing.on,
        "at": closing.at,
        "reason": closing.reason,
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
