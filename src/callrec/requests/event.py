"""Date it, withdraw it, close it.

An extension is the decider's to take; what was asked, and what came, is written down by people who
handle the request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from callrec.bank_holidays import scales_of, working_days
from callrec.catalogue import tables
from callrec.catalogue.requests import destroy_grants, find_request
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.dataclass import dataclass, replace
from callrec.errors import Refused
from callrec.login.people import namesakes
from callrec.policy.authority import check_is_decider
from callrec.policy.clause import Clause
from callrec.policy.clock_events import (
    ClockEvent,
    ClockEventKind,
    Deadline,
    full_date,
    index_corrected_by,
)
from callrec.policy.clock_rules import check_event
from callrec.policy.handling import (
    check_closing,
    check_is_awaited_proof,
    check_may_close,
    check_may_record_event,
    check_may_withdraw,
)
from callrec.policy.hearing import check_each_heard
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import (
    RequestAct,
    RequestState,
    check_can_happen,
    has_standing_approval,
    is_undelivered,
)
from callrec.policy.rights.letter import LetterKind, is_told, letter_after
from callrec.policy.words import check_reason, in_words, some_of
from callrec.practice import Actor, Practice, signing, today
from callrec.record.forms import NONCE_BYTES
from callrec.requests.approvals import read_approvals, uids_answered, uids_granted
from callrec.requests.clock import (
    ACT_OF_DATED,
    deadline_on_day,
    is_first_month_over,
    log_dated,
    moved_late,
    read_clock,
)
from callrec.requests.history import log_request_event, log_with_words, read_history, store_words
from callrec.requests.holding import check_not_counted_on
from callrec.requests.lapse import attempt_on, signing_on
from callrec.requests.model import Clock, History, OpenRequest, uids_asked_for, uids_heard
from callrec.requests.open import read_request, unopened_facts
from callrec.requests.telling import notify_dated


@dataclass(frozen=True, slots=True)
class DatedRequest:
    """A request after something about it was dated."""

    reference: str
    state: RequestState
    deadline: Deadline | None
    instead_of: date | None
    """The day that was on record of it, where that was put right."""
    was_due_on: date | None
    """The last day as it stood, where it was over and this has moved it."""
    letter: LetterKind | None
    """The letter that tells the person who asked; None: none is due."""


def date_request(
    practice: Practice, actor: Actor, reference: str, event: ClockEvent, *, reason: str = ""
) -> DatedRequest:
    """Write down what the request's clock counts by.

    An ``event`` that is recorded again with another day corrects the first. An extension
    and a question have a reason.

    Raises:
        NotFound: there is no such request.
        Refused: it is not the actor's to do, it or its day is not possible, or it has no reason.
        Locked: it takes the actor's password.
    """
    reason = reason.strip()
    with signing_on(practice, actor, ACT_OF_DATED[event.event], reference) as act:
        request = read_request(practice, actor, act.connection, reference)
        clock = _checked_clock(practice, actor, request, event)
        if event.event in (ClockEventKind.ASKED, ClockEventKind.EXTENDED) or reason:
            check_reason(reason, Clause.SUBJECT_ACCESS)
        words = b""
        if reason:
            words = primitives.random_bytes(NONCE_BYTES) + canonical({"reason": reason})
        body: dict[str, Any] = {
            "awaited": str(event.awaited or ""),
            "event": str(event.event),
            "on": event.on.isoformat(),
            "words": primitives.sha256(words).hex() if words else "",
        }
        after = log_dated(act, actor, request.history, event.event, body)
        if words:
            store_words(
                act.connection, request.version_id, request.key, after.leaves[-1].seq, words
            )
        kind, by = event.event, actor.person.id
        notify_dated(practice, act.connection, request, after, event=kind, by=by)
        on, now = today(practice), read_clock(practice, act.connection, after)
        place = index_corrected_by(clock.events, event)
        deadline = deadline_on_day(practice, now) if now else None
        return DatedRequest(
            request.reference,
            after.state,
            deadline,
            instead_of=None if place is None else clock.events[place].on,
            was_due_on=moved_late(practice, clock, now, on=on) if now else None,
            letter=letter_after(
                request.purpose,
                event,
                deadline,
                after.state,
                is_late=now is not None and is_first_month_over(practice, now),
            ),
        )


def record_third_party_check(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    on: date,
    assessment: str,
    not_heard: Mapping[int, str],
) -> None:
    """Say what was found of other people in the recordings, before they are released.

    It is about those that were granted; where none is, about all that the request asks for. Each
    was heard under the request, or ``not_heard`` has, by its number, why it need not be.

    Source: DPA 2018, Sch 2 Pt 3 para 16; policy 4(e), "subject to assessment".

    Raises:
        NotFound: there is no such request.
        Refused: it is not the actor's to do, the day is yet to come or before the request came, or
            the assessment is none, or a recording was not heard and nobody says why.
        Locked: it takes the actor's password.
    """
    with signing_on(practice, actor, RequestAct.THIRD_PARTIES, reference) as act:
        request = read_request(practice, actor, act.connection, reference)
        check_may_record_event(actor.person, request.facts, on=today(practice))
        check_reason(assessment, Clause.SUBJECT_ACCESS)
        if on > today(practice):
            raise Refused(
                "the check for third parties is not done yet",
                clause=Clause.SUBJECT_ACCESS,
                hint="say on which day it was: --on DATE",
            )
        came_on = request.clock.receipt.received_on if request.clock else request.facts.made_on
        if came_on is not None and on < came_on:
            raise Refused(
                f"the request was received later, on {full_date(came_on)}",
                clause=Clause.SUBJECT_ACCESS,
                hint="check the day; callrec request show says when it was received",
            )
        checked = recordings_to_check(request, practice.now())
        was_heard = uids_heard(request.history)
        heard = [row.id for row in checked if row.uid in was_heard]
        asked = [row.id for row in checked]
        check_each_heard(request.facts, asked, heard=heard, not_heard=not_heard)
        left = [number for number in asked if number not in heard]
        reasons = dict.fromkeys(not_heard[number] for number in left)
        said = [
            f"not heard: {some_of([n for n in left if not_heard[n] == why])}: {why}"
            for why in reasons
        ]
        words = {"on": on.isoformat(), "reason": "; ".join([assessment, *said])}
        uids = [row.uid for row in checked]
        log_with_words(act, actor, request, RequestAct.THIRD_PARTIES, words, subject=uids)


def recordings_to_check(request: OpenRequest, now: datetime) -> Sequence[Row[Any]]:
    """The rows of the recordings of which it must be said what they tell of others."""
    granted = uids_granted(request.approvals, request.history, now)
    return [row for row in request.recordings if not granted or row.uid in granted]


def _checked_clock(
    practice: Practice, actor: Actor, request: OpenRequest, event: ClockEvent
) -> Clock:
    """What the request's deadline was worked out from, once the event is seen to be possible."""
    may = check_is_decider if event.event is ClockEventKind.EXTENDED else check_may_record_event
    may(actor.person, request.facts, on=today(practice))
    check_can_happen(request.history.events, ACT_OF_DATED[event.event], request.reference)
    if event.event is ClockEventKind.ANSWERED and has_standing_approval(request.history.events):
        check_is_awaited_proof(request.facts, event.awaited)
    clock = request.clock
    if clock is None:
        raise Refused(
            f"nothing sets a day for a request for {in_words(request.purpose)}",
            clause=Clause.SUBJECT_ACCESS,
            hint=f"callrec request show {request.reference} says when it lapses",
        )
    counted, scales = working_days(practice.settings.clocks), scales_of(practice.settings.clocks)
    on = today(practice)
    check_event(clock.receipt, clock.events, event, counted, today=on, scales=scales)
    return clock


