"""What the report of a month counts: requests, what people did, and calls, by the log's leaves.

Nothing is opened for it but hearings that somebody from outside attended. The whole log, and every
row, were found sound before, in the same state of the catalogue: so a leaf is its actor's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from statistics import median
from typing import Final

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf, Outcome
from callrec.crypto.canonical import parse_instant
from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.intake.reconciled import LastReconciled
from callrec.policy.days import DayRange
from callrec.policy.purpose import TERMS, Purpose, purpose_of
from callrec.policy.request import RequestAct
from callrec.policy.role import PersonId
from callrec.practice import Actor, Practice
from callrec.record.acts import SEARCH, done_leaves, is_reviewable, leaves_of_act, numbers_in_leaves
from callrec.registers.requests import (
    ANSWERING_ACTS,
    ENDS_UNANSWERED,
    answer_to,
    read_registered_requests,
)
from callrec.requests.clock import clocks_by_request, day_of_leaf, deadline_on_day
from callrec.requests.model import without_failed

MONTHS: Final = 12
"""How many the trends go over, the report's own the last."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month of the practice's time zone."""

    year: int
    month: int

    def __str__(self) -> str:
        """``2026-11``, as it is typed."""
        return f"{self.year:04}-{self.month:02}"

    @property
    def days(self) -> DayRange:
        after = self.earlier(-1)
        last = date(after.year, after.month, 1) - timedelta(days=1)
        return DayRange(date(self.year, self.month, 1), last)

    def earlier(self, months: int) -> Month:
        """The month that is so many months earlier."""
        year, month = divmod(self.year * 12 + self.month - 1 - months, 12)
        return Month(year, month + 1)

    def has(self, day: date | None) -> bool:
        return day is not None and (day.year, day.month) == (self.year, self.month)

    def begins_at(self, zone: tzinfo) -> datetime:
        return datetime.combine(self.days.first, time.min, zone)


def month_of(day: date) -> Month:
    """The month that a day lies in."""
    return Month(day.year, day.month)


def read_month(text: str) -> Month:
    """A month as it is typed: ``2026-11``, ``11/2026`` or ``Nov 2026``; Unusable if it is none."""
    typed = text.strip().casefold()
    for form in ("%Y-%m", "%m/%Y", "%b %Y", "%B %Y"):
        try:
            found = datetime.strptime(typed, form)  # noqa: DTZ007 - a month has no zone
        except ValueError:
            continue
        return Month(found.year, found.month)
    raise Unusable("that is not a month", hint="type --month 2026-11, or --month 11/2026")


@dataclass(frozen=True, slots=True)
class CountedRequest:
    """A request as the report counts it; nothing that it says is in it."""

    reference: str
    purpose: Purpose
    came_on: date
    """The day of its receipt; of one that is not dated, the day on which it was made here."""
    answered_on: date | None
    ended_on: date | None
    """The day of the answer, or the day on which it ended without one."""
    due_on: date | None
    """Where a law or a court sets one and it is known: as it stood then, or stands now."""

    @property
    def days(self) -> int | None:
        """Days from its receipt to its answer."""
        return None if self.answered_on is None else (self.answered_on - self.came_on).days

    @property
    def was_late(self) -> bool | None:
        """Whether it was answered late; None where it was not, or no day is set or known."""
        if self.answered_on is None or self.due_on is None:
            return None
        return self.answered_on > self.due_on

    def is_open(self, day: date) -> bool:
        """Whether it had come and not ended at the end of a day."""
        return self.came_on <= day and (self.ended_on is None or self.ended_on > day)

    def is_overdue(self, day: date) -> bool:
        return self.is_open(day) and self.due_on is not None and self.due_on < day


def read_counted_requests(
    practice: Practice, actor: Actor, connection: Connection, hidden: frozenset[str], *, on: date
) -> tuple[CountedRequest, ...]:
    """Every request of which the reader may learn, in the order of their numbers.

    ``on`` is the day by which it is told whether one that is open is late.
    """
    done = tuple(done_leaves(connection, tuple(RequestAct)))
    leaves = defaultdict[str, list[Leaf]](list)
    for leaf in done:
        leaves[leaf.subject[0]].append(leaf)
    clocks = clocks_by_request(practice, connection, leaves)
    heard = _heard_by_requester(practice, actor, connection, leaves)
    found = []
    for id_, number in numbers_in_leaves(done, RequestAct.CREATED).items():
        if id_ not in hidden:
            answered_on, ended_on = _ended(practice, id_, leaves[id_], heard.get(id_))
            came_on, due_on = day_of_leaf(practice, leaves[id_][0]), None
            if clock := clocks.get(id_):
                came_on = clock.receipt.received_on
                due_on = deadline_on_day(practice, clock, on=ended_on or on).due_on
            found.append(
                CountedRequest(
                    reference=f"R-{number}",
                    purpose=_purpose(id_),
                    came_on=came_on,
                    answered_on=answered_on,
                    ended_on=ended_on,
                    due_on=due_on,
                )
            )
    return tuple(found)


def _purpose(id_: str) -> Purpose:
    purpose = purpose_of(id_)
    assert purpose is not None  # noqa: S101 - every row was held against its id
    return purpose


def _ended(
    practice: Practice, id_: str, leaves: Sequence[Leaf], heard_on: date | None
) -> tuple[date | None, date | None]:
    """When it was answered, and when it ended, answered or not."""
    acts = ANSWERING_ACTS
    if not TERMS[_purpose(id_)].is_dated:  # the staff's own: it is answered once it was heard
        acts |= {RequestAct.LISTENED}
    done = (leaf for leaf in without_failed(leaves) if leaf.act in acts)
    answers = [day_of_leaf(practice, leaf) for leaf in done]
    answered_on = min([*answers[:1], *filter(None, [heard_on])], default=None)
    ends = (day_of_leaf(practice, leaf) for leaf in leaves if leaf.act in ENDS_UNANSWERED)
    return answered_on, answered_on or next(ends, None)


def _heard_by_requester(
    practice: Practice, actor: Actor, connection: Connection, leaves: Mapping[str, Sequence[Leaf]]
) -> Mapping[str, date]:
    """When somebody who asked to hear it came and did: who was there lies sealed."""
    asked = {
        id_
        for id_, own in leaves.items()
        if TERMS[_purpose(id_)].is_dated and TERMS[_purpose(id_)].is_attended
        if any(leaf.act == RequestAct.LISTENED for leaf in own)
    }
    if not asked:
        return {}
    found = {}
    for request in read_registered_requests(practice, actor, connection, lambda r: r.id in asked):
        answered_on = answer_to(practice, actor, connection, request).answered_on
        if answered_on is not None:
            found[request.history.request] = answered_on
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeCount:
    """The requests of one purpose in a month."""

    purpose: Purpose
    came: int
    answered: int
    in_time: int
    late: int
    no_day: int
    """How many of the answered had no day set by a law or a court, or none that is known."""
    days_middle: float | None
    """The median of the days from its coming to its answer; None: none was answered."""
    days_longest: int | None
    ended: int
    """How many ended without an answer: withdrawn, lapsed or closed."""
    open: int
    """At the end of the month; of the month that goes on, now."""
    open_late: int
    """How many of the open ones are past the day that a law or a court sets."""


def count_requests(
    requests: Iterable[CountedRequest], purpose: Purpose, month: Month, *, until: date
) -> PurposeCount:
    """What became of the requests of one purpose in a month; ``until`` is its last day so far."""
    own = [each for each in requests if each.purpose is purpose]
    answered = [each for each in own if month.has(each.answered_on)]
    days = [each.days for each in answered if each.days is not None]
    return PurposeCount(
        purpose=purpose,
        came=sum(month.has(each.came_on) for each in own),
        answered=len(answered),
        in_time=sum(each.was_late is False for each in answered),
        late=sum(each.was_late is True for each in answered),
        no_day=sum(each.was_late is None for each in answered),
        days_middle=median(days) if days else None,
        days_longest=max(days, default=None),
        ended=sum(month.has(each.ended_on) and each.answered_on is None for each in own),
        open=sum(each.is_open(until) for each in own),
        open_late=sum(each.is_overdue(until) for each in own),
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a person did with recordings, on a day."""

    person: PersonId
    what: str
    """The leaf's act; of a search, `SEARCH` where it was done without a request."""
    on: date
    request: str
    """The id of its request; empty for a search without one."""
    recordings: tuple[str, ...] = ()
    """Ids of what was heard."""


