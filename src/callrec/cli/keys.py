"""``callrec keys``: the vault's keys and who holds them."""

from __future__ import annotations

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.who import practice_of
from callrec.errors import Tampered
from callrec.procedures.keys import audit_keys, list_keys

app = new_app()


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
    if problems:
        out.next_step(f"callrec user delegate {problems[0].login} --power POWER --end")
