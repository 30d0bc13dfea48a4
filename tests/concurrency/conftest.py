"""A practice in which eight worked at once: in the suite a short while, or as long as is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from concurrency.at_work import Told
from house import practices
from house.commands import environment_of
from house.practices import House
from house.processes import environment, program
from house.spool import a_call, take_in

ROUNDS = 1

FIRST = 3
"""Recordings that the vault held before."""


@dataclass(frozen=True)
class Day:
    """What they did, and the practice as they left it."""

    house: House
    rounds: int
    told: tuple[Told, ...]

    def of(self, *verb: str) -> list[Told]:
        """What was told to those who typed a command."""
        return [told for told in self.told if told.words[: len(verb)] == verb]

    def done(self, *verb: str) -> list[Told]:
        """The same, where it was done."""
        return [told for told in self.of(*verb) if told.done]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rounds", type=int, default=ROUNDS, help="how long eight processes work on one vault"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "day" in metafunc.fixturenames:
        # SQLite's write-ahead journal may lose a transaction in the versions that most have today.
        longer = metafunc.config.getoption("--rounds") > ROUNDS
        journals = ["delete", "wal"] if longer else ["delete"]
        metafunc.parametrize("day", journals, indirect=True, scope="session")


@pytest.fixture(scope="session")
def day(
    request: pytest.FixtureRequest, template: House, tmp_path_factory: pytest.TempPathFactory
) -> Day:
    house = practices.copy(template, tmp_path_factory.mktemp("at_once"))
    first = house.folder / "first"
    for call in range(FIRST):
        a_call(first, call)
    take_in(house, first)
    for login in practices.PEOPLE:
        environment_of(house, login)  # the password is at hand
    practices.write_down(house)
    rounds = request.config.getoption("--rounds")
    done = subprocess.run(
        program("concurrency.at_work", house.folder, rounds, request.param),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads((house.folder / "told.json").read_text())
    told = [Told(**{**each, "words": tuple(each["words"])}) for each in said]
    sys.stdout.write(f"{len(told)} commands in {rounds} rounds, journal {request.param}\n")
    house.open()
    return Day(house, rounds, tuple(told))
