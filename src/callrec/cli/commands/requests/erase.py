"""erase: destroy, and what is owed; its certificate."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_of, signing_person
from callrec.cli.output import Output
from callrec.dataclass import dataclass
from callrec.errors import DoneInPart, Unusable
from callrec.policy.clause import Law
from callrec.system.shell import quoted
from callrec.views.words import counted, facts

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.retention.destroy import Destruction, DestructionItem

erase_app = new_app()


@erase_app.command()
def erase(
    ctx: Context,
    request: options.Reference,
    *,
    volumes: options.OnVolumes = None,
    to: options.CertificateTo = None,
    foresee: DestructionDryRun = False,
    yes: options.Yes = False,
) -> None:
    """Destroy what an approved request for erasure covers: keys, files, index, archive copies.

    What was withheld at the approval stays, under its exemption. If an archive drive is not
    attached, attach it later and run the same command again, or archive to it. When every drive is
    done, --to writes the certificate.
    """
    from callrec.retention.erase import preview_erasure

    destroy_as_approved(
        ctx.obj, request, ERASING, preview_erasure, volumes=volumes, to=to, dry_run=foresee, yes=yes
    )


@dataclass(frozen=True, slots=True)
class DestructionCommand:
    """How a destruction is carried out."""

    command: str
    """What is typed, but for the request."""
    kept_under: Law
    """By what is kept that was asked for."""


ERASING: Final = DestructionCommand("callrec request erase", Law.ERASURE)

DISPOSING: Final = DestructionCommand("callrec retention dispose", Law.RECORDS_CODE)


def destroy_as_approved(
    invocation: Invocation,
    request: str,
    carrying_out: DestructionCommand,
    preview: Callable[[Practice, Actor, str], Sequence[DestructionItem]],
    *,
    volumes: Sequence[Path] | None,
    to: Path | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Show what would be destroyed, or destroy it once that was confirmed."""
    from callrec.registers.verify import check_vault
    from callrec.retention.erase import carry_out, is_carried_out
    from callrec.views.destroyed import disposal_lines, erasure_lines

    if to is not None and not os.path.isdir(to):  # noqa: PTH112  # Path.is_dir raises where no folder can be
        raise Unusable("there is no such folder to write to", hint="make it, or name another")
    practice, out = practice_of(invocation), invocation.out
    actor = signing_person(invocation, practice)
    found = find_attached_volumes(practice, volumes or [])
    if not is_carried_out(practice, actor, request):
        items = preview(practice, actor, request)
        if dry_run:
            value = {"id": request, "recordings": [each.recording for each in items]}
            lines = erasure_lines if carrying_out is ERASING else disposal_lines
            out.show(value, lines(items))
            out.next_step(f"{carrying_out.command} {request}")
            return
        invocation.prompts.confirm(f"destroy {counted(len(items), 'recording')}", yes=yes)
    with out.progress("destroying", total=None) as advance:
        done = carry_out(
            practice, actor, request, preview, volumes=found, check=check_vault, advance=advance
        )
    show_destruction(
        out, practice, actor, done, reference=request, to=to, carrying_out=carrying_out
    )


def find_attached_volumes(practice: Practice, named: Sequence[Path]) -> tuple[Path, ...]:
    """The folders of volumes that are attached: those that were named, and those that are found."""
    from callrec.archive.attached import attached_volumes
    from callrec.volume.volume import open_volume

    found = (*attached_volumes(practice).values(), *map(open_volume, named))
    return tuple({os.path.realpath(volume.at): volume.at for volume in found}.values())


def show_destruction(
    out: Output,
    practice: Practice,
    actor: Actor,
    done: Destruction,
    *,
    reference: str,
    to: Path | None,
    carrying_out: DestructionCommand,
) -> None:
    """Show how far a destruction has come, and write its certificate if it is done."""
    from callrec.package.destroyed import certificate_json
    from callrec.retention.certificate import certify, kept_under
    from callrec.retention.certified import issue_certificate  # fpdf2: 200 ms
    from callrec.views.destroyed import destroyed_lines

    certificate = certify(practice, reference, done)
    kept = kept_under(practice, reference)
    value = {
        "id": reference,
        "certificate": done.certificate,
        "recordings": done.destroyed,
        "kept": [{"id": number, "code": code} for number, code in kept.items()],
        **facts(done, "owed"),
        "undone": [{"volume": label, "why": why} for label, why in done.undone],
        "done": certificate is not None,
        **facts(done, "released_to"),
        "person": done.person or None,
        "document": certificate_json(certificate) if certificate else None,
    }
    out.show(value, destroyed_lines(reference, done, kept, carrying_out.kept_under))
    if certificate and to:
        written = issue_certificate(practice, actor, certificate, to)
        out.note(f'the certificate is signed and written: "{written}"')
    elif to is not None:
        out.note("no certificate is written yet: that is done once nothing is owed")
    if done.undone:
        raise volume_not_erased(done.undone[0][0])
    if certificate and to:
        out.next_step(f"callrec audit verify-release {quoted(to / certificate.reference)}")
    else:
        out.next_step(_next(f"{carrying_out.command} {reference}", done, to))
    if certificate and carrying_out is ERASING:
        out.next_step(f"callrec request letter {reference} --kind erased")


def volume_not_erased(label: str) -> DoneInPart:
    """What ends a command that could not erase what is owed on a volume that is attached."""
    return DoneInPart(
        f'drive "{label}" stays as it is, and something is to be erased there',
        hint="callrec archive verify DIR names all that is wrong with a drive",
    )


def _next(command: str, done: Destruction, to: Path | None) -> str:
    if done.owed:
        first = next(iter(done.owed))
        certificate = "" if to is None else f" --to {quoted(to)}"
        return f'attach "{first}", then {command} --drive DIR{certificate}'
    return (
        f"{command} --to DIR, which writes the certificate"
        if to is None
        else "callrec audit verify"
    )


DestructionDryRun = Annotated[
    bool, options.plain("--dry-run", "Say what would be destroyed; destroy nothing.")
]
