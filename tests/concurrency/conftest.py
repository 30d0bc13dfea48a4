"""A practice in which eight worked at once: in the suite a short while, or as long as is asked."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from callrec.catalogue import sqlite
from concurrency.at_work import Office, Told, at_once
from house import practices
from house.commands import done
from house.practices import House
from house.stages import STOCKED, Stages

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
    request: pytest.FixtureRequest, stages: Stages, tmp_path_factory: pytest.TempPathFactory
) -> Day:
    house = stages.copy(STOCKED, tmp_path_factory.mktemp("at_once") / "house")
    for login in practices.PEOPLE:
        done(house, login, "status")  # the password is at hand, and what it is stretched to
    house.close()
    office = Office(house, request.config.getoption("--rounds"))
    for folder in ("outbox", "drive-a", "drive-b"):
        (house.folder / folder).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        # This machine's SQLite may use only one of the two journals.
        patch.setattr(sqlite, "wal_is_safe", lambda _: request.param == "wal")
        told = at_once(office)
    sys.stdout.write(f"{len(told)} commands in {office.rounds} rounds, journal {request.param}\n")
    house.open()
    return Day(house, office.rounds, tuple(told))
