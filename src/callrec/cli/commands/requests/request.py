"""``callrec request``: ask for recordings, say it again, and see what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from callrec.cli import options
from callrec.cli.commands.requests.decide import grounds_of
from callrec.cli.commands.requests.dossier import dossier
from callrec.cli.commands.requests.event import event
from callrec.cli.commands.requests.letter import letter
from callrec.cli.commands.requests.particulars import (
    AttachMatching,
    PurposeCommand,
    add_known,
    answers_of,
    ask_answers,
    ask_purpose,
    ask_reason,
    takes_particulars,
)
from callrec.cli.commands.requests.view import reader, request_lines, show_state
from callrec.cli.commands.search import call_json, calls_table, numbers_of
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    drafting,
    practice_and_actor,
    practice_of,
)
from callrec.cli.layout import Table
from callrec.errors import Unusable
from callrec.policy.particulars import Answers
from callrec.policy.purpose import TERMS, Purpose
from callrec.views.calls import footnotes
from callrec.views.requests.as_json import request_json
from callrec.views.requests.asking import (
    amended_lines,
    costs_the_decision,
    created_line,
    created_notes,
    gathering_step,
    next_step,
)
from callrec.views.requests.decisions import gathered_lines, gathering_notes
from callrec.views.requests.particulars import as_answers, with_person
from callrec.views.requests.remarks import too_many_lines
from callrec.views.typed import NamedCall, read_call, read_recording
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.requests.amend import Amended
    from callrec.requests.ask import CreatedRequest
    from callrec.requests.show import ListedRequest
    from callrec.search.search import Suggested

request_app = new_app()


@request_app.command(cls=PurposeCommand)
@takes_particulars
def create(
    ctx: Context,
    purpose: options.PurposeName = None,
    *,
    recording: options.AskedFor = None,
    attach_matching: AttachMatching = False,
    **typed: Any,
) -> None:
    """Ask for recordings, for one purpose of the practice's policy.

    Say what you know about the call, and "unknown" for what you do not know. On a terminal you are
    asked for what you leave out, and for what the purpose needs. If you name a recording and may
    search, leave out its day, time and extension.

    For the options of one purpose: callrec request create complaint --help
    """
    from callrec.requests.ask import create_request

    call = ctx.obj
    practice, actor = practice_and_actor(call)
    chosen = ask_purpose(call.prompts, purpose)
    with drafting(call, practice, f"request create {chosen}"):
        numbers, answers = _particulars(call, practice, actor, chosen, recording or (), given=typed)
        made = create_request(practice, actor, purpose=chosen, answers=answers, recordings=numbers)
    looks = attach_matching or not recording
    _take_matching(call, practice, actor, made, looks=looks, every=attach_matching)


def _particulars(
    call: Invocation,
    practice: Practice,
    actor: Actor,
    purpose: Purpose,
    recordings: Sequence[NamedCall],
    *,
    given: Mapping[str, Any],
) -> tuple[Sequence[int], Answers]:
    """The recordings' numbers, and what the request says; asked for where it is left out."""
    typed = as_answers(given)
    if typed["subject"] is not None or any(each.number is None for each in recordings):
        typed["reason"] = ask_reason(call.prompts, typed)  # it is the search's, too
    typed = with_person(practice, actor, typed)
    numbers = numbers_of(call, practice, actor, recordings, reason=typed["reason"])
    typed = add_known(call, practice, actor, purpose, recordings=numbers, typed=typed)
    return numbers, ask_answers(call.prompts, practice, purpose, typed)


def _take_matching(
    call: Invocation,
    practice: Practice,
    actor: Actor,
    made: CreatedRequest,
    *,
    looks: bool,
    every: bool,
) -> None:
    """Look for what matches the request, add of it what is to be added, and show the request."""
    from callrec.search.matching import Attached, attach_matching
    from callrec.search.search import suggest_recordings

    suggested = suggest_recordings(practice, actor, made) if looks else None
    if every:
        attached = attach_matching(practice, actor, made, suggested)
    elif TERMS[made.purpose].is_owed_whole:
        attached = Attached()
    else:
        attached = Attached(_choose(call, practice, actor, made, suggested))
    _show_created(call, actor, made, suggested, (*made.recordings, *attached.recordings))
    if gathering := gathering_step(practice, actor, made, attached):
        call.out.next_step(gathering)
    for line in too_many_lines(attached.too_many):
        call.out.note(line)


def _choose(
    invocation: Invocation,
    practice: Practice,
    actor: Actor,
    made: CreatedRequest,
    suggested: Suggested | None,
) -> tuple[int, ...]:
    """Attach those of the recordings that match which are chosen, where somebody can be asked."""
    from callrec.requests.amend import attach_recordings

    shown = suggested.shown if suggested else ()
    if not shown or not invocation.prompts.possible or invocation.given.json:
        return ()
    numbers = tuple(call.id for call in shown)
    invocation.out.say(calls_table(shown, practice.settings.time_zone))
    invocation.out.say(footnotes(shown))
    chosen = invocation.prompts.ask_until(
        "Which of these to attach (all, such as 1042 1043, or none)",
        lambda answer: _chosen(answer, numbers),
        option="--attach-matching",
    )
    if chosen:
        attach_recordings(practice, actor, made.reference, chosen)
    return chosen