def withdraw_request(practice: Practice, actor: Actor, reference: str) -> RequestState:
    """Withdraw a request of the actor before it is decided; nothing is opened.

    Raises:
        NotFound: there is none.
        Refused: somebody else made it, or it is decided.
    """
    with signing_on(practice, actor, RequestAct.WITHDRAWN, reference) as act:
        row = find_request(act.connection, reference)
        history = read_history(practice, act.connection, row.id)
        check_may_withdraw(actor.person, unopened_facts(row, history))
        check_not_counted_on(act.connection, row)
        return log_request_event(act, actor, history, RequestAct.WITHDRAWN).state


def _unanswered(
    practice: Practice, connection: Connection, row: Row[Any], history: History
) -> tuple[Sequence[int], Sequence[int]]:
    """Numbers of what a law gives a right to, did not go out and is withheld on no ground.

    Then those that nobody has heard either, since an approval was last taken back.
    """
    if not TERMS[Purpose(row.purpose)].is_owed_whole:
        return (), ()
    asked, table = uids_asked_for(history.making), tables.recording.c
    query = select(table.id, table.uid).where(table.uid.in_(asked), table.data_key.is_not(None))
    answered = uids_answered(read_approvals(practice, connection, history), history)
    rows = connection.execute(query.order_by(table.id)).all()
    left = {row.uid: row.id for row in rows if row.uid not in answered}
    revoked = [leaf for leaf in history.leaves if leaf.act == RequestAct.REVOKED]
    since = replace(history, leaves=history.after(revoked[-1])) if revoked else history
    heard = uids_heard(since)
    return tuple(left.values()), tuple(id_ for uid, id_ in left.items() if uid not in heard)


def close_request(
    practice: Practice, actor: Actor, reference: str, *, reason: str = ""
) -> RequestState:
    """Close a request whose recordings were heard or released; grants that are left are destroyed.

    The reason says how the person who asked was told, or why not; it is needed where no letter, or
    no package, went out to them.

    Raises:
        NotFound: there is none.
        Refused: the actor neither made it nor decides it, nothing was heard or handed over yet, or
            the reason is none; or a law gives a right to all of it, and some is not decided.
        Locked: it takes the actor's password, as there is a reason to be kept.
    """
    reason = reason.strip()
    with (
        attempt_on(practice, actor, RequestAct.CLOSED, reference) as row,
        signing(practice, actor) as act,
    ):
        history = read_history(practice, act.connection, row.id)
        unsent, undecided = _unanswered(practice, act.connection, row, history)
        # Who made it need not open it, unless they close it in place of a decision.
        if actor.person.id == history.requester and not (undecided and reason):
            facts = unopened_facts(find_request(act.connection, reference), history)
        else:
            facts = read_request(practice, actor, act.connection, reference).facts
            same_name = namesakes(practice, actor, act.connection, facts.makers)
            facts = replace(facts, namesakes=same_name)
        check_may_close(actor.person, facts, on=today(practice))
        check_can_happen(history.events, RequestAct.CLOSED, reference)
        if undecided and reason:
            check_is_decider(actor.person, facts, on=today(practice))
        check_closing(
            facts,
            reason,
            was_delivered=not is_undelivered(history.events),
            was_told=is_told(facts.purpose, history.events),
            unsent=unsent,
            undecided=undecided,
        )
        destroy_grants(act.connection, row.id, history.requester)
        if not reason:
            return log_request_event(act, actor, history, RequestAct.CLOSED).state
        opened = read_request(practice, actor, act.connection, reference)
        return log_with_words(act, actor, opened, RequestAct.CLOSED, {"reason": reason}).state
