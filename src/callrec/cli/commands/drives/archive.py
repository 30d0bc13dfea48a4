"""archive, backup: copy to an external drive."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from callrec.cli import options
from callrec.cli.commands.drives import volumes
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, approver_if_any, practice_of, signing_person
from callrec.cli.output import Output
from callrec.dataclass import dataclass
from callrec.errors import CallrecError, DoneInPart, Failed, NotFound, Tampered, Unusable
from callrec.policy.days import short_date
from callrec.policy.words import some_of
from callrec.system.shell import A_DRIVE, quoted
from callrec.views.words import counted, facts

if TYPE_CHECKING:
    from callrec.archive.run import Archived
    from callrec.archive.survey import VolumeReport
    from callrec.calls.trial import KeyTrial
    from callrec.practice import Actor, Practice

    Sample: TypeAlias = tuple[KeyTrial, int]

archive_app = new_app()


@archive_app.callback(invoke_without_command=True)
def archive(
    ctx: Context,
    *,
    to: options.ArchiveTo = None,
    older_than: options.OlderThan = None,
    before: options.Before = None,
    label: options.Label = None,
    remove_local: volumes.RemoveLocal = False,
    yes: volumes.OnThisDisk = False,
) -> None:
    """Copy recordings to an external drive, check the copies, and keep the recordings here.

    Recordings that are on the drive already are not copied again. The copy of the catalogue is
    renewed each time, so that the drive alone can restore the vault. If a run is cut short, run the
    command again.
    """
    if ctx.invoked_subcommand is not None:
        return
    from callrec.archive.run import archive_recordings
    from callrec.registers.verify import check_vault

    if to is None:
        raise Unusable(
            "no drive or folder is given to archive to", hint=f"callrec archive --to {A_DRIVE}"
        )
    practice = practice_of(ctx.obj)
    limit = _cutoff(practice, older_than, before)
    label = _label_of(ctx.obj, practice, to, label, what="new drive", yes=yes or remove_local)
    done = archive_recordings(
        practice,
        signing_person(ctx.obj, practice),
        to,
        check=check_vault,
        started_before=limit,
        label=label,
        removes=remove_local,
    )
    _show_archived(ctx.obj.out, practice, done)
    ctx.obj.out.next_step(f"callrec archive verify {quoted(to)}")


def _cutoff(practice: Practice, older_than: str | None, before: str | None) -> datetime | None:
    """Before when a recording must have begun; None: no limit."""
    from callrec.archive.run import archive_cutoff
    from callrec.practice import today

    on, zone = today(practice), practice.settings.time_zone
    return archive_cutoff(older_than=older_than, before=before, today=on, zone=zone)


def _show_archived(out: Output, practice: Practice, done: Archived) -> None:
    out.show(_archived_json(done), _archived_lines(done))
    if done.out_of_reach:
        out.note(
            f"{counted(done.out_of_reach, 'recording')} on other drives only: attach these too,"
            " to have them copied"
        )
    if done.on_vaults_disk:
        _warn_on_vaults_disk(out, done.label)
    if done.removed is not None and done.removed.too_few_copies:
        out.note(
            f"{counted(done.removed.too_few_copies, 'recording stays', 'recordings stay')} here"
            f" until {practice.settings.archive.copies} drives have a copy: archive to another one"
        )
        for label in done.removed.not_counted:
            out.note(f'"{label}" is not counted: it lies on the vault\'s own disk')
    if done.unsound:
        raise DoneInPart(
            f"damaged or missing here, and so not copied: recording {some_of(done.unsound)}",
            hint="callrec practice doctor --repair --from DIR fetches them from a drive that has"
            " them",
        )


archive_app.command("list")(volumes.list_)

archive_app.command()(volumes.keep)

archive_app.command()(volumes.lost)

archive_app.command()(volumes.found)


def _archived_json(done: Archived) -> Mapping[str, Any]:
    value = {
        "volume": done.label,
        "bag": done.bag or None,
        "recordings": done.recordings,
        "bytes": done.size_bytes,
        "verified": True,
        **facts(done, "out_of_reach", "unsound", "erased", "on_vaults_disk"),
    }
    if done.removed is None:
        return value
    return {
        **value,
        "removed": done.removed.recordings,
        "freed_bytes": done.removed.size_bytes,
        **facts(done.removed, "too_few_copies", "not_counted"),
    }


def _archived_lines(done: Archived) -> Iterator[str]:
    from callrec.views.volumes import size_in_words

    if done.erased:
        yield f"Erased there first: {counted(done.erased, 'destroyed recording')}."
    if done.bag:
        size = size_in_words(done.size_bytes)
        what = f"{counted(done.recordings, 'recording')}, {size}"
        yield f'{what}, copied to "{done.label}", read back and compared.'
        yield f"Bag {done.bag}; the copy of the catalogue there is new, checked and opened."
    else:
        if not done.unsound:
            yield f'Nothing to copy: "{done.label}" holds all that was asked for.'
        yield "The copy of the catalogue there is new, checked and opened."
    if done.removed is not None and done.removed.recordings:
        size = size_in_words(done.removed.size_bytes)
        what = counted(done.removed.recordings, "recording")
        yield f"{what} removed here, {size}; copies are on drives."


@archive_app.command()
def verify(ctx: Context, *, folders: volumes.VolumeFolders = None) -> None:
    """Read archive drives back and compare them with the audit log; needs no login.

    If you may approve requests, some of the recordings are also opened, held ones first. If an
    erasure is still to be done on a drive, it is done first, and needs your password. If the drive
    cannot be written, the reply says so.

    The drive that was not checked for the longest time comes first. Damaged, missing and extra
    files are named, and the exit status is then 5.
    """
    from callrec.archive.survey import longest_unverified_first

    practice = practice_of(ctx.obj)
    every = folders or _attached_folders(practice)
    approver = approver_if_any(ctx.obj, practice)
    checked = [
        _check_volume(ctx.obj, practice, at, approver)
        for at in longest_unverified_first(practice, every)
    ]
    out, lines = ctx.obj.out, (line for each in checked for line in _checked_lines(each))
    if folders is not None and len(folders) == 1:
        out.show(_checked_json(checked[0]), lines)
    else:
        out.show_items([_checked_json(each) for each in checked], lines)
        _note_not_attached(out, practice, {each.report.label for each in checked})
    _end_verify(checked)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What came of one volume."""

    report: VolumeReport
    sample: Sample | None
    """Recordings that were opened; None: nobody was there who may."""
    not_erased: tuple[CallrecError, ...]
    """Why an erasure is owed there yet."""


