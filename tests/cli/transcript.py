"""Runs a transcript: what is typed, and what must come back.

    # A comment.
    @clock 2026-11-24T09:00Z        the time from here on; it stands still
    @as jane                        CALLREC_USER, and CALLREC_PASSWORD_FILE with jane's password
    @as nobody                      neither
    @set CALLREC_CREDENTIAL box     another variable of the environment; without a value: unset
    @practice                       a vault with dora, pat, max, mia, sam, ava (house/practices.py)
    @second-schema                  from here on callrec has a second one (house/older_vaults.py)
    @file letters/one.txt           a file, its lines following
    | Dear practice,
    @know words Passphrase:         what followed this in the last answer, on the next line perhaps;
                                    said again by <words>
    $ callrec search --reason x     a command; it runs in this process
    $ sh ls letters                 a line for the shell
    what comes back, on stdout and stderr, in its order
    [exit 3]                        the exit status, where it is not 0

In what comes back, ``[..]`` stands for anything within a line, ``[...]`` alone for any lines.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import unified_diff
from io import StringIO
from pathlib import Path

import pytest

from callrec.catalogue.engine import TO_RESTORE
from callrec.cli.app import run
from cli.printed import Printed
from cli.promises import Promise, in_full, is_kept, promises
from house.memory import runtime_of
from house.older_vaults import begin_second_schema
from house.practices import password_of


@dataclass(frozen=True, slots=True)
class Step:
    """A line that does something, and the lines that belong to it."""

    number: int
    """Its line in the transcript, from 1."""
    line: str
    below: tuple[str, ...]


def steps(text: str) -> Iterator[Step]:
    """A transcript's steps, in order; comments and empty lines before the next step are none's."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith(("@", "$ "))]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        below = [line for line in lines[start + 1 : end] if not line.startswith("# ")]
        while below and not below[-1].strip():
            below.pop()
        yield Step(start + 1, lines[start], tuple(below))


