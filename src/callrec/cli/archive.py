"""``callrec archive``: copy recordings to an external drive, and check what is there."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation
from callrec.cli.who import practice_of, signing
from callrec.errors import Tampered, Unusable
from callrec.practice import today
from callrec.procedures.archive import archive_recordings
from callrec.procedures.archive_limit import limit_of
from callrec.procedures.archive_plan import needs_label
from callrec.procedures.archive_survey import FaultKind
from callrec.procedures.archive_verify import count_bags, list_volumes, verify_volume

if TYPE_CHECKING:
    from datetime import datetime, tzinfo
    from pathlib import Path

    from callrec.cli.output import Output
    from callrec.procedures.archive import Archived
    from callrec.procedures.archive_verify import VolumeReport

MB, KB = 1_000_000, 1_000

app = new_app()


@app.callback(invoke_without_command=True)
def archive(
    ctx: Context,
    *,
    to: options.ArchiveTo = None,
    older_than: options.OlderThan = None,
    before: options.Before = None,
    label: options.Label = None,
) -> None:
    """Copy recordings to an external drive, read back and compared, and keep them here.

    What is on the drive already is not copied again; its copy of the catalogue is made anew each
    time, so that the drive alone can give the vault back.
    """
    if ctx.invoked_subcommand is not None:
        return
    if to is None:
        raise Unusable("where to archive to is not said", hint="callrec archive --to /mnt/external")
    _archive(ctx.obj, to, (older_than, before), label)


def _archive(
    invocation: Invocation, to: Path, limit: tuple[str | None, str | None], label: str | None
) -> None:
    practice = practice_of(invocation)
    older_than, before = limit
    started_before = limit_of(
        older_than=older_than,
        before=before,
        today=today(practice),
        zone=practice.config.time_zone,
    )
    if label is None and needs_label(to):
        label = invocation.prompts.ask("Label of the new volume", option="--label LABEL")
    actor = signing(invocation, practice)
    done = archive_recordings(practice, actor, to, started_before=started_before, label=label)
    value = {
        "volume": done.label,
        "bag": done.bag or None,
        "recordings": done.recordings,
        "bytes": done.size_bytes,
        "verified": True,
    }
    invocation.out.show(value, lambda: _say_archived(invocation.out, done))
    invocation.out.next_step(f"callrec archive verify {shlex.quote(str(to))}")


def _say_archived(out: Output, done: Archived) -> None:
    if done.bag:
        what = f"{_count(done.recordings, 'recording')}, {_size(done.size_bytes)}"
        out.say(f'{what}, copied to "{done.label}", read back and compared.')
        out.say(f"Bag {done.bag}; the copy of the catalogue there is new.")
    else:
        out.say(f'Nothing to copy: "{done.label}" holds all that was asked for.')
        out.say("The copy of the catalogue there is new.")


@app.command("list")
def list_(ctx: Context) -> None:
    """Every volume that was archived to, attached or not."""
    practice = practice_of(ctx.obj)
    volumes = list_volumes(practice)
    zone = practice.config.time_zone
    out = ctx.obj.out
    values = [
        {
            "volume": each.label,
            "last_written": each.written_at,
            "bags": each.bags,
            "recordings": each.recordings,
            "bytes": each.size_bytes,
            "last_verified": each.verified_at,
        }
        for each in volumes
    ]
    rows = [
        (
            each.label,
            _local(each.written_at, zone),
            each.recordings,
            _size(each.size_bytes),
            _local(each.verified_at, zone) if each.verified_at else "never by you",
        )
        for each in volumes
    ]
    headers = ("volume", "last written", "recordings", "size", "last verified")
    out.show_items(values, lambda: out.table(headers, rows))


def _local(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


@app.command()
def verify(ctx: Context, *, volume: options.VolumeFolder) -> None:
    """Read all of a volume back and hold it against the audit log; needs no login.

    Damaged, missing or extra: each is named, and the exit status is 5.
    """
    practice = practice_of(ctx.obj)
    out = ctx.obj.out
    with out.progress("reading bags", total=count_bags(volume)) as advance:
        report = verify_volume(practice, volume, advance)
    value = {
        "ok": not report.faults,
        "checked": report.checked,
        "damaged": report.paths(FaultKind.DAMAGED),
        "missing": report.paths(FaultKind.MISSING),
        "extra": report.paths(FaultKind.EXTRA),
        "problems": [{"path": fault.path, "what": fault.what} for fault in report.faults],
    }
    out.show(value, lambda: _say_report(out, report))
    if report.faults:
        first = report.faults[0]
        raise Tampered(
            f"the volume's {first.path}: {first.what}",
            hint="keep the drive as it is, archive to another one and tell the Data Controller",
        )


def _say_report(out: Output, report: VolumeReport) -> None:
    read = f"{_count(report.checked, 'recording')} in {_count(report.bags, 'bag')} read back"
    if report.faults:
        out.say(f'"{report.label}" is not as it was written; {read}:')
        for fault in report.faults:
            out.say(f"{fault.kind}: {fault.path}: {fault.what}")
    else:
        out.say(f'"{report.label}" is as it was written: {read} and compared.')


def _size(size_bytes: int) -> str:
    if size_bytes >= MB:
        return f"{size_bytes / MB:,.1f} MB"
    return f"{size_bytes / KB:,.1f} kB"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
