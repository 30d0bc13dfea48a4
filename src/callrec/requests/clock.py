"""By when a request is answered: its dated events, read from the log [policy 4(e), 4(f)].

A due date is never stored. What it follows from are leaves whose details lie in the clear beside
them, so that lists need no key and nobody can move a date unseen (docs/formats/grant.md, 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, func, select

from callrec.audit.leaf import Leaf, detail_commitment
from callrec.audit.log import LogTransaction
from callrec.audit.remembered import Problem
from callrec.bank_holidays import scales_of, working_days
from callrec.catalogue import tables
from callrec.catalogue.requests import requests_ended
from callrec.catalogue.tables import from_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered, Unusable
from callrec.policy.clock import deadline
from callrec.policy.clock_events import (
    Awaited,
    ClockEvent,
    ClockEventKind,
    Deadline,
    Receipt,
    still_awaited,
)
from callrec.policy.clock_rules import is_recent
from callrec.policy.further import FurtherParticular
from callrec.policy.particulars import UNKNOWN
from callrec.policy.purpose import TERMS, Purpose, is_for
from callrec.policy.request import RequestAct
from callrec.practice import Actor, Practice, today
from callrec.record.acts import done_leaves, signer_login
from callrec.record.forms import NONCE_BYTES
from callrec.requests.history import log_request_event, open_words
from callrec.requests.model import (
    DATING_ACTS,
    MAKING_ACTS,
    Clock,
    History,
    OpenRequest,
    RequestBody,
    event_of,
)

ACT_OF_DATED: Final[Mapping[ClockEventKind, RequestAct]] = {
    ClockEventKind.RECEIVED: RequestAct.RECEIVED,
    ClockEventKind.ASKED: RequestAct.ASKED,
    ClockEventKind.ANSWERED: RequestAct.ANSWERED,
    ClockEventKind.EXTENDED: RequestAct.EXTENDED,
}

AWAITED: Final[Mapping[str, Awaited]] = {str(each): each for each in Awaited}

PROOF: Final[Mapping[FurtherParticular, Awaited]] = {
    FurtherParticular.AUTHORITY: Awaited.AUTHORITY,
    FurtherParticular.EVIDENCE: Awaited.AUTHORITY,
    FurtherParticular.IDENTITY: Awaited.IDENTITY,
}
"""What is awaited where the answer to one of these is "unknown"."""

_UNCARRIED: Final = "a request has a date that no entry of the audit log carries"


def missing_proof(further: Mapping[str, str]) -> list[str]:
    """What a request says has not come; as `callrec request event` names it."""
    return sorted({str(proof) for name, proof in PROOF.items() if further.get(name) == UNKNOWN})


def begin_clock(
    act: LogTransaction, actor: Actor, history: History, request: RequestBody
) -> History:
    """Date a request that has just been made, or was changed: the day on which it came."""
    if not TERMS[request.purpose].is_dated:
        return history
    further = request.particulars.further
    missing = missing_proof(further)
    body = {
        "answer_by": further.get("answer-by", ""),
        "awaits": missing,
        "event": str(ClockEventKind.RECEIVED),
        "on": further["received"],
        "purpose": str(request.purpose),
        "urgent": further.get("urgent") == "yes",
        "words": "",
    }
    return log_dated(act, actor, history, ClockEventKind.RECEIVED, body)


def log_dated(
    act: LogTransaction,
    actor: Actor,
    history: History,
    event: ClockEventKind,
    body: Mapping[str, Any],
) -> History:
    """Write a leaf that a clock counts by, with its details in the clear beside it."""
    nonce = primitives.random_bytes(NONCE_BYTES)
    after = log_request_event(act, actor, history, ACT_OF_DATED[event], details=body, nonce=nonce)
    row = {"seq": after.leaves[-1].seq, "request": history.request, "nonce": nonce}
    dated = tables.clock_event.insert().values(**row, body=canonical(dict(body)))
    act.connection.execute(dated)
    return after


def read_clock(practice: Practice, connection: Connection, history: History) -> Clock | None:
    """A request's dated events; None where it has no clock."""
    rows = read_date_rows(connection, history.request)
    clock = _clock(practice, connection, history.leaves, rows)
    if rows:
        raise Tampered(_UNCARRIED)
    return clock


def read_clocks(
    practice: Practice, connection: Connection, history: History
) -> Iterator[tuple[Leaf, Clock]]:
    """What a request's dates came to after each, oldest first, with the leaf that commits to it."""
    rows = read_date_rows(connection, history.request)
    return _clocks(practice, connection, history.leaves, rows)


