"""What became of a request, as a register says it: how it was decided, when it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from callrec.policy.hearing import answers_requester
from callrec.policy.request import RequestAct, RequestState, is_unanswered
from callrec.record.details import can_open_details, open_details
from callrec.requests.approvals import REOPENING_ACTS
from callrec.requests.history import read_words
from callrec.requests.model import event_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor, Practice
    from callrec.registers.requests_listed import RegisteredRequest


class Outcome(StrEnum):
    """How a request was decided."""

    OPEN = "open"
    GRANTED = "granted"
    PART = "part"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    CLOSED = "closed"
    """Without an answer that the reader can see."""


_WITHOUT_GRANTS: Final[Mapping[RequestState, Outcome]] = {
    RequestState.SUBMITTED: Outcome.OPEN,
    RequestState.WAITING: Outcome.OPEN,
    RequestState.DENIED: Outcome.DENIED,
    RequestState.WITHDRAWN: Outcome.WITHDRAWN,
    RequestState.LAPSED: Outcome.LAPSED,
}

_ANSWERS: Final = frozenset({RequestAct.DELIVERED, RequestAct.DENIED, RequestAct.CARRIED_OUT})

_ENDS: Final = frozenset({RequestAct.WITHDRAWN, RequestAct.LAPSED, RequestAct.CLOSED})

_DECISIONS: Final = frozenset({RequestAct.APPROVED, RequestAct.DENIED})


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request."""

    outcome: Outcome
    codes: tuple[str, ...]
    """Of the grounds on which recordings were withheld, or all was denied; each once."""
    decided: Leaf | None
    """The leaf of the newest decision."""
    answered_on: date | None
    """When something was first handed over or heard by who came to hear it, or was erased, or it
    was denied."""
    ended_on: date | None
    """That, or when it ended without an answer; None while it is open."""


def answer_to(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest
) -> Answer:
    """What became of a request.

    Raises:
        Tampered: what was said at its denial, or of who came to hear it, is not what the log
            commits to.
    """
    answered = [
        leaf
        for leaf in request.history.leaves
        if leaf.act in _ANSWERS
        or _requester_was_present(practice, actor, connection, request, leaf)
    ]
    ends = [leaf for leaf in request.history.leaves if leaf.act in _ENDS]
    decided = _last(request, _DECISIONS)
    outcome = _WITHOUT_GRANTS.get(request.state)
    if outcome is None and not answered:
        outcome = _heard_at_most(request)
    if outcome is None:
        withheld = tuple(_withheld(request))
        outcome = Outcome.PART if withheld else Outcome.GRANTED
    elif outcome is Outcome.DENIED and decided is not None:
        withheld = tuple(_denied_with(practice, actor, connection, request, decided))
    else:
        withheld = ()
    return Answer(
        outcome=outcome,
        codes=tuple(dict.fromkeys(withheld)),
        decided=decided,
        answered_on=_first_on(practice, answered),
        ended_on=_first_on(practice, answered or ends),
    )


def _heard_at_most(request: RegisteredRequest) -> Outcome | None:
    """What became of it if not what was decided: the staff heard it alone, and answered nobody."""
    if any(leaf.act == RequestAct.CLOSED for leaf in request.history.leaves):
        return Outcome.CLOSED
    return Outcome.OPEN if is_unanswered(request.history.events) else None


def _withheld(request: RegisteredRequest) -> Iterator[str]:
    """The code of each recording that no approval of the request as it stands has granted.

    What was taken back or had lapsed when it was approved anew has granted nothing.
    """
    if not request.approvals:
        return
    newest = request.approvals[-1]
    anew = (leaf.seq for leaf in request.history.leaves if leaf.act in REOPENING_ACTS)
    since = max((seq for seq in anew if seq < newest.leaf.seq), default=-1)
    granted = {
        uid
        for approval in request.approvals
        if approval.digest == newest.digest and approval.leaf.seq > since
        for uid in approval.items
    }
    yield from (code for uid, code in newest.withheld if uid not in granted)


def _denied_with(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    request: RegisteredRequest,
    denied: Leaf,
) -> Iterator[str]:
    said: Mapping[str, Any] = {}
    if request.opened is not None:
        said = read_words(connection, request.opened).get(denied.seq, {})
    elif can_open_details(actor):
        said = open_details(practice, actor, connection, denied)
    if said.get("code"):
        yield str(said["code"])


def _last(request: RegisteredRequest, acts: frozenset[RequestAct]) -> Leaf | None:
    found = [leaf for leaf in request.history.leaves if leaf.act in acts]
    return found[-1] if found else None


def _requester_was_present(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest, leaf: Leaf
) -> bool:
    """Who was there lies sealed beside the leaf; for whoever cannot open it, nobody was."""
    if leaf.act != RequestAct.LISTENED or not can_open_details(actor):
        return False
    attended = open_details(practice, actor, connection, leaf).get("attended", ())
    further = request.opened.particulars.further if request.opened else {}
    return answers_requester(request.purpose, further, attended)


def _first_on(practice: Practice, leaves: Sequence[Leaf]) -> date | None:
    if not leaves:
        return None
    return event_of(leaves[0]).at.astimezone(practice.config.time_zone).date()
