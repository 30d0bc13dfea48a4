"""How long kept; what may be destroyed.

    4(h)   what nobody named is routine, what a claim is about a claim   category_by_rule
    4(h)   what somebody said counts, unless a claim is kept longer      category_that_counts
    4(h)   a category is kept so long from the day of the call           due_on
    Code   nothing goes without appraisal: it is due, and no more        appraise
    Code   what is stopped is not proposed                               Appraised.is_free
    Code   what is kept on is kept on for a reason                       check_kept_on_for_a_reason
    Code   only what was approved, and is due still, is destroyed        check_still_due

The scales are the practice's own, from its configuration. What stops a recording (a hold, an open
request, a restriction) is looked up in `retention.review`.

Source: NHS Records Management Code of Practice: no record is destroyed without appraisal; it is
destroyed, or kept on with a justification, and decision and authorisation are evidenced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from math import inf
from typing import Final

from callrec.errors import Refused
from callrec.policy.authority import RequestFacts, check_may
from callrec.policy.clause import Clause, Law
from callrec.policy.clock_rules import same_day_after
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import Person, Power

ROUTINE: Final = "routine"
"""The category of what nobody gave another and no rule gives one."""

CLAIM: Final = "claim"
"""The category of what a medico-legal request is about."""

_MONTHS: Final = {"month": 1, "year": 12}

_NUMBERS: Final = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
"""As words, each at one less than it says."""

_ONE_DAY: Final = timedelta(days=1)

_SHORTEST_MONTH: Final = 28


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the retention schedule."""

    name: str
    keeps: str | None
    """``3 years``, ``6 months``; None: the day of the call gives it no end."""
    source: str
    """Where that is laid down."""

    @property
    def rule(self) -> str:
        """As it stands in a request for disposal and on a certificate: ``routine, 3 years``."""
        return f"{self.name}, {self.keeps or 'no end'}"

    @property
    def lasts(self) -> float:
        """How long it is kept, in months."""
        return inf if self.keeps is None else months_configured(self.keeps)

    def due_on(self, call_on: date) -> date | None:
        """The first day on which a call of that day is due; None where that gives it no end."""
        return None if self.keeps is None else due_on(call_on, months_configured(self.keeps))


@dataclass(frozen=True, slots=True)
class DisposalItem:
    """What is approved of one recording with a request for disposal, and what is destroyed."""

    category: str
    rule: str
    due_on: date


class StopReason(StrEnum):
    """What keeps a recording that is due from being proposed for disposal."""

    HOLD = "hold"
    REQUEST = "request"
    """One for it is open."""
    PROPOSED = "proposed"
    """In a request for disposal that is open."""
    RESTRICTION = "restriction"
    """UK GDPR 18: it is stored, and nothing else is done with it."""
    KEPT_ON = "kept-on"
    """The Data Controller did not let it go, and it is not to be appraised again yet."""


@dataclass(frozen=True, slots=True, order=True)
class Stopped:
    """What stops one recording."""

    by: StopReason
    reference: str = ""
    """``H-3``, ``R-17``; of what is kept on, until when."""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.by, self.reference)))


@dataclass(frozen=True, slots=True)
class Appraised:
    """A recording as the schedule sees it."""

    recording: int
    """Its number."""
    call_on: date
    """In the practice's time zone."""
    category: Category
    stopped_by: tuple[Stopped, ...] = ()

    @property
    def due_on(self) -> date | None:
        return self.category.due_on(self.call_on)

    def is_due(self, on: date) -> bool:
        """Whether its time is over that day."""
        due = self.due_on
        return due is not None and due <= on

    def is_free(self, on: date) -> bool:
        """Whether it may be proposed for disposal: it is due, and nothing stops it."""
        return self.is_due(on) and not self.stopped_by


@dataclass(frozen=True, slots=True)
class DueGroup:
    """What is due of one category and one month of calls."""

    category: Category
    month: date
    """Its first day."""
    recordings: int
    free: int
    """Those that nothing stops."""
    stopped_by: Mapping[Stopped, int] = field(default_factory=dict)
    """How many recordings each thing stops; one may be stopped by several."""


@dataclass(frozen=True, slots=True)
class CategoryTotal:
    """What there is of one category."""

    category: Category
    recordings: int
    due: int
    free: int
    next_due_on: date | None
    """When the next is due that is not yet; None where none will be."""


