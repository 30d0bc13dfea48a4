"""Help teaches: examples that the command itself takes, a purpose's own options, other words."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_command

from callrec.cli import app
from callrec.cli.commands.requests.particulars import FURTHER
from callrec.cli.examples import EXAMPLES, examples_of
from callrec.cli.invocation import Invocation
from callrec.policy.further import QUESTIONS
from callrec.policy.purpose import TERMS, Purpose
from callrec.views.requests.particulars import PURPOSE_MEANINGS
from house.commands import done, type_in
from house.complaints import a_complaint
from house.incidents import an_incident
from house.practices import House
from house.requests import a_request, further_of
from house.stages import BUSY, copied

busy = copied(BUSY)

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


def _parse(line: str) -> Any:
    """Read a line as its command does, and do nothing; returns that command."""
    _, *words = shlex.split(line)
    if not words or words[0] == "help" or words[-1] == "--help":
        return None
    root: Any = get_command(app.app)
    context = root.make_context("callrec", words, obj=Invocation(now=lambda: datetime.now(UTC)))
    path: list[str] = root.meant(words[0])
    name, *rest = [*path, *words[1:]]
    command = root.loaded(name)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    command.make_context(name, rest, parent=context)
    return command


SAID: Final = re.compile(
    r" --(?!to|from|vault|keep|config|cdr|csv|pdf|against|drive|json|dry|credential|password"
    r"|recovery|bundle|map)[a-z-]+ [^-\s]| (acknowledged|extend|claim|manager|partner)\b"
)
"""In a line: a value that its command reads, and no place of a file."""

ELSEWHERE: Final = re.compile(
    r"callrec (demo|init|config|practice recovery|request due|status --all|audit witness) "
)
"""What is about no practice that there is, or many, or takes a kit on paper."""

THERE: Final = {
    r"(?<=release )R-17": "R-1",
    r"R-1\d\b": "R-2",
    r"\b1042\b|\b17(?= --subject)": "1",
    r"\b1043\b": "2",
    r"\b([SHICN])-[23]\b": r"\1-1",
    r"--subject 3\b": "--subject S-1",
    r"(?<=delegate )jsmith\b": "sam",
    r"(?<!user add )jsmith\b": "mia",
    r"\badoe\b": "max",
    r"/mnt/": "",
}
"""What the practice below has, in the place of what stands in an example."""

MAKERS: Final = {"callrec release": "sam", "callrec request amend": "mia"}
"""Who does it there: R-1 was granted to sam, and mia asked for R-2."""

GOES_ON: Final = re.compile(
    # A terminal asks for it.
    r"is missing|does not say|no terminal to ask on|needs a reason or a request|reason to look"
    r"|second person has to sign|own disk"
    # It stands otherwise with it, here.
    r"|the request is \w+ and cannot be|nothing sets a day|nothing was granted|no letter about"
    r"|is no search to be reviewed|is not lent|nothing was found that|no such batch"
    r"|notice is in force|is already acknowledged|login is taken|brings that power already"
    r"|has been released|is no file and no folder|does not ask for that recording"
)
"""What may be answered but that it is done: the command has read all that was typed."""


def test_what_an_example_says_is_taken_by_its_command(busy: House) -> None:
    """Dates, numbers, reasons and the rest are read by the work, and not only by the options."""
    for name in ("external", "stick", "packages", "done"):
        (busy.folder / name).mkdir()
    external = str(busy.folder / "external")
    done(busy, "max", "archive", "--to", external, "--label", "archive-1", "--yes")
    lines = [line for path in PATHS for line in examples_of(path) if SAID.search(line)]
    lines = [line for line in dict.fromkeys(lines) if not ELSEWHERE.match(line)]
    assert len(lines) > 80
    refused = []
    with chdir(busy.folder):
        for line in lines:
            yes = ["--yes"] * any("--yes" in each.opts for each in _parse(line).params)
            typed = line
            for said, there in THERE.items():
                typed = re.sub(said, there, typed)
            who = next((MAKERS[each] for each in MAKERS if line.startswith(each)), "dora")
            answer = type_in(busy, who, *shlex.split(typed)[1:], *yes)
            if answer.status and not GOES_ON.search(answer.err):
                refused.append(f"{line}: {answer.err}")
    assert not refused, "\n".join(refused)


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


@pytest.mark.parametrize("kind", sorted({*Purpose} - {*PURPOSE_MEANINGS}))
def test_help_for_a_kind_with_a_command_of_its_own_is_that_of_all(
    kind: Purpose, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["request", "create", "--help"]) == 0
    of_all = capsys.readouterr().out
    assert app.run(["request", "create", kind, "--help"]) == 0
    assert capsys.readouterr().out == of_all


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


NAMED: Final = re.compile(r"\b([RHIC])-\d+\b")


@pytest.mark.parametrize("login", ["pat", "max"])
def test_no_command_tells_what_is_kept_from_somebody_from_what_there_is_not(
    stocked: House, login: str
) -> None:
    """R-1 is of the police, about both; H-1, I-1 and C-1 are because of it (registers.md)."""
    further = further_of(Purpose.OUTSIDE_BODY, subject_may_be_told="no")
    asks = {"further": further, "parties": ("Pat Ellison", "Max Harding")}
    a_request(stocked, "sam", purpose=Purpose.OUTSIDE_BODY, recordings=[1], **asks)
    an_incident(stocked, "sam", tell="dora", request="R-1", recordings=[1])
    a_complaint(stocked, "sam", request="R-1")
    lines = [line for path in PATHS for line in examples_of(path) if NAMED.search(line)]
    assert len(lines) > 50
    told = []
    with chdir(stocked.folder):
        for line in dict.fromkeys(lines):
            yes = ["--yes"] * any("--yes" in each.opts for each in _parse(line).params)
            hidden, none = (
                type_in(stocked, login, *shlex.split(NAMED.sub(rf"\1-{n}", line))[1:], *yes)
                for n in (1, 9)
            )
            if str(hidden) != str(none).replace("-9", "-1"):
                told.append((line, hidden, none))
    assert told == []
