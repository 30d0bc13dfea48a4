"""``callrec release``: hand over what was granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.cli.channels import ask_channel
from callrec.cli.commands.release_view import released_json, say_released
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options.edits import Clips, Silences, typed_edits
from callrec.cli.options.releasing import ExhibitLabel, Fit, MediumSerial, NamesSubject
from callrec.cli.options.volumes import OnVolume
from callrec.cli.who import practice_of, signing_person
from callrec.policy.handing_over import Channel, Delivery, PackageForm, ReleaseInstructions

if TYPE_CHECKING:
    from callrec.cli.prompts import Prompts

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
    from callrec.release.release import check_is_folder, loading, preparing_release

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
        with loading():
            actor = signing_person(call, practice)
        from callrec.release.release import release_recordings

        with call.out.progress("reading and writing", total=None) as advance:
            done = release_recordings(
                practice, actor, request, to=to, directions=directions, advance=advance
            )
    call.out.show(released_json(done), lambda: say_released(call.out, done))


def _ask(prompts: Prompts, what: str, option: str) -> Channel | None:
    return ask_channel(prompts, what, option=option) if prompts.possible else None