def matches(expected: list[str], actual: list[str]) -> bool:
    """What came back is what was expected, with its patterns."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "[...]" else _line_pattern(line) + r"\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in actual)) is not None


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("[..]"))


@contextmanager
def _as_it_was(*places: Path) -> Iterator[None]:
    """What is done in these folders meanwhile is undone, and so is the environment."""
    here, variables = Path.cwd(), dict(os.environ)
    for place in places:
        shutil.copytree(place, f"{place}.kept", symlinks=True, copy_function=_copy)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(variables)
        for place in places:
            shutil.rmtree(place)
            Path(f"{place}.kept").rename(place)
        os.chdir(here)


def _copy(here: str, there: str) -> None:
    if Path(here).is_fifo():  # copying would wait for somebody to write to it
        os.mkfifo(there)
    else:
        shutil.copy2(here, there, follow_symlinks=False)


class Stage:
    """Where a transcript is played: an empty folder, a home in it, a clock that stands still."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, practice: Callable[[], Path]
    ) -> None:
        """Start with nothing there; ``practice`` gives the folder of the practice to copy."""
        self.folder = folder
        self._practice = practice
        self._said = ""
        self._kept: set[Promise] = set()
        self._known: dict[str, str] = {}
        self.clock = datetime(2026, 11, 24, 9, tzinfo=UTC)
        self._monkeypatch = monkeypatch
        self._printed = Printed(monkeypatch.setattr)
        self._unset(*(name for name in os.environ if name.startswith("CALLREC_")))
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            self._set(f"XDG_{name}_HOME", str(folder / ".home" / name.lower()))
        (folder / ".home").mkdir(mode=0o700, exist_ok=True)
        self._set("HOME", str(folder / ".home"))
        for name, value in runtime_of(folder).items():
            self._set(name, value)
        self._set("COLUMNS", "80")
        self._set("CALLREC_SESSION", "transcript")

    def play(self, text: str) -> None:
        """Do each step, and fail at the first whose answer is another.

        Raises:
            AssertionError: with the transcript's line and the difference.
        """
        with chdir(self.folder):
            for step in steps(text):
                self._do(step)

    def _do(self, step: Step) -> None:
        if step.line.startswith("@"):
            self._direct(step)
            return
        command = step.line.removeprefix("$ ")
        for name, value in self._known.items():
            command = command.replace(f"<{name}>", value)
        self._said = self.answer(command)
        if command.startswith("callrec "):
            self._keep_promises()
        actual = self._said.splitlines()
        if not self._matches(step, actual):
            difference = unified_diff(step.below, actual, "expected", "came", lineterm="")
            raise AssertionError("\n".join([f"line {step.number}: {step.line}", *difference]))

    def _matches(self, step: Step, actual: list[str]) -> bool:
        return matches(list(step.below), actual)

    def _keep_promises(self) -> None:
        """Each command that the last answer named works for whom it was named; nothing stays."""
        for promise in promises(self._said, os.environ.get("CALLREC_USER", "nobody")):
            if promise not in self._kept:
                self._kept.add(promise)
                with _as_it_was(self.folder, Path(os.environ["XDG_RUNTIME_DIR"])):
                    said, status = self._promised(promise)
                assert is_kept(promise, status, said), f"{promise} is not kept:\n{said}"

    def _promised(self, promise: Promise) -> tuple[str, int]:
        """What came back, in the place of whoever is to run it: a player and a drive are there."""
        drive = self.folder / "the-drive"
        drive.mkdir()
        for player in ("paplay", "ffplay"):  # taken before any that this machine has
            (drive / player).write_text("#!/bin/sh\ncat >/dev/null\n", encoding="utf-8")
            (drive / player).chmod(0o700)
        volumes = sorted(file.parent for file in self.folder.rglob("CALLREC-VOLUME.json"))
        volume = str(drive if "--to" in promise.words else [*volumes, drive][0])
        answered = os.environ.get("CALLREC_USER", "nobody")
        known = {
            "DATE": f"{self.clock:%Y-%m-%d}",
            **dict.fromkeys(("DIR", "DRIVE", "/mnt/external"), volume),
            "FILE.pdf": str(drive / "head.pdf"),
            "REQUEST": next(iter(re.findall(r"R-\d+", self._said)), "R-1"),
        }
        with self._monkeypatch.context():
            if promise.who != answered:
                self._become(promise.who)
            if "restore" in promise.words and TO_RESTORE in promise.line:
                for file in self.folder.rglob("catalogue.sqlite*"):
                    file.rename(drive / file.name)
            self._set("PATH", f"{drive}:{os.environ['PATH']}")
            return self._callrec(in_full(promise, answered, known))

    def answer(self, command: str) -> str:
        """What comes back for one line, with its exit status where that is not 0."""
        program, *arguments = shlex.split(command)
        if program == "sh":
            said, status = self._shell(command.removeprefix("sh "))
        else:
            assert program == "callrec", f"{program} is neither callrec nor sh"
            said, status = self._callrec(arguments)
        said += "" if said.endswith("\n") or not said else "\n"
        return f"{said}[exit {status}]\n" if status else said

    def _callrec(self, arguments: list[str]) -> tuple[str, int]:
        said = StringIO()
        self._monkeypatch.setattr(sys, "stdin", StringIO())
        with redirect_stdout(said), redirect_stderr(said):
            status = run(arguments, now=lambda: self.clock)
        self._printed.check()
        assert password_of("").strip() not in said.getvalue()
        return said.getvalue(), status

    def _shell(self, line: str) -> tuple[str, int]:
        done = subprocess.run(
            ["sh", "-c", line],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout, done.returncode

    def _direct(self, step: Step) -> None:
        match step.line.split():
            case ["@clock", moment]:
                self.clock = datetime.fromisoformat(moment)
            case ["@as", person]:
                self._become(person)
            case ["@set", name, *value]:
                self._change(name, *value)
            case ["@know", name, *words]:
                self._know(name, " ".join(words))
            case ["@practice"]:
                self._settle()
            case ["@second-schema"]:
                begin_second_schema(self._monkeypatch.setattr)
            case ["@file", name]:
                self._write(name, step.below)
            case _:
                raise AssertionError(f"line {step.number}: what is {step.line}?")

    def _change(self, name: str, value: str | None = None) -> None:
        if value is None:
            self._unset(name)
        else:
            self._set(name, value)

    def _become(self, person: str) -> None:
        if person == "nobody":
            self._unset("CALLREC_USER", "CALLREC_PASSWORD_FILE")
            return
        self._set("CALLREC_USER", person)
        self._set("CALLREC_PASSWORD_FILE", str(self._password_file(person)))

    def _know(self, name: str, beginning: str) -> None:
        found = re.search(rf"^{re.escape(beginning)}\s*(.*)$", self._said, re.MULTILINE)
        assert found, f"nobody said {beginning}"
        self._known[name] = found[1].strip()

    def _password_file(self, person: str) -> Path:
        file = self.folder / "people" / f"{person}.password"
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(password_of(person) + "\n", encoding="utf-8")
        return file

    def _settle(self) -> None:
        ready = self._practice()
        shutil.copytree(ready / "vault", self.folder / "vault")
        for name in ("state", "config"):
            shutil.copytree(ready / name, self.folder / ".home" / name, dirs_exist_ok=True)
        shutil.copy(ready / "door.credential", self.folder)
        self._set("CALLREC_VAULT", "vault")

    def _write(self, name: str, lines: tuple[str, ...]) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(line.removeprefix("|").removeprefix(" ") + "\n" for line in lines)
        file.write_text(text, encoding="utf-8")

    def _set(self, name: str, value: str) -> None:
        self._monkeypatch.setenv(name, value)

    def _unset(self, *names: str) -> None:
        for name in names:
            self._monkeypatch.delenv(name, raising=False)
