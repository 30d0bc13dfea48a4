"""``callrec doctor``: check this machine and this vault."""

from __future__ import annotations

from pathlib import Path

from callrec.cli.commands.fetched_view import check_all_fetched, fetched_json, say_not_fetched
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.cli.options import commands as options
from callrec.cli.options import restoring
from callrec.cli.output import counted
from callrec.cli.who import practice_of, signing_person
from callrec.errors import Tampered, Unusable

doctor_app = new_app()


@doctor_app.command()
def doctor(
    ctx: Context,
    *,
    full: options.FullCheck = False,
    repair: restoring.Repair = False,
    volumes: restoring.RepairFrom = None,
) -> None:
    """Check this machine and this vault, and say what to do about what is wrong.

    Opens nothing and changes nothing. Without --full each sealed file is there and of its size;
    with it, each is read and compared with its checksum, at the speed of the disk. With --repair,
    what is damaged or missing is fetched back from an archive volume.
    """
    from callrec.office.doctor import Level, examine
    from callrec.office.status import count_recordings

    if repair or volumes:
        _repair(ctx.obj, volumes or [], asked=repair)
        return
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


def _repair(invocation: Invocation, volumes: list[Path], *, asked: bool) -> None:
    from callrec.archive.fetch import count_files
    from callrec.restore.rebuild import open_volumes
    from callrec.restore.restore import repair_from_volumes

    if not volumes or not asked:
        raise Unusable(
            "--repair and --from belong together",
            hint="attach a volume: callrec doctor --repair --from /mnt/external",
        )
    opened = open_volumes(volumes)
    practice = practice_of(invocation)
    actor = signing_person(invocation, practice)
    out = invocation.out
    with out.progress("reading", total=sum(map(count_files, opened))) as advance:
        done = repair_from_volumes(practice, actor, opened, advance=advance)

    def text() -> None:
        out.say(f"{counted(done.fetched.recordings, 'recording')} fetched back.")
        say_not_fetched(out, done)

    out.show(fetched_json(done), text)
    out.next_step("callrec doctor --full")
    check_all_fetched(done)
