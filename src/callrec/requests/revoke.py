"""Take back what was granted under a request: its grants are destroyed [policy 4(a), 4(b)].

The request stands as submitted again, and must be decided again. What was heard or handed over
before stays so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.catalogue.requests import destroy_grants
from callrec.mail.outbox import notify
from callrec.policy.authority import check_may_revoke
from callrec.policy.clause import Clause
from callrec.policy.request import RequestAct
from callrec.policy.words import check_reason
from callrec.practice import signing, today
from callrec.requests.deciding import read_to_decide
from callrec.requests.lapse import attempt_on
from callrec.requests.request_words import log_with_words

if TYPE_CHECKING:
    from callrec.policy.request import RequestState
    from callrec.practice import Actor, Practice


@dataclass(frozen=True, slots=True)
class RevokedRequest:
    """A request whose grants were taken back."""

    reference: str
    grants: int
    """How many were destroyed."""
    state: RequestState


def revoke_grants(
    practice: Practice, actor: Actor, reference: str, *, reason: str
) -> RevokedRequest:
    """Take back every grant under a request.

    Raises:
        NotFound: there is none.
        Refused: the actor may not decide it, nothing is approved, or the reason is none.
    """
    with (
        attempt_on(practice, actor, RequestAct.REVOKED, reference),
        signing(practice, actor) as act,
    ):
        request = read_to_decide(practice, actor, act.connection, reference, command="revoke")
        check_may_revoke(actor.person, request.facts, on=today(practice))
        check_reason(reason, Clause.FORMALLY_AUTHORISED)
        words = {"reason": reason}
        after = log_with_words(act, actor, request, RequestAct.REVOKED, words)
        destroyed = destroy_grants(act.connection, request.id, request.requester)
        told, by = request.requester, actor.person.id
        notify(practice, act.connection, reference, "was revoked", to=told, by=by)
    return RevokedRequest(reference, destroyed, after.state)
