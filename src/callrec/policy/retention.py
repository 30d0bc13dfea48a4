"""How long kept; what may be destroyed.

    4(h)   a recording is routine, or a claim if a claim is about it     category_by_rule
    4(h)   a category set by hand counts, unless a claim is kept longer  effective_category
    4(h)   each category is kept for a time from the day of the call     due_on
    Code   nothing goes without appraisal, not even if it is due         appraise
    Code   nothing stopped is proposed                                   Appraised.is_free
    Code   keeping something on takes a reason                           check_kept_on_for_a_reason
    Code   only what was approved and is still due is destroyed          check_still_due
    ICO    copies beyond reach are there until a day that is told        beyond_reach_until
    4(h)   exactly the approved recordings are destroyed                 check_granted
    4(h)   nothing that an open request asks for                         check_nobody_waits
    4(h)   what came in by mistake is taken back only unused             check_was_not_used
    4(h)   and only while its file is there                              check_nothing_lost

The scales are the practice's own, from its settings. What stops a recording (a hold, an open
request) is looked up in `retention.review`; for holds see `policy.hold`.

Source: NHS Records Management Code of Practice 2021: no record is destroyed without appraisal;
it is destroyed, or kept on with a justification, and decision and authorisation are evidenced.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from math import inf
from typing import Final

from callrec.dataclass import dataclass, field
from callrec.errors import Refused
from callrec.policy.authority import RequestFacts, check_may
from callrec.policy.clause import Clause, Law
from callrec.policy.clock_rules import same_day_after
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import Person, Power
from callrec.policy.words import in_words

ROUTINE: Final = "routine"
"""The category of recordings with no other."""

CLAIM: Final = "claim"
"""The category of recordings that a medico-legal request is about."""

EARLIEST_CALL: Final = date(2000, 1, 1)
"""Before it nobody made files that are still about: such a date is a wrong clock's, and no end."""

_MONTHS: Final = {"month": 1, "year": 12}

_NUMBERS: Final = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
"""As words, each at one less than it says."""


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
        """As written in a request for disposal and on a certificate: ``routine, 3 years``."""
        return f"{self.name}, {self.keeps or 'no end'}"

    @property
    def lasts(self) -> float:
        """How long it is kept, in months."""
        return inf if self.keeps is None else months_configured(self.keeps)

    def due_on(self, call_on: date) -> date | None:
        """The first day on which a call of that day is due; None where that gives it no end."""
        if self.keeps is None or call_on < EARLIEST_CALL:
            return None
        return due_on(call_on, months_configured(self.keeps))

    def kept_until(self, call_on: date) -> date | None:
        """The last day on which it is kept, the day before that."""
        due = self.due_on(call_on)
        return due and due - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DisposalItem:
    """One recording of a request for disposal, as approved and as destroyed."""

    category: str
    rule: str
    due_on: date

    @property
    def is_undone(self) -> bool:
        """Whether it goes since it came in by mistake, and not since its time is over."""
        return is_undone(self.rule)


_BY_MISTAKE: Final = "taken in by mistake, batch "


def undone_rule(batch: str) -> str:
    """The rule by which what came in with a batch is taken back."""
    return f"{_BY_MISTAKE}{batch[:8]}"


def is_undone(rule: str) -> bool:
    """Whether it is that rule; no category of a schedule is called so."""
    return rule.startswith(_BY_MISTAKE)


class StopReason(StrEnum):
    """What keeps a recording that is due from being proposed for disposal."""

    HOLD = "hold"
    REQUEST = "request"
    """One for it is open."""
    PROPOSED = "proposed"
    """In a request for disposal that is open."""
    KEPT_ON = "kept-on"
    """The Data Controller kept it, and it is not to be appraised again yet."""


@dataclass(frozen=True, slots=True, order=True)
class Stopped:
    """What stops one recording."""

    by: StopReason
    reference: str = ""
    """``H-3``, ``R-17``; of what is kept on, until when."""

    def __str__(self) -> str:
        return " ".join(filter(None, (in_words(self.by), self.reference)))


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
    """The recordings due in one category and one month of calls."""

    category: Category
    month: date
    """Its first day."""
    recordings: int
    free: int
    """How many of them nothing stops."""
    stopped_by: Mapping[Stopped, int] = field(default_factory=dict)
    """How many recordings each thing stops; one may be stopped by several."""


