"""``callrec recovery``: try the recovery kit, or use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli.commands.kit import ask_kit, kit_file, kit_json, say_kit
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options import recovering
from callrec.cli.who import practice_of

if TYPE_CHECKING:
    from callrec.keys.kit_use import KitDrill

recovery_app = new_app()

NEW_PASSWORD_FILE = "CALLREC_NEW_PASSWORD_FILE"  # noqa: S105  # the variable's name


@recovery_app.command()
def drill(ctx: Context) -> None:
    """Prove that the recovery kit opens the vault; show nothing of what it opens.

    Do this once a year, and put the kit into a new envelope. The words are asked for, or are in the
    file that CALLREC_KIT_FILE names. It needs no login.
    """
    from callrec.keys.kit_use import drill_kit

    typed = ask_kit(ctx.obj.prompts)
    done = drill_kit(practice_of(ctx.obj), typed)
    value = {"keys": done.keys, "recording": done.recording, "file": done.file}
    out = ctx.obj.out
    out.show(value, lambda: out.say(f"The kit opens the vault: {_opened(done)}."))


def _opened(done: KitDrill) -> str:
    keys = f"{done.keys} keys"
    if not done.recording:
        return f"{keys}; there is no recording yet to try it on"
    where = (
        "the newest recording" if done.file else "the newest recording's key, whose file is away"
    )
    return f"{keys}, and with them {where}. Nothing was shown"


@recovery_app.command()
def use(
    ctx: Context,
    *,
    user: recovering.NewController,
    name: options.FullName,
    recovery_file: options.RecoveryFile = None,
    recovery_shares: recovering.RecoveryShares = None,
) -> None:
    """Make a new Data Controller with the recovery kit, where nobody's password opens the vault.

    The kit is used up by it, and a new one is printed. Whoever could open the vault before still
    can: see to that next, with callrec user list and callrec user disable.
    """
    from callrec.keys.kit_use import NewController, check_new_login, use_kit
    from callrec.login.locks import LENGTH_RULE_FOR_CONTROLLER

    call, out = ctx.obj, ctx.obj.out
    practice = practice_of(call)
    check_new_login(practice, user)
    typed = ask_kit(call.prompts)
    password = call.prompts.ask_new_password(
        f"A password for {user} ({LENGTH_RULE_FOR_CONTROLLER})", file_variable=NEW_PASSWORD_FILE
    )
    controller = NewController(user, name, password)
    with kit_file(recovery_file) as keep:
        kit = use_kit(practice, typed, controller, split=recovery_shares is not None, keep=keep)
    value = {"user": user, "recovery_kit": kit_json(kit, recovery_file)}

    def text() -> None:
        out.say(f"{user} is Data Controller. The kit is used up, and another takes its place.")
        say_kit(out, kit, recovery_file)

    out.show(value, text)
    out.note("keep the pages of the kit before as long as callrec status names a drive for them")
    out.next_step(f"callrec login {user}")
