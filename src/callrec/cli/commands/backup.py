"""``callrec backup``: a sealed copy of the catalogue, while people work with it."""

from __future__ import annotations

import shlex

from callrec.cli.commands.elsewhere import confirm_on_vaults_disk, warn_on_vaults_disk
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context
from callrec.cli.options import commands as options
from callrec.cli.options import recovering
from callrec.cli.options import volumes as volume_options
from callrec.cli.who import practice_of, signing_person

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
