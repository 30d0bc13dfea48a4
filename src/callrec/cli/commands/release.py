"""release: hand over what was granted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from callrec.cli import options
from callrec.cli.commands.requests.decide import Clips, Silences, typed_edits
from callrec.cli.commands.volumes import OnVolume
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, practice_of, signing_person
from callrec.cli.prompts import ask_channel
from callrec.errors import Unusable
from callrec.package.manifest import WhyNotEnclosed
from callrec.policy.handing_over import Channel, Delivery, PackageForm, ReleaseInstructions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from callrec.cli.output import Output
    from callrec.cli.prompts import Prompts
    from callrec.package.manifest import Manifest
    from callrec.release.release import Released

release_app = new_app()


@release_app.command()
def release(
    ctx: Context,
    request: options.Reference,
    *,
    to: options.To,
    form: options.ReleaseForm = PackageForm.ZIP,
    clip: Clips = None,
    silence: Silences = None,
    fit: Fit = None,
    deliver_by: options.DeliverBy = None,
    passphrase_by: options.PassphraseBy = None,
    name_subject: NamesSubject = False,
    exhibit: ExhibitLabel = "",
    medium_serial: MediumSerial = "",
    on_volume: OnVolume = None,
) -> None:
    """Hand over everything that was granted to you under a request, as a sealed package.

    It holds each recording as the telephone system made it, a copy that any player plays, a
    certificate, and what proves all of it without callrec. 7-Zip opens a zip, any browser opens
    the html, with the passphrase, which is shown once and kept nowhere. Where something is clipped
    or silenced the original stays here. What was granted is then used up: a second copy is a
    second approval.
    """
    from callrec.release.release import check_is_folder, preparing_release

    call = ctx.obj
    check_is_folder(to)
    delivery = Delivery(
        deliver_by or _ask(call.prompts, "How will the package go out", "--deliver-by"),
        passphrase_by or _ask(call.prompts, "And its passphrase", "--passphrase-by"),
    )
    directions = ReleaseInstructions(
        delivery=delivery,
        form=form,
        edits=typed_edits(clip, silence),
        max_bytes=fit,
        exhibit=exhibit,
        medium_serial=medium_serial,
        names_subject=name_subject,
    )
    with preparing_release():
        practice = practice_of(call, on_volume)
        actor = signing_person(call, practice)
        from callrec.release.release import release_recordings

        with call.out.progress("reading and writing", total=None) as advance:
            done = release_recordings(
                practice, actor, request, to=to, directions=directions, advance=advance
            )
    call.out.show(released_json(done), lambda: say_released(call.out, done))


def _ask(prompts: Prompts, what: str, option: str) -> Channel | None:
    return ask_channel(prompts, what, option=option) if prompts.possible else None


_OPENS_WITH = {
    PackageForm.ZIP: (
        "7-Zip, Keka or The Unarchiver opens it with the passphrase.",
        "Windows alone does not.",
    ),
    PackageForm.HTML: ("Any browser opens it with the passphrase, without a network.",),
}

_NOT_ENCLOSED = {
    WhyNotEnclosed.EDITED: "Edited, so their originals stay here",
    WhyNotEnclosed.SIZE: "Too large, so their originals stay here",
}


def released_json(done: Released) -> dict[str, object]:
    """One document for programs."""
    enclosed = _enclosed(done.manifest)
    return {
        "path": done.path,
        "form": done.form,
        "passphrase": done.passphrase,
        "recordings": [
            {"id": number, "sha256_original": original, "sha256_enclosed": enclosed[number]}
            for number, original in _originals(done.manifest).items()
        ],
        "sha256": done.sha256,
        "audit_seq": done.seq,
    }


def say_released(out: Output, done: Released) -> None:
    """The same for people, and what comes next."""
    manifest = done.manifest
    out.say(f"{done.reference} is released: {done.path}")
    out.say(f"Recordings enclosed: {_numbers(_originals(manifest))}")
    for why, said in _NOT_ENCLOSED.items():
        left_out = [each.recording for each in manifest.not_enclosed if each.why is why]
        if left_out:
            out.say(f"{said}: {_numbers(left_out)}")
    if manifest.withheld:
        out.say(f"Withheld: {_numbers(each.recording for each in manifest.withheld)}")
    # What is copied or read out has a line of its own, which no terminal breaks.
    out.say("SHA-256 of the file:")
    out.say(f"  {done.sha256}")
    out.say("Passphrase, shown this once:")
    out.say(f"  {done.passphrase}")
    out.say("Let it go another way than the package.")
    for line in _OPENS_WITH[done.form]:
        out.say(line)
    say_so = f"callrec request event {done.reference} handed-over --on DATE --by"
    which = "" if done.is_first else f" --release {manifest.release[:8]}"
    out.say(f"next: {say_so} {done.package_by or 'WAY'} --to-whom WHO{which}")


def _originals(manifest: Manifest) -> Mapping[int, str]:
    """SHA-256 of each recording's original, by its number, enclosed or not."""
    enclosed = {file.recording: file.made_from or file.sha256 for file in manifest.files}
    return dict(sorted(enclosed.items()))


def _enclosed(manifest: Manifest) -> Mapping[int, str]:
    """SHA-256 of what stands for each recording: its original, or else the copy."""
    from callrec.package.manifest import FileRole

    files = sorted(manifest.files, key=lambda file: file.role is FileRole.ORIGINAL)
    return {file.recording: file.sha256 for file in files}


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)


_SIZE = re.compile(r"([0-9]{1,6})(?:\.([0-9]))? ?(k|m|g)(i?)b?", re.IGNORECASE)

_POWERS = {"k": 1, "m": 2, "g": 3}


def read_size(text: str) -> int:
    """Bytes, from ``25MB`` or ``1.5 GB``: thousands; ``25MiB`` counts in 1,024s."""
    found = _SIZE.fullmatch(text.strip())
    size = _bytes(found) if found else 0
    if not size:
        raise Unusable("a size is given as 25MB", hint="a number and kB, MB or GB")
    return size


def _bytes(found: re.Match[str]) -> int:
    unit: int = (1024 if found[4] else 1000) ** _POWERS[found[3].lower()]
    return int(found[1]) * unit + int(found[2] or 0) * unit // 10


Fit = Annotated[
    int | None,
    typer.Option(
        "--fit",
        metavar="SIZE",
        parser=read_size,
        help="Make the package no larger than this: 25MB goes through NHSmail.",
    ),
]

ExhibitLabel = Annotated[
    str,
    typer.Option(
        "--exhibit", metavar="REF", help="For an outside body: what the exhibit is called, DW/1."
    ),
]

MediumSerial = Annotated[
    str,
    typer.Option(
        "--medium-serial",
        metavar="TEXT",
        help="For an outside body: the serial number of the drive or disc that goes out.",
    ),
]

NamesSubject = Annotated[
    bool,
    typer.Option(
        "--name-subject", help="Name the data subject on the certificate; else it names nobody."
    ),
]
