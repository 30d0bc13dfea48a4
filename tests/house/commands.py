"""Commands as somebody types them: callrec's own command line, with their password at hand."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from callrec.cli.app import SECTIONS, run
from callrec.system.files import write_private
from house.canaries import says_no_password
from house.practices import House, password_of

EVERY_COMMAND = tuple(name for commands in SECTIONS.values() for name in commands)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    """Negative: the signal that ended it."""
    out: str = ""
    err: str = ""


def type_in(house: House, login: str, *words: str, **environ: Path | str) -> Answer:
    """Run one command in this practice, at the time that its clock shows.

    Args:
        house: the practice.
        login: who gives their password; ``door`` gives its credential; ``nobody`` nothing.
        words: what is typed after ``callrec``.
        environ: variables of the environment that are otherwise.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CALLREC_")]:
            patch.delenv(name)
        for name, value in {**environment_of(house, login), **environ}.items():
            patch.setenv(name, str(value))
        patch.setattr(sys, "stdin", StringIO())
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = run(words, now=house.now)
    assert says_no_password(out.getvalue() + err.getvalue())
    return Answer(status, out.getvalue(), err.getvalue())


def done(house: House, login: str, *words: str) -> str:
    """The same, and it must end well; returns what it said."""
    answer = type_in(house, login, *words)
    assert answer.status == 0, answer
    return answer.out


def refusal(answer: Answer) -> str:
    """What went wrong, as a sentence begins at the desk."""
    assert answer.status, answer
    message = answer.err.partition("callrec: error: ")[2].partition("\n")[0]
    return message[:1].upper() + message[1:]


def reset_by_two(house: House, login: str, *words: str) -> Answer:
    """Dora gives somebody a new key, and pat signs beside her."""
    return by_two(house, "user", "reset", login, *words, "--yes")


def by_two(house: House, *words: str) -> Answer:
    """What dora types, and pat signs beside her."""
    second = {"CALLREC_COUNTERSIGN_PASSWORD_FILE": _password_file(house, "pat")}
    return type_in(house, "dora", *words, "--countersign", "pat", **second)


def environment_of(house: House, login: str) -> dict[str, str]:
    """What tells callrec where everything is, and who acts."""
    environ = {
        "CALLREC_VAULT": str(house.folder / "vault"),
        "COLUMNS": "200",
        "XDG_CONFIG_HOME": str(house.folder / "config"),
        **house.environ,
    }
    match login:
        case "nobody":
            return environ
        case "door":
            return {**environ, "CALLREC_CREDENTIAL": str(house.credential)}
        case _:
            password = _password_file(house, login)
            return {**environ, "CALLREC_USER": login, "CALLREC_PASSWORD_FILE": str(password)}


def _password_file(house: House, login: str) -> Path:
    file = house.folder / "people" / f"{login}.password"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        write_private(file, f"{password_of(login)}\n".encode())
    return file
