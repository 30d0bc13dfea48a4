"""The practice's rules: a version for programs, and what a file would change in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callrec.office.settings import ProposedSettings, ShownSettings
from callrec.system.toml import toml_lines
from callrec.views.words import facts


def settings_json(shown: ShownSettings) -> dict[str, Any]:
    """A version of the settings for programs."""
    return {**facts(shown, "version", "entry", "at", "by"), "settings": shown.settings.as_json()}


def settings_file(shown: ShownSettings) -> str:
    """A version of the settings, as the file that would make it."""
    return "\n".join(toml_lines(shown.settings.as_toml()))


def changes_json(proposed: ProposedSettings) -> dict[str, Any]:
    """What a file would change, for programs."""
    return facts(proposed, "changes", "remarks")


def change_lines(proposed: ProposedSettings) -> Sequence[str]:
    """What a file would change, a line for each key."""
    return [change.words for change in proposed.changes] or ["It changes nothing."]


def in_force_line(applied: ShownSettings) -> str:
    """That a version is in force now."""
    return f"Version {applied.version} is in force, which is entry {applied.entry}."