def months_configured(keeping: str) -> int:
    """A length of time as it is configured, ``6 months`` or ``3 years``, in months."""
    count, unit = keeping.split()
    return int(count) * _MONTHS[unit.removesuffix("s")]


def months_in_words(words: str) -> int | None:
    """A length of time as people are told it, ``three years`` or ``6 months``, in months.

    None where it is said in other words: nobody but a reader can tell then.
    """
    match words.casefold().split():
        case [count, ("month" | "months" | "year" | "years") as unit]:
            if count in _NUMBERS:
                count = str(_NUMBERS.index(count) + 1)
            return months_configured(f"{count} {unit}") if count.isdecimal() else None
        case _:
            return None


def due_on(call_on: date, months: int) -> date:
    """The first day on which a recording is due.

    It is kept to the end of the same day so many months later, or of that month's last day where
    there is none: the day of the call itself does not count, so it is never kept for less.

    Args:
        call_on: the day of the call, in the practice's time zone.
        months: how long it is kept.

    Laws: later calls are never due earlier; a longer time never ends earlier; what is kept for
    years is due the day after the anniversary, of 29 February on 1 March.
    """
    return same_day_after(call_on, months) + _ONE_DAY


def last_call_due(schedule: Iterable[Category], on: date) -> date:
    """No call after this day is due yet, whatever its category: enough to look through few of them.

    Law: what is due was on that day or before.
    """
    months = [months_configured(each.keeps) for each in schedule if each.keeps is not None]
    return on - timedelta(days=_SHORTEST_MONTH * min(months, default=0))


def category_by_rule(*, of_a_claim: bool) -> str:
    """The category of what nobody gave one.

    Args:
        of_a_claim: whether a medico-legal request names it, or its hold does.

    Source: NHS Records Management Code of Practice, App II: longer for what may be needed for a
    legal claim.
    """
    return CLAIM if of_a_claim else ROUTINE


def effective_category(said: Category | None, by_rule: Category) -> Category:
    """The category by which a recording is kept.

    What is of a claim is kept as long as a claim is at the least: who said something else before
    did not know of it, and nobody shortens afterwards what may be needed as evidence.

    Args:
        said: the one that somebody gave it last; None if nobody did.
        by_rule: the one that `category_by_rule` names.

    Law: what is of a claim is never due before a claim of its day is.
    """
    if said is None:
        return by_rule
    return by_rule if by_rule.name == CLAIM and by_rule.lasts > said.lasts else said


def appraise(recordings: Iterable[Appraised], *, on: date) -> tuple[DueGroup, ...]:
    """What is due, by category and month of the calls, the oldest month first.

    Law: the counts of all of them together are those of the recordings that are due.
    """
    groups: dict[tuple[date, str], list[Appraised]] = {}
    for each in recordings:
        if each.is_due(on):
            key = (each.call_on.replace(day=1), each.category.name)
            groups.setdefault(key, []).append(each)
    return tuple(
        DueGroup(
            category=group[0].category,
            month=month,
            recordings=len(group),
            free=sum(each.is_free(on) for each in group),
            stopped_by=_count(group),
        )
        for (month, _), group in sorted(groups.items(), key=lambda pair: pair[0])
    )


def totals_by_category(
    recordings: Sequence[Appraised], schedule: Iterable[Category], *, on: date
) -> tuple[CategoryTotal, ...]:
    """What there is of each category, in the order of the schedule.

    Law: every recording is counted once.
    """
    return tuple(
        _held(category, [r for r in recordings if r.category == category], on)
        for category in schedule
    )


def check_may_review(person: Person, *, on: date) -> None:
    """Who archives reviews what is due, says of which category it is, and proposes disposal.

    Raises:
        Refused: the person does not hold the power that day.
    """
    check_may(person, Power.ARCHIVE, on=on)


def check_kept_on_for_a_reason(purpose: Purpose, *, withheld: int, note: str) -> None:
    """Who keeps on what is due says why.

    Args:
        purpose: of the request that is approved.
        withheld: how many of its recordings are.
        note: what whoever decides says.

    Raises:
        Refused: some of a disposal is withheld, and no note says why.
    """
    if purpose is Purpose.DISPOSAL and withheld and not note.strip():
        raise Refused(
            "what is kept on although it is due is kept on for a reason",
            clause=Law.RECORDS_CODE,
            hint="say why: --note TEXT",
        )


