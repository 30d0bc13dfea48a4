"""approve, deny, revoke."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from callrec.cli import options
from callrec.cli.commands.requests.sitting import Sitting
from callrec.cli.commands.requests.view import request_lines
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    acting_person,
    countersigning_person,
    practice_and_actor,
    practice_of,
    signing_person,
    typed_day,
)
from callrec.dataclass import replace
from callrec.errors import Failed, Unusable
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.withholding import Opinion
from callrec.policy.words import in_words
from callrec.views.requests.as_json import edits_json
from callrec.views.requests.decisions import (
    after_approval,
    approved_lines,
    foreseen_lines,
    glass_reason,
    opinion_given,
)
from callrec.views.requests.remarks import date_mismatch_lines
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.requests.decide import Approved, Decision, DeniedRequest

approve_app = new_app()


@approve_app.command()
def approve(
    ctx: Context,
    requests: options.References,
    *,
    recording: options.Recordings = None,
    withhold: options.Withhold = None,
    clip: options.Clips = None,
    silence: options.Silences = None,
    to: options.ForUser = "",
    until: options.LastDay = None,
    note: options.Note = "",
    opinion_of: options.OpinionOf = None,
    opinion_on: options.OpinionOn = None,
    consulted: options.ConsultedOn = None,
    countersign: options.Countersign = None,
    break_glass: options.BreakGlass = False,
    reason: options.Reason = None,
    yes: options.Yes = False,
) -> None:
    """Grant what a request asks for, or some of it, to one person and until a day.

    Give a ground for each recording that you withhold. A recording that you do not name is withheld
    as not approved yet. What you clip away or silence is in no copy and is not heard. A later
    approval leaves the same parts out, unless you revoke this one or edit the recording again. If
    you edit it again, give all the parts to leave out.

    You see the whole request and type its reference. Your password signs the approval and seals the
    recordings to that person. You cannot approve your own request.

    With several requests, you see each in turn, and type its reference or skip it. You give your
    password once, and each approval is signed separately. If one is refused, the others go on.
    """
    from callrec.requests.decide import Decision, check_not_own_request

    sitting = Sitting(ctx.obj, requests, done="approved")
    sitting.check_of_one(recording=recording, withhold=withhold, clip=clip, silence=silence)
    practice = practice_of(ctx.obj)
    decision = Decision(
        recordings=tuple(recording or ()),
        withheld=grounds_of(withhold or ()),
        edits=options.typed_edits(clip, silence),
        to=to,
        until=typed_day(practice, until, "--until", ahead=True),
        note=note,
        opinion=_opinion(practice, opinion_of, opinion_on),
        consulted_on=typed_day(practice, consulted, "--consulted"),
        glass_reason=glass_reason(reason, break_glass=break_glass, countersign=countersign),
    )
    breaks_glass = decision.glass_reason is not None
    if ctx.obj.prompts.possible and not (yes or breaks_glass or sitting.is_of_several):
        # Who cannot approve the one request, as it is their own, is told before the password.
        check_not_own_request(practice, acting_person(ctx.obj, practice), sitting.references[0])
    actor = signing_person(ctx.obj, practice)
    seen = _each_confirmed(ctx.obj, sitting, practice, actor, decision, yes=yes)
    _sign_each(ctx.obj, sitting, practice, actor, seen, countersign=countersign)
    sitting.end()


def _each_confirmed(
    call: Invocation,
    sitting: Sitting,
    practice: Practice,
    actor: Actor,
    decision: Decision,
    *,
    yes: bool,
) -> Iterator[tuple[str, Decision]]:
    """Each request with the decision, once it was seen and its reference typed under that."""
    for reference in sitting.references:
        seen: Decision | None = None
        with sitting.on(reference):
            seen = decision if yes else _confirmed(call, practice, actor, reference, decision)
        if seen is not None:
            yield reference, seen


def _sign_each(
    call: Invocation,
    sitting: Sitting,
    practice: Practice,
    actor: Actor,
    confirmed: Iterator[tuple[str, Decision]],
    *,
    countersign: str | None,
) -> None:
    """Sign each as it is confirmed; the second person signs once they have seen all of it."""
    from callrec.requests.decide import approve_request

    second = None
    if countersign and (seen := list(confirmed)):
        confirmed, second = iter(seen), countersigning_person(call, practice, countersign)
    for reference, decision in confirmed:
        with sitting.on(reference):
            done = approve_request(practice, actor, reference, decision, countersigner=second)
            _show(sitting, practice, done)


def _confirmed(
    invocation: Invocation, practice: Practice, actor: Actor, reference: str, decision: Decision
) -> Decision:
    """The decision with what was seen of it, once the request's reference was typed under that."""
    from callrec.requests.decide import check_not_own_request, preview_approval
    from callrec.requests.show import show_request

    prompts = invocation.prompts
    if prompts.possible:
        if decision.glass_reason is None:
            check_not_own_request(practice, actor, reference)
        shown = show_request(practice, actor, reference)
        invocation.out.show_before_asking(request_lines(shown, practice))
        decision = replace(decision, opened=shown.opened)
        foreseen = preview_approval(practice, actor, reference, decision)
        decision = replace(decision, seen=foreseen)
        by_hand = (each.id for each in shown.recordings if each.by_hand)
        for line in foreseen_lines(foreseen, by_hand):
            invocation.out.note(line)
        if shown.purpose is Purpose.DISPOSAL and foreseen.withheld and not decision.note:
            why = prompts.ask("Why is the rest kept on, although it is due", option="--note TEXT")
            decision = replace(decision, note=why)
    if prompts.ask(f"Type {reference} to approve it", option="--yes") != reference:
        raise Failed("not confirmed, so nothing was done")
    return decision


