"""What waits for one person: requests to decide or to answer, grants to hear.

Nothing is opened but what calls are to be found for, what may be hidden from the person, and, for
those who decide it, whom an undecided request is about.

Every undecided request is in somebody's inbox. Where nobody may decide it but who made it or whom
it is about, it is in theirs: they lend the power to somebody, or break the glass. Where it waits
for an answer and its makers have left, it is with the people who may decide it; and so is one that
was heard, or of which a part went out, once none of its grants is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.archive.unarchived import Copies, read_copies
from callrec.audit.leaf import Leaf
from callrec.audit.rows import check_tables
from callrec.calls.coming_in import came_in, is_by_hand
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import GRANTED, ROWS_OF_REQUESTS, find_request
from callrec.catalogue.tables import from_millis, to_millis
from callrec.complaints.show import complaints_waiting_for
from callrec.dataclass import dataclass, replace
from callrec.errors import Refused, Tampered
from callrec.incidents.show import incidents_waiting_for
from callrec.login.people import logins
from callrec.policy.clock_events import Awaited, Deadline, Urgency, urgency
from callrec.policy.handling import check_may_gather
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import UNDECIDED, USED_STATES, RequestAct, RequestState, has_lapsed
from callrec.policy.reviews import may_review_glass
from callrec.policy.rights.complaint import ComplaintState
from callrec.policy.rights.restriction import lawful_use
from callrec.policy.role import Person, Power, Standing, powers_of
from callrec.policy.search import described_by
from callrec.practice import Actor, Practice, is_older_than_keys, today
from callrec.record.acts import done_leaves
from callrec.requests.clock import read_deadlines
from callrec.requests.due import answered_requests, open_questions
from callrec.requests.glass import broken_glass
from callrec.requests.history import REQUESTS, RequestOutline, outline_of, read_outlines
from callrec.requests.holding import requests_to_gather
from callrec.requests.open import read_request, references_hidden_from
from callrec.requests.packages import unrecorded_releases
from callrec.requests.restrictions import restricted_by
from callrec.requests.standing import LapseFacts, read_lapse_facts, state_now, undecided_until
from callrec.requests.telling import people_with, possible_deciders


class InboxAction(StrEnum):
    """What somebody has to do about an item."""

    DECIDE = "decide"
    ANSWER = "answer"
    """Somebody was asked, and the request waits for their answer."""
    ATTACH = "attach"
    """It names no recording yet, and they may search for those that are meant."""
    GATHER = "gather"
    """All that matched was gathered, and calls came in since that match, or may."""
    HEAR = "hear"
    SEND = "send"
    """It was heard, somebody waits for an answer, and none went out."""
    CLOSE = "close"
    """They asked for it and have heard it, and nobody waits for an answer."""
    RECORD = "record"
    """A package went out, and nobody has said who has it."""
    CARRY_OUT = "carry out"
    """An erasure or a disposal that was approved, and that they may carry out."""
    ARCHIVE = "archive"
    """Calls lie too long on no other disk than the vault's."""
    VERIFY = "verify"
    """Drives are to be read back."""
    REVIEW = "review"
    """The Data Controller decided it alone, and somebody else is to look at that."""
    SETTLE = "settle"
    """An incident was reported to them, or is the Data Controller's to close."""
    ACKNOWLEDGE = "acknowledge"
    """A complaint about personal data came, and nobody has told the complainant so."""
    CONCLUDE = "conclude"
    """Such a complaint is acknowledged, and waits for its outcome."""
    CONFIRM = "confirm"
    """Somebody has made a new key, and can do nothing until it is confirmed."""


CALLS: Final = "calls"

