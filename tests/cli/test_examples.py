"""Help teaches: examples that the command itself takes, a purpose's own options, other words."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from callrec.cli import app
from callrec.cli.commands.requests.particulars import FURTHER, PURPOSE_MEANINGS
from callrec.cli.examples import EXAMPLES, examples_of
from callrec.cli.invocation import Invocation
from callrec.policy.further import QUESTIONS
from callrec.policy.purpose import TERMS, Purpose

COMMAND_LINE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"


def _paths(command: Any, path: str) -> Iterator[str]:
    yield path
    for name, each in getattr(command, "commands", {}).items():
        yield from _paths(each, f"{path} {name}")


PATHS = [
    "callrec",
    *(
        path
        for section in app.SECTIONS.values()
        for name in section
        for path in _paths(app.Commands.command_of(name), f"callrec {name}")
    ),
]


def test_examples_are_of_commands_that_there_are() -> None:
    assert {f"callrec {path}".strip() for path in EXAMPLES} - set(PATHS) == set()


@pytest.mark.parametrize("path", PATHS)
def test_each_command_has_three_examples_that_it_takes(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLREC_USER", "jsmith")  # a terminal would ask
    examples = list(examples_of(path))
    assert len(set(examples)) == 3
    for line in examples:
        assert len(f"  {line}") <= 80
        assert line.startswith(path)
        _parse(line)


def _parse(line: str) -> None:
    """Read a line as its command does, and do nothing."""
    _, *words = shlex.split(line)
    if not words or words[0] == "help" or words[-1] == "--help":
        return
    root: Any = get_command(app.app)
    context = root.make_context("callrec", words, obj=Invocation(now=lambda: datetime.now(UTC)))
    path: list[str] = root.meant(words[0])
    name, *rest = [*path, *words[1:]]
    command = root.loaded(name)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    command.make_context(name, rest, parent=context)


def test_help_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["approve", "-h"]) == 0
    said = capsys.readouterr().out
    assert "Examples:\n  callrec approve R-17\n" in said
    assert app.run(["help", "approve"]) == 0
    assert capsys.readouterr().out == said
    assert app.run(["help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: callrec [OPTIONS] COMMAND")


def test_common_tasks_stand_first_and_at_most_24_commands_follow(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["--help"]) == 0
    tasks, _, rest = capsys.readouterr().out.partition("To begin:")
    assert "Common tasks:" in tasks
    assert sum(map(len, app.SECTIONS.values())) <= 24
    assert rest.index("  audit ") < rest.index("Options:")
    for line in app.COMMON_TASKS.values():
        _parse(f"callrec {line}")


@pytest.mark.parametrize("purpose", PURPOSE_MEANINGS)
def test_help_for_a_purpose_shows_its_own_options(
    purpose: Purpose, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["request", "create", purpose, "--help"]) == 0
    words = capsys.readouterr().out.split()
    shown = {each for each in FURTHER if QUESTIONS[each].option.split()[0] in words}
    assert shown == set(TERMS[purpose].further)


@pytest.mark.parametrize("word", app.ALIASES)
def test_where_people_look_they_find_it(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([word, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: callrec {app.ALIASES[word].split()[0]}")


@pytest.mark.parametrize("name", app.Commands.moved())
def test_an_old_name_is_still_taken(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([name, "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"Usage: callrec {app.Commands.moved()[name]} ")
    assert said.err == ""


def test_an_old_name_says_so_on_a_terminal() -> None:
    said = _said_on_a_terminal("settings")
    assert said.startswith('"callrec settings" is now "callrec practice settings"')


@pytest.mark.parametrize("name", app.KEPT)
def test_a_name_that_is_on_paper_stays_and_the_reference_lists_it(name: str) -> None:
    assert _said_on_a_terminal(name) == "."
    row = f"| `{name}` | `callrec {app.Commands.moved()[name]}` |"
    assert row in COMMAND_LINE.read_text(encoding="utf-8").splitlines()


def _said_on_a_terminal(name: str) -> str:
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "callrec", name, "--help"],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        check=True,
    )
    os.write(theirs, b".")  # else there might be nothing to read
    return os.read(ours, 200).decode()


@pytest.mark.parametrize("typed", ["", " ", "request list"])
def test_what_is_typed_in_quotes_is_one_word(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run([typed]) == 2
    assert "there is no such command" in capsys.readouterr().err
