"""release: hand over what was granted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.commands.requests.sitting import Sitting
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of, signing_person
from callrec.cli.prompts import Prompts, ask_channel
from callrec.dataclass import asdict, replace
from callrec.package.manifest import FileRole
from callrec.policy.handing_over import Channel, Delivery, PackageForm, ReleaseInstructions
from callrec.system.processes import interruptible
from callrec.views.typed import read_size
from callrec.views.words import facts

if TYPE_CHECKING:
    from callrec.release.release import Released

release_app = new_app()


@release_app.command()
def release(
    ctx: Context,
    requests: options.References,
    *,
    to: options.To,
    form: options.ReleaseForm = PackageForm.ZIP,
    clip: options.Clips = None,
    silence: options.Silences = None,
    fit: Fit = None,
    deliver_by: options.DeliverBy = None,
    passphrase_by: options.PassphraseBy = None,
    name_subject: NamesSubject = False,
    exhibit: ExhibitLabel = "",
    medium_serial: MediumSerial = "",
    on_volume: options.OnVolume = None,
) -> None:
    """Hand over everything that was granted to you under a request, as a sealed package.

    The package has each recording as the telephone system made it, and a copy that any player
    plays. It also has a certificate, and proof that people can check without callrec. 7-Zip opens a
    zip and any browser opens the html, with the passphrase. The passphrase is shown once and kept
    nowhere. If you clip or silence a recording, its original stays here. The grant is then used up:
    a second copy needs a second approval.

    With several requests, each has its own package and passphrase. You give your password once.
    """
    from callrec.release.preparing import check_is_folder

    sitting = Sitting(ctx.obj, requests, done="released")
    sitting.check_of_one(clip=clip, silence=silence, exhibit=exhibit)
    check_is_folder(to)
    delivery = _delivery(ctx.obj.prompts, deliver_by, passphrase_by)
    edits = options.typed_edits(clip, silence)
    package = ReleaseInstructions(delivery=delivery, form=form, edits=edits, max_bytes=fit)
    labelled = replace(package, exhibit=exhibit, medium_serial=medium_serial)
    directions = replace(labelled, names_subject=name_subject)
    _release(ctx.obj, sitting, to, directions, on_volume)


def _delivery(
    prompts: Prompts, package_by: Channel | None, passphrase_by: Channel | None
) -> Delivery:
    """How it goes out: as was typed, or asked for where there is a terminal."""

    def way(what: str, option: str, other: Channel | None) -> Channel | None:
        if not prompts.possible:
            return None
        return ask_channel(prompts, what, option=option, other_than=other)

    package_by = package_by or way("How will the package go out", "--deliver-by", passphrase_by)
    passphrase_by = passphrase_by or way("And its passphrase", "--passphrase-by", package_by)
    return Delivery(package_by, passphrase_by)


def _release(
    call: Invocation,
    sitting: Sitting,
    to: Path,
    directions: ReleaseInstructions,
    drives: Sequence[Path] | None,
) -> None:
    """Make each package; what that needs is loaded while the vault is opened."""
    from callrec.release.preparing import preparing_release

    with preparing_release():
        practice = practice_of(call, drives)
        actor = signing_person(call, practice)
        from callrec.release.release import release_recordings

        for reference in sitting.references:
            with sitting.on(reference), interruptible() as hold_back:
                with call.out.progress("reading and writing", total=None) as advance:
                    done = release_recordings(
                        practice,
                        actor,
                        reference,
                        to=to,
                        directions=directions,
                        advance=advance,
                        hold_back=hold_back,
                    )
                _show(sitting, done)
    sitting.end()


def _show(sitting: Sitting, done: Released) -> None:
    # What stands for each recording: its original, or else the copy.
    files = sorted(done.manifest.files, key=lambda file: file.role is FileRole.ORIGINAL)
    enclosed = {file.recording: file.sha256 for file in files}
    originals = {file.recording: file.made_from or file.sha256 for file in files}
    value = {
        "request": done.reference,
        **facts(done, "path", "form", "passphrase"),
        "recordings": [
            {"id": each, "sha256_original": originals[each], "sha256_enclosed": enclosed[each]}
            for each in sorted(originals)
        ],
        **facts(done, "sha256", "audit_seq"),
        "time": done.stamped.stamp and asdict(done.stamped.stamp.time),
        "time_missing": done.stamped.why_not or None,
    }
    sitting.show(done.reference, value, _lines(done))


def _lines(done: Released) -> Iterator[str]:
    """What was released, and what comes next."""
    from callrec.views.release import OPENS_WITH, enclosed_lines, stamp_lines

    yield f"{done.reference} is released: {done.path}"
    yield from enclosed_lines(done.manifest)
    yield from stamp_lines(done.stamped)
    # What is copied or read out has a line of its own, which no terminal breaks.
    yield "SHA-256 of the file:"
    yield f"  {done.sha256}"
    yield "Passphrase, shown this once:"
    yield f"  {done.passphrase}"
    yield "Send it separately, for example by phone."
    yield from OPENS_WITH[done.form]
    record_it = f"callrec request event {done.reference} handed-over --on DATE --by"
    which = "" if done.is_first else f" --release {done.manifest.release[:8]}"
    yield f"next: {record_it} {done.package_by or 'WAY'} --to-whom WHO{which}"


Fit = Annotated[
    int | None,
    options.valued(
        "--fit",
        "SIZE",
        "Make the package no larger than this: 25MB goes through NHSmail.",
        read_size,
    ),
]

ExhibitLabel = Annotated[
    str, options.valued("--exhibit", "REF", "For an outside body: the exhibit's reference, DW/1.")
]

MediumSerial = Annotated[
    str,
    options.valued(
        "--medium-serial",
        "TEXT",
        "For an outside body: the serial number of the drive or disc that goes out.",
    ),
]

NamesSubject = Annotated[
    bool,
    options.plain(
        "--name-subject", "Name the data subject on the certificate; otherwise it names nobody."
    ),
]
