"""``callrec init``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli.commands.kit import kit_file, kit_json, say_kit
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options import recovering

if TYPE_CHECKING:
    from pathlib import Path

    from callrec.cli.output import Output
    from callrec.people.founding import NewVault

init_app = new_app()


@init_app.command()
def init(
    ctx: Context,
    *,
    practice: options.PracticeName,
    user: options.UserName,
    name: options.FullName,
    recovery_file: options.RecoveryFile = None,
    recovery_shares: recovering.RecoveryShares = None,
) -> None:
    """Found a vault with its first Data Controller, and print the recovery kit once.

    Keep the kit on paper in two sealed envelopes: without it, and without a password, nobody can
    ever open the recordings. A recovery file that ends in .pdf is a page to print.
    """
    from callrec.login.locks import LENGTH_RULE_FOR_CONTROLLER
    from callrec.people.founding import set_up_practice

    invocation = ctx.obj
    password = invocation.prompts.ask_new_password(
        f"A password for {user} ({LENGTH_RULE_FOR_CONTROLLER})"
    )
    with kit_file(recovery_file) as keep:
        founded = set_up_practice(
            invocation.config,
            practice_name=practice,
            login=user,
            full_name=name,
            password=password,
            now=invocation.now,
            environ=invocation.environ,
            split=recovery_shares is not None,
            keep=keep,
        )
    value = {
        "vault": founded.vault,
        "folder": founded.folder,
        "user": founded.login,
        "fingerprint": founded.fingerprint,
        "recovery_kit": kit_json(founded.kit, recovery_file),
    }
    out = invocation.out
    out.show(value, lambda: _say(out, founded, recovery_file))
    out.next_step(f"callrec login {user}")


def _say(out: Output, founded: NewVault, file: Path | None) -> None:
    out.say(f'The vault of {founded.practice} is in "{founded.folder}".')
    say_kit(out, founded.kit, file)
