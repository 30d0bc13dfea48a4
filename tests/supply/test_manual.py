"""Manual pages and completion files are as the code is now, and well formed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from house.commands import EVERY_COMMAND
from supply.manual import installed_files

SHARE = Path(__file__).parents[2] / "packaging" / "data" / "share"
MADE = installed_files(Path(__file__).parents[2])
PAGES = [path for path in MADE if "/man/" in path]


@pytest.mark.parametrize("path", MADE)
def test_a_file_is_what_the_code_says_now(path: str) -> None:
    assert (SHARE.parent / path).read_text(encoding="utf-8") == MADE[path], "run make reference"


def test_each_command_has_a_page_and_nothing_else_lies_there() -> None:
    there = {str(path.relative_to(SHARE.parent)) for path in SHARE.rglob("*") if path.is_file()}
    assert there == MADE.keys()
    assert {f"share/man/man1/callrec-{name}.1" for name in EVERY_COMMAND} < there


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_well_formed(page: str) -> None:
    """It has no date, so that it changes with the program alone."""
    lint = ("mandoc", "-T", "lint", "-W", "warning", SHARE.parent / page)
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert [line for line in done.stdout.splitlines() if "missing date" not in line] == []
    assert done.stderr == ""


def test_a_page_shows_options_and_examples_as_they_are_typed() -> None:
    shown = ("mandoc", "-T", "utf8", SHARE / "man" / "man1" / "callrec-approve.1")
    text = subprocess.run(shown, capture_output=True, text=True, check=True).stdout
    plain = re.sub(".\b", "", text)  # a bold letter is typed twice, one upon the other
    assert "--silence [ID@]A-B=GROUND[/left|right][/tone]" in plain
    assert "callrec approve [OPTIONS] {REQUEST}" in plain
