"""What is due to be destroyed, and what stops it [policy 4(h); UK GDPR 18].

Nothing is destroyed by it, and nobody's number, name or recording is shown: it is a count. That
somebody looked, and what they saw, is in the log.

What stops a recording that is due is a hold, an open request that names it, or that it was kept on
when it was proposed. A restriction has a hold. That is read for many recordings at once, and opens
nothing but requests whose holds nobody has matched yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Result, Row, Select, func, select

from callrec.audit.leaf import Leaf
from callrec.audit.rows import check_tables
from callrec.calls.category import category_finder, non_routine_recordings, schedule
from callrec.catalogue import tables
from callrec.catalogue.destruction import count_destroyed
from callrec.catalogue.engine import batches, reading
from callrec.catalogue.holds import holds_in_state, holds_naming, rows_keeping
from callrec.catalogue.recordings import numbers_of
from callrec.catalogue.tables import from_millis, to_millis
from callrec.crypto.canonical import parse, parse_instant
from callrec.crypto.statement import entries_in
from callrec.dataclass import dataclass
from callrec.errors import Misconfigured
from callrec.policy.clock_rules import same_day_after
from callrec.policy.days import day_end, short_date
from callrec.policy.hold import HoldState
from callrec.policy.purpose import Purpose
from callrec.policy.request import ASKING_NOTHING
from callrec.policy.retention import (
    EARLIEST_CALL,
    ROUTINE,
    Appraised,
    Category,
    CategoryTotal,
    DueGroup,
    RecordingState,
    Stopped,
    StopReason,
    appraise,
    category_by_rule,
    check_may_review,
    last_call_due,
    months_configured,
    months_in_words,
)
from callrec.practice import Actor, Practice, record, today
from callrec.record.statements import carried
from callrec.requests.covering import hold_finder
from callrec.requests.history import outline_of, read_outlines
from callrec.requests.lapse import attempt_after_expiry
from callrec.requests.open import references_hidden_from

REVIEWED: Final = "retention.reviewed"


@dataclass(frozen=True, slots=True)
class RetentionReview:
    """What there is and what is due, as of one day."""

    on: date
    """In the practice's time zone."""
    stock: tuple[CategoryTotal, ...]
    """By category, in the order of the schedule."""
    due: tuple[DueGroup, ...]
    """By category and month of the calls."""
    stubs: int
    """Recordings that were destroyed, of which the record is kept."""

    @property
    def recordings_due(self) -> int:
        return sum(each.recordings for each in self.due)

    @property
    def free(self) -> int:
        """Of what is due, what nothing stops."""
        return sum(each.free for each in self.due)


def review_retention(practice: Practice, actor: Actor) -> RetentionReview:
    """Count what is due, what stops it, and what is not due yet.

    Raises:
        Refused: the actor may not review recordings.
        Misconfigured: a recording is of a category that the settings do not name.
        Tampered: a request whose hold is not matched is not as it was made, a row of a hold or a
            category is not as it was signed for, or one says that it was destroyed and is there.
    """
    with attempt_after_expiry(practice, actor, REVIEWED):
        check_may_review(actor.person, on=today(practice))
        # A server keeps a cursor of what was not read to its end, as where no category is named.
        with reading(practice.engine) as connection, _rows(connection) as rows:
            stops = _stop_finder(practice, actor, connection)
            every = appraise_rows(practice, connection, rows, stops)
            stock, due = appraise(every, schedule(practice).values(), on=today(practice))
            stubs = count_destroyed(connection)
        review = RetentionReview(today(practice), stock, due, stubs)
        counts = {"due": review.recordings_due, "free": review.free}
        record(practice, actor, REVIEWED, details=counts)
    return review


def count_due(practice: Practice) -> int | None:
    """How many recordings are due and stopped by nothing, as far as is known without a key.

    None where one is of a category that is not configured: `retention_warnings` says which.
    """
    try:
        with reading(practice.engine) as connection:
            return _count_free(practice, connection)
    except Misconfigured:
        return None


def _count_free(practice: Practice, connection: Connection) -> int:
    """How many of `appraise_due`, without an actor, are stopped by nothing.

    What nobody ever named is of the routine category and only counted: that is nearly all of a
    vault, and looking at each of a million rows takes a minute.
    """
    on, recording = today(practice), tables.recording.c
    named = non_routine_recordings(connection) | recordings_with_stops(practice, connection)
    parts = batches(sorted(named))
    apart = [row for some in parts for row in _rows(connection, recording.id.in_(some))]
    stops = _stop_finder(practice, None, connection)
    looked_at = [*appraise_rows(practice, connection, apart, stops)]
    if holds_in_state(connection, HoldState.UNMATCHED, HoldState.EVERYTHING):
        return 0  # what they cover cannot be read without a key, so it may be everything
    free = sum(each.is_free(on) for each in looked_at)
    last = _last_day_due(schedule(practice)[category_by_rule(of_a_claim=False)], on)
    if last is None:
        return free
    days, zone = (EARLIEST_CALL - timedelta(days=1), last), practice.settings.time_zone
    since, before = (to_millis(day_end(day, zone)) for day in days)
    due = (since <= recording.started_at, recording.started_at < before)
    there = select(func.count()).where(recording.state != RecordingState.DESTROYED, *due)
    counted: int = connection.execute(there).scalar_one()
    counted -= sum(since <= row.started_at < before for row in apart)
    return free + counted


def _last_day_due(category: Category, on: date) -> date | None:
    """The last day whose calls are due by then; None where the day of the call gives no end."""
    day = last_call_due([category], on)
    while (due := category.due_on(day)) is not None:
        if due <= on:
            return day
        day -= timedelta(days=1)
    return None