@dataclass(frozen=True, slots=True)
class CategoryTotal:
    """The recordings of one category."""

    category: Category
    recordings: int
    due: int
    free: int
    next_due_on: date | None
    """When the next one becomes due; None if none will."""


def months_configured(keeping: str) -> int:
    """A length of time as it is configured, ``6 months`` or ``3 years``, in months."""
    count, unit = keeping.split()
    return int(count) * _MONTHS[unit.removesuffix("s")]


def interval_end(day: date, interval: str) -> date:
    """The day on which something is due again that is done so often: ``7 days``, ``6 months``.

    Laws: a later day never comes to an earlier one; it is always after the day itself.
    """
    count, unit = interval.split()
    days = {"day": 1, "week": 7}.get(unit.removesuffix("s"))
    if days is not None:
        return day + timedelta(days=int(count) * days)
    return same_day_after(day, months_configured(interval))


def months_in_words(words: str) -> int | None:
    """A length of time as people write it, ``three years`` or ``6 months``, in months.

    None where it is worded differently, so that only a reader can tell.
    """
    match words.casefold().split():
        case [count, ("month" | "months" | "year" | "years") as unit]:
            if count in _NUMBERS:
                count = str(_NUMBERS.index(count) + 1)
            return months_configured(f"{count} {unit}") if count.isdecimal() else None
        case _:
            return None


@lru_cache
def due_on(call_on: date, months: int) -> date:
    """The first day on which a recording is due.

    It is kept to the end of the same day this many months later, or of that month's last day where
    there is none: the day of the call itself does not count, so it is never kept for less.

    Laws: later calls are never due earlier; a longer time never ends earlier; what is kept for
    years is due the day after the anniversary, of 29 February on 1 March.
    """
    return same_day_after(call_on, months) + timedelta(days=1)


def last_call_due(schedule: Iterable[Category], on: date) -> date:
    """No call after this day is due yet, whatever its category, so later ones need no look.

    Law: what is due was on that day or before.
    """
    months = [months_configured(each.keeps) for each in schedule if each.keeps is not None]
    return on - timedelta(days=28 * min(months, default=0))  # no month is shorter


def category_by_rule(*, of_a_claim: bool) -> str:
    """The category of a recording that was given none by hand.

    It is ``of_a_claim`` if a medico-legal request, or its hold, names the recording.

    Source: NHS Records Management Code of Practice 2021, App II: longer for what may be needed for
    a legal claim.
    """
    return CLAIM if of_a_claim else ROUTINE


def effective_category(stated: Category | None, by_rule: Category) -> Category:
    """The category by which a recording is kept: the last one set by hand, or that of the rules.

    A claim's recording is kept at least as long as a claim: an earlier choice did not know of it,
    and nobody may later shorten what may be needed as evidence.

    Law: what is of a claim is never due before a claim of its day is.
    """
    if stated is None:
        return by_rule
    return by_rule if by_rule.name == CLAIM and by_rule.lasts > stated.lasts else stated


def appraise(
    recordings: Iterable[Appraised], schedule: Iterable[Category], *, on: date
) -> tuple[tuple[CategoryTotal, ...], tuple[DueGroup, ...]]:
    """The recordings of each category, in the order of the schedule; and what is due of them.

    That is by category and month of the calls, the oldest month first. Of recordings no more is
    held than of how many days, categories and reasons they are.

    Laws: every recording is counted once in the first; the counts of all of the second together
    are those of the recordings that are due.
    """
    alike = Counter((each.call_on, each.category, each.stopped_by) for each in recordings)
    groups: defaultdict[tuple[date, str], list[tuple[Appraised, int]]] = defaultdict(list)
    own: defaultdict[Category, list[tuple[Appraised, int]]] = defaultdict(list)
    for (call_on, category, stopped_by), count in alike.items():
        each = Appraised(0, call_on, category, stopped_by)
        own[category].append((each, count))
        if each.is_due(on):
            groups[call_on.replace(day=1), category.name].append((each, count))
    totals = tuple(
        CategoryTotal(
            category=category,
            recordings=sum(count for _, count in own[category]),
            due=sum(count for each, count in own[category] if each.is_due(on)),
            free=sum(count for each, count in own[category] if each.is_free(on)),
            next_due_on=min(
                (day for each, _ in own[category] if (day := each.due_on) and day > on),
                default=None,
            ),
        )
        for category in schedule
    )
    due = tuple(
        DueGroup(
            category=group[0][0].category,
            month=month,
            recordings=sum(count for _, count in group),
            free=sum(count for each, count in group if each.is_free(on)),
            stopped_by=_stopped(group),
        )
        for (month, _), group in sorted(groups.items())
    )
    return totals, due