def is_dated_late(practice: Practice, connection: Connection, history: History) -> bool:
    """Whether something that moved the last day was written down when that was over already."""
    return any(
        moved_late(practice, before, after, on=day_of_leaf(practice, leaf))
        for (_, before), (leaf, after) in pairwise(read_clocks(practice, connection, history))
    )


def moved_late(practice: Practice, before: Clock, after: Clock, *, on: date) -> date | None:
    """The last day as it stood, where it was over when it was moved; None where it was not."""
    due_on = deadline_on_day(practice, before, on=on).due_on
    is_over = due_on is not None and due_on < on
    return due_on if is_over and deadline_on_day(practice, after, on=on).due_on != due_on else None


def read_deadline(practice: Practice, connection: Connection, history: History) -> Deadline | None:
    """By when a request is answered, and why; None where nothing sets a day."""
    clock = read_clock(practice, connection, history)
    return None if clock is None else deadline_on_day(practice, clock)


def read_deadlines(practice: Practice, connection: Connection) -> Mapping[str, Deadline]:
    """By when each request that has a clock is answered, by its id; nothing is opened.

    Those that have ended by the state column are left out: their clocks stand still. Of one whose
    dates are not what their leaves commit to, or in no form, the day is given as unknown: what is
    written of one does not take away the lists in which all the others stand.
    """
    rows = read_date_rows(connection)
    by_request: dict[str, list[Leaf]] = {}
    for leaf in done_leaves(connection, (*MAKING_ACTS, *DATING_ACTS)):
        by_request.setdefault(leaf.subject[0], []).append(leaf)
    ended, found = requests_ended(connection), {}
    for request, leaves in by_request.items():
        dated = [leaf.seq for leaf in leaves if leaf.act in DATING_ACTS]
        own = {seq: rows.pop(seq) for seq in dated if seq in rows}
        try:
            clock = _clock(practice, connection, leaves, own)
        except Tampered as error:
            found[request] = _unknown(error.message)
        else:
            found |= {} if clock is None else {request: deadline_on_day(practice, clock)}
    if rows:
        raise Tampered(_UNCARRIED)
    return {request: day for request, day in found.items() if request not in ended}


def clocks_by_request(
    practice: Practice, connection: Connection, leaves: Mapping[str, Sequence[Leaf]]
) -> Mapping[str, Clock]:
    """What each request that is dated is reckoned by, from all their leaves by its id."""
    rows = read_date_rows(connection)
    found = {id_: _clock(practice, connection, own, rows) for id_, own in leaves.items()}
    if rows:
        raise Tampered(_UNCARRIED)
    return {id_: clock for id_, clock in found.items() if clock is not None}


def read_date_rows(connection: Connection, request: str | None = None) -> dict[int, Row[Any]]:
    """The rows of every date, or of one request's, by the leaf that commits to each."""
    query = select(tables.clock_event)
    if request is not None:
        query = query.where(tables.clock_event.c.request == request)
    return {row.seq: row for row in connection.execute(query)}


def check_dates(
    connection: Connection, vault: str, done: Iterable[Leaf], dates: Mapping[int, Row[Any]]
) -> Iterator[Problem]:
    """Each date is the one that its leaf commits to, in form, and none is missing or was added."""
    left = dict(dates)
    for leaf in done:
        if leaf.act not in DATING_ACTS:
            continue
        is_committed = False
        try:
            body = _committed(vault, leaf, left.pop(leaf.seq, None))
            is_committed = True
            read_date(leaf, body)
        except Tampered as error:
            by = f"; {signer_login(connection, leaf)} signed it" if is_committed else ""
            yield Problem(leaf.seq, f"{error.message}{by}")
    if left:
        yield Problem(None, _UNCARRIED)


def is_court_ordered(
    vault: str, history: History, purpose: Purpose, dates: Mapping[int, Row[Any]]
) -> bool:
    """Whether a court names the day of a request's answer, as the log commits to it."""
    came = [leaf for leaf in history.leaves if leaf.act == RequestAct.RECEIVED]
    dated = [_dated(vault, leaf, dates.get(leaf.seq)).what for leaf in came]
    receipts = [what for what in dated if isinstance(what, Receipt)]
    if not receipts:
        if TERMS[purpose].is_dated:
            raise Tampered("a request was not dated whose purpose has a clock")
        return False
    if {receipt.purpose for receipt in receipts} != {purpose}:
        raise Tampered("a request is not for what it was dated for")
    return receipts[-1].answer_by is not None


