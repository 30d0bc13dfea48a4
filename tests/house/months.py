"""A month of made-up calls, as a practice has them: many who call once, and few who call often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from random import Random

from callrec.policy.search import CallFacts, Criteria, Direction

SLOTS = 31 * 12
"""Of two hours each, in May."""

REGULARS = 20
"""Chemists, care homes and hospitals: each has one call in 300."""

CALLING_BACK = 0.2
"""So many calls are followed by another with the same person within the hour."""

_FORENAMES = ["".join(each).title() for each in product("bdfgklmnpt", "aeio", ("la", "ren", "mos"))]

_SURNAMES = [
    "".join(each).title()
    for each in product(
        "bcdfghklmprstvw", ("ar", "el", "in"), ("ber", "kin", "low", "man"), ("", "by", "ford")
    )
]

_DESKS = [(str(201 + n), f"Staff{n:02} Member{n:02}") for n in range(40)]


def made_up_month(calls: int, seed: int) -> list[CallFacts]:
    """So many calls of May 2024."""
    chance = Random(seed)  # noqa: S311 - no secret
    return sorted(_drawn(calls, chance), key=lambda call: call.started_at)


def _drawn(calls: int, chance: Random) -> Iterator[CallFacts]:
    people = [_somebody(chance) for _ in range(calls // 2)]
    often = [chance.lognormvariate(0, 1) for _ in people]
    often[:REGULARS] = [sum(often) / 300] * REGULARS
    up_to = list(accumulate(often))
    days = [datetime(2024, 5, n, 8, tzinfo=UTC) for n in range(1, 32) if (n + 1) % 7 < 5]
    drawn = 0
    while drawn < calls:
        (number, name), at = chance.choices(people, cum_weights=up_to)[0], chance.choice(days)
        at += timedelta(seconds=chance.randrange(10 * 3600))
        while drawn < calls:
            extension, desk = chance.choice(_DESKS)
            yield CallFacts(
                number=number,
                extension=extension,
                parties=(name, desk),
                direction=chance.choice((Direction.INBOUND, Direction.OUTBOUND)),
                started_at=at,
                duration_ms=60_000,
            )
            drawn += 1
            at += timedelta(seconds=chance.randrange(120, 3600))
            if chance.random() > CALLING_BACK:
                break


def _somebody(chance: Random) -> tuple[str, str]:
    """A number and a name; some forenames are far more usual than others."""
    usual = min(int(chance.expovariate(0.03)), len(_FORENAMES) - 1)
    return f"+44{chance.randrange(10**10):010}", f"{_FORENAMES[usual]} {chance.choice(_SURNAMES)}"


ASKED: dict[str, Callable[[CallFacts], Criteria]] = {
    "number": lambda call: Criteria(number=call.number),
    "last four digits": lambda call: Criteria(tail=(call.number or "")[-4:]),
    "name": lambda call: Criteria(party=call.parties[0]),
    "surname": lambda call: Criteria(party=call.parties[0].split()[1]),
    "extension": lambda call: Criteria(extension=call.extension),
}
"""What is asked for somebody's calls, by the words of it."""


def busiest(calls: list[CallFacts]) -> str | None:
    """The number that most of the calls are with."""
    return Counter(call.number for call in calls).most_common(1)[0][0]
