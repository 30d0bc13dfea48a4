"""Withdraw a request, or close it when all is done [policy 4(b)]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.catalogue.requests import destroy_grants, find_request
from callrec.policy.handling import check_closing, check_may_close, check_may_withdraw
from callrec.policy.request import RequestAct, check_can_happen, is_undelivered
from callrec.practice import signing, today
from callrec.requests.history import log_request_event, read_history
from callrec.requests.lapse import attempt_on
from callrec.requests.open import read_request, unopened_facts
from callrec.requests.request_words import log_with_words

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from callrec.policy.authority import RequestFacts
    from callrec.policy.request import RequestState
    from callrec.practice import Actor, Practice
    from callrec.requests.model import History


def withdraw_request(practice: Practice, actor: Actor, reference: str) -> RequestState:
    """Take one's own request back before it is decided; nothing is opened.

    Raises:
        NotFound: there is none.
        Refused: somebody else made it, or it is decided.
    """
    with (
        attempt_on(practice, actor, RequestAct.WITHDRAWN, reference),
        signing(practice, actor) as act,
    ):
        row = find_request(act.connection, reference)
        history = read_history(practice, act.connection, row.id)
        check_may_withdraw(actor.person, unopened_facts(row, history))
        return log_request_event(act, actor, history, RequestAct.WITHDRAWN).state


def close_request(
    practice: Practice, actor: Actor, reference: str, *, reason: str = ""
) -> RequestState:
    """Close a request whose recordings were heard or released; grants that are left are destroyed.

    Args:
        practice: the open vault.
        actor: who closes it.
        reference: ``R-17``.
        reason: how whoever asked was answered, or why not; needed where no package went out to him.

    Raises:
        NotFound: there is none.
        Refused: the actor neither made it nor decides it, nothing was heard or handed over yet, or
            the reason is none.
        Locked: it takes the actor's password, as there is a reason to be kept.
    """
    with (
        attempt_on(practice, actor, RequestAct.CLOSED, reference) as row,
        signing(practice, actor) as act,
    ):
        history = read_history(practice, act.connection, row.id)
        facts = _facts(practice, actor, act.connection, reference, history)
        check_may_close(actor.person, facts, on=today(practice))
        check_can_happen(history.events, RequestAct.CLOSED, reference)
        check_closing(facts, reason, was_delivered=not is_undelivered(history.events))
        destroy_grants(act.connection, row.id, history.requester)
        if not reason:
            return log_request_event(act, actor, history, RequestAct.CLOSED).state
        opened = read_request(practice, actor, act.connection, reference)
        words = {"reason": reason}
        return log_with_words(act, actor, opened, RequestAct.CLOSED, words).state


def _facts(
    practice: Practice, actor: Actor, connection: Connection, reference: str, history: History
) -> RequestFacts:
    if actor.person.id == history.requester:  # who need not be able to open it
        return unopened_facts(find_request(connection, reference), history)
    return read_request(practice, actor, connection, reference).facts
