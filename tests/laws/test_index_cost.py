"""How many calls of others a search of a month opens: counts, over the tokens alone.

Months as those of a tenth of a million calls in ten years, of a million, of 4 and of 10 million.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from random import Random
from statistics import mean

import pytest

from callrec.catalogue.index import (
    Slots,
    TokenKind,
    bits_for,
    blinding,
    part_name,
    part_of,
    tokens_in,
)
from callrec.policy.search import CallFacts, Criteria, matches
from callrec.policy.words import words
from catalogue.index_rows import KEY, LONDON, VAULT
from house.months import ASKED, SLOTS, made_up_month

MOST_OF_OTHERS = 32

SEARCHES = 25

Values = list[tuple[TokenKind, str]]


def values_of(number: str | None, extension: str | None, names: str | None) -> Values:
    """What is kept of a call, or asked for."""
    found = [(TokenKind.PARTY, word) for word in words(names or "")]
    found += [(TokenKind.TAIL, number[-4:])] if number else []
    return found + ([(TokenKind.EXTENSION, extension)] if extension else [])


class Month:
    """The tokens of its calls, as the format has them, in memory."""

    def __init__(self, calls: list[CallFacts]) -> None:
        self.calls, self.bits = calls, bits_for(len(calls))
        self.uncut = cache(_uncut(blinding(KEY, VAULT)))
        self.having = defaultdict[tuple[TokenKind, int], set[int]](set)
        for place, call in enumerate(calls):
            slot = Slots.at(call.started_at, self.bits)
            for kind, value in values_of(call.number, call.extension, " ".join(call.parties)):
                for token in tokens_in(slot, kind, value, [self.uncut]):
                    self.having[kind, token].add(place)

    def proposed(self, asked: Criteria) -> set[int]:
        """Places of the calls that are opened, if all the month is looked at."""
        slots = Slots(part_of(self.calls[0].started_at), range(SLOTS), self.bits)
        return set.intersection(
            *(
                set().union(
                    *(
                        self.having.get((kind, token), ())
                        for token in tokens_in(slots, kind, value, [self.uncut])
                    )
                )
                for kind, value in values_of(
                    asked.number or asked.tail, asked.extension, asked.party
                )
            )
        )

    def others_opened(self, call: CallFacts, asked: Criteria) -> int:
        """How many are opened that do not fit, where a call that does is looked for."""
        opened = self.proposed(asked)
        assert any(self.calls[place] is call for place in opened)
        return sum(not matches(asked, self.calls[place], LONDON) for place in opened)


def _uncut(
    blind: Callable[[str, str, str], int],
) -> Callable[[int, TokenKind, int, str], int]:
    return lambda part, kind, day, value: blind(
        part_name(part), kind.word, f"{day + 1:02d}|{value}"
    )


@pytest.mark.parametrize(
    ("calls", "seed"), [(833, 1), (833, 2), (8333, 3), (8333, 4), (33_333, 5), (83_333, 6)]
)
def test_a_search_of_a_month_opens_no_more_than_32_calls_of_others(calls: int, seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - no secret
    month = Month(made_up_month(calls, seed))
    means = {
        name: mean(
            month.others_opened(call, criteria_of(call))
            for call in draw.sample(month.calls, SEARCHES)
        )
        for name, criteria_of in ASKED.items()
    }
    assert max(means.values()) <= MOST_OF_OTHERS, means
    assert means["name"] <= 3
