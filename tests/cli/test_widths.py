"""At 40, 80 and 120 columns no word, path, number or reference is broken, and titles stay in sight.

Each command runs on a terminal of its own, which is as wide as it is said to be.
"""

from __future__ import annotations

import re
from pathlib import Path

import pexpect
import pytest

from cli.test_request_on_a_terminal import terminal
from house.practices import House
from house.requests import a_request, approve

_SGR = re.compile(r"\x1b(?:\[[?0-9;]*[a-zA-Z]|[=>])")

COMMANDS = (
    "status",
    "inbox",
    "user list",
    "user show max",
    'search --date 4/7/2024 --reason "A patient complains that nobody rang back"',
    "show 1",
    "request list",
    "request show R-1",
    "request dossier R-1",
    "request due subject-access --received today",
    "hold list",
    "hold show H-1",
    "retention review",
    "audit list",
    "audit verify",
    "practice keys",
    "practice register access",
    "practice register holds",
    "practice notice list",
    "practice settings show",
    "incident list",
    "approve R-1 --yes",
    "release R-9 --to drive",
    "listen R-7",
    "nonsense",
)


@pytest.fixture
def busy(stocked: House) -> House:
    reference = a_request(stocked)
    approve(stocked, reference)
    stocked.close()
    return stocked


def shown(house: House, command: str, columns: int, **environ: str) -> str:
    """All that a terminal is sent, without its colours."""
    seen = terminal(house, "dora", command, columns=columns, **environ)
    seen.expect(pexpect.EOF)
    seen.close()
    return _SGR.sub("", (seen.before or "").replace("\r\n", "\n"))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_wider_than_the_terminal_and_no_word_is_broken(
    command: str, busy: House
) -> None:
    words = {}
    for columns in (120, 80, 40):
        lines = shown(busy, command, columns).splitlines()
        wide = [line for line in lines if len(line) > columns and " " in line.strip()]
        assert wide == [], columns
        words[columns] = {word for line in lines for word in line.split()}
    references = re.compile(r"[RHCI]-\d+|\+?\d{4,}|•+\d+|\S*/\S+|\d{4}-\d\d-\d\d|[a-z]{12,}")
    for columns in (80, 40):
        missing = {word for word in words[120] - words[columns] if references.fullmatch(word)}
        assert missing == set(), columns


def test_what_is_longer_than_the_terminal_goes_through_the_pager(busy: House) -> None:
    pager = busy.folder / "pager"
    pager.write_text('#!/bin/sh\necho "paged: $LESSSECURE $LESSHISTFILE"\ncat\n', encoding="utf-8")
    pager.chmod(0o700)
    environ = {"PAGER": str(pager), "TERM": "xterm", "LINES": "50"}
    long = shown(busy, "practice settings show", 40, **environ)
    assert long.startswith("paged: 1 -\n")
    short = shown(busy, "user list", 120, **environ)
    assert "paged" not in short
    assert "paged" not in shown(busy, "practice settings show --json", 40, **environ)
    del environ["TERM"]
    assert "paged" not in shown(busy, "practice settings show", 40, **environ)


def test_less_turns_the_pages_and_the_title_stays_in_sight(busy: House, tmp_path: Path) -> None:
    environ = {"TERM": "xterm", "PAGER": "less", "TMPDIR": str(tmp_path)}
    seen = terminal(busy, "dora", "practice settings show", columns=40, **environ)
    seen.expect(r"\n:")
    first = _SGR.sub("", seen.before or "").split()[0]
    untouched = shown(busy, "practice settings show", 40, PAGER="cat").split()[0]
    assert first == untouched
    seen.send("sstolen\r")  # in less: save it to a file
    seen.expect("not available")
    seen.send("q")
    seen.expect(pexpect.EOF)
    seen.close()
    assert seen.exitstatus == 0
    assert [*tmp_path.rglob("*less*")] == []
    assert [*busy.folder.rglob("*less*"), *busy.folder.rglob("stolen")] == []


def test_a_pager_that_is_not_there_is_done_without(busy: House) -> None:
    environ = {"TERM": "xterm", "PAGER": "no-such-pager"}
    assert shown(busy, "practice settings show", 40, **environ).count("\n") > 50


def test_no_colour_is_used_where_none_is_wanted(busy: House) -> None:
    for environ in ({"TERM": "xterm"}, {"TERM": "xterm", "NO_COLOR": "1"}):
        seen = terminal(busy, "dora", "request list", columns=80, **environ)
        seen.expect(pexpect.EOF)
        assert ("\x1b[1m" in (seen.before or "")) is ("NO_COLOR" not in environ)