def _chosen(answer: str, numbers: tuple[int, ...]) -> tuple[int, ...]:
    word = answer.casefold()
    if word in ("all", "none"):
        return numbers if word == "all" else ()
    chosen = tuple(map(read_recording, answer.replace(",", " ").split()))
    if not set(chosen) <= set(numbers):
        raise Unusable("that is none of these", hint="attach others afterwards, by their number")
    return chosen


def _show_created(
    invocation: Invocation,
    actor: Actor,
    made: CreatedRequest,
    suggested: Suggested | None,
    recordings: Sequence[int],
) -> None:
    value = {
        "id": made.reference,
        "purpose": made.purpose,
        "recordings": list(recordings),
        "matching": suggested.matching if suggested else None,
        **facts(made, "of_other_day", "of_other_extension"),
        "concerns": list(made.concerned.logins),
    }
    if suggested and suggested.may_see:
        value["suggested"] = [call.id for call in suggested.shown]
    invocation.out.show(value, created_line(made, recordings))
    for line in created_notes(made, suggested, recordings):
        invocation.out.note(line)
    if then := next_step(actor, made, suggested, recordings):
        invocation.out.next_step(then)


@request_app.command("list")
def list_(ctx: Context, *, state: options.State = None, mine: options.Mine = False) -> None:
    """List requests, newest first, with nothing personal."""
    from callrec.requests.show import list_requests

    practice = practice_of(ctx.obj)
    listed = list_requests(practice, acting_person(ctx.obj, practice), state=state, mine=mine)
    rows = [_list_row(each, practice.settings.time_zone) for each in listed]
    table = Table(("request", "purpose", "state", "made", "by", "recordings"), rows)
    ctx.obj.out.show_items([_list_json(each) for each in listed], table)


def _list_row(each: ListedRequest, zone: tzinfo) -> tuple[object, ...]:
    made_on = each.created_at.astimezone(zone).date()
    return each.reference, each.purpose, each.state, made_on, each.created_by, each.recordings


def _list_json(each: ListedRequest) -> dict[str, Any]:
    members = ("purpose", "state", "created_at", "created_by", "recordings")
    return {"id": each.reference, **facts(each, *members)}


@request_app.command()
def show(
    ctx: Context, request: options.Reference, *, agreement_to: options.AgreementTo = None
) -> None:
    """Show one request: what it says, what was decided, what happened."""
    from callrec.crypto.primitives import sha256
    from callrec.requests.agreement import read_agreement
    from callrec.requests.show import show_request
    from callrec.system.files import check_new, write_whole

    if agreement_to:
        check_new(agreement_to, replace=False)
    practice = practice_of(ctx.obj)
    actor = reader(ctx.obj, practice)
    shown = show_request(practice, actor, request)
    if agreement_to:
        agreement = read_agreement(practice, actor, shown.opened)
        write_whole(agreement_to, agreement, replace=False)
        ctx.obj.out.note(f"the agreement is in {agreement_to}: delete it when you have read it")
        ctx.obj.out.note(f"its SHA-256: {sha256(agreement).hex()}")
    ctx.obj.out.show(request_json(shown), request_lines(shown, practice))


@request_app.command()
def attach(
    ctx: Context,
    request: options.Reference,
    recordings: options.RecordingsToAttach = None,
    *,
    yes: options.Yes = False,
) -> None:
    """Add recordings to a request. What was approved before must be approved again.

    You cannot decide a request that you changed. To add every recording that matches: callrec
    request gather
    """
    from callrec.requests.amend import attach_recordings

    recordings = recordings or _ask_which(ctx.obj, request)
    practice = practice_of(ctx.obj)
    actor = _changer(ctx.obj, practice, request, yes=yes)
    numbers = numbers_of(ctx.obj, practice, actor, recordings, request=request)
    _show_amended(ctx.obj, attach_recordings(practice, actor, request, numbers))


def _ask_which(call: Invocation, request: str) -> list[NamedCall]:
    """The recordings to attach; Unusable where none is named, or nobody can be asked."""
    recordings: list[NamedCall] = []
    if call.prompts.possible and not call.given.json:
        recordings = call.prompts.ask_until(
            "Which recordings (1042 1043)",
            lambda answer: list(map(read_call, answer.replace(",", " ").split())),
            option="RECORDING",
        )
    if not recordings:
        raise Unusable(
            "say which recordings to attach",
            hint=f"callrec request attach {request} RECORDING..., or callrec request gather"
            f" {request} for all that match",
        )
    return recordings


