"""Requests as a register lists them, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row

from callrec.audit.leaf import Leaf
from callrec.dataclass import dataclass
from callrec.policy.further import FurtherParticular
from callrec.policy.hearing import answers_requester
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestState, is_unanswered
from callrec.policy.role import VaultKey
from callrec.policy.words import mask_name
from callrec.practice import Actor, Practice
from callrec.record.versions import open_details
from callrec.release.listen import attended_at, hearing_end_leaf
from callrec.requests.approvals import decided_together, read_approvals
from callrec.requests.clock import day_of_leaf
from callrec.requests.glass import BrokenGlass, broken_glass, overall_standing
from callrec.requests.history import REQUESTS, read_history, read_words
from callrec.requests.model import Approval, History, OpenRequest, uids_delivered
from callrec.requests.open import read_request, sees_in_full, unopened_facts
from callrec.requests.seconds import BroughtInSecond, seconds_brought_in
from callrec.requests.standing import read_lapse_facts, state_now


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

ANSWERING_ACTS: Final = frozenset(
    {RequestAct.DELIVERED, RequestAct.DENIED, RequestAct.CARRIED_OUT, RequestAct.IN_EFFECT}
)

ENDS_UNANSWERED: Final = frozenset({RequestAct.WITHDRAWN, RequestAct.LAPSED, RequestAct.CLOSED})

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
    """When something was first released or heard by who came to hear it, or was erased, or it was
    denied."""
    ended_on: date | None
    """The day of the answer, or when it ended without one; None while it is open."""


def answer_to(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest
) -> Answer:
    """What became of a request."""
    leaves = request.history.leaves
    answered = [
        leaf
        for leaf in leaves
        if leaf.act in ANSWERING_ACTS
        or _requester_was_present(practice, actor, connection, request, leaf)
    ]
    ends = [leaf for leaf in leaves if leaf.act in ENDS_UNANSWERED]
    decided = next((leaf for leaf in reversed(leaves) if leaf.act in _DECISIONS), None)
    outcome = _WITHOUT_GRANTS.get(request.state)
    if outcome is None and not answered:
        outcome = _heard_at_most(request)
    codes: Iterable[str] = ()
    if outcome is None:
        codes = _withheld(request)
        outcome = Outcome.PART if codes else Outcome.GRANTED
    elif outcome is Outcome.DENIED and decided is not None:
        codes = _denied_with(practice, actor, connection, request, decided)
    return Answer(
        outcome=outcome,
        codes=tuple(dict.fromkeys(codes)),
        decided=decided,
        answered_on=day_of_leaf(practice, answered[0]) if answered else None,
        ended_on=day_of_leaf(practice, (answered or ends)[0]) if answered or ends else None,
    )


def _heard_at_most(request: RegisteredRequest) -> Outcome | None:
    """What became of it if not what was decided: the staff heard it alone, and answered nobody."""
    if any(leaf.act == RequestAct.CLOSED for leaf in request.history.leaves):
        return Outcome.CLOSED
    return Outcome.OPEN if is_unanswered(request.history.events) else None


def _withheld(request: RegisteredRequest) -> Sequence[str]:
    """The code of each recording that no approval of the request as it stands has granted.

    What was taken back or had lapsed when it was approved again has granted nothing.
    """
    if not request.approvals:
        return ()
    together = decided_together(request.approvals, request.history)
    given = uids_delivered(request.history).union(*(each.items for each in together))
    return [code for uid, code in together[-1].withheld if uid not in given]


def _denied_with(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest, leaf: Leaf
) -> Sequence[str]:
    reasons: Mapping[str, Any] = {}
    if request.opened is not None:
        reasons = read_words(connection, request.opened).get(leaf.seq, {})
    elif actor.has_key(VaultKey.AUDIT):
        reasons = open_details(practice, actor, connection, leaf)
    return [str(reasons["code"])] if reasons.get("code") else ()


def _requester_was_present(
    practice: Practice, actor: Actor, connection: Connection, request: RegisteredRequest, leaf: Leaf
) -> bool:
    """Whether the requester heard it; False for readers who cannot open who was there."""
    if leaf.act != RequestAct.LISTENED:
        return False
    end = hearing_end_leaf(leaf, request.history)
    if end is not None and end.act == RequestAct.HEARING_FAILED:
        return False
    attended = attended_at(practice, actor, connection, leaf)
    further = request.opened.particulars.further if request.opened else {}
    return answers_requester(request.purpose, further, attended)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegisteredRequest:
    """A request as far as the reader may see it. Its repr shows nothing."""

    reference: str
    purpose: Purpose
    state: RequestState
    """Where it stands today, whatever has lapsed since the log was last written to."""
    history: History
    approvals: tuple[Approval, ...]
    opened: OpenRequest | None
    """None where the reader has nothing that opens it."""
    in_full: bool
    glass: tuple[BrokenGlass, ...]
    """What the Data Controller decided of it alone, standing or not."""
    seconds: tuple[BroughtInSecond, ...]
    """The people who signed for it beside the person who had brought them in."""

    def broken_glass(self, approvals: Iterable[Approval] | None = None) -> str | None:
        """Whether the glass was broken for these approvals, or for it at all, and that is accepted.

        ``unreviewed``, ``queried`` or ``accepted``; None where it was not broken.
        """
        if approvals is None:
            return overall_standing(self.glass)
        seqs = {approval.leaf.seq for approval in approvals}
        return overall_standing(glass for glass in self.glass if glass.seq in seqs)

    def brought_in(self, approvals: Iterable[Approval] | None = None) -> tuple[str, ...]:
        """Who signed these approvals, or any part of it, beside who had brought them in."""
        seqs = None if approvals is None else {approval.leaf.seq for approval in approvals}
        return tuple(each.text for each in self.seconds if seqs is None or each.beside in seqs)

    def answer(self, field: FurtherParticular) -> str | None:
        """A further particular; None where the reader does not see it, or it was not asked for."""
        return self._further(field) if self.in_full else None

    def named(self, field: FurtherParticular) -> str | None:
        """A name among the further particulars: masked for others, None where nothing opens it."""
        name = self._further(field)
        return name if self.in_full or name is None else mask_name(name)

    def _further(self, field: FurtherParticular) -> str | None:
        return self.opened.particulars.further.get(field) if self.opened else None


def read_registered_requests(
    practice: Practice, actor: Actor, connection: Connection, is_wanted: Callable[[Row[Any]], bool]
) -> Iterator[RegisteredRequest]:
    """The requests wanted that the reader may learn of, in the order of their numbers."""
    ends, alone = read_lapse_facts(connection), broken_glass(practice, connection)
    seconds = seconds_brought_in(practice, connection)
    for row in filter(is_wanted, REQUESTS.every(connection)):
        state, opened = state_now(practice, row, ends), None
        if actor.has_key(VaultKey.CATALOGUE):
            opened = read_request(practice, actor, connection, f"R-{row.number}")
            if actor.person.id in opened.facts.hidden_from:
                continue
            facts, history, approvals = opened.facts, opened.history, opened.approvals
        else:
            history = read_history(practice, connection, row.id)
            facts = unopened_facts(row, history)
            approvals = read_approvals(practice, connection, history)
        yield RegisteredRequest(
            reference=facts.reference,
            purpose=facts.purpose,
            state=state,
            history=history,
            approvals=approvals,
            opened=opened,
            in_full=opened is not None and sees_in_full(practice, actor, opened),
            glass=tuple(each for each in alone if each.request == row.id),
            seconds=tuple(each for each in seconds if each.subject == row.id),
        )