def grounds_of(given: Collection[options.Withheld]) -> Mapping[int, Ground]:
    """By number, on what ground each is withheld or left out."""
    grounds = {each.recording: each.ground for each in given}
    if len(grounds) < len(set(given)):
        raise Unusable("a recording is withheld on one ground", hint="give its number once")
    return grounds


def _opinion(practice: Practice, of: str | None, on: str | None) -> Opinion | None:
    return opinion_given(of, typed_day(practice, on, "--opinion-on"))


def _show(sitting: Sitting, practice: Practice, done: Approved) -> None:
    out = sitting.out
    value = {
        "id": done.reference,
        "for": done.to,
        **facts(done, "recordings"),
        "edits": edits_json(done.edits),
        "withheld": [{"id": number, "code": code} for number, code in done.withheld.items()],
        **facts(done, "lapses_at", "of_other_day", "by_hand"),
    }
    sitting.show(done.reference, value, approved_lines(done, practice.settings.time_zone))
    for line in date_mismatch_lines(done.of_other_day):
        out.note(line)
    for step in after_approval(done):
        out.next_step(step)


deny_app = new_app()


@deny_app.command()
def deny(
    ctx: Context,
    requests: options.References,
    *,
    reason: options.Reason = None,
    code: options.Code = None,
    opinion_of: options.OpinionOf = None,
    opinion_on: options.OpinionOn = None,
    break_glass: options.BreakGlass = False,
    yes: options.Yes = False,
) -> None:
    """Refuse requests, and say why. A refused request stays refused; a new one can be made.

    You cannot decide a request that you made or changed. If there is nobody else, the Data
    Controller can refuse their own with --break-glass.
    """
    from callrec.requests.decide import deny_request

    why = reason or ctx.obj.prompts.ask("Reason", option="--reason TEXT")
    alone = " alone" if break_glass else ""
    sitting = Sitting(ctx.obj, requests, done="denied")
    ctx.obj.prompts.confirm(f"deny {', '.join(sitting.references)}{alone}", yes=yes)
    practice, actor = practice_and_actor(ctx.obj)
    opinion = _opinion(practice, opinion_of, opinion_on)
    deny = partial(deny_request, practice, actor, reason=why, ground=code, opinion=opinion)
    for reference in sitting.references:
        with sitting.on(reference):
            _show_denied(sitting, reference, deny(reference, breaks_glass=break_glass))
    sitting.end()


def _show_denied(sitting: Sitting, reference: str, denied: DeniedRequest) -> None:
    value = {"id": reference, **facts(denied, "state")}
    sitting.show(reference, value, f"{reference} is {in_words(denied.state)}.")
    if denied.is_awaited and not sitting.is_of_several:
        sitting.out.next_step(f"callrec request letter {reference} --kind refuse")


revoke_app = new_app()


@revoke_app.command()
def revoke(
    ctx: Context,
    request: options.Reference,
    *,
    reason: options.Reason = None,
    yes: options.Yes = False,
) -> None:
    """Take back every grant under a request, and say why. It can be decided again."""
    from callrec.requests.decide import revoke_grants

    why = reason or ctx.obj.prompts.ask("Reason", option="--reason TEXT")
    ctx.obj.prompts.confirm(f"revoke {request}", yes=yes)
    practice, actor = practice_and_actor(ctx.obj)
    done = revoke_grants(practice, actor, request, reason=why)
    text = f"{request} is {done.state} now. Grants destroyed: {done.grants}."
    ctx.obj.out.show({"id": request, **facts(done, "grants", "state")}, text)
    ctx.obj.out.next_step(f"callrec request show {request}")
