"""What lapses by itself: requests that nobody decides, grants that nobody uses.

A day that is over counts at once, whatever the log says (`states_today`); the next command that
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
from callrec.catalogue.times import to_millis
from callrec.errors import Tampered
from callrec.mail.outbox import notify
from callrec.policy.purpose import Purpose
from callrec.policy.request import (
    UNDECIDED,
    RequestAct,
    RequestState,
    has_lapsed,
    request_lapses_at,
)
from callrec.practice import Actor, Practice, attempt, writing
from callrec.requests.approvals import event_end_reason, read_approvals
from callrec.requests.clock import is_court_ordered, read_date_rows
from callrec.requests.history import log_request_event, read_history
from callrec.requests.holding import match_open_holds
from callrec.requests.model import History
from callrec.requests.open import find_visible, unopened_facts
from callrec.requests.standing import read_lapse_facts, undecided_since_by, undecided_until

GRANTED_STATES: Final = frozenset({RequestState.APPROVED, RequestState.RELEASED})


@contextmanager
def attempt_on(practice: Practice, actor: Actor, what: str, reference: str) -> Iterator[Row[Any]]:
    """As `attempt_after_expiry`, with the request that a reference names; yields its row."""
    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
    with attempt_after_expiry(practice, actor, what, subject=[row.id]):
        yield row


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
    act.connection.execute(grant.delete().where(over))
    left = select(grant.c.uid).where(grant.c.request == row.id)
    history = read_history(practice, act.connection, row.id)
    if act.connection.execute(left).first() is None and _is_over(practice, act, history):
        destroy_grants(act.connection, row.id, history.requester)
        log_request_event(act, actor, history, RequestAct.GRANT_LAPSED)
        _tell(practice, act, row, history, "was approved, and not used in time")


def _is_over(practice: Practice, act: LogTransaction, history: History) -> bool:
    """Whether the day of an approval that stands has come, as it was signed: a column is no word.

    Where one was signed in no form, whoever opens the request is told so, and nobody else stopped.
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
    _check_lapsed(practice, act.connection, history, unopened_facts(row, history).purpose)
    log_request_event(act, actor, history, RequestAct.LAPSED)
    _tell(practice, act, row, history, "lapsed, as nobody decided it")


def _check_lapsed(
    practice: Practice, connection: Connection, history: History, purpose: Purpose
) -> None:
    """It was found by columns, and by dates in the clear: here the log is asked."""
    until = request_lapses_at(
        purpose,
        undecided_since_by(connection, history.leaves),
        practice.config.requests.lapse_days,
        practice.config.time_zone,
        is_ordered=is_court_ordered(practice.vault, history, purpose, read_date_rows(connection)),
    )
    if not has_lapsed(until, practice.now()):
        raise Tampered("a request seems to have lapsed, and by the log it has not")


def _tell(
    practice: Practice, act: LogTransaction, row: Row[Any], history: History, what: str
) -> None:
    notify(practice, act.connection, f"R-{row.number}", what, to=history.requester)


def _lapsed_grants(practice: Practice, connection: Connection) -> Sequence[Row[Any]]:
    """Requests under which a grant has lapsed that still lies there."""
    lapsed = select(tables.grant.c.request).where(
        tables.grant.c.lapses_at <= to_millis(practice.now())
    )
    request = tables.request
    return connection.execute(select(request).where(request.c.id.in_(lapsed))).all()


def _lapsed_requests(practice: Practice, connection: Connection) -> Sequence[Row[Any]]:
    request = tables.request
    rows = connection.execute(select(request).where(request.c.state.in_(sorted(UNDECIDED)))).all()
    now, ends = practice.now(), read_lapse_facts(connection)
    return [row for row in rows if has_lapsed(undecided_until(practice, row, ends), now)]
