"""``callrec init``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.kit import kit_page
from callrec.keyring import write_private
from callrec.procedures.found import found_practice

if TYPE_CHECKING:
    from callrec.cli.output import Output
    from callrec.procedures.found import Founded

app = new_app()


@app.command()
def init(
    ctx: Context,
    *,
    practice: options.PracticeName,
    user: options.UserName,
    name: options.FullName,
    recovery_file: options.RecoveryFile = None,
) -> None:
    """Found a vault with its first Data Controller, and print the recovery kit once.

    Keep the kit on paper in two sealed envelopes: without it, and without a password, nobody can
    ever open the recordings.
    """
    invocation = ctx.obj
    founded = found_practice(
        invocation.config,
        practice_name=practice,
        login=user,
        full_name=name,
        password=invocation.prompts.ask_new_password(f"A password for {user}"),
        now=invocation.now,
        environ=invocation.environ,
    )
    if recovery_file is not None:
        write_private(recovery_file, kit_page(founded).encode(), new=True)
    value = {
        "vault": founded.vault,
        "folder": founded.folder,
        "user": founded.login,
        "fingerprint": founded.fingerprint,
        "recovery_kit": None if recovery_file else founded.kit,
    }
    out = invocation.out
    out.show(value, lambda: _say(out, founded, shown=recovery_file is None))
    out.next_step(f"callrec login {user}")


def _say(out: Output, founded: Founded, *, shown: bool) -> None:
    out.say(f'The vault of {founded.practice} is in "{founded.folder}".')
    if not shown:
        out.say("The recovery kit is in its file: print it twice, and delete the file.")
        return
    out.say("The recovery kit follows. It is shown this once: print it twice.")
    out.say()
    for line in kit_page(founded).splitlines():
        out.say(line)
