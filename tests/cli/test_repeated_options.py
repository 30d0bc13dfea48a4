"""No option is passed over because it was typed twice: that is refused, or each value counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.core import TyperGroup

from callrec.cli import app
from house.commands import EVERY_COMMAND


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and subcommand, with the words that run it."""
    for name in EVERY_COMMAND:
        command = app.Commands.command_of(name)
        if isinstance(command, TyperGroup):
            yield from (((name, sub), each) for sub, each in command.commands.items())
        else:
            yield (name,), command


SINGLE = [
    (*words, next(name for name in option.opts if name.startswith("--")))
    for words, command in commands()
    for option in command.params
    if option.param_type_name == "option" and not (option.is_flag or option.multiple)
]
"""Each command's options that have one value."""


@pytest.mark.parametrize("words", SINGLE, ids=" ".join)
def test_an_option_of_one_value_is_not_taken_twice(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    *command, option = words
    assert app.run([*command, option, "1", f"{option}=2"]) == 2
    assert f"{option} is given more than once" in capsys.readouterr().err