@request_app.command()
def gather(ctx: Context, request: options.Reference, *, leave_out: options.LeaveOut = None) -> None:
    """Find every recording that matches a request, however many, and add them all to it.

    To leave a recording out, give a ground. The record keeps what was searched for, what was found,
    and what was left out. You can still decide the request afterwards. What was approved before
    must be approved again.
    """
    from callrec.requests.gather import gather_recordings

    practice = practice_of(ctx.obj)
    actor = reader(ctx.obj, practice)
    gathered = gather_recordings(practice, actor, request, leave_out=grounds_of(leave_out or ()))
    out, amended, found = ctx.obj.out, gathered.amended, gathered.found
    value = {
        "id": amended.reference,
        "items": [call_json(call) for call in found],
        "added": sorted(gathered.added),
        "left_out": [{"id": each, "code": code} for each, code in gathered.left_out.items()],
        **facts(gathered, "shared", "is_outdated", "elsewhere", "too_many"),
        **facts(amended, "version", "recordings", "grants_ended", "of_other_day"),
    }
    table = [calls_table(found, practice.settings.time_zone)] if found else []
    out.show(value, [*table, *gathered_lines(gathered)])
    for line in gathering_notes(gathered):
        out.note(line)
    out.next_step(f"callrec request show {amended.reference}")


@request_app.command()
def detach(
    ctx: Context,
    request: options.Reference,
    recordings: options.RecordingIds,
    *,
    yes: options.Yes = False,
) -> None:
    """Remove recordings from a request. What was approved before must be approved again.

    You cannot decide a request that you changed.
    """
    from callrec.requests.amend import detach_recordings

    practice = practice_of(ctx.obj)
    actor = _changer(ctx.obj, practice, request, yes=yes)
    _show_amended(ctx.obj, detach_recordings(practice, actor, request, recordings))


@request_app.command()
@takes_particulars
def amend(
    ctx: Context, request: options.Reference, *, yes: options.Yes = False, **typed: Any
) -> None:
    """Change what a request says. What was approved before must be approved again.

    Only what you type changes, and the earlier version is kept. You cannot decide a request that
    you changed.
    """
    from callrec.requests.amend import amend_particulars

    if all(answer is None for answer in typed.values()):
        raise Unusable(
            "nothing is to be changed", hint=f"callrec request amend {request} --help shows what"
        )
    practice = practice_of(ctx.obj)
    actor = _changer(ctx.obj, practice, request, yes=yes)
    said = with_person(practice, actor, as_answers(typed), request=request)
    changes = answers_of(practice, said)
    _show_amended(ctx.obj, amend_particulars(practice, actor, request, changes))


def _changer(invocation: Invocation, practice: Practice, reference: str, *, yes: bool) -> Actor:
    """Who changes a request; who could decide it is told first what that costs them."""
    from callrec.requests.amend import would_cost_the_decision

    actor = reader(invocation, practice)
    if would_cost_the_decision(practice, actor, reference):
        invocation.out.note(costs_the_decision(reference))
        invocation.prompts.confirm(f"Change {reference}?", yes=yes)
    return actor


def _show_amended(invocation: Invocation, amended: Amended) -> None:
    """What a change came to."""
    value = {
        "id": amended.reference,
        **facts(amended, "version", "recordings", "grants_ended", "of_other_day"),
        "concerns": list(amended.concerned.logins),
    }
    text, *notes = amended_lines(amended)
    invocation.out.show(value, text)
    for line in notes:
        invocation.out.note(line)


request_app.command("event")(event)

request_app.command("letter")(letter)

request_app.command("dossier")(dossier)


@request_app.command()
def withdraw(ctx: Context, request: options.Reference, *, yes: options.Yes = False) -> None:
    """Withdraw a request that you made and nobody has decided."""
    from callrec.requests.event import withdraw_request

    practice, actor = practice_and_actor(ctx.obj)
    ctx.obj.prompts.confirm(f"withdraw {request}", yes=yes)
    show_state(ctx.obj, request, withdraw_request(practice, actor, request))


@request_app.command()
def close(
    ctx: Context,
    request: options.Reference,
    *,
    reason: options.Reason = None,
    yes: options.Yes = False,
) -> None:
    """Close a request whose recordings were heard or released.

    After that you cannot record who has them. If someone outside asked, first send them the letter
    that answers them: callrec request letter. Otherwise say why you send none. If they got no
    package, say how you answered them.
    """
    from callrec.requests.event import close_request
    from callrec.requests.packages import missing_handovers

    practice = practice_of(ctx.obj)
    actor = reader(ctx.obj, practice) if reason else acting_person(ctx.obj, practice)
    unrecorded = missing_handovers(practice, actor, request)
    if yes and unrecorded:
        ctx.obj.out.note(f"{unrecorded}; once {request} is closed nobody can record it")
    ctx.obj.prompts.confirm(f"close {request}{unrecorded and f', where {unrecorded}'}", yes=yes)
    show_state(ctx.obj, request, close_request(practice, actor, request, reason=reason or ""))
