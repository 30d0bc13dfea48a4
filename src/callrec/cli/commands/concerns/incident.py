"""incident: report, list, show, update, close; how one is asked for, listed and shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

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
from callrec.cli.options import read_recording, read_request
from callrec.cli.output import Output, labelled
from callrec.crypto.canonical import LARGEST_INTEGER
from callrec.errors import Unusable
from callrec.policy.breach import (
    BREACH_RECORD_FIELDS,
    ICO_REPORT_FIELDS,
    NOT_TOLD,
    PEOPLE_TOLD_FIELDS,
    Closing,
    Findings,
)
from callrec.policy.days import parse_day, parse_day_or_instant, parse_instant, short_date
from callrec.policy.incident import IncidentState, Outcome
from callrec.views.words import act_in_words, as_words, facts, local_time

if TYPE_CHECKING:
    from callrec.cli.prompts import Prompts
    from callrec.incidents.incident import IncidentReport, ReportedIncident, UpdatedIncident
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
    from callrec.incidents.incident import report_incident

    practice, actor = practice_and_actor(ctx.obj)
    about = partial(_account, ctx.obj.prompts, practice, recording=recording, request=request)
    with drafting(ctx.obj, practice, "incident report"):
        account = about(noticed=noticed, what=what, tell=tell)
        made = report_incident(practice, actor, account)
    _show_reported(ctx.obj.out, made, practice.settings.time_zone)


def _show_reported(out: Output, made: ReportedIncident, zone: tzinfo) -> None:
    ends = local_time(made.due_at, zone)
    said = f"{made.reference} is reported; {made.told} is told. 72 hours end {ends}."
    out.show({"id": made.reference, **facts(made, "told", "due_at")}, said)
    out.next_step(f"callrec incident show {made.reference}")


def _account(
    prompts: Prompts,
    practice: Practice,
    *,
    noticed: str | None,
    what: str | None,
    tell: str | None,
    recording: Sequence[int] | None,
    request: str | None,
) -> IncidentReport:
    """What is reported: what was typed, and the answers to what was left out."""
    from callrec.incidents.incident import IncidentReport

    noticed = noticed or prompts.ask(
        "When was it noticed (24/11/2026 9:30, yesterday 4pm, or now)", option="--noticed TIME"
    )
    what = what or prompts.ask("What happened, in a sentence", option="--what TEXT")
    tell = _asked(
        prompts,
        tell,
        "Login of your line manager (or none: whom the settings name, or the Data Controller)",
        "--tell USER",
    )
    if recording is None:
        numbers = _asked(
            prompts, None, "Recordings concerned (1042 1043, or none)", "--recording ID"
        )
        recording = [read_recording(each) for each in (numbers or "").replace(",", " ").split()]
    under = _asked(prompts, request, "Request concerned (R-17, or none)", "--request R")
    return IncidentReport(
        noticed_at=read_noticed(noticed, practice),
        what=what,
        tell=tell,
        recordings=recording,
        request=None if under is None else read_request(under),
    )


@incident_app.command("list")
def list_(ctx: Context) -> None:
    """List the incidents that you reported, were told of or answer for, newest first."""
    from callrec.incidents.show import list_incidents

    practice = practice_of(ctx.obj)
    listed = list_incidents(practice, acting_person(ctx.obj, practice))
    now, zone = ctx.obj.now(), practice.settings.time_zone
    rows = [_list_row(each, now, zone) for each in listed]
    headers = ("incident", "noticed", "72 hours end", "left", "state", "by", "told")
    ctx.obj.out.show_items([_listed_json(each, now) for each in listed], Table(headers, rows))


@incident_app.command()
def show(ctx: Context, incident: IncidentReference) -> None:
    """Show one incident: what was reported, what was found out, what is missing, who did what."""
    from callrec.incidents.show import show_incident

    practice = practice_of(ctx.obj)
    shown = show_incident(practice, _reader(ctx.obj, practice), incident)
    lines = _incident_lines(shown, ctx.obj.now(), practice.settings.time_zone)
    ctx.obj.out.show(_incident_json(shown), lines)


def read_incident_reference(text: str) -> str:
    """An incident's reference as it is printed: ``I-3``, from that or from ``3``."""
    return f"I-{options.read_reference('incident', 'I-3', text)}"


IncidentReference = Annotated[
    str,
    typer.Argument(
        metavar="INCIDENT",
        parser=read_incident_reference,
        help="Which incident: I-3, or 3 for short.",
    ),
]


def _text(name: str, help_: str) -> Any:
    return Annotated[str | None, typer.Option(f"--{name}", metavar="TEXT", help=help_)]


def _count(name: str, help_: str) -> Any:
    option = typer.Option(f"--{name}", metavar="N", min=0, max=LARGEST_INTEGER, help=help_)
    return Annotated[int | None, option]


def _day(name: str, help_: str) -> Any:
    return Annotated[str | None, typer.Option(f"--{name}", metavar="DATE", help=help_)]


