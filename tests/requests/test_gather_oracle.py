"""Whose calls they are, told by a plain list: all of theirs are found, and the rest has a ground.

Made-up people with up to three numbers, of which a household shares one, who ring without showing
one at times, and whose names the telephone system wrote in several spellings. Some of them are on
the register of people, with those who share a number. The oracle knows of each call who rang; it
reads no index, opens nothing, and shares no code with what it judges.

`make gathering` tries 10,000 people; docs/evidence/gathering.md has what came of it.
"""

from __future__ import annotations

import os
import random
import time
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from callrec.calls.find import find_calls_of
from callrec.catalogue.engine import reading
from callrec.policy.particulars import UNKNOWN
from callrec.policy.purpose import Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.search import described_by
from callrec.requests.gather import gather_recordings
from callrec.telephone.call import Call
from house.calls import a_call, take_in
from house.holds import ask, verified
from house.particulars import particulars
from house.practices import House
from house.processes import begin
from house.requests import logged_in, opened
from house.subjects import a_person

FORENAMES = ("Siân", "Agnes", "José", "Ann Marie", "Zoë", "Owen", "Ravi", "Mei", "Björn", "Chloé")

BEGAN = date(2024, 1, 1)

DAYS = 120

PROCESSES = os.cpu_count() or 1

FEWEST = 30

ASKED = 8
"""People for whom a request is made and gathered, of all for whom is searched."""


@dataclass(frozen=True)
class Rang:
    """A call as the oracle knows it."""

    person: int
    number: str | None
    name: str
    day: date


@dataclass(frozen=True)
class Somebody:
    numbers: tuple[str, ...]
    spellings: tuple[str, ...]
    withheld_on: tuple[date, ...]
    """Days on which they know that they rang without showing a number."""


def people(count: int, chance: random.Random) -> list[Somebody]:
    """Each third shares a number with the one before."""
    made: list[Somebody] = []
    for person in range(count):
        numbers = [
            f"+44{7700900000 + person * 3 + nth:010d}" for nth in range(chance.randint(1, 3))
        ]
        if person % 3 == 2:
            numbers[0] = made[-1].numbers[0]
        forename, surname = chance.choice(FORENAMES), _surname(person)
        plain = unicodedata.normalize("NFD", forename).encode("ascii", "ignore").decode()
        spellings = (
            f"{forename} {surname}",
            f"{surname.upper()}, {plain}",
            f"{plain[0]} {surname}x",
        )
        days = tuple(BEGAN + timedelta(chance.randrange(DAYS)) for _ in range(chance.randint(0, 2)))
        made.append(Somebody(tuple(numbers), spellings, days))
    return made


def _surname(person: int) -> str:
    syllables = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu")
    return "".join(syllables[int(digit)] for digit in f"{person:05d}").title()


def calls_of(everybody: list[Somebody], chance: random.Random) -> list[Rang]:
    """Some by each number, some that show none, some that the system knows by a name alone."""
    rang = []
    for person, somebody in enumerate(everybody):
        for number in somebody.numbers:
            for _ in range(chance.randint(0, 2)):
                name = chance.choice(("", *somebody.spellings))
                day = BEGAN + timedelta(chance.randrange(DAYS))
                rang.append(Rang(person, number, name, day))
        rang += [Rang(person, None, "", day) for day in somebody.withheld_on]
        another = f"+44{1632960000 + chance.randrange(1000):010d}"  # a box's: others ring from it
        name = chance.choice(somebody.spellings)
        rang.append(Rang(person, another, name, BEGAN + timedelta(chance.randrange(DAYS))))
    chance.shuffle(rang)
    return rang


def as_call(nth: int, rang: Rang) -> Call:
    began = datetime(rang.day.year, rang.day.month, rang.day.day, 9, tzinfo=UTC)
    return a_call(
        number=rang.number,
        caller=rang.number,
        parties=(rang.name,) if rang.name else (),
        started_at=began + timedelta(seconds=nth % 20_000),
    )


def said_by(somebody: Somebody) -> dict[str, Any]:
    """Their numbers and names, of all time; and the days on which they showed no number."""
    withheld = tuple(f"withheld {day}" for day in somebody.withheld_on)
    return {"numbers": (*somebody.numbers, *withheld), "names": somebody.spellings}


@dataclass(frozen=True)
class Oracle:
    """A plain list of all calls, with an index of its own."""

    mine: dict[int, set[int]]
    by_number: dict[str | None, set[int]]
    by_name: dict[str, set[int]]
    by_day_withheld: dict[date, set[int]]

    def described(self, somebody: Somebody) -> set[int]:
        """Numbers of the recordings that somebody's words describe, no matter who rang."""
        sets = [self.by_number.get(number, set()) for number in somebody.numbers]
        sets += [self.by_name.get(name, set()) for name in somebody.spellings]
        sets += [self.by_day_withheld.get(day, set()) for day in somebody.withheld_on]
        return set().union(*sets)


