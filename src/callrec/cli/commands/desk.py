"""desk: callrec in a browser."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.commands.status import show_checked
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of
from callrec.errors import Misconfigured
from callrec.system.modules import python_command
from callrec.system.processes import become

if TYPE_CHECKING:
    from callrec.practice import Practice

desk_app = new_app()


@desk_app.command()
def desk(ctx: Context, *, check: Check = False) -> None:
    """Open callrec in a browser: on this machine, or for the practice's network.

    Without a certificate it is for this machine and one browser of it. Your browser is opened at an
    address that lets in one browser, once. With desk.certificate and desk.key in the configuration
    it is for the practice's network. Everybody logs in there with their own password. Ctrl-C ends
    it, and every login with it.
    """
    practice = practice_of(ctx.obj)
    if check:
        _show(ctx.obj, practice)
    else:
        _serve(ctx.obj)


def _show(call: Invocation, practice: Practice) -> None:
    from callrec.office.desk import examine_desk
    from callrec.office.finding import Level

    found = tuple(examine_desk(practice))
    show_checked(call.out, found)
    for finding in found:
        if finding.level is Level.DAMAGE:
            raise Misconfigured(finding.what, hint=finding.hint or "")


def _serve(call: Invocation) -> None:
    """Become the desk's first process."""
    if find_spec("starlette") is None:
        from callrec.office.desk import INSTALLED_WITH

        raise Misconfigured("the desk is not installed", hint=f"run {INSTALLED_WITH}")
    given = {**call.environ, "CALLREC_VAULT": str(call.config.vault)}
    if call.given.config:
        given["CALLREC_CONFIG"] = str(call.given.config.absolute())
    sys.stdout.flush()
    become(python_command("callrec.desk"), given)


Check = Annotated[
    bool, options.plain("--check", "Check certificate, place, account and rights; start nothing.")
]
