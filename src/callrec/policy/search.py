"""Criteria, and calls as a request describes them.

The index only proposes; `matches` decides on each call's opened metadata.

The person who asks need not know a recording's number: what fits the request's particulars is
proposed, and put under a hold where the purpose places one [policy 4(b)]. That is a search like any
other and never wider than one may be: what says neither number, name, nor day describes no call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypedDict, TypeVar

from callrec.dataclass import dataclass, replace
from callrec.errors import Refused, Unusable
from callrec.policy.clause import Clause
from callrec.policy.days import DayRange, TimeRange
from callrec.policy.particulars import Particulars, Unknown, days_withheld, is_withheld, sought
from callrec.policy.words import check_reason, words

TAIL_DIGITS = 4

_Value = TypeVar("_Value")


class Why(TypedDict):
    """What something is looked up for, as far as it was said."""

    reason: str | None
    """In a sentence."""
    request: str | None
    """``R-17``, which is open."""


class Direction(StrEnum):
    """Which way a call went."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What is known of a call and can be searched."""

    number: str | None
    """The outside party's, as E.164 where it is a public one; None if withheld."""
    extension: str | None
    parties: tuple[str, ...]
    direction: Direction | None
    started_at: datetime
    """UTC."""
    duration_ms: int
    further_numbers: frozenset[str] = frozenset()
    """Of outside parties in other parts of the call, where call records tell of them."""
    further_extensions: frozenset[str] = frozenset()
    """Extensions in other parts of the call, such as the one to which it was transferred."""
    is_withheld: bool = False
    """Somebody called and showed no number."""

    @property
    def numbers(self) -> frozenset[str]:
        """All numbers of outside parties that are known."""
        return self.further_numbers | ({self.number} if self.number else frozenset())

    @property
    def extensions(self) -> frozenset[str]:
        """All extensions that are known."""
        return self.further_extensions | ({self.extension} if self.extension else frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What a search asks for; a call has to meet all that is given."""

    number: str | None = None
    """E.164, or the digits of what cannot be that."""
    tail: str | None = None
    """The last four digits of a number."""
    withheld: bool = False
    """Somebody called and showed no number."""
    days: DayRange | None = None
    times: TimeRange | None = None
    extension: str | None = None
    party: str | None = None
    direction: Direction | None = None

    def __post_init__(self) -> None:
        if self.tail is not None and not (
            len(self.tail) == TAIL_DIGITS and self.tail.isascii() and self.tail.isdecimal()
        ):
            raise Unusable("part of a number is its last four digits", hint="type --number ...4567")
        if self.party is not None and not words(self.party):
            raise Unusable(
                "a party is asked for by a name of two letters or more", hint="type --party NAME"
            )

    @property
    def names_something(self) -> bool:
        """Whether it asks for a number, a party, or an extension on one day."""
        of_a_day = self.extension and self.is_on_one_day
        return bool(self.number or self.tail or self.party or of_a_day)

    @property
    def is_on_one_day(self) -> bool:
        """Whether it asks for calls of one day alone."""
        return self.days is not None and self.days.count == 1

    def is_narrow(self, widest_window: int) -> bool:
        """Whether it asks for something, or for no more days than may be looked through."""
        has_few_days = self.days is not None and self.days.count <= widest_window
        return self.names_something or has_few_days


def check_not_browsing(
    criteria: Criteria, *, reason: str | None, request: str | None, widest_window: int
) -> None:
    """A search has a reason or a request, and names something or few days to look at [4(c)]."""
    if criteria.withheld and (request is None or not criteria.is_on_one_day):
        raise Refused(
            "withheld numbers are searched for within one day, under a request",
            clause=Clause.NO_BROWSING,
            hint="give --date DATE and --request REQUEST with it",
        )
    if not criteria.is_narrow(widest_window):
        raise Refused(
            "a search asks for a number, a party, an extension and a day,"
            f" or for {widest_window} day{'s' if widest_window > 1 else ''} at the most",
            clause=Clause.NO_BROWSING,
            hint="add --number, --party, --extension with --date, or a narrower --from and --to",
        )
    if request is None and not reason:
        raise Refused(
            "a search needs a reason or a request",
            clause=Clause.NO_BROWSING,
            hint='add --reason "…", or --request R',
        )
    if reason:
        check_search_reason(reason)


def check_search_reason(reason: str) -> str:
    """A reason in a sentence, as it was typed [4(c)]."""
    check_reason(reason, Clause.NO_BROWSING)
    return reason


def matches(criteria: Criteria, call: CallFacts, zone: tzinfo) -> bool:
    """Whether the call meets each criterion.

    A call is of the local day on which it began, and within a time if any of it was. A number or an
    extension is met in any part of the call, and a party by all the words asked for, wherever they
    stand among the call's parties.

    Law: a criterion more never finds a call more.
    """
    return (
        (criteria.number is None or criteria.number in call.numbers)
        and (criteria.tail is None or any(n.endswith(criteria.tail) for n in call.numbers))
        and (call.is_withheld or not criteria.withheld)
        and (criteria.extension is None or criteria.extension in call.extensions)
        and (criteria.direction is None or criteria.direction == call.direction)
        and (criteria.party is None or words(criteria.party) <= words(" ".join(call.parties)))
        and _is_then(criteria, call, zone)
    )


def _is_then(criteria: Criteria, call: CallFacts, zone: tzinfo) -> bool:
    day = call.started_at.astimezone(zone).date()
    if criteria.days and not criteria.days.first <= day <= criteria.days.last:
        return False
    if criteria.times is None:
        return True
    begins, ends = criteria.times.bounds(day, zone)
    ended_at = call.started_at + timedelta(milliseconds=call.duration_ms)
    return call.started_at < ends and ended_at >= begins


def described_by(particulars: Particulars) -> tuple[Criteria, ...]:
    """What a call may be found by: it is described if it meets one of these.

    Any of the numbers, and any of the names that somebody's own calls are found under, will do;
    days, times and extensions narrow that. A party's name is asked for only where neither a
    number, nor a day with an extension or a time, says which call it was: recordings know few
    names, and are not passed over for lacking one. Any of the parties' names will do.

    Without a number or a name each day is a search of its own; of several days nothing is
    described by these alone.

    Law: each is one for which `check_not_browsing` lets one day be searched.
    """
    within = [
        Criteria(days=days, times=_known(particulars.times), extension=extension)
        for days in _known(particulars.days) or (None,)
        for extension in _known(particulars.extensions) or (None,)
    ]
    numbers = _known(particulars.numbers) or ()
    asked: list[Criteria] = []
    for number in numbers:
        own = days_withheld(number)
        if is_withheld(number):
            anyone = [replace(each, withheld=True, days=own or each.days) for each in within]
            asked += dict.fromkeys(_by_the_day(anyone))
        else:
            asked += [replace(each, number=sought(number)) for each in within]
    for name in filter(words, particulars.names):
        asked += [replace(each, party=name) for each in within]
    if asked:
        return tuple(asked)
    if all(
        each.days and (each.extension or (each.is_on_one_day and each.times)) for each in within
    ):
        return tuple(_by_the_day(within))
    named = [name for name in _known(particulars.parties) or () if words(name)]
    if named:
        return tuple(replace(each, party=name) for name in named for each in within)
    return tuple(within) if all(each.is_on_one_day for each in within) else ()


def _by_the_day(within: Sequence[Criteria]) -> Iterator[Criteria]:
    """The same criteria, each for one day."""
    for each in within:
        yield from (replace(each, days=day) for day in each.days.each) if each.days else (each,)


def is_of_another_extension(particulars: Particulars, call: CallFacts) -> bool:
    """Whether a call was over none of the extensions given, if any are."""
    extensions = _known(particulars.extensions)
    return extensions is not None and call.extensions.isdisjoint(extensions)


def is_of_another_number(particulars: Particulars, call: CallFacts) -> bool:
    """Whether a call was with none of the numbers given, if any are, and no name finds it."""
    numbers = _known(particulars.numbers)
    if numbers is None or particulars.names:
        return False
    is_one = call.is_withheld and any(map(is_withheld, numbers))
    return not is_one and call.numbers.isdisjoint(map(sought, numbers))


def is_of_another_day(particulars: Particulars, began_at: datetime) -> bool:
    """Whether a call began, in local time, on none of the days given, if any are."""
    days, began_on = _known(particulars.all_days), began_at.date()
    return days is not None and not any(each.first <= began_on <= each.last for each in days)


def _known(value: _Value | Unknown) -> _Value | None:
    return None if isinstance(value, Unknown) else value
