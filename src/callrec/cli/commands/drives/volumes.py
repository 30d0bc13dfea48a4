"""archive list, keep, lost, found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.commands.concerns import incident as incident_options
from callrec.cli.invocation import (
    Context,
    acting_person,
    acting_person_if_any,
    practice_and_actor,
    practice_of,
    signing_person,
)
from callrec.cli.layout import Table
from callrec.cli.options import VolumeFolder, valued
from callrec.system.shell import quoted
from callrec.views.incidents import read_noticed
from callrec.views.words import counted, facts, local_day, local_time

if TYPE_CHECKING:
    from callrec.archive.volumes import ListedVolume, LostVolume, VolumeKeeper


def list_(ctx: Context) -> None:
    """List every archive drive, attached or not.

    If you are logged in and may search, you see who has each and where it is. That is recorded.
    """
    from callrec.archive.volumes import keepers_of_volumes, list_volumes
    from callrec.views.volumes import volume_json

    practice = practice_of(ctx.obj)
    actor = acting_person_if_any(ctx.obj, practice)
    kept = keepers_of_volumes(practice, actor) if actor else {}
    volumes, zone = list_volumes(practice), practice.settings.time_zone
    headers = ("drive", "recordings", "size", "last written", "last verified", "now")

    def words() -> Iterator[str | Table]:
        yield Table(headers, [_row(each, zone) for each in volumes])
        for each in volumes:
            yield from _lines(each, kept.get(each.volume), zone)

    ctx.obj.out.show_items([volume_json(each, kept.get(each.volume)) for each in volumes], words())


def keep(ctx: Context, label: VolumeLabel, *, by: KeptBy = None, at: KeptAt = None) -> None:
    """Record who has an archive drive and where it is; kept sealed."""
    from callrec.archive.volumes import VolumeKeeper, record_volume_keeper

    ask = ctx.obj.prompts.ask
    kept = VolumeKeeper(
        by or ask("Who has it", option="--with NAME"),
        at or ask("Where it lies", option="--at PLACE"),
    )
    practice = practice_of(ctx.obj)
    record_volume_keeper(practice, acting_person(ctx.obj, practice), label, kept)
    value = {"volume": label, "with": kept.by, "at": kept.place}
    ctx.obj.out.show(value, f'"{label}" is with {kept.by}, at {kept.place}.')
    ctx.obj.out.next_step("callrec archive list")


def lost(
    ctx: Context,
    label: VolumeLabel,
    *,
    noticed: incident_options.Noticed = None,
    tell: incident_options.WhomToTell = None,
) -> None:
    """Report that an archive drive is lost: an incident is made, with the calls that were on it.

    Its copies no longer count. If it comes back, count them again: callrec archive found
    """
    from callrec.archive.volumes import LossReport, report_lost

    when = noticed or ctx.obj.prompts.ask(
        "When was it noticed (a time, or now)", option="--noticed TIME"
    )
    practice = practice_of(ctx.obj)
    loss = LossReport(label=label, noticed_at=read_noticed(when, practice), tell=tell)
    done = report_lost(practice, signing_person(ctx.obj, practice), loss)
    value = {
        "volume": done.label,
        "incident": done.incident.reference,
        **facts(done.incident, "told", "due_at"),
        **facts(done, "recordings", "without_copy"),
    }
    ctx.obj.out.show(value, _lost_lines(done, practice.settings.time_zone))
    ctx.obj.out.next_step(f"callrec incident show {done.incident.reference}")


def found(ctx: Context, folder: VolumeFolder) -> None:
    """Count the copies on a lost archive drive again, after all of it is read back."""
    from callrec.archive.survey import count_bags
    from callrec.archive.volumes import report_found

    practice, actor = practice_and_actor(ctx.obj)
    out = ctx.obj.out
    with out.progress("reading bags", total=count_bags(folder)) as advance:
        report = report_found(practice, actor, folder, advance)
    read = counted(report.checked, "recording")
    line = f'"{report.label}" is as it was written and in use again: {read}.'
    out.show({"volume": report.label, "checked": report.checked}, line)
    out.next_step(f"callrec archive --to {quoted(folder)}")


def _row(each: ListedVolume, zone: tzinfo) -> tuple[object, ...]:
    from callrec.views.volumes import size_in_words, where_now

    return (
        *(each.label, each.recordings, size_in_words(each.size_bytes)),
        local_day(each.written_at, zone),
        local_day(each.verified_at, zone) if each.verified_at else "never by you",
        where_now(each),
    )


def _lines(each: ListedVolume, kept: VolumeKeeper | None, zone: tzinfo) -> Iterator[str]:
    parts = [
        f"with {kept.by}, at {kept.place}" if kept else "",
        f"serial {each.serial}" if each.serial else "",
        "on the vault's own disk: no copy elsewhere" if each.on_vaults_disk else "",
        "" if each.at else f"last seen {local_day(each.seen_at, zone)}",
    ]
    if any(parts):
        yield f"{each.label}:"
    yield from (f"  {part}" for part in parts if part)


def _lost_lines(done: LostVolume, zone: tzinfo) -> Iterator[str]:
    ends = local_time(done.incident.due_at, zone)
    text = f"{done.incident.reference} is made, {done.incident.told} is told"
    yield f'"{done.label}" is reported lost: {text}.'
    yield f"72 hours end {ends}. On it: {counted(len(done.recordings), 'call')}."
    if done.without_copy:
        yield f"Nowhere else: {counted(len(done.without_copy), 'recording')}."
    else:
        yield "Each of them is in the vault or on another drive too."


VolumeLabel = Annotated[
    str, options.named("LABEL", "Which archive drive: its label, as callrec archive list shows it.")
]

KeptBy = Annotated[str | None, valued("--with", "NAME", "Who has the drive.")]

KeptAt = Annotated[str | None, valued("--at", "PLACE", "Where it is: the fire safe.")]

RemoveLocal = Annotated[
    bool,
    options.plain(
        "--remove-local",
        "Then remove here what is on enough archive drives, once this one is read back again.",
    ),
]

OnThisDisk = Annotated[
    bool,
    options.plain(
        "--yes", "Do not ask before the vault's own disk is used as a new archive drive."
    ),
]

VolumeFolders = Annotated[
    list[Path] | None,
    options.named("[DIR]...", "Folders that were archived to; otherwise all that are attached."),
]
