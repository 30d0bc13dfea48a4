"""desk: callrec in a browser."""

from __future__ import annotations

import os
import sys

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of
from callrec.errors import Misconfigured
from callrec.system.processes import python_command

desk_app = new_app()


@desk_app.command()
def desk(ctx: Context) -> None:
    """Open callrec in a browser: on this machine, or for the practice's network.

    Without a certificate it serves this machine alone, and one browser of it: the one that opens
    the address that is shown. Everybody logs in there with their own password.
    """
    call = ctx.obj
    practice_of(call)
    _serve(call)


def _serve(call: Invocation) -> None:
    from importlib.util import find_spec

    if find_spec("starlette") is None:
        raise Misconfigured(
            "the desk is not installed", hint="install callrec with it: pip install callrec[desk]"
        )
    given = dict(call.environ) | {"CALLREC_VAULT": str(call.config.vault)}
    if call.given.config:
        given["CALLREC_CONFIG"] = str(call.given.config.absolute())
    sys.stdout.flush()
    os.execve(sys.executable, python_command("callrec.desk"), given)  # noqa: S606 - our own module
