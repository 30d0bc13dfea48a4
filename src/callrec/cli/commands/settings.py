"""settings: show, check, apply."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import (
    Context,
    Invocation,
    countersigning_person,
    practice_and_signer,
    practice_of,
)
from callrec.system.shell import quoted
from callrec.views.words import local_time

if TYPE_CHECKING:
    from callrec.office.settings import ProposedSettings

settings_app = new_app()


@settings_app.command()
def show(ctx: Context, *, entry: AtEntry = None) -> None:
    """Show the practice's rules, as a file for callrec practice settings apply. Needs no login.

    With --entry, show the rules that were in force at that entry of the record.
    """
    from callrec.office.settings import show_settings
    from callrec.views.settings import settings_file, settings_json

    practice = practice_of(ctx.obj)
    shown = show_settings(practice, entry)
    ctx.obj.out.show(settings_json(shown), settings_file(shown).split("\n"))
    at = local_time(shown.at, practice.settings.time_zone)
    ctx.obj.out.note(f"version {shown.version}, decided by {shown.by} on {at}, entry {shown.entry}")


@settings_app.command()
def check(ctx: Context, file: SettingsFile) -> None:
    """Show what a settings file would change, and change nothing. Needs no login.

    What the file does not name stays as it is.
    """
    from callrec.office.settings import propose_settings
    from callrec.views.settings import change_lines, changes_json

    proposed = propose_settings(practice_of(ctx.obj), file)
    ctx.obj.out.show(changes_json(proposed), change_lines(proposed))
    for remark in proposed.remarks:
        ctx.obj.out.note(remark)
    if proposed.changes:
        ctx.obj.out.next_step(
            f"the Data Controller runs callrec practice settings apply {quoted(file)}"
        )


@settings_app.command()
def apply(
    ctx: Context,
    file: SettingsFile,
    *,
    countersign: options.Countersign = None,
    yes: options.Yes = False,
) -> None:
    """Put a file's rules into force from now on; the Data Controller signs this.

    You first see what would change, and are asked. What the file does not name stays as it is, and
    the earlier rules stay on record.
    """
    from callrec.office.settings import apply_settings
    from callrec.views.settings import changes_json, in_force_line, settings_json

    practice, actor = practice_and_signer(ctx.obj)
    agreed: list[ProposedSettings] = []
    agree = partial(_agree, ctx.obj, agreed, yes=yes)
    second = countersigning_person(ctx.obj, practice, countersign) if countersign else None
    applied = apply_settings(practice, actor, file, agree, second=second)
    if applied is None:
        ctx.obj.out.show({"version": None, "changes": []}, "It changes nothing.")
    else:
        value = {**settings_json(applied), **changes_json(agreed[0])}
        ctx.obj.out.show(value, in_force_line(applied))


def _agree(
    call: Invocation, agreed: list[ProposedSettings], proposed: ProposedSettings, *, yes: bool
) -> None:
    """Ask whether what would change is wanted, and keep what was agreed to."""
    from callrec.views.settings import change_lines

    for line in (*change_lines(proposed), *proposed.remarks):
        call.out.note(line)
    call.prompts.confirm("Are these the practice's rules from now on?", yes=yes)
    agreed.append(proposed)


SettingsFile = Annotated[
    Path, options.named("FILE", "Settings, as settings.example.toml shows them.")
]

AtEntry = Annotated[
    int | None, options.valued("--entry", "N", "The rules in force at this entry of the record.")
]
