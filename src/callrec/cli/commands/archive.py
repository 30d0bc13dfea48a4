"""archive, backup: copy to an external drive."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from callrec.cli import options
from callrec.cli.commands import kit as recovering
from callrec.cli.commands import volumes
from callrec.cli.commands import volumes as volume_options
from callrec.cli.commands.volumes import size_in_words
from callrec.cli.facts import facts
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of, signing_person
from callrec.cli.output import counted
from callrec.errors import DoneInPart, Failed, NotFound, Tampered, Unusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from callrec.archive.run import Archived
    from callrec.archive.survey import VolumeReport
    from callrec.cli.output import Output
    from callrec.errors import CallrecError
    from callrec.practice import Practice

archive_app = new_app()


@archive_app.callback(invoke_without_command=True)
def archive(
    ctx: Context,
    *,
    to: options.ArchiveTo = None,
    older_than: options.OlderThan = None,
    before: options.Before = None,
    label: options.Label = None,
    remove_local: volume_options.RemoveLocal = False,
    yes: volume_options.OnThisDisk = False,
) -> None:
    """Copy recordings to an external drive, read back and compared, and keep them here.

    What is on the drive already is not copied again; its copy of the catalogue is made anew each
    time, so that the drive alone can give the vault back. A run that is cut off is gone on from by
    the next one.
    """
    from callrec.archive.plan import needs_label
    from callrec.archive.run import archive_cutoff
    from callrec.practice import today

    if ctx.invoked_subcommand is not None:
        return
    if to is None:
        raise Unusable("where to archive to is not said", hint="callrec archive --to /mnt/external")
    practice = practice_of(ctx.obj)
    limit = archive_cutoff(
        older_than=older_than, before=before, today=today(practice), zone=practice.config.time_zone
    )
    if label is None and needs_label(to):
        label = ctx.obj.prompts.ask("Label of the new volume", option="--label LABEL")
    confirm_on_vaults_disk(ctx.obj, practice, to, yes=yes or remove_local)
    _archive(ctx.obj, practice, to, limit, label=label, removes=remove_local)


archive_app.command("list")(volumes.list_)

archive_app.command()(volumes.keep)

archive_app.command()(volumes.lost)

archive_app.command()(volumes.found)


def _archive(
    invocation: Invocation,
    practice: Practice,
    to: Path,
    started_before: datetime | None,
    *,
    label: str | None,
    removes: bool,
) -> None:
    from callrec.archive.run import archive_recordings

    actor = signing_person(invocation, practice)
    done = archive_recordings(
        practice, actor, to, started_before=started_before, label=label, removes=removes
    )
    invocation.out.show(_archived_json(done), lambda: _say_archived(invocation.out, done))
    if done.out_of_reach:
        invocation.out.note(
            f"{counted(done.out_of_reach, 'recording')} on other volumes only: attach these too,"
            " to have them copied"
        )
    if done.on_vaults_disk:
        warn_on_vaults_disk(invocation.out, done.label)
    _say_what_stays(invocation.out, practice, done)
    invocation.out.next_step(f"callrec archive verify {shlex.quote(str(to))}")


def _archived_json(done: Archived) -> Mapping[str, Any]:
    value = {
        "volume": done.label,
        "bag": done.bag or None,
        "recordings": done.recordings,
        "bytes": done.size_bytes,
        "verified": True,
        **facts(done, "out_of_reach", "erased", "on_vaults_disk"),
    }
    if done.removed is None:
        return value
    return {
        **value,
        "removed": done.removed.recordings,
        "freed_bytes": done.removed.size_bytes,
        **facts(done.removed, "too_few_copies", "not_counted"),
    }


def _say_archived(out: Output, done: Archived) -> None:
    if done.erased:
        out.say(f"Erased there first: {counted(done.erased, 'destroyed recording')}.")
    if done.bag:
        what = f"{counted(done.recordings, 'recording')}, {size_in_words(done.size_bytes)}"
        out.say(f'{what}, copied to "{done.label}", read back and compared.')
        out.say(f"Bag {done.bag}; the copy of the catalogue there is new.")
    else:
        out.say(f'Nothing to copy: "{done.label}" holds all that was asked for.')
        out.say("The copy of the catalogue there is new.")
    if done.removed is not None and done.removed.recordings:
        what = counted(done.removed.recordings, "recording")
        out.say(
            f"{what} removed here, {size_in_words(done.removed.size_bytes)}; volumes have them."
        )


def _say_what_stays(out: Output, practice: Practice, done: Archived) -> None:
    if done.removed is not None and done.removed.too_few_copies:
        out.note(
            f"{counted(done.removed.too_few_copies, 'recording stays', 'recordings stay')} here"
            f" until {practice.config.archive.copies} drives have a copy: archive to another one"
        )
        for label in done.removed.not_counted:
            out.note(f'"{label}" is not counted: it lies on the vault\'s own disk')


@archive_app.command()
def verify(ctx: Context, *, folders: volume_options.VolumeFolders = None) -> None:
    """Read all of volumes back and hold them against the audit log; needs no login.

    Unless a volume owes an erasure: that is done first, and takes the password. Where it does not
    let it, that is told with what is found there.

    The one that was not verified for the longest time comes first. Damaged, missing or extra: each
    is named, and the exit status is 5.
    """
    from callrec.archive.attached import attached_volumes
    from callrec.archive.survey import longest_unverified_first

    practice = practice_of(ctx.obj)
    every = folders or [volume.at for volume in attached_volumes(practice).values()]
    if not every:
        raise NotFound(
            "no volume of this vault is found attached",
            hint="attach one, or give its folder: callrec archive verify /mnt/external",
        )
    reports: list[VolumeReport] = []
    not_erased: list[CallrecError] = []
    for at in longest_unverified_first(practice, every):
        not_erased += _erase_first(ctx.obj, practice, at)
        reports.append(_verify(ctx.obj, practice, at))
    out = ctx.obj.out

    def text() -> None:
        for report in reports:
            _say_report(out, report)

    if folders is not None and len(folders) == 1:
        out.show(_report_json(reports[0]), text)
    else:
        out.show_items([_report_json(report) for report in reports], text)
        _say_not_attached(out, practice, reports)
    _raise_first(reports)
    for problem in not_erased:
        raise DoneInPart(f"an erasure is owed yet: {problem.message}", hint=problem.hint)


def _verify(invocation: Invocation, practice: Practice, at: Path) -> VolumeReport:
    from callrec.archive.survey import count_bags, verify_volume

    with invocation.out.progress("reading bags", total=count_bags(at)) as advance:
        return verify_volume(practice, at, advance)


def _erase_first(
    invocation: Invocation, practice: Practice, at: Path
) -> tuple[Tampered | Failed | NotFound, ...]:
    """What is owed on a volume of an erasure comes before anything else, and is signed for.

    A volume that does not let it is read all the same: what is wrong there is to be named.
    """
    from callrec.archive.erase import erase_owed, owes_erasure_at

    if not owes_erasure_at(practice, at):
        return ()
    actor = signing_person(invocation, practice)
    try:
        with invocation.out.progress("erasing what is owed", total=None) as advance:
            erased = erase_owed(practice, actor, at, advance=advance)
    except (Tampered, Failed, NotFound) as problem:
        invocation.out.note(f"not erased there: {problem.message}")
        return (problem,)
    if erased:
        invocation.out.note(f"erased first: {counted(erased, 'destroyed recording')}")
    return ()


def _report_json(report: VolumeReport) -> Mapping[str, Any]:
    from callrec.archive.survey import FaultKind

    return {
        "volume": report.label,
        "ok": not report.faults,
        "checked": report.checked,
        "damaged": report.paths(FaultKind.DAMAGED),
        "missing": report.paths(FaultKind.MISSING),
        "extra": report.paths(FaultKind.EXTRA),
        "problems": [{"path": fault.path, "what": fault.what} for fault in report.faults],
    }


def _say_report(out: Output, report: VolumeReport) -> None:
    read = f"{counted(report.checked, 'recording')} in {counted(report.bags, 'bag')} read back"
    if report.faults:
        out.say(f'"{report.label}" is not as it was written; {read}:')
        for fault in report.faults:
            out.say(f"{fault.kind}: {fault.path}: {fault.what}")
    else:
        out.say(f'"{report.label}" is as it was written: {read} and compared.')


def _say_not_attached(out: Output, practice: Practice, reports: Sequence[VolumeReport]) -> None:
    from callrec.archive.volumes import list_volumes

    looked = {report.label for report in reports}
    for each in list_volumes(practice):
        if each.label not in looked and each.at is None:
            when = f"verified {each.verified_at:%Y-%m-%d}" if each.verified_at else "never verified"
            out.note(f'"{each.label}" is not attached: {when} by you')


def _raise_first(reports: Sequence[VolumeReport]) -> None:
    for report in reports:
        for first in report.faults:
            raise Tampered(
                f"the volume's {first.path}: {first.what}",
                hint="keep the drive as it is, archive to another one and tell the Data Controller",
            )


KB = 1_000

backup_app = new_app()


@backup_app.command()
def backup(
    ctx: Context,
    *,
    to: recovering.BackupTo,
    label: options.Label = None,
    yes: volume_options.OnThisDisk = False,
) -> None:
    """Put a sealed copy of the catalogue into a folder, in place of the one before.

    Everything but the recordings' own files: people, requests, keys, the record of all that was
    done. Anybody who may approve requests opens it, and so does the recovery kit. What archive
    writes has one as well; this is for the days between.
    """
    from callrec.archive.plan import needs_label
    from callrec.archive.run import back_up

    invocation = ctx.obj
    practice = practice_of(invocation)
    if label is None and needs_label(to):
        label = invocation.prompts.ask("Label of the backup", option="--label LABEL")
    confirm_on_vaults_disk(invocation, practice, to, yes=yes)
    done = back_up(practice, signing_person(invocation, practice), to, label=label)
    value = {
        "volume": done.label,
        "copied_at": done.copied_at,
        "bytes": done.size_bytes,
        "on_vaults_disk": done.on_vaults_disk,
    }
    size = f"{done.size_bytes / KB:,.1f} kB"
    out = invocation.out
    out.show(
        value, lambda: out.say(f'The catalogue, {size}, is sealed in "{done.label}", read back.')
    )
    if done.on_vaults_disk:
        warn_on_vaults_disk(out, done.label)
    out.next_step(f"callrec archive verify {shlex.quote(str(to))}")


# What is asked and said where a copy would lie on the vault's own disk, and is lost with it.
#
# The folder where a drive is mounted is there without the drive too (`archive.attached`).


def confirm_on_vaults_disk(
    invocation: Invocation, practice: Practice, to: Path, *, yes: bool
) -> None:
    """Ask before a new volume is made on the vault's own disk: perhaps no drive is attached."""
    from callrec.archive.plan import is_on_this_disk

    if yes or not is_on_this_disk(practice, to):
        return
    if not invocation.prompts.possible:
        raise Unusable(
            "that folder lies on the vault's own disk: a copy there is lost with it",
            hint="is the drive attached? if not, attach it; if it is meant so, give --yes",
        )
    question = "That folder lies on the vault's own disk. Copy to it all the same?"
    invocation.prompts.confirm(question, yes=False)


def warn_on_vaults_disk(out: Output, label: str) -> None:
    """Say of a volume that was written to that it is no copy elsewhere."""
    out.note(f'"{label}" lies on the vault\'s own disk: it is no copy elsewhere')