def _grade(name: str, help_: str) -> Any:
    return Annotated[int | None, typer.Option(f"--{name}", metavar="1-5", min=1, max=5, help=help_)]


_FINDINGS: Mapping[str, Any] = {
    # UK GDPR 33(3), in its order.
    "nature": _text("nature", "What kind of breach it is."),
    "people": _text("people", "Whom it concerns: patients, staff."),
    "people_count": _count("people-count", "About how many people they are."),
    "records": _text("records", "What kind of records it concerns."),
    "record_count": _count("record-count", "About how many records they are."),
    "contact": _text("contact", "Whom to ask for more information."),
    "consequences": _text("consequences", "What is likely to follow from it."),
    "measures": _text("measures", "What is done about it, or proposed."),
    # UK GDPR 33(5).
    "facts": _text("facts", "What happened, as far as you found out."),
    "effects": _text("effects", "What effects it had."),
    "remedy": _text("remedy", "What was done to put it right."),
    # UK GDPR 34.
    "people_told": _count("people-told", "How many of the people affected were told."),
    "people_told_on": _day("people-told-on", "The day on which they were told."),
    "people_told_how": _text("people-told-how", "How they were told, or everybody in public."),
    "not_told": _text(
        "not-told", "Why they need not be told: unreadable, averted or disproportionate."
    ),
    "dspt_reference": _text("dspt-reference", "Number of the report in the NHS's Toolkit (DSPT)."),
    # How grave it is.
    "likelihood": _grade(
        "likelihood",
        "How likely harm is: 1 not occurred, 2 not likely, 3 likely, 4 highly, 5 occurred.",
    ),
    "impact": _grade(
        "impact", "How grave the harm is: 1 none, 2 minor, 3 some, 4 pain or loss, 5 death."
    ),
}
"""The option of each of the findings, under its name."""


def _takes_findings(command: options.Command) -> options.Command:
    return options.with_options(command, _FINDINGS, after=2)


@incident_app.command()
@_takes_findings
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
    found = _read_findings(practice, said)
    updated = update_incident(practice, _reader(ctx.obj, practice), incident, found)
    _show_updated(ctx.obj, updated, f"{incident} is added to.")


def _read_findings(practice: Practice, said: Mapping[str, Any]) -> Findings:
    """What was found out, its day in any form that people type."""
    from callrec.practice import today

    told_on = said.get("people_told_on")
    if not told_on:
        return Findings(**said)
    read = parse_day(told_on, today(practice), option="--people-told-on DATE")
    return Findings(**{**said, "people_told_on": read.isoformat()})


def _ask_findings(prompts: Prompts) -> dict[str, Any]:
    """What was found out, one thing after another, until there is no more to say."""
    left = {name: option.__metadata__[0] for name, option in _FINDINGS.items()}
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
            choices[name], partial(_finding, asked), option=f"{asked.default} {asked.metavar}"
        )
    return said


def _finding(asked: Any, answer: str) -> str | int:
    """One of them, as its option takes it."""
    if asked.min is None:
        return answer
    if not answer.isdecimal() or not asked.min <= int(answer) <= asked.max:
        raise Unusable(
            "that cannot be used", hint=f"a whole number from {asked.min} to {asked.max}"
        )
    return int(answer)


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

    prompts, practice = ctx.obj.prompts, practice_of(ctx.obj)
    actor = _reader(ctx.obj, practice)
    closing = _closing(
        prompts, practice, outcome=outcome, on=on, reason=reason, delay_reason=delay_reason
    )
    prompts.confirm(f"close {incident}", yes=yes)
    updated = close_incident(practice, actor, incident, closing)
    _show_updated(ctx.obj, updated, f"{incident} is closed.")


def _closing(
    prompts: Prompts,
    practice: Practice,
    *,
    outcome: Outcome | None,
    on: str | None,
    reason: str | None,
    delay_reason: str,
) -> Closing:
    """How it ended: what was typed, and the answers to what was left out."""
    from callrec.practice import today

    if outcome is None:
        outcome = Outcome(prompts.choose("Outcome", _MEANINGS, option="--outcome OUTCOME"))
    day = on or prompts.ask("On which day (or moment)", option="--on DATE")
    why = reason or prompts.ask("Reason", option="--reason TEXT")
    read, at = parse_day_or_instant(day, practice.settings.time_zone, today(practice))
    return Closing(
        outcome=outcome,
        on=read,
        at=at,
        reason=why,
        delay_reason=delay_reason,
    )


def _show_updated(invocation: Invocation, updated: UpdatedIncident, done: str) -> None:
    out = invocation.out
    value = {
        "id": updated.reference,
        **facts(updated, "state", "version", "must_be_reported", "must_tell_people"),
        **facts(updated, "still_missing"),
    }
    out.show(value, done)
    if updated.must_be_reported and updated.state is IncidentState.OPEN:
        out.note("by its likelihood and impact it is reported to the Information Commissioner")
    if updated.must_tell_people and set(PEOPLE_TOLD_FIELDS) & set(updated.still_missing):
        out.note("by its impact the people affected are told, without undue delay [UK GDPR 34]")
    if updated.still_missing:
        out.note(f"not said yet: {', '.join(map(_named, updated.still_missing))}")
    out.next_step(f"callrec incident show {updated.reference}")