def _check_volume(
    invocation: Invocation, practice: Practice, at: Path, approver: Actor | None
) -> _Checked:
    from callrec.archive.sampling import open_sample
    from callrec.archive.survey import count_bags, verify_volume
    from callrec.volume.volume import open_volume

    not_erased = _erase_first(invocation, practice, at)
    with invocation.out.progress("reading bags", total=count_bags(at)) as advance:
        report = verify_volume(practice, at, advance)
    sample = open_sample(practice, approver, open_volume(at)) if approver else None
    return _Checked(report, sample, not_erased)


def _attached_folders(practice: Practice) -> list[Path]:
    from callrec.archive.attached import attached_volumes

    every = [volume.at for volume in attached_volumes(practice).values()]
    if not every:
        raise NotFound(
            "no drive of this vault is found attached",
            hint=f"attach one, or give its folder: callrec archive verify {A_DRIVE}",
        )
    return every


def _end_verify(checked: Sequence[_Checked]) -> None:
    """Name the first of what is wrong, for the exit status."""
    for fault in (fault for each in checked for fault in each.report.faults):
        raise Tampered(
            f"the drive's {fault.path}: {fault.what}",
            hint="keep the drive as it is, archive to another one and tell the Data Controller",
        )
    for tried, _ in filter(None, (each.sample for each in checked)):
        tried.check()
    for problem in (problem for each in checked for problem in each.not_erased):
        raise DoneInPart(f"an erasure is owed yet: {problem.message}", hint=problem.hint)


def _erase_first(invocation: Invocation, practice: Practice, at: Path) -> tuple[CallrecError, ...]:
    """Erase and sign for what a volume owes of an erasure; returns why that could not be done.

    Such a volume is read all the same: what is wrong there is to be named.
    """
    from callrec.archive.erase import erase_owed, owes_erasure_at

    if not owes_erasure_at(practice, at):
        return ()
    from callrec.registers.verify import check_vault

    actor = signing_person(invocation, practice)
    try:
        with invocation.out.progress("erasing what is owed", total=None) as advance:
            erased = erase_owed(practice, actor, at, check=check_vault, advance=advance)
    except (Tampered, Failed, NotFound) as problem:
        invocation.out.note(f"not erased there: {problem.message}")
        return (problem,)
    if erased:
        invocation.out.note(f"erased first: {counted(erased, 'destroyed recording')}")
    return ()


