"""Refuse a request, with the reason and on what ground [policy 4(b)]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.mail.outbox import notify
from callrec.policy.authority import check_may_decide, check_may_deny_alone
from callrec.policy.clause import Clause
from callrec.policy.request import RequestAct, check_can_happen
from callrec.policy.withholding import Ground, check_refused_on
from callrec.policy.words import check_reason
from callrec.practice import signing, today
from callrec.requests.deciding import check_nothing_awaited, read_to_decide
from callrec.requests.lapse import attempt_on
from callrec.requests.request_words import log_with_words

if TYPE_CHECKING:
    from callrec.policy.request import RequestState
    from callrec.practice import Actor, Practice


def deny_request(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    reason: str,
    ground: Ground | None = None,
    breaks_glass: bool = False,
) -> RequestState:
    """Deny a request; the reason and the ground lie sealed beside the leaf.

    With ``breaks_glass`` the Data Controller denies what he made himself, and alone.

    Raises:
        NotFound: there is none.
        Refused: the actor may not decide it, it is decided already (unless it was heard at most,
            and taken back since), the reason is none, or the ground does not fit the purpose or
            is none of a law's where one gives a right to it.
    """
    with (
        attempt_on(practice, actor, RequestAct.DENIED, reference),
        signing(practice, actor) as act,
    ):
        request = read_to_decide(practice, actor, act.connection, reference, command="deny")
        may = check_may_deny_alone if breaks_glass else check_may_decide
        may(actor.person, request.facts, on=today(practice))
        check_nothing_awaited(request)
        check_can_happen(request.history.events, RequestAct.DENIED, reference)
        check_reason(reason, Clause.FORMALLY_AUTHORISED)
        code = check_refused_on(ground, request.facts, request.recordings)
        words = {"code": code, "reason": reason}
        after = log_with_words(act, actor, request, RequestAct.DENIED, words)
        told, by = request.requester, actor.person.id
        notify(practice, act.connection, reference, "was denied", to=told, by=by)
        return after.state
