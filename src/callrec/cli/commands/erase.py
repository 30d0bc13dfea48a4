"""``callrec erase``: destroy what an approved request for erasure grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli.commands.destroyed_view import find_attached_volumes, show_destruction
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options.destroying import CertificateTo, DestructionDryRun, OnVolumes
from callrec.cli.output import counted
from callrec.cli.who import practice_of, signing_person

if TYPE_CHECKING:
    from callrec.cli.invocation import Invocation
    from callrec.practice import Actor, Practice

erase_app = new_app()


@erase_app.command()
def erase(
    ctx: Context,
    request: options.Reference,
    *,
    volumes: OnVolumes = None,
    to: CertificateTo = None,
    foresee: DestructionDryRun = False,
    yes: options.Yes = False,
) -> None:
    """Destroy what an approved request for erasure grants: keys, files, index, archive copies.

    What was withheld when it was approved stays, under its exemption. A volume that is not attached
    owes its part: give the same command again when it is, or archive to it. Once nothing is owed,
    --to writes the certificate.
    """
    from callrec.retention.erase import erase as erase_recordings
    from callrec.retention.erase import is_carried_out

    call = ctx.obj
    practice = practice_of(call)
    actor = signing_person(call, practice)
    if not is_carried_out(practice, request):
        to_destroy = _foreseen(call, practice, actor, request, is_all=foresee)
        if foresee:
            return
        call.prompts.confirm(f"destroy {to_destroy}", yes=yes)
    found = find_attached_volumes(practice, volumes or [])
    with call.out.progress("destroying", total=None) as advance:
        done = erase_recordings(practice, actor, request, volumes=found, advance=advance)
    show_destruction(call.out, practice, request, done, to)


def _foreseen(
    call: Invocation, practice: Practice, actor: Actor, request: str, *, is_all: bool
) -> str:
    """What would be destroyed, in words; shown, too, if that is all that was asked."""
    from callrec.retention.erase import preview_erasure

    to_destroy = preview_erasure(practice, actor, request)
    numbers = [each.recording for each in to_destroy]
    words = counted(len(numbers), "recording")
    if is_all:
        listed = ", ".join(map(str, numbers))
        value = {"id": request, "recordings": numbers}
        call.out.show(value, lambda: call.out.say(f"Would destroy {words}: {listed}."))
        call.out.next_step(f"callrec erase {request}")
    return words
