"""settings: show, check, apply."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callrec.cli import options
from callrec.cli.groups import new_app
from callrec.cli.invocation import Context, Invocation, practice_and_signer, practice_of
from callrec.cli.output import Output
from callrec.views.words import facts, local_time

if TYPE_CHECKING:
    from callrec.office.settings import ProposedSettings, ShownSettings

settings_app = new_app()


@settings_app.command()
def show(ctx: Context, *, entry: AtEntry = None) -> None:
    """Show the practice's rules, as a file for callrec practice settings apply. Needs no login.

    With --entry, show the rules that were in force at that entry of the record.
    """
    from callrec.office.settings import show_settings
    from callrec.system.toml import toml_lines

    practice = practice_of(ctx.obj)
    shown = show_settings(practice, entry)
    lines = "\n".join(toml_lines(shown.settings.as_toml())).split("\n")
    ctx.obj.out.show(_json(shown), lines)
    at = local_time(shown.at, practice.settings.time_zone)
    ctx.obj.out.note(f"version {shown.version}, decided by {shown.by} on {at}, entry {shown.entry}")


@settings_app.command()
def check(ctx: Context, file: SettingsFile) -> None:
    """Show what a settings file would change, and change nothing. Needs no login.

    What the file does not name stays as it is.
    """
    from callrec.office.settings import propose_settings

    proposed = propose_settings(practice_of(ctx.obj), file)
    ctx.obj.out.show(_changes_json(proposed), _lines(proposed))
    for remark in proposed.remarks:
        ctx.obj.out.note(remark)
    if proposed.changes:
        ctx.obj.out.next_step(
            f"the Data Controller runs callrec practice settings apply {shlex.quote(str(file))}"
        )


@settings_app.command()
def apply(ctx: Context, file: SettingsFile, *, yes: options.Yes = False) -> None:
    """Put a file's rules into force from now on; the Data Controller signs this.

    You first see what would change, and are asked. What the file does not name stays as it is, and
    the earlier rules stay on record.
    """
    from callrec.office.settings import apply_settings

    practice, actor = practice_and_signer(ctx.obj)
    agreed: list[ProposedSettings] = []
    agree = partial(_agree, ctx.obj, agreed, yes=yes)
    applied = apply_settings(practice, actor, file, agree)
    _show_applied(ctx.obj.out, applied, agreed)


def _agree(
    call: Invocation, agreed: list[ProposedSettings], proposed: ProposedSettings, *, yes: bool
) -> None:
    """Ask whether what would change is wanted, and keep what was agreed to."""
    for line in (*_lines(proposed), *proposed.remarks):
        call.out.note(line)
    call.prompts.confirm("Are these the practice's rules from now on?", yes=yes)
    agreed.append(proposed)


def _show_applied(
    out: Output, applied: ShownSettings | None, agreed: Sequence[ProposedSettings]
) -> None:
    if applied is None:
        out.show({"version": None, "changes": []}, "It changes nothing.")
    else:
        words = f"Version {applied.version} is in force, which is entry {applied.entry}."
        out.show({**_json(applied), **_changes_json(agreed[0])}, words)


def _json(shown: ShownSettings) -> dict[str, Any]:
    return {**facts(shown, "version", "entry", "at", "by"), "settings": shown.settings.as_json()}


def _changes_json(proposed: ProposedSettings) -> dict[str, Any]:
    return facts(proposed, "changes", "remarks")


def _lines(proposed: ProposedSettings) -> Iterable[str]:
    if not proposed.changes:
        return ("It changes nothing.",)
    return [change.words for change in proposed.changes]


SettingsFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Settings, as settings.example.toml shows them.")
]

AtEntry = Annotated[
    int | None,
    typer.Option("--entry", metavar="N", help="The rules in force at this entry of the record."),
]
