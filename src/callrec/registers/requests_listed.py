"""Requests as a register lists them: opened where the reader may, else by what the log tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from callrec.catalogue.requests import all_requests
from callrec.policy.words import mask_name
from callrec.requests.approvals import read_approvals
from callrec.requests.glass import broken_glass, overall_standing
from callrec.requests.history import read_history
from callrec.requests.open import (
    can_open_with_session,
    is_request_hidden_from,
    read_request,
    sees_in_full,
    unopened_facts,
)
from callrec.requests.standing import read_lapse_facts, state_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection, Row

    from callrec.policy.further import FurtherParticular
    from callrec.policy.purpose import Purpose
    from callrec.policy.request import RequestState
    from callrec.practice import Actor, Practice
    from callrec.requests.glass import BrokenGlass
    from callrec.requests.model import Approval, History, OpenRequest


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
    glass: tuple[BrokenGlass, ...] = ()
    """What the Data Controller decided of it alone, standing or not."""

    def broken_glass(self, approvals: Iterable[Approval] | None = None) -> str | None:
        """Whether the glass was broken for these approvals, or for it at all, and that is accepted.

        ``unreviewed``, ``queried`` or ``accepted``; None where it was not broken.
        """
        if approvals is None:
            return overall_standing(self.glass)
        seqs = {approval.leaf.seq for approval in approvals}
        return overall_standing(glass for glass in self.glass if glass.seq in seqs)

    def said(self, which: FurtherParticular) -> str | None:
        """A further particular, for whoever is concerned; None if it was not asked for either."""
        return self._further(which) if self.in_full else None

    def named(self, which: FurtherParticular) -> str | None:
        """A name among the further particulars: masked for others, None where nothing opens it."""
        name = self._further(which)
        return name if self.in_full or name is None else mask_name(name)

    def _further(self, which: FurtherParticular) -> str | None:
        return self.opened.particulars.further.get(which) if self.opened else None


def read_registered_requests(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    is_wanted: Callable[[Row[Any]], bool],
) -> Iterator[RegisteredRequest]:
    """The requests that are wanted and that the reader may learn of, in the order of their numbers.

    Args:
        practice: the open vault.
        actor: who reads.
        connection: sees one state of the catalogue throughout.
        is_wanted: asked of each request's row.

    Raises:
        Tampered: a request or its history is not as it was written.
    """
    ends, alone = read_lapse_facts(connection), broken_glass(practice, connection)
    for row in filter(is_wanted, all_requests(connection)):
        state = state_now(practice, row, ends)
        if can_open_with_session(actor):
            listed = _opened(practice, actor, connection, row, state)
        else:
            listed = _unopened(practice, connection, row, state)
        listed = replace(listed, glass=tuple(each for each in alone if each.request == row.id))
        if listed.opened is None or not is_request_hidden_from(
            practice, actor, connection, listed.opened
        ):
            yield listed


def _opened(
    practice: Practice, actor: Actor, connection: Connection, row: Row[Any], state: RequestState
) -> RegisteredRequest:
    request = read_request(practice, actor, connection, f"R-{row.number}")
    return RegisteredRequest(
        reference=request.reference,
        purpose=request.purpose,
        state=state,
        history=request.history,
        approvals=request.approvals,
        opened=request,
        in_full=sees_in_full(practice, actor, request),
    )


def _unopened(
    practice: Practice, connection: Connection, row: Row[Any], state: RequestState
) -> RegisteredRequest:
    history = read_history(practice, connection, row.id)
    facts = unopened_facts(row, history)
    return RegisteredRequest(
        reference=facts.reference,
        purpose=facts.purpose,
        state=state,
        history=history,
        approvals=read_approvals(practice, connection, history),
        opened=None,
        in_full=False,
    )
