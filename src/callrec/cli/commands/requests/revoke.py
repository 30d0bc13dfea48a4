"""``callrec revoke``: take back what was granted."""

from __future__ import annotations

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.who import acting_person, practice_of

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
    practice = practice_of(ctx.obj)
    actor = acting_person(ctx.obj, practice)
    done = revoke_grants(practice, actor, request, reason=why)
    out = ctx.obj.out
    value = {"id": request, "grants": done.grants, "state": done.state}
    said = f"{request} is {done.state} now. Grants destroyed: {done.grants}."
    out.show(value, lambda: out.say(said))
    out.next_step(f"callrec request show {request}")
