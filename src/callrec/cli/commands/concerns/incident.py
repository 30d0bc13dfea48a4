"""incident: report, list, show, update, close; how one is asked for, listed and shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    drafting,
    practice_and_actor,
    practice_of,
    reading_person,
)
from callrec.cli.layout import Table
from callrec.cli.output import labelled
from callrec.policy.breach import (
    BREACH_RECORD_FIELDS,
    ICO_REPORT_FIELDS,
    PEOPLE_TOLD_FIELDS,
    Closing,
)
from callrec.policy.days import parse_day_or_instant
from callrec.policy.incident import Outcome
from callrec.views.incidents import (
    FINDINGS,
    OUTCOMES,
    AskedFinding,
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
from callrec.views.words import act_in_words, facts, local_time

if TYPE_CHECKING:
    from callrec.cli.prompts import Prompts
    from callrec.incidents.incident import UpdatedIncident
    from callrec.incidents.show import ListedIncident, ShownIncident
    from callrec.practice import Actor, Practice

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
    """Report that the policy was, or may have been, breached: by you or anyone, even by accident.

    You need nobody's approval. Your line manager is told at once; otherwise the Data Controller.
    """
    from callrec.incidents.incident import IncidentReport, report_incident

    practice, actor = practice_and_actor(ctx.obj)
    ask, asked = ctx.obj.prompts.ask, partial(_asked, ctx.obj.prompts)
    with drafting(ctx.obj, practice, "incident report"):
        noticed = noticed or ask(
            "When was it noticed (24/11/2026 9:30, yesterday 4pm, or now)", option="--noticed TIME"
        )
        what = what or ask("What happened, in a sentence", option="--what TEXT")
        tell = asked(
            tell,
            "Login of your line manager (or none: whom the settings name, or the Data Controller)",
            "--tell USER",
        )
        if recording is None:
            numbers = asked(None, "Recordings concerned (1042 1043, or none)", "--recording ID")
            recording = [read_recording(each) for each in (numbers or "").replace(",", " ").split()]
        under = asked(request, "Request concerned (R-17, or none)", "--request R")
        account = IncidentReport(
            noticed_at=read_noticed(noticed, practice),
            what=what,
            tell=tell,
            recordings=recording,
            request=None if under is None else read_request(under),
        )
        made = report_incident(practice, actor, account)
    value = {"id": made.reference, **facts(made, "told", "due_at")}
    ctx.obj.out.show(value, reported_line(made, practice.settings.time_zone))
    ctx.obj.out.next_step(f"callrec incident show {made.reference}")


@incident_app.command("list")
def list_(ctx: Context) -> None:
    """List the incidents that you reported, were told of or answer for, newest first."""
    from callrec.incidents.show import list_incidents

    practice = practice_of(ctx.obj)
    listed = list_incidents(practice, acting_person(ctx.obj, practice))
    now, zone = ctx.obj.now(), practice.settings.time_zone
    rows = [_list_row(each, now, zone) for each in listed]
    headers = ("incident", "noticed", "72 hours end", "left", "state", "by", "told")
    ctx.obj.out.show_items([listed_json(each, now) for each in listed], Table(headers, rows))


@incident_app.command()
def show(ctx: Context, incident: IncidentReference) -> None:
    """Show one incident: what was reported, what was found out, what is missing, who did what."""
    from callrec.incidents.show import show_incident

    practice = practice_of(ctx.obj)
    shown = show_incident(practice, _reader(ctx.obj, practice), incident)
    lines = _incident_lines(shown, ctx.obj.now(), practice.settings.time_zone)
    ctx.obj.out.show(_incident_json(shown), lines)


IncidentReference = Annotated[
    str, options.named("INCIDENT", "Which incident: I-3, or 3 for short.", read_incident)
]


def _option(name: str, asked: AskedFinding) -> Any:
    kind = str if asked.least is None else int
    flag, (least, most) = f"--{name.replace('_', '-')}", (asked.least, asked.most)
    option = options.number(flag, asked.metavar, asked.help, least=least, most=most)
    return Annotated[kind | None, option]


_FINDINGS: Mapping[str, Any] = {name: _option(name, asked) for name, asked in FINDINGS.items()}
"""The option of each of the findings, under its name."""


@incident_app.command()
@partial(options.with_options, added=_FINDINGS, after=2)
def update(ctx: Context, incident: IncidentReference, **typed: Any) -> None:
    """Add what was found out; earlier answers to the same question are kept.

    The first eight options are what the Information Commissioner is told [UK GDPR 33(3)]. The next
    three are written down for every breach [33(5)]. Then comes who was told [34].
    """
    from callrec.incidents.incident import update_incident

    said = {name: value for name, value in typed.items() if value is not None}
    practice = practice_of(ctx.obj)
    if not said and ctx.obj.prompts.possible and not ctx.obj.given.json:
        said = _ask_findings(ctx.obj.prompts)
    found = read_findings(practice, said)
    updated = update_incident(practice, _reader(ctx.obj, practice), incident, found)
    _show_updated(ctx.obj, updated, f"{incident} is added to.")


def _ask_findings(prompts: Prompts) -> dict[str, Any]:
    """What was found out, one thing after another, until there is no more to say."""
    left = dict(FINDINGS)
    said: dict[str, Any] = {}
    while left:
        choices = {name: each.help.rstrip(".") for name, each in left.items()}
        if said:
            choices["done"] = "there is no more to say"
        name = prompts.choose("What was found out?", choices, option="--facts TEXT")
        if name == "done":
            break
        asked = left.pop(name)
        said[name] = prompts.ask_until(
            choices[name], asked.read, option=f"--{name.replace('_', '-')} {asked.metavar}"
        )
    return said


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
    """Close an incident: say that the Information Commissioner was told, or why not."""
    from callrec.incidents.incident import close_incident
    from callrec.practice import today

    prompts, practice = ctx.obj.prompts, practice_of(ctx.obj)
    actor = _reader(ctx.obj, practice)
    if outcome is None:
        outcome = Outcome(prompts.choose("Outcome", OUTCOMES, option="--outcome OUTCOME"))
    day = on or prompts.ask("On which day (or moment)", option="--on DATE")
    why = reason or prompts.ask("Reason", option="--reason TEXT")
    read, at = parse_day_or_instant(day, practice.settings.time_zone, today(practice))
    closing = Closing(outcome=outcome, on=read, at=at, reason=why, delay_reason=delay_reason)
    prompts.confirm(f"close {incident}", yes=yes)
    updated = close_incident(practice, actor, incident, closing)
    _show_updated(ctx.obj, updated, f"{incident} is closed.")


def _show_updated(invocation: Invocation, updated: UpdatedIncident, done: str) -> None:
    out, told = invocation.out, ("must_be_reported", "must_tell_people", "still_missing")
    out.show({"id": updated.reference, **facts(updated, "state", "version", *told)}, done)
    for line in updated_lines(updated):
        out.note(line)
    out.next_step(f"callrec incident show {updated.reference}")


Noticed = Annotated[
    str | None,
    options.valued("--noticed", "TIME", 'When it was noticed: "24/11/2026 9:30", or now.'),
]

WhatHappened = Annotated[
    str | None, options.valued("--what", "TEXT", "What happened, in a sentence; it is kept sealed.")
]

WhomToTell = Annotated[
    str | None,
    options.valued(
        "--tell",
        "USER",
        "Your line manager, who is told at once; otherwise the person whom the settings name.",
    ),
]

IncidentRecordings = Annotated[
    list[int] | None,
    options.valued(
        "--recording", "ID", "A recording that it concerns; may be given again.", read_recording
    ),
]

IncidentRequest = Annotated[
    str | None,
    options.valued("--request", "REQUEST", "The request that it concerns.", read_request),
]


IncidentOutcome = Annotated[
    Outcome | None, options.plain("--outcome", "Whether the Information Commissioner was told.")
]

OutcomeOn = Annotated[
    str | None,
    options.valued("--on", "DATE", 'When that was: a day, or a time as in "26/11/2026 10:00".'),
]

DelayReason = Annotated[
    str, options.valued("--delay-reason", "TEXT", "Why it was reported after the 72 hours.")
]


def _reader(invocation: Invocation, practice: Practice) -> Actor:
    from callrec.incidents.log import INCIDENTS

    return reading_person(invocation, practice, INCIDENTS)


def _list_row(listed: ListedIncident, now: datetime, zone: tzinfo) -> tuple[object, ...]:
    return (
        listed.reference,
        local_time(listed.noticed_at, zone),
        local_time(listed.due_at, zone),
        spoken(listed.left(now)),
        listed.state,
        listed.reported_by,
        listed.told,
    )


def _incident_json(shown: ShownIncident) -> Mapping[str, Any]:
    """An incident as other programs read it (docs/reference/json.md)."""
    found, closing = shown.findings, None
    if shown.closing is not None:
        closing = {
            **facts(shown.closing, "outcome", "on", "at", "reason"),
            "late": shown.was_late,
            "delay_reason": shown.closing.delay_reason or None,
        }
    return {
        "id": shown.reference,
        **facts(shown, "state", "what", "noticed_at", "due_at", "reported_at", "reported_by"),
        **facts(shown, "told", "recordings"),
        "request": shown.request or None,
        "article_33_3": {name: found.stated.get(name) for name in ICO_REPORT_FIELDS},
        "article_33_5": {name: found.stated.get(name) for name in BREACH_RECORD_FIELDS},
        "article_34": {name: found.stated.get(name) for name in (*PEOPLE_TOLD_FIELDS, "not_told")},
        "dspt_reference": found.dspt_reference or None,
        **facts(found, "likelihood", "impact"),
        **facts(shown, "must_be_reported", "must_tell_people", "still_missing"),
        "closing": closing,
        **facts(shown, "history"),
    }


def _incident_lines(shown: ShownIncident, now: datetime, zone: tzinfo) -> Iterator[str]:
    """An incident in words, a line each."""
    yield f"{shown.reference}  {shown.state}"
    yield from labelled(incident_facts(shown, now, zone), width=14)
    for event in shown.history:
        added = f"  {', '.join(map(finding_named, event.added))}" if event.added else ""
        what = f"{act_in_words(event.what)}  {event.by}{added}"
        yield f"{'history':<14}{local_time(event.at, zone)}  {what}"


def _asked(prompts: Prompts, given: str | None, what: str, option: str) -> str | None:
    """What may be left out; on a terminal it is asked for, and "none" is an answer."""
    if given is not None or not prompts.possible:
        return given
    answer = prompts.ask(what, option=option)
    return None if answer.casefold() == "none" else answer
