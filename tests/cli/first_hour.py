"""Types the manual's first hour into terminals of 80 by 24, as three people do who are new to it.

What is typed and what must come back stands in docs/manual/technician.md. What the page gives as an
option only because its blocks are played without a terminal is left out here, and asked for.
``python -m cli.first_hour ROOT`` does it in the Debian below that folder, from the package on.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pexpect

from cli.transcript import Step, steps

PAGE: Final = Path(__file__).parents[2] / "docs" / "manual" / "technician.md"
PLAYED: Final = re.compile(
    r"^(?:```console|<!-- play)\n(.*?)^(?:```|-->)$", re.DOTALL | re.MULTILINE
)
READY: Final = "then> "
"""What the shell says when it waits for a line."""
MOST_COMMANDS: Final = 25
MOST_SECONDS: Final = 600
_ASKED: Final = re.compile(' --yes| --words "<[a-z-]+>"')
"""Options that a person leaves out on a terminal."""


_PATH: Final = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[a-z]")
_DAY: Final = re.compile(r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4}")


def own_password(login: str) -> str:
    """A password that somebody chooses."""
    return f"{login} rides a yellow tandem to Deal"


class FirstHour:
    """Three terminals, and what each person knows."""

    def __init__(self, shell: Callable[[str], pexpect.spawn[str]], began: int) -> None:
        """``shell`` begins one for a person; the page's calls began at that second since 1970."""
        self._shell, self._began = shell, began
        self._terminals: dict[str, pexpect.spawn[str]] = {}
        self._known: dict[str, str] = {}
        self._said = ""
        self._who = ""
        self.typed: list[str] = []

    def play(self) -> None:
        """Do every step; fail where something else comes back than the page says."""
        section = PAGE.read_text(encoding="utf-8").partition("\n## The first hour\n")[2]
        text = re.sub(r" \\\n +", " ", section.partition("\n## ")[0])
        for step in steps("\n".join(PLAYED.findall(text))):
            self._do(step)
        assert len(self.typed) <= MOST_COMMANDS, self.typed
        for each in self._terminals.values():
            each.close(force=True)

    def _do(self, step: Step) -> None:
        match step.line.split():
            case ["@as", who]:
                self.sit_down(who)
            case ["@know", name, *words]:
                beginning = re.escape(" ".join(words))
                found = re.search(rf"{beginning}\s*([a-z -]+[a-z])", self._said)
                assert found, f"nobody said {' '.join(words)}: {self._said}"
                self._known[name] = found[1]
            case ["@file", name]:
                lines = [line.removeprefix("| ") for line in step.below]
                self.types(f"cat >{name} <<'END'\n" + "\n".join(lines) + "\nEND")
            case ["$", "sh", *_] if "given" in step.line:
                pass  # a password that is read out, where there is a terminal
            case ["$", "sh", *_]:
                line = step.line.removeprefix("$ sh ")
                self.types(re.sub(r"\d{10}$", str(self._began), line))
            case ["$", "callrec", *_]:
                self.typed.append(_ASKED.sub("", step.line.removeprefix("$ ")))
                self._said = self.types(self.typed[-1])
                self._check(step)
            case _:
                pass  # where the vault is, and the clock: here as in a bare machine

    def sit_down(self, who: str) -> None:
        self._who = who
        if who not in self._terminals:
            self._terminals[who] = self._shell(who)
            self._terminals[who].expect_exact(READY)

    def types(self, line: str) -> str:
        """What comes back, with all that was asked and answered meanwhile."""
        terminal, said = self._terminals[self._who], ""
        terminal.sendline(line)
        questions = [READY, *_ANSWERS]
        while True:
            which = terminal.expect([re.escape(READY), *_ANSWERS])
            said += str(terminal.before)
            if not which:
                return said.replace("\r", "")
            said += str(terminal.after)
            about = [each for each in terminal.match.groups() if each]
            terminal.sendline(_ANSWERS[questions[which]](self, *about))

    def password_of(self, login: str) -> str:
        """The one that was given, until another was chosen."""
        return self._known.pop(f"{login}-given", "") or own_password(login)

    def words_of(self, login: str) -> str:
        return self._known[f"{login}-words"]

    @property
    def who(self) -> str:
        return self._who

    def _check(self, step: Step) -> None:
        said = _plain(self._said)
        for line in step.below:
            fixed = re.split(r"\[\.{2,3}\]", line) if not line.startswith("by ") else ()
            for part in map(_plain, fixed):
                assert part in said, f"{step.line}: {part!r} is not in {self._said}"


def _plain(text: str) -> str:
    """As it reads: without colours, however the lines are broken, on whatever day it is."""
    return _DAY.sub("DAY", " ".join(_ESCAPES.sub("", text).split()))


_ANSWERS: Final[Mapping[str, Callable[..., str]]] = {
    r"Password of (\w+)(?:, who countersigns)?: $": FirstHour.password_of,
    r"or\s+type\s+your\s+own: $": lambda hour: own_password(hour.who),
    r"Type it again: $": lambda hour: own_password(hour.who),
    r"The six words that (\w+)\s+reads\s+to\s+you: $": FirstHour.words_of,
    r"\(or none\): $": lambda _: "none",
    r"Type (R-\d+) to approve it: $": lambda _, reference: reference,
    r"\? \[y/N\] $": lambda _: "y",
}
"""What callrec asks -> what is typed."""


def in_debian(root: str) -> None:
    """The same in a Debian below a folder, from its package on, and at the time that it is."""

    def shell(who: str) -> pexpect.spawn[str]:
        # As sudo -iu does, and su -c does not: the shell keeps the terminal that it was begun at.
        home = "/root" if who == "root" else "/srv/callrec"
        account = "root" if who == "root" else "callrec"
        variables = (f"HOME={home}", f"PS1={READY}", "LANG=C.UTF-8", "TERM=xterm", _PATH)
        words = ["env", "-i", *variables, "sh", "-c", "cd && exec bash --norc --noprofile"]
        return pexpect.spawn(
            "chroot",
            [f"--userspec={account}:{account}", root, *words],
            encoding="utf-8",
            timeout=300,
            dimensions=(24, 80),
        )

    began, now = time.monotonic(), datetime.now(ZoneInfo("Europe/London"))
    at = (now - timedelta(days=1)).replace(hour=16, minute=3, second=1, microsecond=0)
    hour = FirstHour(shell, int(at.timestamp()))
    hour.sit_down("root")
    hour.types("apt-get install --yes ./callrec.deb")
    hour.typed += ["apt install ./callrec.deb", *["sudo -iu callrec"] * 3]
    hour.play()
    took = time.monotonic() - began
    sys.stdout.write("\n".join([*hour.typed, f"{len(hour.typed)} commands, {took:.0f} seconds\n"]))
    assert took <= MOST_SECONDS


if __name__ == "__main__":
    in_debian(sys.argv[1])
