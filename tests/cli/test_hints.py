"""Each command that a refusal of the policy names is one that can be typed, with its options."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from callrec.cli.app import Commands
from cli.promises import in_full, promises
from policy.test_refusals import CATALOGUE

HINTS = {deed: entry.hint for deed, entry in CATALOGUE.items() if "callrec " in entry.hint}


def can_be_typed(words: list[str]) -> bool:
    """Whether a line is understood: the command, its options, and no word too many."""
    first, *rest = words
    command: Any = Commands.command_of(first)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    if default := getattr(command, "default", ""):
        command = command.commands[default]
    context = command.context_class(command, info_name=first)
    _, left, _ = command.make_parser(context).parse_args(args=[*rest])
    return not left


@pytest.mark.parametrize("deed", HINTS)
def test_a_command_that_a_refusal_names_can_be_typed(deed: str) -> None:
    named = [*promises(f"callrec: hint: {HINTS[deed]}", "dora")]
    for promise in named:
        assert can_be_typed([w for w in in_full(promise, "dora", {}) if w != "--yes"]), promise


def test_an_option_or_a_word_too_many_is_seen() -> None:
    with pytest.raises(typer.TyperException):
        can_be_typed(["approve", "R-1", "--nobody"])
    assert can_be_typed(["hold", "show", "H-1"])
    assert not can_be_typed(["hold", "show", "H-1", "H-2"])
