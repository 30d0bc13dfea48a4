"""``callrec audit review-glass``: look at what the Data Controller decided alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options import glass as glass_options
from callrec.cli.who import acting_person, practice_of
from callrec.errors import Failed, Unusable
from callrec.policy.reviews import GlassVerdict

if TYPE_CHECKING:
    from callrec.cli.invocation import Invocation
    from callrec.practice import Practice


def review_glass(
    ctx: Context,
    request: options.Reference,
    *,
    accept: glass_options.AcceptGlass = False,
    query: glass_options.QueryGlass = False,
    reason: options.Reason = None,
    yes: options.Yes = False,
) -> None:
    """Accept or query what the Data Controller decided alone, breaking the glass.

    It is for somebody else who may read this record. What is queried stays flagged until it is
    accepted. See first what was decided: callrec request show, or callrec audit --subject. Before
    you accept it you are shown what was decided, and type the request's reference; what is decided
    meanwhile is not accepted with that.
    """
    from callrec.requests.glass import review_glass as record_review

    if accept is query:
        raise Unusable("it is accepted or queried", hint="give --accept, or --query --reason TEXT")
    verdict = GlassVerdict.ACCEPTED if accept else GlassVerdict.QUERIED
    practice = practice_of(ctx.obj)
    actor = acting_person(ctx.obj, practice)
    seen = _confirmed(ctx.obj, practice, request) if accept and not yes else None
    seqs = record_review(practice, actor, request, verdict=verdict, reason=reason, seen=seen)
    out = ctx.obj.out
    value = {"id": request, "verdict": verdict, "approvals": list(seqs)}
    entries = ", ".join(map(str, seqs))
    out.show(value, lambda: out.say(f"{request} is {verdict}: log entry {entries}."))


def _confirmed(invocation: Invocation, practice: Practice, reference: str) -> frozenset[int]:
    """The decisions that were shown, once the request's reference was typed under them."""
    from callrec.requests.glass import glass_under

    prompts, alone = invocation.prompts, glass_under(practice, reference)
    if prompts.possible:
        for glass in alone:
            at = f"{glass.at.astimezone(practice.config.time_zone):%Y-%m-%d %H:%M}"
            invocation.out.note(f"log entry {glass.seq}: {glass.by}, {at}, {glass.standing}")
    if prompts.ask(f"Type {reference} to accept it", option="--yes") != reference:
        raise Failed("not confirmed, so nothing was done")
    return frozenset(glass.seq for glass in alone)
