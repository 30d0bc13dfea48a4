"""complaint: receive, acknowledge, progress, outcome, list, show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    drafting,
    practice_and_actor,
    practice_of,
    reading_person,
)
from callrec.cli.layout import Prose, Table
from callrec.cli.output import labelled
from callrec.policy.days import parse_day, short_date
from callrec.policy.handing_over import Channel
from callrec.policy.rights.complaint import (
    ComplaintAct,
    Finding,
    check_account,
    check_day,
    must_be_told,
)
from callrec.views.complaints import (
    CHANNELS,
    DONE,
    QUESTIONS,
    SAID,
    complaint_facts,
    complaint_json,
    dated_late_lines,
    day_or_unknown,
    entered,
    how_told,
    pressing,
    received_line,
)
from callrec.views.typed import read_complaint, read_incident, read_request, read_word
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.complaints.complaint import ChangedComplaint
    from callrec.complaints.show import ListedComplaint, ShownComplaint
    from callrec.practice import Actor, Practice

complaint_app = new_app()

_Answer = TypeVar("_Answer")


@complaint_app.command()
def receive(
    ctx: Context,
    *,
    on: ReceivedOn = None,
    how: HowItCame = None,
    from_: Complainant = None,
    contact: Contact = None,
    what: WhatIsWrong = None,
    request: AboutRequest = None,
    incident: AboutIncident = None,
) -> None:
    """Enter a complaint about how the practice handles someone's personal data.

    Anyone may enter one. A complaint about care or service is not one: if it needs a recording, use
    callrec request create complaint.
    """
    from callrec.complaints.complaint import NewComplaint, receive_complaint
    from callrec.practice import today

    practice, actor = practice_and_actor(ctx.obj)
    ask, link = partial(_ask, ctx.obj), partial(_link, ctx.obj)
    with drafting(ctx.obj, practice, "complaint receive"):
        new = NewComplaint(
            received_on=_ask_day(ctx.obj, "When did it come?", on, today(practice)),
            how=_how(ctx.obj, how, "How did it come?"),
            complainant=ask("Who complains?", str, from_, "--from NAME"),
            contact=ask("How can we reach them?", str, contact, "--contact TEXT", help_=_REACHED),
            what=ask("What do they say is wrong?", str, what, "--what TEXT", check=check_account),
            request=link("Which request is it about?", read_request, request),
            incident=link("Which incident is it about?", read_incident, incident),
        )
        made = receive_complaint(practice, actor, new)
    _show_changed(ctx.obj, made, received_line(made), "acknowledge")


_REACHED: Final = "An address, an e-mail address or a telephone number."


def _ask(
    invocation: Invocation,
    question: str,
    read: Callable[[str], _Answer],
    given: str | None,
    option: str,
    *,
    check: Callable[[_Answer], None] = lambda _: None,
    help_: str = "",
    default: str = "",
) -> _Answer:
    """What was typed, or the answer to the question; without a terminal the default counts.

    An answer is asked for again until the check lets it pass; what was typed, the work refuses.
    """
    if given is None and default and not invocation.prompts.possible:
        given = default
    if given is not None:
        return read(given)

    def read_and_check(text: str) -> _Answer:
        answer = read(text)
        check(answer)
        return answer

    return invocation.prompts.ask_until(
        question, read_and_check, option=option, help=help_, default=default
    )


def _ask_day(invocation: Invocation, question: str, given: str | None, today: date) -> date:
    return _ask(
        invocation,
        question,
        lambda text: parse_day(text, today),
        given,
        "--on DATE",
        check=lambda day: check_day(day, today=today),
        default="today",
    )


def _how(invocation: Invocation, how: Channel | None, question: str) -> Channel:
    if how is not None:
        return how
    return Channel(invocation.prompts.choose(question, CHANNELS, option="--how CHANNEL"))


def _link(
    invocation: Invocation, question: str, read: Callable[[str], str], given: str | None
) -> str | None:
    """What it is about, if anything; it is asked for on a terminal alone."""
    if given is not None or not invocation.prompts.possible:
        return given

    def read_or_none(text: str) -> str | None:
        return None if text.casefold() == "none" else read(text)

    noun = question.split()[1]
    return invocation.prompts.ask_until(
        question, read_or_none, option=f"--{noun} {noun.upper()}", default="none"
    )


@complaint_app.command()
def acknowledge(
    ctx: Context,
    complaint: ComplaintReference,
    *,
    on: OnDay = None,
    how: HowTheyWereTold = None,
    what: WhatWasSaid = "",
) -> None:
    """Record how the complainant was told that their complaint came."""
    _add(ctx.obj, complaint, ComplaintAct.ACKNOWLEDGED, on=on, how=how, what=what)


@complaint_app.command()
def progress(
    ctx: Context,
    complaint: ComplaintReference,
    *,
    what: WhatWasDone = None,
    on: OnDay = None,
    how: HowTheyWereTold = None,
) -> None:
    """Record what was done or found out; with --how, also how the complainant was told."""
    _add(ctx.obj, complaint, ComplaintAct.PROGRESSED, on=on, how=how, what=what)


@complaint_app.command()
def outcome(
    ctx: Context,
    complaint: ComplaintReference,
    *,
    finding: WhatCameOfIt = None,
    what: WhatWasFound = None,
    on: OnDay = None,
    how: HowTheyWereTold = None,
    yes: options.Yes = False,
) -> None:
    """Record the outcome of a complaint, and how the complainant was told.

    The Data Controller does this, and it closes the complaint.
    """
    if finding is None:
        meanings = {each.value: each.meaning for each in Finding}
        asked = "What came of it?"
        finding = Finding(ctx.obj.prompts.choose(asked, meanings, option="--finding FINDING"))
    act = ComplaintAct.ANSWERED
    _add(ctx.obj, complaint, act, on=on, how=how, what=what, finding=finding, yes=yes)


def _add(
    invocation: Invocation,
    reference: str,
    act: ComplaintAct,
    *,
    on: str | None,
    how: Channel | None,
    what: str | None,
    finding: Finding | None = None,
    yes: bool = True,
) -> None:
    from callrec.complaints.complaint import ComplaintStep, add_to_complaint
    from callrec.practice import today

    practice = practice_of(invocation)
    actor = _reader(invocation, practice)
    if what is None:
        question, option = QUESTIONS[act], "--what TEXT"
        what = _ask(invocation, question, str, None, option, check=check_account)
    if must_be_told(act, finding):
        how = _how(invocation, how, "How were they told?")
    invocation.prompts.confirm(f"close {reference}", yes=yes)
    step = ComplaintStep(
        act=act,
        on=_ask_day(invocation, "When?", on, today(practice)),
        how=how,
        what=what,
        finding=finding,
    )
    changed = add_to_complaint(practice, actor, reference, step)
    _show_changed(invocation, changed, f"{reference} {DONE[act]}.", "show")


def _show_changed(invocation: Invocation, changed: ChangedComplaint, done: str, then: str) -> None:
    value = {"id": changed.reference, **facts(changed, "state", "version", "due_on")}
    invocation.out.show(value, done)
    for line in dated_late_lines(changed):
        invocation.out.note(line)
    invocation.out.next_step(f"callrec complaint {then} {changed.reference}")


@complaint_app.command("list")
def list_(ctx: Context) -> None:
    """List the complaints that you entered or may read, newest first."""
    from callrec.complaints.show import list_complaints

    listed = list_complaints(*practice_and_actor(ctx.obj))
    headers = ("complaint", "state", "received", "entered by", "acknowledge by")
    table = Table(headers, [_list_row(each) for each in listed])
    ctx.obj.out.show_items([complaint_json(each) for each in listed], table)
    for each in listed:
        if each.received_on is None:
            changed = f"complaint {each.reference} is not as it was entered"
            ctx.obj.out.note(f"warning: {changed}: callrec audit verify")


def _list_row(listed: ListedComplaint) -> tuple[object, ...]:
    received = day_or_unknown(listed.received_on)
    return listed.reference, listed.state, received, listed.entered_by, pressing(listed)


@complaint_app.command()
def show(ctx: Context, complaint: ComplaintReference) -> None:
    """Show one complaint: who complains of what, by when it must be acknowledged, what was done."""
    from callrec.complaints.show import show_complaint

    practice = practice_of(ctx.obj)
    shown = show_complaint(practice, _reader(ctx.obj, practice), complaint)
    ctx.obj.out.show(_shown_json(shown), _shown_lines(shown))


def _shown_json(shown: ShownComplaint) -> Mapping[str, Any]:
    return {
        "id": shown.reference,
        **facts(shown, "state", "complainant", "contact"),
        "request": shown.request or None,
        "incident": shown.incident or None,
        "received_on": shown.received_on,
        **facts(shown.deadline, "due_on", "why"),
        **facts(shown, "acknowledged_on", "acknowledged_entered_on", "was_late"),
        "history": [
            {
                **facts(each, "what", "on"),
                "how": each.how or None,
                "said": each.said or None,
                "finding": each.finding or None,
                **facts(each, "by", "at"),
            }
            for each in shown.history
        ],
    }


def _shown_lines(shown: ShownComplaint) -> Iterator[str]:
    yield f"{shown.reference}  {shown.state}"
    yield from labelled(complaint_facts(shown), width=16)
    for each in shown.history[1:]:
        yield ""
        yield f"{short_date(each.on)}  {SAID[each.what]}{how_told(each)}, {entered(each)}"
        if each.finding:
            yield Prose(f"  {each.finding}: {Finding(each.finding).meaning}")
        if each.said:
            yield Prose(f"  {each.said}")
    yield ""
    for sentence in shown.deadline.why:
        yield Prose(f"  {sentence}")


def _reader(invocation: Invocation, practice: Practice) -> Actor:
    from callrec.complaints.log import COMPLAINTS

    return reading_person(invocation, practice, COMPLAINTS)


def _channel(text: str) -> Channel:
    return read_word(Channel, "channel", text)


ComplaintReference = Annotated[
    str, options.named("COMPLAINT", "Which complaint: C-2, or 2 for short.", read_complaint)
]

ReceivedOn = Annotated[
    str | None, options.valued("--on", "DATE", "When the complaint came, working day or not.")
]

_WAYS: Final = "letter, phone, sms, email or person"

HowItCame = Annotated[
    Channel | None,
    typer.Option("--how", metavar="CHANNEL", parser=_channel, help=f"How it came: {_WAYS}."),
]

HowTheyWereTold = Annotated[
    Channel | None,
    options.valued("--how", "CHANNEL", f"How the complainant was told: {_WAYS}.", _channel),
]

Complainant = Annotated[
    str | None, options.valued("--from", "NAME", "Who complains; it is kept sealed.")
]

Contact = Annotated[
    str | None, options.valued("--contact", "TEXT", "Where to reach them; it is kept sealed.")
]

WhatIsWrong = Annotated[
    str | None,
    options.valued("--what", "TEXT", "What they say is wrong, in a sentence; it is kept sealed."),
]

WhatWasSaid = Annotated[
    str, options.valued("--what", "TEXT", "What else they were told, if anything.")
]

WhatWasDone = Annotated[
    str | None, options.valued("--what", "TEXT", "What was done or found out, in a sentence.")
]

WhatWasFound = Annotated[
    str | None,
    options.valued("--what", "TEXT", "What was found, and what is done about it, in a sentence."),
]

WhatCameOfIt = Annotated[
    Finding | None,
    options.valued(
        "--finding",
        "FINDING",
        "Upheld, partly-upheld, not-upheld, withdrawn or other-matter.",
        lambda text: read_word(Finding, "finding", text),
    ),
]

OnDay = Annotated[
    str | None, options.valued("--on", "DATE", "The day on which it happened; otherwise today.")
]

AboutRequest = Annotated[
    str | None,
    options.valued("--request", "REQUEST", "The request that it is about.", read_request),
]

AboutIncident = Annotated[
    str | None,
    options.valued("--incident", "INCIDENT", "The incident that it is about.", read_incident),
]