def an_oracle(rang: list[Rang]) -> Oracle:
    oracle = Oracle(*({} for _ in range(4)))
    for nth, each in enumerate(rang, 1):
        oracle.mine.setdefault(each.person, set()).add(nth)
        oracle.by_number.setdefault(each.number, set()).add(nth)
        oracle.by_name.setdefault(each.name, set()).add(nth)
        if each.number is None:
            oracle.by_day_withheld.setdefault(each.day, set()).add(nth)
    return oracle


@pytest.fixture
def count(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--people"))


@pytest.mark.parametrize(("order", "part"), [("as they were made", 1), ("mixed up", 10)])
def test_everybody_s_calls_are_found_and_what_is_left_out_has_its_ground(
    house: House, count: int, order: str, part: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The order is that in which calls come in.

    History that is mixed up gets a coarser index, and far more is opened: a part of the people do.
    """
    count = max(count // part, FEWEST)
    chance = random.Random(26)  # noqa: S311 - no secret
    everybody = people(count, chance)
    rang = calls_of(everybody, chance)
    if order == "as they were made":
        rang.sort(key=lambda each: each.day)
    for start in range(0, len(rang), 900):
        some = rang[start : start + 900]
        take_in(house, [as_call(start + nth, each) for nth, each in enumerate(some)])
    oracle = an_oracle(rang)
    house.close()
    shares = [range(nth, count, PROCESSES) for nth in range(PROCESSES)]
    children = [begin(partial(searched, house, everybody, oracle, share)) for share in shares]
    ended = [child.ended() for child in children]
    assert [each.failure for each in ended] == [""] * PROCESSES
    searches, found, seconds = map(sum, zip(*(each.told for each in ended), strict=True))
    theirs = sum(map(len, oracle.mine.values()))
    assert (searches, theirs) == (count, len(rang))
    began = time.process_time()
    for person in range(0, count, max(count // ASKED, 1)):
        gathered(house, everybody, oracle, person)
    requests = time.process_time() - began
    assert not verified(house).problems
    verifying = time.process_time() - began - requests
    with capsys.disabled():
        print(  # noqa: T201 - what docs/evidence/gathering.md tells
            f"\n{count} people, {len(rang)} calls, {order}: {theirs} of {theirs} of their own"
            f" found, and {found - theirs} of others that share a number, a name or a day;"
            f" {1000 * seconds / count:.1f} ms of processor time a person, the requests"
            f" {requests:.1f} s, audit verify {verifying:.1f} s"
        )


def searched(
    house: House, everybody: list[Somebody], oracle: Oracle, share: range
) -> tuple[int, int, float]:
    """Some of the people are searched for: how many, what was found, seconds of processor time."""
    began, found = time.process_time(), 0
    actor, practice = logged_in(house, "max"), house.practice
    with reading(practice.engine) as connection:
        for person in share:
            somebody = everybody[person]
            asked = described_by(particulars(**NOTHING_ELSE, **said_by(somebody)))
            got = {each.id for each in find_calls_of(practice, actor, connection, asked)}
            assert got == oracle.described(somebody), (person, somebody)
            assert oracle.mine[person] <= got
            found += len(got)
    return len(share), found, time.process_time() - began


NOTHING_ELSE = {
    "reason": "They ask for all their calls",
    "days": UNKNOWN,
    "times": UNKNOWN,
    "extensions": UNKNOWN,
    "parties": UNKNOWN,
    "about": "",
}


def registered(house: House, somebody: Somebody) -> str:
    """Their reference on the register."""
    said: dict[str, Any] = {
        "names": somebody.spellings,
        "numbers": somebody.numbers,
        "nhs_number": "",
    }
    return a_person(house, **said)


def gathered(house: House, everybody: list[Somebody], oracle: Oracle, person: int) -> None:
    """A request by their words asks for theirs, and leaves out the others' on a ground.

    They are on the register with who shares a number with them; calls on that are named.
    """
    somebody = everybody[person]
    mine, described = oracle.mine[person], oracle.described(somebody)
    others = [each for each in everybody[max(person - 2, 0) : person + 3] if each is not somebody]
    household = {number for each in others for number in each.numbers} & {*somebody.numbers}
    who = registered(house, somebody)
    for each in others:
        if household & {*each.numbers}:
            registered(house, each)
    asked = {**said_by(somebody), "person": who}
    reference = ask(house, "max", purpose=Purpose.SUBJECT_ACCESS, **asked)
    leave_out = dict.fromkeys(described - mine, Ground.NOT_RELEVANT)
    actor = logged_in(house, "max")
    came_to = gather_recordings(house.practice, actor, reference, leave_out=leave_out)
    assert {call.id for call in came_to.found} == described
    shared = [oracle.by_number.get(number, set()) for number in household]
    assert {*came_to.shared} == set().union(*shared)
    assert (came_to.person, came_to.is_outdated) == (who, False)
    request = opened(house, reference)
    assert {row.id for row in request.recordings} == mine
    assert came_to.left_out == leave_out
    gathering = request.body.gathering
    assert gathering is not None
    assert {*gathering.found} == {*request.body.uids} | gathering.left_out.keys()
