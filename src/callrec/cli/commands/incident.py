"""incident: report, list, show, update, close."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from callrec.cli import options
from callrec.cli.commands.incident_view import (
    ask_account,
    ask_closing,
    incident_json,
    incident_lines,
    list_row,
    listed_json,
    reader,
)
from callrec.cli.facts import facts
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, acting_person, practice_of
from callrec.cli.options import read_recording, read_request
from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.errors import Unusable
from callrec.policy import incident
from callrec.policy.breach import Findings
from callrec.policy.incident import IncidentState

if TYPE_CHECKING:
    from callrec.incidents.incident import UpdatedIncident

incident_app = new_app()


@incident_app.command()
def report(
    ctx: Context,
    *,
    noticed: Noticed = None,
    what: WhatHappened = None,
    tell: WhomToTell = None,
    recording: IncidentRecordings = None,
    request: IncidentRequest = None,
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
def show(ctx: Context, incident: IncidentReference) -> None:
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
    incident: IncidentReference,
    *,
    nature: Nature = "",
    people: People = "",
    people_count: PeopleCount = None,
    records: Records = "",
    record_count: RecordCount = None,
    contact: ContactForMore = "",
    consequences: Consequences = "",
    measures: Measures = "",
    facts: BreachFacts = "",
    effects: Effects = "",
    remedy: Remedy = "",
    likelihood: Likelihood = None,
    impact: Impact = None,
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
    incident: IncidentReference,
    *,
    outcome: IncidentOutcome = None,
    on: OutcomeOn = None,
    reason: options.Reason = None,
    delay_reason: DelayReason = "",
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
        **facts(updated, "state", "version", "must_be_reported", "still_missing"),
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


def read_incident_reference(text: str) -> str:
    """An incident's reference as it is printed: ``I-3``, from that or from ``3``."""
    digits = re.fullmatch(r"(?:[Ii]-?)?0*([1-9][0-9]{0,8})", text.strip())
    if digits is None:
        raise Unusable(
            "an incident is given as I-3 or 3", hint="callrec incident list shows the incidents"
        )
    return f"I-{digits[1]}"


IncidentReference = Annotated[
    str,
    typer.Argument(
        metavar="INCIDENT",
        parser=read_incident_reference,
        help="Which incident: I-3, or 3 for short.",
    ),
]


# What is reported.

Noticed = Annotated[
    str | None,
    typer.Option(
        "--noticed", metavar="TIME", help="When it was noticed: 2026-11-24T09:30, or now."
    ),
]

WhatHappened = Annotated[
    str | None,
    typer.Option("--what", metavar="TEXT", help="What happened, in a sentence; it is kept sealed."),
]

WhomToTell = Annotated[
    str | None,
    typer.Option(
        "--tell",
        metavar="USER",
        help="Your line manager, who is told at once; else the controller.",
    ),
]

IncidentRecordings = Annotated[
    list[int] | None,
    typer.Option(
        "--recording",
        metavar="ID",
        parser=read_recording,
        help="A recording that it concerns; may be given again.",
    ),
]

IncidentRequest = Annotated[
    str | None,
    typer.Option(
        "--request", metavar="REQUEST", parser=read_request, help="The request that it concerns."
    ),
]


# What is found out: UK GDPR 33(3), in its order.

Nature = Annotated[str, typer.Option("--nature", metavar="TEXT", help="What kind of breach it is.")]

People = Annotated[
    str, typer.Option("--people", metavar="TEXT", help="Whom it concerns: patients, staff.")
]

PeopleCount = Annotated[
    int | None,
    typer.Option(
        "--people-count",
        metavar="N",
        min=0,
        max=LARGEST_INTEGER,
        help="About how many people they are.",
    ),
]

Records = Annotated[
    str, typer.Option("--records", metavar="TEXT", help="What kind of records it concerns.")
]

RecordCount = Annotated[
    int | None,
    typer.Option(
        "--record-count",
        metavar="N",
        min=0,
        max=LARGEST_INTEGER,
        help="About how many records they are.",
    ),
]

ContactForMore = Annotated[
    str,
    typer.Option("--contact", metavar="TEXT", help="Where more can be learned of it."),
]

Consequences = Annotated[
    str, typer.Option("--consequences", metavar="TEXT", help="What is likely to follow from it.")
]

Measures = Annotated[
    str,
    typer.Option("--measures", metavar="TEXT", help="What is done about it, or proposed."),
]


# UK GDPR 33(5).

BreachFacts = Annotated[
    str, typer.Option("--facts", metavar="TEXT", help="What happened, as it was established.")
]

Effects = Annotated[str, typer.Option("--effects", metavar="TEXT", help="What came of it.")]

Remedy = Annotated[
    str, typer.Option("--remedy", metavar="TEXT", help="What was done to put it right.")
]


# How grave it is.

Likelihood = Annotated[
    int | None,
    typer.Option(
        "--likelihood",
        metavar="1-5",
        min=1,
        max=5,
        help="How likely harm is: 1 not occurred, 2 not likely, 3 likely, 4 highly, 5 occurred.",
    ),
]

Impact = Annotated[
    int | None,
    typer.Option(
        "--impact",
        metavar="1-5",
        min=1,
        max=5,
        help="How grave the harm is: 1 none, 2 minor, 3 some, 4 pain or loss, 5 death.",
    ),
]


# How it ends.

IncidentOutcome = Annotated[
    incident.Outcome | None,
    typer.Option("--outcome", help="Whether the Information Commissioner was told."),
]

OutcomeOn = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="DATE", help="When that was: a day, or a moment as in 2026-11-26T10:00."
    ),
]

DelayReason = Annotated[
    str,
    typer.Option("--delay-reason", metavar="TEXT", help="Why it was reported after the 72 hours."),
]
