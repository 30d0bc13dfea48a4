"""Where ``callrec demo`` plays: a folder, and real commands run in it as a person would."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Final

from callrec.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from callrec.cli.output import Output

CONFIGURATION: Final = """\
# Made by callrec demo. Passwords are locked with the least memory that is allowed, for speed; a
# practice leaves these out.
vault = "vault"

[passwords]
memory_mib = 64
approver_memory_mib = 64
"""
WIDTH: Final = 78


class Stage:
    """Runs commands in one folder, shows each as typed with what it said, and minds their end."""

    def __init__(self, folder: Path, out: Output) -> None:
        """Set the stage in ``folder``, which is there and empty."""
        self.folder = folder
        self._out = out
        self._said = ""
        self.played: list[Mapping[str, Any]] = []
        """Each command as typed, how it ended and what it said."""
        (folder / "callrec.toml").write_text(CONFIGURATION, encoding="utf-8")
        (folder / "people").mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items() if "CALLREC" not in name}
        self._environ = {
            **kept,
            "CALLREC_CONFIG": str(folder / "callrec.toml"),
            "XDG_STATE_HOME": str(folder / "state"),
            "COLUMNS": "80",
        }

    def scene(self, what: str) -> None:
        """What happens next, as a heading."""
        self._out.say()
        self._out.say(f"== {what}")

    def remark(self, what: str) -> None:
        """A line of the teller's own."""
        self._out.say()
        for line in textwrap.wrap(what, WIDTH - 2):
            self._out.say(f"# {line}")

    def secret(self, name: str, password: str) -> None:
        """A file below ``people`` that only its owner can read."""
        from callrec.login.keyring import write_private

        write_private(self.folder / "people" / name, f"{password}\n".encode())

    def callrec(self, who: str, *words: str, exits: int = 0) -> str:
        """A command of somebody who gives his password; returns what it said."""
        return self._play(f"{who} $", ("callrec", *words), self._as(who), exits)

    def service(self, credential: str, *words: str) -> str:
        """A command of a service with a credential file."""
        environ = {"CALLREC_CREDENTIAL": str(self.folder / credential)}
        return self._play("intake $", ("callrec", *words), environ, 0)

    def first_login(self, who: str, provisional: str) -> str:
        """Somebody's first login: the password he was given, then his own."""
        environ = {
            "CALLREC_USER": who,
            "CALLREC_PASSWORD_FILE": str(self.folder / "people" / provisional),
            "CALLREC_NEW_PASSWORD_FILE": str(self.folder / "people" / f"{who}.password"),
        }
        return self._play(f"{who} $", ("callrec", "login"), environ, 0)

    def program(
        self, *words: str, within: str = ".", reads: str | None = None, exits: int = 0
    ) -> str:
        """A program that is not callrec."""
        return self._play("$", words, {}, exits, within=within, reads=reads)

    def found_recording(self) -> str:
        """The first recording's number in the table that the last command showed."""
        numbers = re.findall(r"^ *(\d+) ", self._said, re.MULTILINE)
        if not numbers:
            raise Failed("the demonstration went wrong: nothing was found")
        return str(numbers[0])

    def _as(self, who: str) -> Mapping[str, str]:
        return {
            "CALLREC_USER": who,
            "CALLREC_PASSWORD_FILE": str(self.folder / "people" / f"{who}.password"),
        }

    def _play(
        self,
        prompt: str,
        words: tuple[str, ...],
        environ: Mapping[str, str],
        exits: int,
        *,
        within: str = ".",
        reads: str | None = None,
    ) -> str:
        self._out.say()
        typed = f"{prompt} {shlex.join(words)}{f' < {reads}' if reads else ''}"
        for line in textwrap.wrap(typed, WIDTH, subsequent_indent="    ", break_on_hyphens=False):
            self._out.say(line)
        real = (sys.executable, "-m", *words) if words[0] == "callrec" else words
        done = subprocess.run(  # noqa: S603 - our own words
            real,
            cwd=self.folder / within,
            env={**self._environ, **environ},
            input=(self.folder / reads).read_bytes() if reads else b"",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self._said = done.stdout.decode(errors="replace").replace(f"{self.folder}/", "")
        self.played.append({"typed": typed, "exit": done.returncode, "said": self._said})
        for line in self._said.splitlines():
            self._out.say(line)
        if done.returncode != exits:
            raise Failed(
                f"the demonstration went wrong: exit status {done.returncode}, not {exits}",
                hint="callrec demo --keep DIR keeps the folder to look at",
            )
        if exits:
            self._out.say(f"[exit {exits}]")
        return self._said
