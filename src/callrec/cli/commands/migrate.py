"""``callrec migrate``: bring a vault of an older callrec to the newest schema."""

from __future__ import annotations

from callrec.cli.groups import new_app
from callrec.cli.invocation import Context

migrate_app = new_app()


@migrate_app.command()
def migrate(ctx: Context) -> None:
    """Bring a vault that an older callrec wrote to the newest schema.

    The catalogue as it was is put beside it first, sealed, and callrec restore --from gives it
    back. It is all done or nothing is. Delete the copy once you have seen that all is well: what is
    erased later stays in it.
    """
    from callrec.restore.migrate import migrate_vault

    call, out = ctx.obj, ctx.obj.out
    done = migrate_vault(call.config, now=call.now, environ=call.environ)
    value = {"before": done.before, "after": done.after, "copy": done.copy}

    def text() -> None:
        if done.copy is None:
            out.say(f"The vault has schema {done.after}, the newest.")
            return
        out.say(f"The vault had schema {done.before} and has {done.after} now.")
        out.say(f'The catalogue as it was is sealed in "{done.copy}".')

    out.show(value, text)
    if done.copy:
        out.next_step("callrec audit verify, and delete the copy once all is well")
