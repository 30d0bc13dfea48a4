"""What lapses by itself: requests that nobody decides, grants that nobody uses.

A day that is over counts at once, whatever the log says; the next command that
writes puts it into the log and destroys the grants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import destroy_grants
from callrec.catalogue.tables import to_millis
from callrec.errors import Tampered
from callrec.mail.outbox import notify
from callrec.policy.request import GRANTED_STATES, UNDECIDED, RequestAct, has_lapsed
from callrec.practice import Actor, Practice, attempt, signing, writing
from callrec.requests.approvals import event_end_reason, read_approvals
from callrec.requests.clock import is_court_ordered, read_date_rows
from callrec.requests.history import log_request_event, read_history
from callrec.requests.holding import match_open_holds
from callrec.requests.model import History
from callrec.requests.open import find_visible, unopened_facts
from callrec.requests.standing import (
    lapses_at,
    read_lapse_facts,
    undecided_since_by,
    undecided_until,
)

GRANTS_DESTROYED: Final = "grants.destroyed"
"""Some of what was granted under a request has lapsed; the request stands where it stood."""


@contextmanager
def attempt_on(practice: Practice, actor: Actor, what: str, reference: str) -> Iterator[Row[Any]]:
    """As `attempt_after_expiry`, with the request that a reference names; yields its row."""
    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
    with attempt_after_expiry(practice, actor, what, subject=[row.id]):
        yield row


@contextmanager
def signing_on(
    practice: Practice, actor: Actor, what: str, reference: str
) -> Iterator[LogTransaction]:
    """As `attempt_on`, within a write transaction of a person who may still do what they could."""
    with attempt_on(practice, actor, what, reference), signing(practice, actor) as act:
        yield act


@contextmanager
def attempt_after_expiry(
    practice: Practice, actor: Actor, what: str, *, subject: Sequence[str] = ()
) -> Iterator[None]:
    """As `practice.attempt`, once what has lapsed is in the log.

    Every command that writes to requests, or rests on where they stand, begins here. Only a release
    calls `expire_lapsed` itself, as it clears up after a cut-off run before its own attempt.
    """
    expire_lapsed(practice, actor)
    with attempt(practice, actor, what, subject=subject):
        yield


def expire_lapsed(practice: Practice, actor: Actor) -> None:
    """Put into the log what has lapsed, and destroy the grants that have.

    In transactions of its own: what the command then refuses does not undo it.
    """
    # Two, as the second reads what the first has written, and only a checkpoint attests that.
    _sweep(practice, actor, _lapsed_grants, _let_grants_lapse)
    _sweep(practice, actor, _lapsed_requests, _let_request_lapse)
    match_open_holds(practice, actor)


def _sweep(
    practice: Practice,
    actor: Actor,
    find: Callable[[Practice, Connection], Sequence[Row[Any]]],
    let_lapse: Callable[[Practice, LogTransaction, Actor, Row[Any]], None],
) -> None:
    with reading(practice.engine) as connection:
        if not find(practice, connection):
            return
    with writing(practice, actor.signer) as act:
        for row in find(practice, act.connection):
            let_lapse(practice, act, actor, row)


def _let_grants_lapse(practice: Practice, act: LogTransaction, actor: Actor, row: Row[Any]) -> None:
    grant = tables.grant
    over = (grant.c.request == row.id) & (grant.c.lapses_at <= to_millis(practice.now()))
    destroyed = act.connection.execute(grant.delete().where(over)).rowcount
    left = select(grant.c.uid).where(grant.c.request == row.id)
    history = read_history(practice, act.connection, row.id)
    if act.connection.execute(left).first() is None and _is_over(practice, act, history):
        destroy_grants(act.connection, row.id, history.requester)
        log_request_event(act, actor, history, RequestAct.GRANT_LAPSED)
        what = "was approved, and not used in time"
        notify(practice, act.connection, f"R-{row.number}", what, to=history.requester)
    elif destroyed:  # others hold what they were granted until a later day
        act.leaf(GRANTS_DESTROYED, actor=actor.person.id, subject=[row.id])


def _is_over(practice: Practice, act: LogTransaction, history: History) -> bool:
    """Whether the day of an approval that stands has come, as it was signed: no column counts.

    One that was signed in no form is shown to people who open the request, and stops nobody else.
    """
    if history.state not in GRANTED_STATES:
        return False
    with suppress(Tampered):
        return any(
            has_lapsed(each.lapses_at, practice.now()) and not event_end_reason(each, history)
            for each in read_approvals(practice, act.connection, history)
        )
    return False


def _let_request_lapse(
    practice: Practice, act: LogTransaction, actor: Actor, row: Row[Any]
) -> None:
    history = read_history(practice, act.connection, row.id)
    purpose = unopened_facts(row, history).purpose
    since = undecided_since_by(act.connection, history.leaves)
    dates = read_date_rows(act.connection)
    is_ordered = is_court_ordered(practice.vault, history, purpose, dates)
    # It was found by columns, and by dates in the clear: here the log is asked.
    if not has_lapsed(lapses_at(practice, purpose, since, is_ordered=is_ordered), practice.now()):
        raise Tampered("a request seems to have lapsed, and by the log it has not")
    log_request_event(act, actor, history, RequestAct.LAPSED)
    what = "lapsed, as nobody decided it"
    notify(practice, act.connection, f"R-{row.number}", what, to=history.requester)


def _lapsed_grants(practice: Practice, connection: Connection) -> Sequence[Row[Any]]:
    """Requests under which a grant has lapsed that still lies there."""
    grant, request = tables.grant.c, tables.request
    lapsed = select(grant.request).where(grant.lapses_at <= to_millis(practice.now()))
    return connection.execute(select(request).where(request.c.id.in_(lapsed))).all()


def _lapsed_requests(practice: Practice, connection: Connection) -> Sequence[Row[Any]]:
    request = tables.request
    rows = connection.execute(select(request).where(request.c.state.in_(sorted(UNDECIDED)))).all()
    now, ends = practice.now(), read_lapse_facts(connection)
    return [row for row in rows if has_lapsed(undecided_until(practice, row, ends), now)]
