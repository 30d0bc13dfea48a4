"""``callrec incident``: report an infringement or a breach, and see it through."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from callrec.cli.commands.incident_account import ask_account, ask_closing
from callrec.cli.commands.incident_view import (
    incident_json,
    incident_lines,
    list_row,
    listed_json,
    reader,
)
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.cli.options import commands as options
from callrec.cli.options import incidents as incident_options
from callrec.cli.who import acting_person, practice_of
from callrec.policy.breach import Findings
from callrec.policy.incident import IncidentState

if TYPE_CHECKING:
    from callrec.incidents.incident import UpdatedIncident

incident_app = new_app()


@incident_app.command()
def report(
    ctx: Context,
    *,
    noticed: incident_options.Noticed = None,
    what: incident_options.WhatHappened = None,
    tell: incident_options.WhomToTell = None,
    recording: incident_options.IncidentRecordings = None,
    request: incident_options.IncidentRequest = None,
) -> None:
    """Say that the policy was, or may have been, breached: by you or anybody, even by accident.

    It needs nobody's approval. Your line manager is told at once, or else the Data Controller.
    """
    from callrec.incidents.incident import report_incident

    practice = practice_of(ctx.obj)
    actor = acting_person(ctx.obj, practice)
    account = ask_account(
        ctx.obj.prompts,
        practice,
        noticed=noticed,
        what=what,
        tell=tell,
        recordings=recording,
        request=request,
    )
    made = report_incident(practice, actor, account)
    out, ends = ctx.obj.out, _local(made.due_at, practice.config.time_zone)
    out.show(
        {"id": made.reference, "told": made.told, "due_at": made.due_at},
        lambda: out.say(f"{made.reference} is reported; {made.told} is told. 72 hours end {ends}."),
    )
    out.next_step(f"callrec incident show {made.reference}")


@incident_app.command("list")
def list_(ctx: Context) -> None:
    """The incidents that you reported, were told of, or answer for; the newest first."""
    from callrec.incidents.show import list_incidents

    practice = practice_of(ctx.obj)
    listed = list_incidents(practice, acting_person(ctx.obj, practice))
    out, now, zone = ctx.obj.out, ctx.obj.now(), practice.config.time_zone
    rows = [list_row(each, now, zone) for each in listed]
    headers = ("incident", "noticed", "72 hours end", "left", "state", "by", "told")
    out.show_items([listed_json(each, now) for each in listed], lambda: out.table(headers, rows))


@incident_app.command()
def show(ctx: Context, incident: incident_options.IncidentReference) -> None:
    """One incident: what was reported, what was found out, what is missing, who did what."""
    from callrec.incidents.show import show_incident

    practice = practice_of(ctx.obj)
    shown = show_incident(practice, reader(ctx.obj, practice), incident)
    out = ctx.obj.out

    def text() -> None:
        for line in incident_lines(shown, ctx.obj.now(), practice.config.time_zone):
            out.say(line)

    out.show(incident_json(shown), text)


@incident_app.command()
def update(
    ctx: Context,
    incident: incident_options.IncidentReference,
    *,
    nature: incident_options.Nature = "",
    people: incident_options.People = "",
    people_count: incident_options.PeopleCount = None,
    records: incident_options.Records = "",
    record_count: incident_options.RecordCount = None,
    contact: incident_options.ContactForMore = "",
    consequences: incident_options.Consequences = "",
    measures: incident_options.Measures = "",
    facts: incident_options.BreachFacts = "",
    effects: incident_options.Effects = "",
    remedy: incident_options.Remedy = "",
    likelihood: incident_options.Likelihood = None,
    impact: incident_options.Impact = None,
) -> None:
    """Add what was found out; what was said before of the same thing is kept as it was.

    The first eight are what the Information Commissioner is told [UK GDPR 33(3)], the next three
    what is written down of every breach [33(5)].
    """
    from callrec.incidents.incident import update_incident

    found = Findings(
        nature=nature,
        people=people,
        people_count=people_count,
        records=records,
        record_count=record_count,
        contact=contact,
        consequences=consequences,
        measures=measures,
        facts=facts,
        effects=effects,
        remedy=remedy,
        likelihood=likelihood,
        impact=impact,
    )
    practice = practice_of(ctx.obj)
    updated = update_incident(practice, reader(ctx.obj, practice), incident, found)
    _show_updated(ctx.obj, updated, f"{incident} is added to.")


@incident_app.command()
def close(
    ctx: Context,
    incident: incident_options.IncidentReference,
    *,
    outcome: incident_options.IncidentOutcome = None,
    on: incident_options.OutcomeOn = None,
    reason: options.Reason = None,
    delay_reason: incident_options.DelayReason = "",
    yes: options.Yes = False,
) -> None:
    """Say that the Information Commissioner was told, or why he need not be."""
    from callrec.incidents.incident import close_incident

    practice = practice_of(ctx.obj)
    actor = reader(ctx.obj, practice)
    closing = ask_closing(
        ctx.obj.prompts, practice, outcome=outcome, on=on, reason=reason, delay_reason=delay_reason
    )
    ctx.obj.prompts.confirm(f"close {incident}", yes=yes)
    updated = close_incident(practice, actor, incident, closing)
    _show_updated(ctx.obj, updated, f"{incident} is closed.")


def _show_updated(invocation: Invocation, updated: UpdatedIncident, done: str) -> None:
    out = invocation.out
    value = {
        "id": updated.reference,
        "state": updated.state,
        "version": updated.version,
        "must_be_reported": updated.must_be_reported,
        "still_missing": list(updated.still_missing),
    }
    out.show(value, lambda: out.say(done))
    if updated.must_be_reported and updated.state is IncidentState.OPEN:
        out.note("by its likelihood and impact it is reported to the Information Commissioner")
    if updated.still_missing:
        out.note(f"not said yet: {_words(updated.still_missing)}")
    out.next_step(f"callrec incident show {updated.reference}")


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _local(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
