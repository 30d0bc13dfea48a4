"""``callrec audit review-glass``: look at what the Data Controller decided alone."""

from __future__ import annotations

from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options import glass as glass_options
from callrec.cli.who import acting, practice_of
from callrec.errors import Unusable
from callrec.policy.glass import GlassVerdict


def review_glass(
    ctx: Context,
    request: options.Reference,
    *,
    accept: glass_options.AcceptGlass = False,
    query: glass_options.QueryGlass = False,
    reason: options.Reason = None,
) -> None:
    """Accept or query what the Data Controller decided alone, breaking the glass.

    It is for somebody else who may read this record. What is queried stays flagged until it is
    accepted. See first what was decided: callrec request show, or callrec audit --subject.
    """
    from callrec.procedures.glass_review import review_glass as record_review

    if accept is query:
        raise Unusable("it is accepted or queried", hint="give --accept, or --query --reason TEXT")
    verdict = GlassVerdict.ACCEPTED if accept else GlassVerdict.QUERIED
    practice = practice_of(ctx.obj)
    record_review(practice, acting(ctx.obj, practice), request, verdict=verdict, reason=reason)
    out = ctx.obj.out
    out.show({"id": request, "verdict": verdict}, lambda: out.say(f"{request} is {verdict}."))