def retention_warnings(practice: Practice) -> Iterator[str]:
    """What anybody who looks after the practice should know of its schedule."""
    known = schedule(practice)
    with reading(practice.engine) as connection:
        given = connection.execute(select(tables.category.c.category).distinct()).scalars()
        lost = sorted({*given} - known.keys())
    if lost:
        yield f"the settings do not name a category that recordings are of: {lost[0]}"
    words, routine = practice.settings.practice.kept_for, known[ROUTINE]
    if (published := months_in_words(words)) is not None and published != routine.lasts:
        yield (
            f'notices and releases say that recordings are kept for "{words}", and the schedule'
            f" says {routine.rule}: let practice.kept_for and [retention] say the same"
        )


def appraise_due(
    practice: Practice, actor: Actor | None, connection: Connection
) -> Iterator[Appraised]:
    """What is due, the oldest calls first, and what stops it."""
    on = today(practice)
    last = day_end(last_call_due(schedule(practice).values(), on), practice.settings.time_zone)
    rows = _rows(connection, tables.recording.c.started_at < to_millis(last))
    stops = _stop_finder(practice, actor, connection)
    every = appraise_rows(practice, connection, rows, stops)
    return (each for each in every if each.is_due(on))


def appraise_rows(
    practice: Practice,
    connection: Connection,
    rows: Iterable[Row[Any]],
    stops: Callable[[Row[Any]], tuple[Stopped, ...]] = lambda _: (),
) -> Iterator[Appraised]:
    """Recordings, by their rows, as the schedule sees them; ``stops``: what stops each."""
    zone, category = practice.settings.time_zone, category_finder(practice, connection)
    for row in rows:
        call_on = from_millis(row.started_at).astimezone(zone).date()
        yield Appraised(row.id, call_on, category(row.id), stops(row))


def _rows(connection: Connection, *conditions: ColumnElement[bool]) -> Result[Any]:
    """The rows of recordings that are not destroyed, the oldest calls first.

    They are read as they are asked for, with these columns alone: there may be millions.
    """
    recording = tables.recording.c
    when = (recording.started_at, recording.duration_ms)
    query: Select[Any] = select(recording.id, recording.uid, *when)
    query = query.where(recording.state != RecordingState.DESTROYED, *conditions)
    ordered = query.order_by(recording.started_at).execution_options(yield_per=1000)
    return connection.execute(ordered)


def _stop_finder(
    practice: Practice, actor: Actor | None, connection: Connection
) -> Callable[[Row[Any]], tuple[Stopped, ...]]:
    """What gives what stops a recording, by its row.

    A request that is hidden from the actor stops what it names, and is not named itself.
    """
    check_tables(connection, rows_keeping())
    hidden = references_hidden_from(practice, actor, connection) if actor else frozenset()
    holds = hold_finder(practice, actor, connection)
    asked, kept_on = _open_requests_naming(connection, hidden), _kept_on(practice, connection)

    def stops(row: Row[Any]) -> tuple[Stopped, ...]:
        found = set(asked.get(row.uid, ()))
        for hold in holds(row):
            found.add(Stopped(StopReason.HOLD, "" if hold.request in hidden else hold.reference))
        if row.uid in kept_on:
            found.add(Stopped(StopReason.KEPT_ON, f"until {short_date(kept_on[row.uid])}"))
        return tuple(sorted(found))

    return stops


def recordings_with_stops(practice: Practice, connection: Connection) -> frozenset[int]:
    """The recordings that a hold, an open request or a disposal names, by number.

    `_stop_finder` finds nothing that stops another one, but for holds that cover whatever there is.
    """
    held = {row.recording for row in holds_naming(connection)}
    uids = [*_open_requests_naming(connection).keys(), *_kept_on(practice, connection)]
    return frozenset(held.union(numbers_of(connection, uids).values()))


def _open_requests_naming(
    connection: Connection, hidden: Collection[str] = ()
) -> Mapping[str, set[Stopped]]:
    """The requests that wait for a recording, by its uid."""
    request, makings = tables.request.c, read_outlines(connection)
    query: Select[Any] = select(request.id, request.number, request.purpose)
    found: defaultdict[str, set[Stopped]] = defaultdict(set)
    for row in connection.execute(query.where(request.state.not_in(ASKING_NOTHING))):
        by = StopReason.PROPOSED if row.purpose is Purpose.DISPOSAL else StopReason.REQUEST
        for uid in outline_of(makings, row).uids:
            reference = f"R-{row.number}"
            found[uid].add(Stopped(by, "" if reference in hidden else reference))
    return found


def _kept_on(practice: Practice, connection: Connection) -> Mapping[str, date]:
    """What the Data Controller withheld from a disposal, by uid: the last day on which it rests.

    A later approval that grants it ends that.
    """
    months = months_configured(practice.settings.retention.appraise_again)
    until: dict[str, date] = {}
    for at, fields in _disposals_approved(connection):
        for (uid,) in entries_in(fields, "items", "uid"):
            until.pop(uid, None)
        approved_on = parse_instant(at).astimezone(practice.settings.time_zone).date()
        last = same_day_after(approved_on, months)
        until |= {uid: last for (uid,) in entries_in(fields, "withheld", "uid")}
    return {uid: last for uid, last in until.items() if today(practice) <= last}


def _disposals_approved(connection: Connection) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """When each approval of a disposal was given, and what its statement says; oldest first."""
    request = tables.request.c
    query = select(request.id).where(request.purpose == Purpose.DISPOSAL)
    disposals = frozenset(connection.execute(query).scalars())
    if not disposals:
        return
    for row in carried(connection, "approval"):
        fields = parse(row.body)
        if str(fields.get("request")) in disposals:
            yield Leaf.decode(row.leaf, row.seq).at, fields