DRIVES: Final = "drives"
"""In the place of a reference: what is to be archived, and what is to be read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """One line of an inbox: what is to be done, about which request or other thing, by when."""

    reference: str
    waits_to: InboxAction
    purpose: Purpose | None
    """None of an incident, of a complaint, of what is to be archived, and of a key."""
    created_by: str
    """Login of the requester, of who reported or entered it, or of whose key it is; empty of what
    is to be archived."""
    recordings: int
    by_hand: int = 0
    """How many of these a person brought in, of what is to be decided."""
    lapses_at: datetime | None = None
    """None where a law's own clock runs."""
    due_on: date | None = None
    due_at: datetime | None = None
    """When the 72 hours of an incident end; None of a request, which has a day."""
    target_on: date | None = None
    urgency: Urgency | None = None
    """How pressing the answer is; None where nothing sets a day."""
    recording: int | None = None
    """One of several that may be heard."""
    nobody_else: bool = False
    """Nobody else may decide it."""
    awaited: Awaited | None = None
    """What the applicant was asked for, and has not sent."""
    is_described: bool = True
    """The request says something by which calls can be found."""

    @property
    def soonest(self) -> date:
        """The earliest of the days by which it is due."""
        lapses_on = self.lapses_at.date() if self.lapses_at else None
        return min(filter(None, (self.due_on, self.target_on, lapses_on)), default=date.max)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Whose inbox it is, and what all the lists below need and read once."""

    practice: Practice
    person: Person
    actor: Actor | None  # the same, where they are logged in: then requests are opened
    connection: Connection
    rows: tuple[Row[Any], ...]
    makings: Mapping[str, RequestOutline]
    deadlines: Mapping[str, Deadline]
    logins: Mapping[str, str]
    ends: LapseFacts
    answered: frozenset[str]
    """Ids of requests of which everything went out that is not withheld on a ground."""
    asked: Mapping[str, Leaf]
    """The open question of each request that waits for an answer, by its id."""
    copies: Copies | None
    """None: they are to be read where they are asked for."""


def read_inbox(
    practice: Practice, actor: Actor, copies: Copies | None = None
) -> tuple[InboxItem, ...]:
    """What waits for the actor and is not hidden from them, soonest due first.

    ``copies``: where they are known already.

    Raises:
        Tampered: a row of a request or a grant is not as it was signed for, or a request that is
            opened for it is not the one that was made.
    """
    with reading(practice.engine) as connection:
        check_tables(connection, ROWS_OF_REQUESTS)
        hidden = references_hidden_from(practice, actor, connection)
        read = _read(practice, actor.person, connection, copies, actor)
        mine = [item for item in _items(read) if item.reference not in hidden]
        seen = (_as_it_says(read, actor, _with_by_hand(read, item)) for item in mine)
        return tuple(filter(None, seen))


def _as_it_says(read: _Reading, actor: Actor, item: InboxItem) -> InboxItem | None:
    """The same by what the request says, if calls are to be found for it; None if they may not."""
    finds = item.waits_to in (InboxAction.ATTACH, InboxAction.GATHER)
    if not finds or is_older_than_keys(read.practice, actor):
        return item
    request = read_request(read.practice, actor, read.connection, item.reference)
    try:
        check_may_gather(actor.person, request.facts, on=today(read.practice))
    except Refused:  # it is about them: another who may search does that
        return None
    return replace(item, is_described=bool(described_by(request.particulars)))


def _with_by_hand(read: _Reading, item: InboxItem) -> InboxItem:
    """The same, with how many of its recordings a person brought in, if they are to be decided."""
    if item.waits_to is not InboxAction.DECIDE:
        return item
    uids = outline_of(read.makings, find_request(read.connection, item.reference)).uids
    brought = came_in(read.connection, read.practice.register, uids)
    by_hand = sum(is_by_hand(brought.get(uid)) for uid in uids)
    return replace(item, by_hand=by_hand)


def inbox_of(practice: Practice, person: Person, connection: Connection) -> tuple[InboxItem, ...]:
    """What waits for a person who need not be logged in, soonest due first.

    As the rows say: one that was changed keeps nobody from being reminded of the others.
    """
    return _items(_read(practice, person, connection))


def _read(
    practice: Practice,
    person: Person,
    connection: Connection,
    copies: Copies | None = None,
    actor: Actor | None = None,
) -> _Reading:
    return _Reading(
        *(practice, person, actor, connection),
        rows=tuple(REQUESTS.every(connection)),
        makings=read_outlines(connection),
        deadlines=read_deadlines(practice, connection),
        logins=logins(practice),
        ends=read_lapse_facts(connection),
        answered=answered_requests(connection),
        asked=open_questions(connection),
        copies=copies,
    )


def _items(read: _Reading) -> tuple[InboxItem, ...]:
    items = [
        *(*_to_decide(read), *_to_attach(read), *_to_gather(read)),
        *(*_to_hear(read), *_to_close(read), *_to_record(read)),
        *(*_to_carry_out(read), *_to_review(read), *_to_settle(read), *_to_archive(read)),
        *(*_to_confirm(read), *_to_answer(read)),
    ]
    return tuple(sorted(items, key=lambda item: (item.soonest, item.reference)))


def _to_decide(read: _Reading) -> Iterator[InboxItem]:
    """Undecided requests that the person could decide, and their own that wait for an answer."""
    practice, me = read.practice, read.person.id
    held = powers_of(read.person, today(practice))
    for row in read.rows:
        waits_to = _waits_to(read, row)
        if waits_to is None:
            continue
        makers = outline_of(read.makings, row).makers
        if waits_to is InboxAction.ANSWER and any(
            practice.register.person(maker).standing is Standing.CONFIRMED for maker in makers
        ):
            if me in makers:
                yield _item(read, row, waits_to)
            continue
        if TERMS[Purpose(row.purpose)].decided_with not in held:
            continue
        concerned = _concerned(read, row)
        others = possible_deciders(practice, Purpose(row.purpose), {*makers, *concerned})
        if me in others or not others:
            yield _item(read, row, waits_to, nobody_else=not others)


def _concerned(read: _Reading, row: Row[Any]) -> frozenset[str]:
    """Whom a request is about, or must be kept from, as far as it can be opened."""
    practice, actor = read.practice, read.actor
    if actor is None or is_older_than_keys(practice, actor):
        return frozenset()
    with suppress(Tampered):  # who opens it is told; it takes nobody's list away
        facts = read_request(practice, actor, read.connection, f"R-{row.number}").facts
        return facts.subjects | facts.kept_from
    return frozenset()


def _to_attach(read: _Reading) -> Iterator[InboxItem]:
    """Undecided requests that name no recording, for a maker who may search; else for all such.

    One that was gathered waits to be decided, whatever was found, until `_to_gather` names it.
    """
    may_search = people_with(read.practice, Power.SEARCH)
    if read.person.id not in may_search:
        return
    for row in read.rows:
        outline = outline_of(read.makings, row)
        is_open = state_now(read.practice, row, read.ends) is RequestState.SUBMITTED
        if outline.uids or outline.is_gathered or not is_open:
            continue
        if read.person.id in (may_search & {*outline.makers} or may_search):
            yield _item(read, row, InboxAction.ATTACH)


def _to_gather(read: _Reading) -> Iterator[InboxItem]:
    """Requests to be gathered again before they are answered, for whom `_to_attach` names."""
    may_search = people_with(read.practice, Power.SEARCH)
    if read.person.id not in may_search:
        return
    again = requests_to_gather(read.connection)
    for row in read.rows:
        state = state_now(read.practice, row, read.ends)
        makers = {*outline_of(read.makings, row).makers}
        if row.id not in again or state not in (*UNDECIDED, RequestState.APPROVED):
            continue
        if read.person.id in (may_search & makers or may_search):
            yield _item(read, row, InboxAction.GATHER)


def _to_carry_out(read: _Reading) -> Iterator[InboxItem]:
    """Approved erasures and disposals, for each person who decides such."""
    held = powers_of(read.person, today(read.practice))
    for row in read.rows:
        terms = TERMS[Purpose(row.purpose)]
        if not terms.is_destroyed or terms.decided_with not in held:
            continue
        if state_now(read.practice, row, read.ends) is RequestState.APPROVED:
            item = _item(read, row, InboxAction.CARRY_OUT)
            yield replace(item, lapses_at=read.ends.last_grants.get(row.id))


def _waits_to(read: _Reading, row: Row[Any]) -> InboxAction | None:
    """For what an undecided request waits; None once it is decided."""
    match state_now(read.practice, row, read.ends):
        case RequestState.WAITING:
            return InboxAction.ANSWER
        case RequestState.SUBMITTED:
            return InboxAction.DECIDE
        case state if state in USED_STATES and _is_undecided_again(read, row):
            return InboxAction.ANSWER if row.id in read.asked else InboxAction.DECIDE
        case _:
            return None


def _is_undecided_again(read: _Reading, row: Row[Any]) -> bool:
    """Whether it is due by a day, not all of it went out, and no grant of it is left.

    If the requester came to hear it, closing it says that they were answered, as for `due`.
    """
    if row.id not in read.deadlines or row.id in read.answered:
        return False
    last = read.ends.last_grants.get(row.id)
    return last is None or has_lapsed(last, read.practice.now())


def _to_hear(read: _Reading) -> Iterator[InboxItem]:
    """Requests under which the person holds grants that have not lapsed.

    What they have heard waits for an answer to somebody, or for the person who asked to close it.
    """
    grant, recording = tables.grant.c, tables.recording.c
    held = read.connection.execute(
        select(grant.request, grant.uid, grant.lapses_at, recording.id).where(
            grant.uid == recording.uid,
            grant.person == read.person.id,
            grant.state == GRANTED,
            grant.lapses_at > to_millis(read.practice.now()),
        )
    ).all()
    if not held:
        return
    heard = {
        (leaf.subject[0], uid)
        for leaf in done_leaves(read.connection, [RequestAct.HEARING_ENDED])
        for uid in leaf.subject[2:]
        if leaf.actor == read.person.id
    }
    restricted = restricted_by(read.practice, read.connection, {each.uid for each in held})
    for row in read.rows:
        mine = [each for each in held if each.request == row.id]
        terms = TERMS[Purpose(row.purpose)]
        if not mine or not terms.is_heard:
            continue
        waits_to, what = InboxAction.SEND, mine
        if row.state != RequestState.HEARD or not terms.is_dated:
            what = [each for each in mine if (row.id, each.uid) not in heard]
            waits_to = InboxAction.HEAR if what else InboxAction.CLOSE
            if what and lawful_use(Purpose(row.purpose)) is None:
                what = [each for each in what if each.uid not in restricted]
                if not what:  # nobody hears it until that is lifted
                    continue
            what = what or mine
        if waits_to is InboxAction.CLOSE and row.requester != read.person.id:
            continue
        yield replace(
            _item(read, row, waits_to),
            recordings=len(what),
            recording=min(each.id for each in what) if len(mine) > 1 else None,
            lapses_at=min(from_millis(each.lapses_at) for each in mine),
        )


def _to_record(read: _Reading) -> Iterator[InboxItem]:
    """Packages of which nobody has said who has them, for who released them; else who decides."""
    out = {leaf.subject[0]: leaf for leaf in unrecorded_releases(read.connection)}
    for row in read.rows:
        if row.id in out and read.person.id in _whose(read, row, out[row.id].actor):
            _, _, *given = out[row.id].subject
            item = replace(_item(read, row, InboxAction.RECORD), recordings=len(given))
            yield replace(item, lapses_at=None, due_on=None, target_on=None, urgency=None)


def _whose(read: _Reading, row: Row[Any], by: str) -> Collection[str]:
    """Who goes on with what somebody began: they do; those who decide it, once they may not."""
    if read.practice.register.person(by).standing is Standing.CONFIRMED:
        return {by}
    makers = outline_of(read.makings, row).makers
    return possible_deciders(read.practice, Purpose(row.purpose), makers)


def _to_close(read: _Reading) -> Iterator[InboxItem]:
    """Heard requests without a clock whose grants have ended: what they hold waits for an end."""
    for row in read.rows:
        last, terms = read.ends.last_grants.get(row.id), TERMS[Purpose(row.purpose)]
        is_left = row.state == RequestState.HEARD and not terms.is_dated
        has_ended = is_left and (last is None or has_lapsed(last, read.practice.now()))
        if has_ended and read.person.id in _whose(read, row, row.requester):
            yield replace(_item(read, row, InboxAction.CLOSE), lapses_at=None)


def _to_archive(read: _Reading) -> Iterator[InboxItem]:
    """What is to be archived or read back, once it is overdue."""
    if Power.ARCHIVE not in powers_of(read.person, today(read.practice)):
        return
    practice, now = read.practice, read.practice.now()
    volumes, left = read.copies or read_copies(practice, read.connection, now)
    item = partial(InboxItem, purpose=None, created_by="", urgency=Urgency.OVERDUE)
    waits = [each for each in volumes if each.verify_on is not None]
    on = min((each.verify_on for each in waits if each.verify_on), default=date.max)
    if on <= today(practice):
        count = sum(each.recordings for each in waits if each.verify_on == on)
        yield item(reference=DRIVES, waits_to=InboxAction.VERIFY, recordings=count, due_on=on)
    if left is not None and left.due_at <= now:
        yield item(
            reference=CALLS,
            waits_to=InboxAction.ARCHIVE,
            recordings=left.recordings,
            due_on=left.due_at.astimezone(practice.settings.time_zone).date(),
        )


def _to_review(read: _Reading) -> Iterator[InboxItem]:
    """Requests that another person decided alone, until they are accepted."""
    on = today(read.practice)
    alone = {
        glass.request
        for glass in broken_glass(read.practice, read.connection)
        if not glass.is_accepted and may_review_glass(read.person, glass.by, on=on)
    }
    for row in read.rows:
        if row.id in alone:
            item = _item(read, row, InboxAction.REVIEW)
            yield replace(item, lapses_at=None, due_on=None, target_on=None, urgency=None)


def _to_settle(read: _Reading) -> Iterator[InboxItem]:
    """Incidents that the person was notified of, or answers for; urgent from the first hour."""
    zone = read.practice.settings.time_zone
    for each in incidents_waiting_for(read.practice, read.person, read.connection, read.actor):
        over = each.due_at is not None and each.due_at < read.practice.now()
        yield InboxItem(
            reference=each.reference,
            waits_to=InboxAction.SETTLE,
            purpose=None,
            created_by=each.reported_by,
            recordings=each.recordings,
            due_on=each.due_at and each.due_at.astimezone(zone).date(),
            due_at=each.due_at,
            urgency=Urgency.OVERDUE if over else Urgency.DUE_SOON,
        )


def _to_answer(read: _Reading) -> Iterator[InboxItem]:
    """Complaints about personal data, for those who decide their outcome."""
    for each in complaints_waiting_for(read.practice, read.person, read.connection, read.actor):
        waits = each.state is ComplaintState.RECEIVED
        yield InboxItem(
            reference=each.reference,
            waits_to=InboxAction.ACKNOWLEDGE if waits else InboxAction.CONCLUDE,
            purpose=None,
            created_by=each.entered_by,
            recordings=0,
            due_on=each.due_on if waits else None,
            urgency=each.urgency,
        )


def _to_confirm(read: _Reading) -> Iterator[InboxItem]:
    """People who have made a new key, for each Data Controller."""
    if Power.GOVERN not in powers_of(read.person, today(read.practice)):
        return
    register = read.practice.register
    for voucher in register.people():
        person = voucher.person
        if person.standing is Standing.PROVISIONAL and person.id in register.claims:
            login = read.logins[person.id]
            yield InboxItem(
                reference=login,
                waits_to=InboxAction.CONFIRM,
                purpose=None,
                created_by=login,
                recordings=0,
            )


def _item(
    read: _Reading, row: Row[Any], waits_to: InboxAction, *, nobody_else: bool = False
) -> InboxItem:
    practice, deadline = read.practice, read.deadlines.get(row.id)
    item = InboxItem(
        reference=f"R-{row.number}",
        waits_to=waits_to,
        purpose=Purpose(row.purpose),
        created_by=read.logins[row.requester],
        recordings=len(outline_of(read.makings, row).uids),
        lapses_at=undecided_until(practice, row, read.ends),
        nobody_else=nobody_else,
    )
    if deadline is None:
        return item
    return replace(
        item,
        due_on=deadline.due_on,
        target_on=deadline.target_on,
        urgency=urgency(deadline, today(practice), warn_days=practice.settings.clocks.warn_days),
        awaited=deadline.waiting_for,
    )
