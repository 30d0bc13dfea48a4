"""Searches in one process, the login opened once: how long each takes, and what it opens, as JSON.

    python -m benchmarks.searches FOLDER RECORDINGS YEARS QUERIES SEED

FOLDER was filled by ``benchmarks.fill`` with so many recordings over so many years. What is asked
for is a call that is there, another each time; of each search, its two entries of the log included,
the seconds are told under the name of its kind; and how many calls it opened beyond those found.
"""

from __future__ import annotations

import json
import random
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.fill import LOGIN, config_of, days_of, drawn, people_of
from benchmarks.practice import REASON
from callrec.crypto import primitives
from callrec.login.sessions import actor_by_session, begin_session
from callrec.login.unlock import actor_by_password
from callrec.policy.days import DayRange
from callrec.policy.search import Criteria
from callrec.practice import open_practice
from callrec.search.search import search_recordings
from callrec.system.terminal import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

UNTIMED: Final = 3
"""Searches before the first that counts."""

ALL_YEARS: Final = "number, all years"
"""It takes the longer the more calls of a number there ever were."""

SELDOM: Final = 5
"""Of so many searches of each other kind one is made for all years."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom somebody looks for: a number, its owner, and one day on which there was a call."""

    number: str
    owner: str
    day: date

    @property
    def month(self) -> DayRange:
        first = self.day.replace(day=1)
        return DayRange(first, _next_month(first) - timedelta(days=1))

    @property
    def quarter(self) -> DayRange:
        first = self.day.replace(month=(self.day.month - 1) // 3 * 3 + 1, day=1)
        following = _next_month(_next_month(_next_month(first)))
        return DayRange(first, following - timedelta(days=1))


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def criteria_of(wanted: Wanted) -> Mapping[str, Criteria]:
    """What is typed, by kind; the first three are bounded."""
    return {
        "number, day": Criteria(number=wanted.number, days=DayRange(wanted.day, wanted.day)),
        "last four digits, month": Criteria(tail=wanted.number[-4:], days=wanted.month),
        "name, quarter": Criteria(party=wanted.owner, days=wanted.quarter),
        ALL_YEARS: Criteria(number=wanted.number),
    }


def wanted_of(recordings: int, years: float, seed: int) -> Iterator[Wanted]:
    """Calls that were, one after another, without end."""
    chance, people, plan = (
        random.Random(seed),
        people_of(recordings, years),
        days_of(recordings, years),
    )
    while True:
        day = chance.choice(plan)
        call = chance.choice(drawn(day, people))
        yield Wanted(call.e164, people.owners[call.outside], day.day)


class Opened:
    """Counts the calls whose details are opened from now on, whichever function asks for them."""

    def __init__(self) -> None:
        self.calls = 0
        self._open = primitives.open_sealed
        primitives.open_sealed = self._counted

    def _counted(self, key: bytes, sealed: bytes, context: bytes) -> bytes:
        self.calls += context.startswith(b"callrec/1 metadata\n")
        return self._open(key, sealed, context)


def search(
    folder: Path, wanted: Iterator[Wanted], queries: int
) -> tuple[Mapping[str, Sequence[float]], Mapping[str, Sequence[int]]]:
    """Seconds of each of so many searches of each kind, and calls opened that were not found."""
    environ = {"XDG_STATE_HOME": str(folder / "state")}
    practice = open_practice(config_of(folder), lambda: datetime.now(UTC), environ)
    password = (folder / f"{LOGIN}.password").read_text(encoding="utf-8").strip()
    dora = actor_by_password(practice, login=LOGIN, password=password)
    session, _ = begin_session(practice, dora, Place("benchmark", "5e" * 32))
    actor = actor_by_session(practice, session)
    times: dict[str, list[float]] = {}
    beyond: dict[str, list[int]] = {}
    opened = Opened()
    for number in range(-UNTIMED, queries):
        for kind, criteria in criteria_of(next(wanted)).items():
            if kind == ALL_YEARS and number % SELDOM:
                continue
            before, begun = opened.calls, time.perf_counter()
            found = search_recordings(
                practice, actor, criteria=[criteria], reason=REASON, request=None, limit=None
            )
            if number >= 0:
                times.setdefault(kind, []).append(time.perf_counter() - begun)
                beyond.setdefault(kind, []).append(opened.calls - before - found.total)
    return times, beyond


def main() -> None:
    folder, recordings, years, queries, seed = sys.argv[1:]
    wanted = wanted_of(int(recordings), float(years), int(seed))
    print(json.dumps(search(Path(folder).resolve(), wanted, int(queries))))


if __name__ == "__main__":
    main()