REFUSED_SEARCH: Final = "search.refused"

SEARCH_UNDER_REQUEST: Final = "search.request"


def read_deeds(
    practice: Practice, connection: Connection, hidden: frozenset[str]
) -> Iterator[Deed]:
    """Each hearing, each package that went out, each search, as far as the reader may know."""
    acts = (RequestAct.LISTENED, RequestAct.HEARING_FAILED, RequestAct.DELIVERED)
    for leaf in without_failed(done_leaves(connection, acts)):
        request, _, *recordings = leaf.subject
        if request not in hidden:
            on = day_of_leaf(practice, leaf)
            yield Deed(PersonId(leaf.actor), str(leaf.act), on, request, tuple(recordings))
    zone = practice.settings.time_zone
    for leaf in leaves_of_act(connection, SEARCH):
        request = "".join(leaf.subject[:1])
        if request in hidden or leaf.outcome is Outcome.FAILED:
            continue
        what = SEARCH_UNDER_REQUEST
        if is_reviewable(practice.register, leaf):
            what = SEARCH if leaf.outcome is Outcome.DONE else REFUSED_SEARCH
        on = parse_instant(leaf.at).astimezone(zone).date()
        yield Deed(PersonId(leaf.actor), what, on, request)


@dataclass(frozen=True, slots=True)
class HeldCalls:
    """How many calls of a month are held, as far as the telephone system's records were read."""

    days: int
    """How many days of the month were compared."""
    calls: int
    answered: int
    held: int
    in_part: int
    missing: int

    @property
    def percent(self) -> float | None:
        """Of the answered calls, rounded down; None: there were none, or nothing was compared."""
        return self.held * 1000 // self.answered / 10 if self.answered else None


def held_calls(month: Month, reconciled: Iterable[LastReconciled]) -> HeldCalls:
    """By the reconciliations whose days lie within a month, newest first; each day counts once.

    What was compared over a longer time cannot be parted into months, and only what was held
    against call records says which calls were made.
    """
    days, taken = month.days, list[LastReconciled]()
    for each in reconciled:
        is_within = days.first <= each.days.first and each.days.last <= days.last
        is_new = all(
            each.days.last < other.days.first or other.days.last < each.days.first
            for other in taken
        )
        if is_within and is_new and each.counts.files:
            taken.append(each)
    counts = [each.counts for each in taken]
    return HeldCalls(
        days=sum(each.days.count for each in taken),
        calls=sum(each.calls for each in counts),
        answered=sum(each.answered for each in counts),
        held=sum(each.held for each in counts),
        in_part=sum(each.in_part for each in counts),
        missing=sum(each.missing for each in counts),
    )