def _stopped(group: Iterable[tuple[Appraised, int]]) -> Mapping[Stopped, int]:
    found = Counter[Stopped]()
    for each, count in group:
        for by in each.stopped_by:
            found[by] += count
    return dict(sorted(found.items()))


def beyond_reach_until(
    cleared_at: datetime, kept_days: Mapping[str, int | None]
) -> datetime | None:
    """When the last sealed copies are gone of what was destroyed, of all that keeps them.

    None: nothing does, or nobody had set for how long one of them does.

    Source: ICO, Right to erasure: of backups, people are told when they will be gone.
    """
    days = [each for each in kept_days.values() if each is not None]
    return cleared_at + timedelta(max(days)) if days and len(days) == len(kept_days) else None


def check_may_review(person: Person, *, on: date) -> None:
    """Those who archive review what is due, set its category, and propose disposal."""
    check_may(person, Power.ARCHIVE, on=on)


def check_kept_on_for_a_reason(purpose: Purpose, *, withheld: int, note: str) -> None:
    """Keeping on what is due takes a reason: the decider's note on a disposal."""
    if purpose is Purpose.DISPOSAL and withheld and not note.strip():
        raise Refused(
            "what is kept on although it is due is kept on for a reason",
            clause=Law.RECORDS_CODE,
            hint="say why: --note TEXT",
        )


def check_still_due(recordings: Iterable[Appraised], *, on: date) -> None:
    """Approved recordings are destroyed only if still due: category or scales may have changed."""
    if not all(each.is_due(on) for each in recordings):
        raise Refused(
            "a recording that was approved for disposal is to be kept longer now",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="the Data Controller takes the approval back: callrec revoke",
        )


def check_was_not_used(used: Mapping[int, str]) -> None:
    """What somebody asked for or held is no mistake any more; by number, what named it.

    Empty: an outside body's request, or its hold. A refusal is on record, and they may be secret.
    """
    if used:
        number, reference = min(used.items())
        by = reference and f", by {reference},"
        raise Refused(
            f"recording {number} was used{by} and is not taken back",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="it is kept like any other, until its time is over: callrec retention review",
        )


def check_nothing_lost(lost: Sequence[int]) -> None:
    """What has no file any more is the only copy of its call; by number."""
    if lost:
        raise Refused(
            f"recordings whose files are not where they came from, and would be lost: {len(lost)},"
            f" the first of them recording {lost[0]}",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint="name the folder that has the files now: --sources DIR; what has no file stays",
        )


class RecordingState(StrEnum):
    """Where a recording lies, if anywhere; holds and restrictions are not in it."""

    LIVE = "live"
    ARCHIVED = "archived"
    """On volumes only."""
    DESTROYED = "destroyed"
    """A stub stays: uid, dates, rule, certificate."""


def check_destroys(request: RequestFacts) -> None:
    """Only an erasure or a disposal destroys [policy 4(h), 4(i)]."""
    terms = TERMS[request.purpose]
    if not terms.is_destroyed:
        raise Refused(
            f"a request for {in_words(request.purpose)} destroys nothing",
            clause=terms.asked_under,
            hint="callrec request create erasure asks for that",
        )


def check_granted(
    request: RequestFacts, to_destroy: Collection[int], granted: Collection[int]
) -> None:
    """Exactly the recordings, by number, that standing approvals grant are destroyed."""
    if not granted:
        raise Refused(
            f"the request is {in_words(request.state)}, and no approval of it stands",
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
    """Nothing that another open request asks for is destroyed [policy 4(h)]; by reference or ""."""
    if waiting:
        named = [int(each.removeprefix("R-")) for each in waiting if each]
        first = f"R-{min(named)}" if named else "a request"
        seen = f"see callrec request show {first}" if named else "see callrec request list"
        raise Refused(
            f"a recording is asked for by {first}, which is open, and is not destroyed",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint=f"{seen}; it has to be closed, denied or withdrawn",
        )
