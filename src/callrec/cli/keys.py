"""``callrec keys``: the vault's keys and who holds them."""

from __future__ import annotations

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.kit import ask_kit, kit_file, kit_json, say_kit
from callrec.cli.options import recovering
from callrec.cli.who import practice_of, signing
from callrec.crypto.kit import read_kit
from callrec.errors import Tampered
from callrec.procedures.found import KIT_LOGIN
from callrec.procedures.keys import audit_keys, list_keys
from callrec.procedures.kit import check_kit, make_new_kit

app = new_app()
kit_app = new_app()
app.add_typer(kit_app, name="kit")


@kit_app.callback()
def kit() -> None:
    """Make a new recovery kit, or check what was typed of one."""


@kit_app.command()
def new(
    ctx: Context,
    *,
    to: recovering.NewKitFile = None,
    recovery_shares: recovering.RecoveryShares = None,
) -> None:
    """Make a new recovery kit; the one before opens nothing any more.

    The keys of the vault go on under new versions, so that whoever found the old page opens nothing
    that is sealed from now on.
    """
    practice = practice_of(ctx.obj)
    actor = signing(ctx.obj, practice)
    with kit_file(to) as keep:
        made = make_new_kit(practice, actor, split=recovery_shares is not None, keep=keep)
    out = ctx.obj.out
    value = {"serial": made.serial, "recovery_kit": kit_json(made, to)}
    out.show(value, lambda: say_kit(out, made, to))
    out.next_step("callrec recovery drill, and destroy the pages of the kit before")


@kit_app.command()
def check(ctx: Context) -> None:
    """Check that the words are those of the vault's recovery kit; opens and records nothing.

    What is mistyped is named. callrec recovery drill proves more: that they open the vault.
    """
    typed = ask_kit(ctx.obj.prompts)
    practice = practice_of(ctx.obj)
    check_kit(practice, read_kit(typed))
    serial = len(practice.register.kits) + 1
    out = ctx.obj.out
    out.show({"serial": serial}, lambda: out.say(f"These are the words of recovery kit {serial}."))


@app.command("list")
def list_(ctx: Context) -> None:
    """Every key of the vault, its versions and who holds a share. Opens nothing.

    recordings: opens the sound. catalogue: opens names and numbers. audit: opens what the record
    seals. index: finds calls without opening them.
    """
    keys = list_keys(practice_of(ctx.obj))
    out = ctx.obj.out
    rows = [(k.key, k.version, "" if k.newest else "old", ", ".join(k.holders)) for k in keys]
    out.show_items(
        [
            {"key": k.key, "version": k.version, "newest": k.newest, "holders": list(k.holders)}
            for k in keys
        ],
        lambda: out.table(("key", "version", "", "held by"), rows),
    )


@app.command()
def audit(ctx: Context) -> None:
    """Prove that each share is sealed by and to somebody entitled, and to nobody else.

    A share of a power that was lent and has ended is listed until its keys are renewed.
    """
    problems = audit_keys(practice_of(ctx.obj))
    out = ctx.obj.out
    values = [
        {"key": p.key, "version": p.version, "user": p.login, "what": p.what} for p in problems
    ]

    def text() -> None:
        for problem in problems:
            out.say(f"{problem.key} {problem.version}, {problem.login}: {problem.what}")
        if not problems:
            out.say("Each share is sealed to whom it should be, by somebody entitled.")

    out.show_items(values, text)
    wrong = [problem for problem in problems if problem.is_tampering]
    if wrong:
        raise Tampered(f"{len(wrong)} shares are not as they should be")
    lent = [problem.login for problem in problems if problem.login != KIT_LOGIN]
    if lent:
        out.next_step(f"callrec user delegate {lent[0]} --power POWER --end")