def is_missing_proof(
    vault: str, history: History, answered: Leaf, dates: Mapping[int, Row[Any]]
) -> bool:
    """Whether what came by a leaf is proof that was missing until then."""
    clock = None
    for leaf in history.leaves:
        if leaf.act not in DATING_ACTS:
            continue
        what = _dated(vault, leaf, dates.get(leaf.seq)).what
        if leaf == answered:
            unproven: frozenset[Awaited] = clock.unproven if clock else frozenset()
            return isinstance(what, ClockEvent) and what.awaited in unproven
        clock = _clock_after(clock, what)
    return False


@dataclass(frozen=True, slots=True, repr=False)
class DatedWords:
    """A dated event and why it was. Its repr shows nothing."""

    on: date
    awaited: str | None
    reason: str | None


def read_dates(
    practice: Practice, connection: Connection, request: OpenRequest
) -> Mapping[int, DatedWords]:
    """A request's dated events with the words beside them, by the sequence of the leaf."""
    rows, opened = read_date_rows(connection, request.id), open_words(connection, request)
    found = {}
    for leaf in request.history.leaves:
        if leaf.act not in DATING_ACTS:
            continue
        what, committed = _dated(practice.vault, leaf, rows.get(leaf.seq))
        reason = None
        if committed and leaf.seq in opened:
            nonce, words = opened[leaf.seq]
            if primitives.sha256(nonce, words).hex() != committed:
                raise Tampered("what was said when a request was dated is not what was said")
            fields = parse(words)
            if not isinstance(fields, dict):
                raise Tampered("what was said when a request was dated is in no form")
            reason = str(fields.get("reason", ""))
        if isinstance(what, Receipt):
            found[leaf.seq] = DatedWords(what.received_on, None, reason)
        else:
            awaited = None if what.awaited is None else str(what.awaited)
            found[leaf.seq] = DatedWords(what.on, awaited, reason)
    return found


def deadline_on_day(practice: Practice, clock: Clock, *, on: date | None = None) -> Deadline:
    """What the dated events mean on a day; today, where none is given.

    A day in a year whose bank holidays are not known is given as unknown and raises nothing: one
    request does not take away the lists in which all the others stand.
    """
    clocks = practice.settings.clocks
    days, scales = working_days(clocks), scales_of(clocks)
    try:
        return deadline(clock.receipt, clock.events, days, on=on or today(practice), scales=scales)
    except Unusable as error:
        return replace(
            _unknown(f"{error.message} [clocks.holidays_known_until]"),
            due_on=clock.receipt.answer_by,  # a court's order needs no calendar
            waiting_for=still_awaited(clock.receipt, clock.events),
        )


def is_first_month_over(practice: Practice, clock: Clock) -> bool:
    """Whether it is too late to tell somebody that their answer takes longer [UK GDPR 12(3)]."""
    last = first_month_ends_on(practice, clock)
    return last is not None and today(practice) > last


def first_month_ends_on(practice: Practice, clock: Clock) -> date | None:
    """The last day on which somebody is told that their answer takes longer; None: not known."""
    kept = (each for each in clock.events if each.event is not ClockEventKind.EXTENDED)
    return deadline_on_day(practice, replace(clock, events=tuple(kept))).due_on


def _unknown(why: str) -> Deadline:
    return Deadline(
        due_on=None,
        target_on=None,
        extended_due_on=None,
        waiting_for=None,
        why=(why,),
        is_unknown=True,
    )


def _clock(
    practice: Practice, connection: Connection, leaves: Iterable[Leaf], rows: dict[int, Row[Any]]
) -> Clock | None:
    """Takes the rows that it uses out of ``rows``."""
    clocks = [clock for _, clock in _clocks(practice, connection, leaves, rows)]
    return clocks[-1] if clocks else None


def _clocks(
    practice: Practice, connection: Connection, leaves: Iterable[Leaf], rows: dict[int, Row[Any]]
) -> Iterator[tuple[Leaf, Clock]]:
    """What a request's dates came to after each; takes the rows that it uses out of ``rows``.

    Of its leaves, those that made, changed or dated it matter.
    """
    leaves = tuple(leaves)
    makings = [leaf for leaf in leaves if leaf.act in MAKING_ACTS]
    clock: Clock | None = None
    for leaf in leaves:
        if leaf.act not in DATING_ACTS:
            continue
        what = _dated(practice.vault, leaf, rows.pop(leaf.seq, None)).what
        clock = _clock_after(clock, what)
        if clock is not None:
            yield leaf, _aged(practice, connection, clock, makings)


