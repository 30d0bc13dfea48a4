"""A made-up practice, founded by the commands that a person types, and who acts in it.

Passwords are locked with the least memory that is allowed, 64 MiB, so that Argon2 is not what is
measured; or, where it is, with a practice's own, 256 MiB, which adds about 0.7 s each time.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from benchmarks.timing import Step, run_untimed

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench

OWN_SETTINGS: Final = 'vault = "vault"\n'
ARGON2_BYTES: Final = 64 << 20
SETTINGS: Final = f"""\
{OWN_SETTINGS}
[passwords]
memory_mib = 64
approver_memory_mib = 64
"""
PASSWORDS: Final = {
    "dora": "lighthouse walks nine slow miles",
    "pat": "copper kettles hum before breakfast",
    "max": "seventeen herons cross the canal",
}
PROVISIONAL: Final = "borrowed umbrella until Thursday"
REASON: Final = "A patient complains that nobody called her back as promised"
MOST_SEALED: Final = 1_000_000
"""4 GB on most disks."""


def found_practice(bench: Bench, *, own: bool = False) -> Path:
    """The folder of a practice with no recordings: dora, pat and max, and the intake service.

    ``own``: passwords are locked as a practice locks them.
    """
    name = "practice-own" if own else "practice"
    settings = OWN_SETTINGS if own else SETTINGS
    return bench.made_once(name, lambda folder: _found(bench, folder, settings))


def settle_in(bench: Bench, place: Path, *, own: bool = False) -> None:
    """A contender's preparation: that practice, in this place."""
    shutil.copytree(found_practice(bench, own=own), place, dirs_exist_ok=True)


def asking(recording: str) -> list[str]:
    """The command by which a manager asks for a recording."""
    asked = ("complaint", "--complaint", "C-2026-014", "--complainant", "patient")
    words = ["request", "create", *asked, "--reason", REASON, "--recording", recording]
    for name in ("--number", "--date", "--time", "--extension", "--party"):
        words += [name, "unknown"]
    return words


def filled(bench: Bench, recordings: int, years: int) -> Path:
    """A vault of so many made-up calls; up to a million, their sealed files lie in it too."""

    def fill(folder: Path) -> None:
        words = (folder, str(recordings), "--years", str(years))
        sealed = ("--sealed",) if recordings <= MOST_SEALED else ()
        step = Step((bench.python, "-m", "benchmarks.fill", *words, *sealed), cwd=bench.checkout)
        run_untimed(step, bench.fresh_place())

    return bench.made_once(f"vault-{recordings}-{years}", fill)


def by(bench: Bench, login: str, place: Path, *words: str | Path, cold: bool = False) -> Step:
    """A command of somebody who gives his password for it."""
    environ = {
        "CALLREC_CONFIG": str(place / "callrec.toml"),
        "CALLREC_USER": login,
        "CALLREC_PASSWORD_FILE": str(place / f"{login}.password"),
        "CALLREC_COUNTERSIGN_PASSWORD_FILE": str(place / "pat.password"),
        "CALLREC_SESSION": login,  # a login belongs to a terminal, and here is none
    }
    return Step((bench.callrec, *words), environ, place, cold)


def logged_in(bench: Bench, login: str, place: Path, *words: str, ends: int = 0) -> Step:
    """A command of somebody whose login stands in the machine's memory; no password is at hand."""
    environ = {"CALLREC_CONFIG": str(place / "callrec.toml"), "CALLREC_SESSION": login}
    return Step((bench.callrec, *words), environ, ends=ends)


def at_home(step: Step, place: Path) -> Step:
    """The same by somebody who remembers, as on any day, what they last saw of the practice's log.

    Else each run would be the first on its machine, which checks the last 1,000 entries.
    """
    return replace(step, environ={**step.environ, "XDG_STATE_HOME": str(place / "state")})


def by_intake(bench: Bench, place: Path, *words: str | Path) -> Step:
    """A command of the intake service, which has a credential and no password."""
    environ = {
        "CALLREC_CONFIG": str(place / "callrec.toml"),
        "CALLREC_CREDENTIAL": str(place / "door.credential"),
    }
    return Step((bench.callrec, *words), environ, place)


def _found(bench: Bench, folder: Path, settings: str) -> None:
    (folder / "callrec.toml").write_text(settings)
    for name, password in {**PASSWORDS, "provisional": PROVISIONAL}.items():
        file = folder / f"{name}.password"
        file.touch(mode=0o600)
        file.write_text(f"{password}\n")

    def first_login(login: str, *words: str, password: str) -> str:
        step = by(bench, login, folder, *words)
        chosen = {
            "CALLREC_PASSWORD_FILE": str(folder / f"{password}.password"),
            "CALLREC_NEW_PASSWORD_FILE": str(folder / f"{login}.password"),
        }
        return run_untimed(Step(step.argv, {**step.environ, **chosen}, folder), folder)

    def dora(*words: str) -> None:
        run_untimed(by(bench, "dora", folder, *words), folder)

    named = ("--practice", "Hama Medical Centre", "--user", "dora", "--name", "Dora Whitlock")
    first_login("dora", "init", *named, "--recovery-file", "kit.txt", password="dora")  # noqa: S106 - the name of a file
    for login, name, role in (("pat", "Pat Ellison", "partner"), ("max", "Max Harding", "manager")):
        given = ("--password-file", "provisional.password")
        dora("user", "add", login, "--name", name, "--role", role, *given)
        shown = first_login(login, "login", login, password="provisional")  # noqa: S106 - the name of a file
        words = re.findall("^  ((?:[a-z]+ ){5}[a-z]+)$", shown, re.MULTILINE)[-1]
        second = () if login == "pat" else ("--countersign", "pat")  # there is nobody before pat
        dora("user", "confirm", login, "--words", words, *second)
    credential = ("--role", "intake", "--credential-file", "door.credential")
    dora("user", "add", "door", "--name", "Telephone intake", *credential, "--countersign", "pat")
