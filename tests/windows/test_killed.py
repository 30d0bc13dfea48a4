"""Ended on Windows at any step, the same command goes on, and nothing is lost or false.

The vault, drive and release that Windows leaves are then looked at here: they are used on either.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from callrec.system.files import write_private
from house import practices
from house.commands import done, environment_of, type_in
from house.practices import House
from house.spool import a_call, recordings_of
from house.stages import GRANTED, STOCKED, Stage, Stages
from house.steps import Steps
from windows.beside import NEVER, Answer, Windows, there

CALLS = range(5)


@dataclass(frozen=True, slots=True)
class Deed:
    """A command that is cut off, where it begins from, and what is to be so in the end."""

    login: str
    words: tuple[str, ...]
    """Of the folder of the practice: a word that begins with ``./`` is a path in it."""
    begins: Stage | None
    holds: Callable[[House, str], object]
    """What is so in the end, with what the last run said."""


def all_are_taken_in(house: House, _: str) -> None:
    assert len(recordings_of(house)) == len(CALLS)
    assert [*(house.folder / "spool").iterdir()] == []


def all_are_on_the_drive(house: House, _: str) -> None:
    done(house, "max", "archive", "verify", str(house.folder / "drive"))


def it_is_one_release(house: House, said: str) -> None:
    (package,) = (house.folder / "out").iterdir()
    if shown := re.search(r"Passphrase, shown this once:\n  (.+)\n", said):
        write_private(words := house.folder / "words", shown[1].encode())
        check = ("verify-release", str(package))
        checked = type_in(house, "nobody", *check, CALLREC_PASSPHRASE_FILE=words)
        assert "FIRST-USE" in checked.out, checked


DEEDS = {
    "ingest": Deed("door", ("ingest", "./spool", "--after", "delete"), None, all_are_taken_in),
    "archive": Deed(
        "max", ("archive", "--to", "./drive", "--label", "one"), STOCKED, all_are_on_the_drive
    ),
    "release": Deed("sam", ("release", "R-1", "--to", "./out"), GRANTED, it_is_one_release),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_what_is_ended_at_any_step_is_whole_after_the_next_run(
    stages: Stages, tmp_path: Path, steps: Steps, deed: Deed
) -> None:
    begun = stages.at(deed.begins)
    whole = on_windows(copied(begun, tmp_path / "whole"), deed, NEVER)
    assert whole is not None
    assert whole.status == 0, whole.said
    for step in steps.of(whole.steps):
        house = copied(begun, tmp_path / str(step))
        assert on_windows(house, deed, step) is None, f"step {step} of {whole.steps}"
        answer = type_in(house, deed.login, *in_folder(house, deed))
        assert answer.status in (0, 3, 4), answer
        deed.holds(house, answer.out)
        done(house, "dora", "audit", "verify", "--full")
        house.close()
        shutil.rmtree(house.folder)


def copied(begun: House, folder: Path) -> House:
    house = practices.copy(begun, folder)
    for name in ("spool", "drive", "out"):
        (folder / name).mkdir(exist_ok=True)
    for call in CALLS:
        a_call(folder / "spool", call)
    return house


def in_folder(house: House, deed: Deed) -> list[str]:
    return [str(house.folder / word[2:]) if word.startswith("./") else word for word in deed.words]


def on_windows(house: House, deed: Deed, step: int) -> Answer | None:
    """The command there, in a process of its own, ended before that step."""
    house.close()
    words = [there(word) if word.startswith("/") else word for word in in_folder(house, deed)]
    environ = {
        name: there(value) if value.startswith("/") else value
        for name, value in environment_of(house, deed.login).items()
    }
    windows = Windows()
    try:
        return windows.run(words, house.folder, environ, house.now(), dies_at=step)
    finally:
        windows.end()
