"""``callrec deny``: refuse a request."""

from __future__ import annotations

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options import deciding
from callrec.cli.who import acting_person, practice_of

deny_app = new_app()


@deny_app.command()
def deny(
    ctx: Context,
    request: options.Reference,
    *,
    reason: options.Reason = None,
    code: deciding.Code = None,
    break_glass: options.BreakGlass = False,
    yes: options.Yes = False,
) -> None:
    """Refuse a request, and say why. It cannot be decided again; a new one can be made.

    Nobody decides a request that he made or changed; where there is nobody else, the Data
    Controller refuses his own with --break-glass.
    """
    from callrec.requests.decide import deny_request

    why = reason or ctx.obj.prompts.ask("Reason", option="--reason TEXT")
    alone = " alone" if break_glass else ""
    ctx.obj.prompts.confirm(f"deny {request}{alone}", yes=yes)
    practice = practice_of(ctx.obj)
    actor = acting_person(ctx.obj, practice)
    state = deny_request(
        practice, actor, request, reason=why, ground=code, breaks_glass=break_glass
    )
    out = ctx.obj.out
    out.show({"id": request, "state": state}, lambda: out.say(f"{request} is {state}."))
