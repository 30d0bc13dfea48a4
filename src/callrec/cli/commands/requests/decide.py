"""``callrec approve``: grant what a request asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from callrec.cli.commands.requests.view import (
    date_mismatch_lines,
    edits_json,
    edits_lines,
    request_lines,
    staff_named_lines,
)
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options import deciding
from callrec.cli.options import edits as edit_options
from callrec.cli.who import countersigning_person, practice_of, signing_person
from callrec.errors import Failed, Unusable
from callrec.policy.days import last_day, parse_day
from callrec.policy.purpose import TERMS, Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from callrec.cli.invocation import Invocation
    from callrec.policy.edits import Edits
    from callrec.policy.withholding import Ground
    from callrec.practice import Actor, Practice
    from callrec.requests.decide import ApprovalPreview, Approved, Decision

approve_app = new_app()


@approve_app.command()
def approve(
    ctx: Context,
    request: options.Reference,
    *,
    recording: options.Recordings = None,
    withhold: deciding.Withhold = None,
    clip: edit_options.Clips = None,
    silence: edit_options.Silences = None,
    to: options.ForUser = "",
    until: options.LastDay = None,
    note: options.Note = "",
    consulted: options.ConsultedOn = None,
    countersign: options.Countersign = None,
    break_glass: options.BreakGlass = False,
    reason: options.Reason = None,
    yes: options.Yes = False,
) -> None:
    """Grant what a request asks for, or some of it, to one person and until a day.

    What you withhold has a ground; what you leave out is withheld as not approved yet. What you
    clip away or silence is in no copy and is not heard; a later approval leaves it out again,
    unless it edits the recording anew, with all that is to be left out, or you revoked this one.

    You see the whole request and type its reference; your password signs the approval and seals the
    recordings to that person. Nobody approves a request of his own.
    """
    from callrec.requests.decide import Decision, approve_request

    practice = practice_of(ctx.obj)
    decision = Decision(
        recordings=tuple(recording or ()),
        withheld=_withheld(withhold or []),
        edits=edit_options.typed_edits(clip, silence),
        to=to,
        until=_day(practice, until, "--until"),
        note=note,
        consulted_on=_day(practice, consulted, "--consulted"),
        glass_reason=_glass_reason(reason, break_glass=break_glass, countersign=countersign),
    )
    actor = signing_person(ctx.obj, practice)
    if not yes:
        decision = _confirmed(ctx.obj, practice, actor, request, decision)
    second = countersigning_person(ctx.obj, practice, countersign) if countersign else None
    done = approve_request(practice, actor, request, decision, countersigner=second)
    _show(ctx.obj, practice, done)


def _confirmed(
    invocation: Invocation, practice: Practice, actor: Actor, reference: str, decision: Decision
) -> Decision:
    """The decision with what was seen of it, once the request's reference was typed under that."""
    from callrec.requests.decide import preview_approval
    from callrec.requests.show import show_request

    prompts = invocation.prompts
    if prompts.possible:
        for line in request_lines(show_request(practice, actor, reference), practice):
            invocation.out.note(line)
        foreseen = preview_approval(practice, actor, reference, decision)
        decision = replace(decision, seen=foreseen)
        for line in _foreseen_lines(foreseen):
            invocation.out.note(line)
    if prompts.ask(f"Type {reference} to approve it", option="--yes") != reference:
        raise Failed("not confirmed, so nothing was done")
    return decision


def _foreseen_lines(foreseen: ApprovalPreview) -> Iterator[str]:
    yield f"To be granted: {', '.join(map(str, foreseen.granted))}."
    yield from _details(foreseen.granted, foreseen.withheld)
    yield from staff_named_lines(foreseen.concerned)
    yield from date_mismatch_lines(foreseen.of_other_day)


def _details(edits: Mapping[int, Edits], withheld: Mapping[int, Ground]) -> Iterator[str]:
    for number, edit in edits_lines(edits):
        yield f"Edited: {number}, {edit}."
    for number, ground in withheld.items():
        yield f"Withheld: {number}, {ground}: {ground.meaning}."


def _withheld(given: list[deciding.Withheld]) -> Mapping[int, Ground]:
    grounds = {each.recording: each.ground for each in given}
    if len(grounds) < len(set(given)):
        raise Unusable("a recording is withheld on one ground", hint="give its number once")
    return grounds


def _day(practice: Practice, typed: str | None, option: str) -> date | None:
    from callrec.practice import today

    return None if typed is None else parse_day(typed, today(practice), what=option)


def _glass_reason(reason: str | None, *, break_glass: bool, countersign: str | None) -> str | None:
    if not break_glass and reason is not None:
        raise Unusable("--reason belongs to --break-glass", hint="give --note TEXT for a note")
    if break_glass and countersign is not None:
        raise Unusable("the glass is broken alone", hint="give --countersign or --break-glass")
    return (reason or "") if break_glass else None


def _show(invocation: Invocation, practice: Practice, done: Approved) -> None:
    out = invocation.out
    value = {
        "id": done.reference,
        "for": done.to,
        "recordings": list(done.recordings),
        "edits": edits_json(done.edits),
        "withheld": [{"id": number, "code": code} for number, code in done.withheld.items()],
        "lapses_at": done.lapses_at,
        "of_other_day": list(done.of_other_day),
    }
    until = last_day(done.lapses_at, practice.config.time_zone)

    def text() -> None:
        numbers = ", ".join(map(str, done.recordings))
        what = f"for {done.to}" if TERMS[done.purpose].is_heard else "to be destroyed"
        out.say(f"{done.reference} is approved: {numbers} {what}.")
        for line in _details(done.edits, done.withheld):
            out.say(line)
        out.say(f"That may be used until {until}.")

    out.show(value, text)
    for line in date_mismatch_lines(done.of_other_day):
        out.note(line)
    out.next_step(_next(done))


def _next(done: Approved) -> str:
    match done.purpose:
        case Purpose.ERASURE:
            return f"callrec erase {done.reference}"
        case Purpose.DISPOSAL:
            return f"callrec retention dispose {done.reference}"
        case _:
            return f"{done.to} runs callrec listen {done.reference}, or callrec release"