def _checked_json(checked: _Checked) -> Mapping[str, Any]:
    from callrec.archive.survey import FaultKind

    report, (tried, _) = checked.report, checked.sample or (None, 0)
    return {
        "volume": report.label,
        "ok": not report.faults,
        "checked": report.checked,
        "opened": tried.opened if tried else None,
        "tried": tried.of if tried else None,
        **{kind: report.paths(kind) for kind in FaultKind},
        "problems": [facts(fault, "path", "what") for fault in report.faults],
    }


def _checked_lines(checked: _Checked) -> Iterator[str]:
    report, (tried, there) = checked.report, checked.sample or (None, 0)
    read = f"{counted(report.checked, 'recording')} in {counted(report.bags, 'bag')} read back"
    if report.faults:
        yield f'"{report.label}" is not as it was written; {read}:'
        yield from (f"{fault.kind}: {fault.path}: {fault.what}" for fault in report.faults)
    else:
        yield f'"{report.label}" is as it was written: {read} and compared.'
    if tried and tried.of:
        lie = "that should be there" if report.faults else "there"
        yield f"Opened with their keys: {tried.opened} of {tried.of} tried, of {there} {lie}."


def _note_not_attached(out: Output, practice: Practice, verified: Collection[str]) -> None:
    from callrec.archive.volumes import list_volumes

    for each in list_volumes(practice):
        if each.label not in verified and each.at is None:
            when = (
                f"verified {short_date(each.verified_at)}" if each.verified_at else "never verified"
            )
            out.note(f'"{each.label}" is not attached: {when} by you')


backup_app = new_app()


@backup_app.command()
def backup(
    ctx: Context, *, to: BackupTo, label: options.Label = None, yes: volumes.OnThisDisk = False
) -> None:
    """Put a sealed copy of the catalogue into a folder, and keep the copy before it.

    It has everything except the recordings' own files: people, requests, keys, the record of all
    that was done. Anyone who may approve requests can open it, and so can the recovery kit. callrec
    archive also writes such a copy; this is for the days between.
    """
    from callrec.archive.run import back_up
    from callrec.registers.verify import check_vault

    practice = practice_of(ctx.obj)
    label = _label_of(ctx.obj, practice, to, label, what="backup", yes=yes)
    done = back_up(practice, signing_person(ctx.obj, practice), to, check=check_vault, label=label)
    out = ctx.obj.out
    value = {"volume": done.label, "copied_at": done.copied_at, "bytes": done.size_bytes}
    value |= facts(done, "on_vaults_disk")
    size = f"{done.size_bytes / 1000:,.1f} kB"
    out.show(value, f'The catalogue, {size}, is sealed in "{done.label}", checked and opened.')
    if done.on_vaults_disk:
        _warn_on_vaults_disk(out, done.label)
    out.next_step(f"callrec archive verify {quoted(to)}")


BackupTo = Annotated[Path, options.valued("--to", "DIR", "A folder of another disk or machine.")]


def _label_of(
    invocation: Invocation, practice: Practice, to: Path, label: str | None, *, what: str, yes: bool
) -> str | None:
    """What a new volume is to be called, asked for if its folder has no name that would do.

    It asks, too, before one is made on the vault's own disk, with which it would be lost: the
    folder where a drive is mounted is there without the drive (`archive.attached`).
    """
    from callrec.archive.plan import is_on_this_disk, needs_label

    prompts = invocation.prompts
    if label is None and needs_label(to):
        label = prompts.ask(f"Label of the {what}", option="--label LABEL")
    if not yes and is_on_this_disk(practice, to):
        if not prompts.possible:
            raise Unusable(
                "that folder lies on the vault's own disk: a copy there is lost with it",
                hint="is the drive attached? if not, attach it; if it is meant so, give --yes",
            )
        prompts.confirm(
            "That folder lies on the vault's own disk. Copy to it all the same?", yes=False
        )
    return label


def _warn_on_vaults_disk(out: Output, label: str) -> None:
    out.note(f'"{label}" lies on the vault\'s own disk: it is not a copy elsewhere')
