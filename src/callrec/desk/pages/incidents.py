"""Incidents: reported by anybody, added to and closed by those who may."""

from __future__ import annotations

from callrec.desk.drafts import drafting, filled
from callrec.desk.exchange import Answered, Asked
from callrec.desk.filled import (
    check_confirmed,
    lines_of,
    password_of,
    read_if_given,
    text_of,
    word_of,
)
from callrec.desk.listing import Column, Listing, by_reference, items, show_listing
from callrec.desk.rendering import go_on, page
from callrec.desk.seat import Seat
from callrec.incidents.incident import (
    IncidentReport,
    close_incident,
    report_incident,
    update_incident,
)
from callrec.incidents.log import INCIDENTS
from callrec.incidents.show import list_incidents, show_incident
from callrec.policy.breach import NOT_TOLD, Closing
from callrec.policy.days import parse_day_or_instant
from callrec.policy.incident import IncidentState, Outcome, may_update
from callrec.policy.role import Power
from callrec.practice import powers, today
from callrec.views.incidents import (
    FINDINGS,
    OUTCOMES,
    finding_named,
    incident_facts,
    listed_json,
    read_findings,
    read_noticed,
    reported_line,
    spoken,
    updated_lines,
)
from callrec.views.typed import read_incident, read_recording, read_request


def show_list(seat: Seat, asked: Asked) -> Answered:
    """The incidents that this person reported, was told of or answers for."""
    now = seat.practice.now()
    columns = (
        by_reference("Incident", "/incidents"),
        Column("noticed_at", "Noticed"),
        Column("due_at", "72 hours end"),
        Column(
            "left_s",
            "Left",
            value=lambda each: listed_json(each, now)["left_s"],
            shown=lambda each: spoken(each.left(now)),
        ),
        Column("state", "State", has_codes=True),
        Column("reported_by", "Reported by"),
        Column("told", "Told"),
    )
    listing = Listing(
        caption="Incidents that you reported, were told of or answer for, newest first",
        columns=columns,
        rows=list_incidents(seat.practice, seat.actor),
        document=items(lambda each: listed_json(each, now)),
        save_as="incidents",
        nothing="There is no incident that you reported, were told of or answer for.",
        day="noticed_at",
    )
    return show_listing(seat, asked, listing, "incidents.html", title="Incidents")


def ask_report(seat: Seat, asked: Asked) -> Answered:
    """The form of a new one."""
    given = filled(seat, asked)
    return page(seat, "incident_new.html", title="Report an incident", asked=given)


def report(seat: Seat, asked: Asked) -> Answered:
    """Report it."""
    with drafting(seat, asked):
        account = IncidentReport(
            noticed_at=read_noticed(text_of(asked, "noticed"), seat.practice),
            what=text_of(asked, "what"),
            tell=asked.first("tell") or None,
            recordings=[read_recording(each) for each in lines_of(asked, "recording")],
            request=read_if_given(asked, "request", read_request),
        )
        made = report_incident(seat.practice, seat.actor, account)
    return _tell(seat, made.reference, reported_line(made, seat.zone))


def _tell(seat: Seat, reference: str, *lines: str) -> Answered:
    return go_on(seat, "/incidents", *lines, f"To see it: callrec incident show {reference}")


def show(seat: Seat, _asked: Asked, incident: str) -> Answered:
    """One of them."""
    reference = read_incident(incident)
    shown = show_incident(seat.practice, seat.reader("", INCIDENTS), reference)
    addable = list_incidents(seat.practice, seat.actor, may_update)
    return page(
        seat,
        "incident.html",
        title=f"Incident {reference}",
        shown=shown,
        facts=incident_facts(shown, seat.practice.now(), seat.zone),
        events=[(each, ", ".join(map(finding_named, each.added))) for each in shown.history],
        may_add=any(each.reference == reference for each in addable),
        may_close=shown.state is IncidentState.OPEN
        and Power.GOVERN in powers(seat.practice, seat.actor),
    )


def ask_findings(seat: Seat, asked: Asked, incident: str) -> Answered:
    """The form of what was found out."""
    reference = read_incident(incident)
    return page(
        seat,
        "incident_update.html",
        title=f"Add to {reference}",
        asked=asked,
        reference=reference,
        questions=[(name, finding_named(name), *_how(name)) for name in FINDINGS],
    )


def _how(name: str) -> tuple[str, list[tuple[str, str]]]:
    """What the question means, and the answers to choose from, if there are such."""
    asked = FINDINGS[name]
    if name == "not_told":
        return "Why the people affected need not be told.", list(NOT_TOLD.items())
    if asked.metavar == "1-5":
        meaning, _, grades = asked.help.rstrip(".").partition(": ")
        return f"{meaning}.", [(each[0], each) for each in grades.split(", ")]
    return asked.help, []


def add_findings(seat: Seat, asked: Asked, incident: str) -> Answered:
    """Add what was found out."""
    reference = read_incident(incident)
    said = {name: each.read(text) for name, each in FINDINGS.items() if (text := asked.first(name))}
    found = read_findings(seat.practice, said)
    actor = seat.reader(password_of(asked), INCIDENTS)
    updated = update_incident(seat.practice, actor, reference, found)
    return _tell(seat, reference, f"{reference} is added to", *updated_lines(updated))


def ask_closing(seat: Seat, asked: Asked, incident: str) -> Answered:
    """The form of how it ended."""
    reference = read_incident(incident)
    return page(
        seat,
        "incident_close.html",
        title=f"Close {reference}",
        asked=asked,
        reference=reference,
        outcomes=OUTCOMES.items(),
    )


def close(seat: Seat, asked: Asked, incident: str) -> Answered:
    """Close it."""
    reference = read_incident(incident)
    actor = seat.reader(password_of(asked), INCIDENTS)
    outcome = word_of(asked, "outcome", Outcome, "outcome")
    on, at = parse_day_or_instant(text_of(asked, "on"), seat.zone, today(seat.practice))
    closing = Closing(
        outcome=outcome,
        on=on,
        at=at,
        reason=text_of(asked, "reason"),
        delay_reason=asked.first("delay_reason"),
    )
    check_confirmed(asked)
    updated = close_incident(seat.practice, actor, reference, closing)
    return _tell(seat, reference, f"{reference} is closed", *updated_lines(updated))
