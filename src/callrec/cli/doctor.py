"""``callrec doctor``: check this machine and this vault."""

from __future__ import annotations

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.who import practice_of
from callrec.errors import Tampered
from callrec.procedures.doctor import Level, examine
from callrec.procedures.status import count_recordings

app = new_app()


@app.command()
def doctor(ctx: Context, *, full: options.Thorough = False) -> None:
    """Check this machine and this vault, and say what to do about what is wrong.

    Opens nothing and changes nothing. Without --full each sealed file is there and of its size;
    with it, each is read and compared with its checksum, at the speed of the disk.
    """
    practice = practice_of(ctx.obj)
    out = ctx.obj.out
    with out.progress("looking", total=count_recordings(practice)) as advance:
        found = tuple(examine(practice, ctx.obj.environ, full=full, done=advance))

    def text() -> None:
        for finding in found:
            out.say(f"{finding.level:8} {finding.what}")
            if finding.hint:
                out.say(f"{'':8} -> {finding.hint}")

    out.show_items(
        [{"level": f.level, "what": f.what, "hint": f.hint or None} for f in found], text
    )
    damage = [finding for finding in found if finding.level is Level.DAMAGE]
    if damage:
        raise Tampered(damage[0].what, hint=damage[0].hint)