Noticed = Annotated[
    str | None,
    typer.Option(
        "--noticed", metavar="TIME", help='When it was noticed: "24/11/2026 9:30", or now.'
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
        help="Your line manager, who is told at once; otherwise the person whom the settings name.",
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


IncidentOutcome = Annotated[
    Outcome | None, typer.Option("--outcome", help="Whether the Information Commissioner was told.")
]

OutcomeOn = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="DATE", help='When that was: a day, or a time as in "26/11/2026 10:00".'
    ),
]

DelayReason = Annotated[
    str,
    typer.Option("--delay-reason", metavar="TEXT", help="Why it was reported after the 72 hours."),
]


def _reader(invocation: Invocation, practice: Practice) -> Actor:
    from callrec.incidents.log import INCIDENTS

    return reading_person(invocation, practice, INCIDENTS)


def _listed_json(listed: ListedIncident, now: datetime) -> Mapping[str, Any]:
    """An incident in a list, for programs; the seconds that are left are less than 0 when over."""
    left = listed.left(now)
    return {
        "id": listed.reference,
        **facts(listed, "state", "noticed_at", "due_at"),
        "left_s": None if left is None else int(left.total_seconds()),
        **facts(listed, "reported_by", "told"),
    }


def _list_row(listed: ListedIncident, now: datetime, zone: tzinfo) -> tuple[object, ...]:
    return (
        listed.reference,
        local_time(listed.noticed_at, zone),
        local_time(listed.due_at, zone),
        _spoken(listed.left(now)),
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
    yield from labelled(_labelled(shown, now, zone), width=14)
    for event in shown.history:
        added = f"  {', '.join(map(_named, event.added))}" if event.added else ""
        what = f"{act_in_words(event.what)}  {event.by}{added}"
        yield f"{'history':<14}{local_time(event.at, zone)}  {what}"


_REPORTABLE: Mapping[bool | None, str] = {
    None: "nobody has said how likely and how grave the harm is",
    True: "yes, by likelihood and impact",
    False: "no, by likelihood and impact",
}


def _labelled(shown: ShownIncident, now: datetime, zone: tzinfo) -> Iterator[tuple[str, object]]:
    yield "noticed", local_time(shown.noticed_at, zone)
    yield "reported", f"{local_time(shown.reported_at, zone)} by {shown.reported_by}"
    yield "told", shown.told
    yield "72 hours end", f"{local_time(shown.due_at, zone)}{_left(shown, now)}"
    yield "what", shown.what
    if shown.recordings:
        yield "recordings", ", ".join(map(str, shown.recordings))
    if shown.request:
        yield "request", shown.request
    for name, value in shown.findings.stated.items():
        yield _named(name), _finding_in_words(name, value)
    yield "reportable", _REPORTABLE[shown.must_be_reported]
    if shown.must_tell_people:
        yield "tell people", "yes, by impact, without undue delay"
    if closing := shown.closing:
        when = short_date(closing.on) if closing.at is None else local_time(closing.at, zone)
        late = ", after the 72 hours" if shown.was_late else ""
        yield "outcome", f"{as_words(closing.outcome)}, {when}{late}"
        yield "reason", closing.reason
        if closing.delay_reason:
            yield "delayed", closing.delay_reason
    if shown.still_missing:
        yield "still missing", ", ".join(map(_named, shown.still_missing))


def _finding_in_words(name: str, value: Any) -> Any:
    if name == "people_told_on":
        return short_date(date.fromisoformat(value))
    return NOT_TOLD[value] if name == "not_told" else value


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


_SHORTER: Final = {
    "people_told_on": "told on",
    "people_told_how": "told how",
    "dspt_reference": "DSPT report",
}
"""What stands beside "people told", and fits its column."""


def _named(name: str) -> str:
    return _SHORTER.get(name) or name.replace("_", " ")


_MEANINGS: Mapping[str, str] = {
    Outcome.REPORTED: "the Information Commissioner was told",
    Outcome.NOT_REPORTED: "it need not be reported",
}


def read_noticed(text: str, practice: Practice) -> datetime:
    """When something was noticed: a moment, or ``now``."""
    if text.casefold() == "now":
        return practice.now()
    from callrec.practice import today

    hint = "type now, or a day and a time: 4/1/2024 14:05"
    return parse_instant(text, practice.settings.time_zone, today(practice), hint=hint)


def _asked(prompts: Prompts, given: str | None, what: str, option: str) -> str | None:
    """What may be left out; on a terminal it is asked for, and "none" is an answer."""
    if given is not None or not prompts.possible:
        return given
    answer = prompts.ask(what, option=option)
    return None if answer.casefold() == "none" else answer
