"""``callrec logout``."""

from __future__ import annotations

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.who import practice_of

logout_app = new_app()


@logout_app.command()
def logout(ctx: Context) -> None:
    """Close the session; what it kept is gone from memory."""
    from callrec.login.login import log_out

    out = ctx.obj.out
    ended = log_out(practice_of(ctx.obj), ctx.obj.environ)
    out.show({"ended": ended}, lambda: out.say("Logged out." if ended else "Nobody was logged in."))