def check_still_due(recordings: Iterable[Appraised], *, on: date) -> None:
    """What was approved is destroyed only if it is due still.

    Somebody may have given it another category since, or the practice another schedule.

    Raises:
        Refused: one is to be kept longer now.
    """
    if not all(each.is_due(on) for each in recordings):
        raise Refused(
            "a recording that was approved for disposal is to be kept longer now",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="the Data Controller takes the approval back: callrec revoke",
        )


def _count(group: Iterable[Appraised]) -> Mapping[Stopped, int]:
    counts: dict[Stopped, int] = {}
    for stopped in sorted(stopped for each in group for stopped in each.stopped_by):
        counts[stopped] = counts.get(stopped, 0) + 1
    return counts


def _held(category: Category, recordings: Sequence[Appraised], on: date) -> CategoryTotal:
    dues = [each.due_on for each in recordings]
    return CategoryTotal(
        category=category,
        recordings=len(recordings),
        due=sum(each.is_due(on) for each in recordings),
        free=sum(each.is_free(on) for each in recordings),
        next_due_on=min((due for due in dues if due is not None and due > on), default=None),
    )


# What an approved request destroys, and what stops it [policy 4(h), 4(i); UK GDPR 17].
#
#     4(h), 4(i)  exactly what was approved, each recording decided    check_granted
#     4(h)        nothing that somebody else is still waiting for      check_nobody_waits
#     UK GDPR 18  nothing whose use is restricted, or that is gone     check_is_there
#
# That nothing held is destroyed, `policy.hold` says.


class RecordingState(StrEnum):
    """Where a recording stands. Holds are beside it, several at once."""

    LIVE = "live"
    ARCHIVED = "archived"
    """On volumes only."""
    RESTRICTED = "restricted"
    DESTROYED = "destroyed"
    """A stub stays: uid, dates, rule, certificate."""


def check_destroys(request: RequestFacts) -> None:
    """Only an erasure or a disposal destroys [policy 4(h), 4(i)].

    Raises:
        Refused: the request is for something else.
    """
    terms = TERMS[request.purpose]
    if terms.is_heard:
        raise Refused(
            f"a request for {request.purpose} destroys nothing",
            clause=terms.asked_under,
            hint="callrec request create --purpose erasure asks for that",
        )


def check_granted(
    request: RequestFacts, to_destroy: Collection[int], granted: Collection[int]
) -> None:
    """What is destroyed is what was approved: no recording more, and none less.

    Args:
        request: which was approved.
        to_destroy: numbers of the recordings that are to be destroyed.
        granted: of those that standing approvals grant.

    Raises:
        Refused: nothing is granted, or it is something else.
    """
    if not granted:
        raise Refused(
            f"the request is {request.state}, and no approval of it stands",
            clause=TERMS[request.purpose].decided_under,
            hint=f"the Data Controller decides it: callrec approve {request.reference}",
        )
    if set(to_destroy) != set(granted):
        raise Refused(
            "what is to be destroyed is not what was approved",
            clause=TERMS[request.purpose].decided_under,
            hint=f"callrec request show {request.reference} lists what was approved",
        )


def check_nobody_waits(waiting: Collection[str]) -> None:
    """What an open request asks for is not destroyed under another one [policy 4(h)].

    Args:
        waiting: references of other requests that are open and ask for one of the recordings.

    Raises:
        Refused: there is one.
    """
    if waiting:
        first = min(waiting, key=lambda reference: int(reference.removeprefix("R-")))
        raise Refused(
            f"a recording is asked for by {first}, which is open, and is not destroyed",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint=f"see callrec request show {first}; it has to be closed, denied or withdrawn",
        )


def check_can_be_destroyed(number: int, state: str) -> None:
    """A recording is there to be destroyed, and its use is not restricted [UK GDPR 18].

    Raises:
        Refused: it is destroyed already, or restricted.
    """
    if state in {RecordingState.LIVE, RecordingState.ARCHIVED}:
        return
    raise Refused(
        f"recording {number} is {state} and is not destroyed",
        clause=Clause.ENCRYPTED_AND_ARCHIVED,
        hint=f"callrec show {number} says why",
    )