def _clock_after(clock: Clock | None, what: Receipt | ClockEvent) -> Clock | None:
    if isinstance(what, Receipt):
        return clock.received(what) if clock else Clock(what)
    return None if clock is None else clock.after(what)


class _Date(NamedTuple):
    """What lies in the clear beside a leaf that a clock counts by."""

    what: Receipt | ClockEvent
    words: str
    """SHA-256 of the words beside it, in hex; empty: there are none."""


def _dated(vault: str, leaf: Leaf, row: Row[Any] | None) -> _Date:
    return read_date(leaf, _committed(vault, leaf, row))


def _committed(vault: str, leaf: Leaf, row: Row[Any] | None) -> Any:
    """What lies beside a leaf that a clock counts by, once it is what the leaf commits to."""
    if row is None:
        raise Tampered(f"the date that leaf {leaf.seq} commits to is missing")
    body = bytes(row.body)
    committed = detail_commitment(vault, leaf.seq, bytes(row.nonce), body) == leaf.detail
    if not committed or row.request not in leaf.subject[:1]:
        raise Tampered(f"a date of a request is not the one that leaf {leaf.seq} commits to")
    return parse(body)


def read_date(leaf: Leaf, body: Any) -> _Date:
    """The date that a leaf commits to, from its details."""
    what: Receipt | ClockEvent
    try:
        event, words, on = (
            ClockEventKind(body["event"]),
            body["words"],
            date.fromisoformat(body["on"]),
        )
        if event is ClockEventKind.RECEIVED:
            what = Receipt(
                purpose=Purpose(body["purpose"]),
                received_on=on,
                answer_by=date.fromisoformat(body["answer_by"]) if body["answer_by"] else None,
                urgent=body["urgent"],
                awaits=frozenset(AWAITED[each] for each in body["awaits"]),
            )
        else:
            awaited = AWAITED[body["awaited"]] if body["awaited"] else None
            what = ClockEvent(event=event, on=on, awaited=awaited)
    except (KeyError, TypeError, ValueError, Unusable) as error:
        raise Tampered(f"the date of leaf {leaf.seq} is in no form") from error
    is_its_own = not isinstance(what, Receipt) or is_for(leaf.subject[0], what.purpose)
    if ACT_OF_DATED[event] != leaf.act or not is_its_own or not isinstance(words, str):
        raise Tampered(f"the date of leaf {leaf.seq} is in no form")
    return _Date(what, words)


def _aged(
    practice: Practice, connection: Connection, clock: Clock, makings: Iterable[Leaf]
) -> Clock:
    """With whether all that is asked for is recent; it matters for the deceased only.

    Nothing may be older than the Act's 40 days; where there is nothing, it is not so.
    """
    receipt = clock.receipt
    if receipt.purpose is not Purpose.DECEASED:
        return clock
    recent = replace(clock, receipt=replace(receipt, nothing_older=True))
    uids = _asked_for(practice, makings, by=deadline_on_day(practice, recent).due_on)
    recording = tables.recording.c
    query = select(func.min(recording.started_at)).where(recording.uid.in_(uids))
    oldest = connection.execute(query).scalar()
    if oldest is None:
        return clock
    made_on = from_millis(oldest).astimezone(practice.settings.time_zone).date()
    return recent if is_recent(made_on, receipt.received_on) else clock


def _asked_for(practice: Practice, makings: Iterable[Leaf], *, by: date | None) -> Sequence[str]:
    """The recordings whose age counts: those that were asked for when that day ended.

    Where none were, those that were first asked for afterwards. What is attached or detached later
    moves nothing, or a deadline that was missed would no longer be so.
    """
    in_time: list[Sequence[str]] = []
    later: list[Sequence[str]] = []
    for leaf in makings:
        is_late = by is not None and day_of_leaf(practice, leaf) > by
        (later if is_late else in_time).append(leaf.subject[1:])
    return next(filter(None, (*in_time[-1:], *later)), ())


def day_of_leaf(practice: Practice, leaf: Leaf) -> date:
    """When something happened to a request, in the practice's time zone."""
    return event_of(leaf).at.astimezone(practice.settings.time_zone).date()
