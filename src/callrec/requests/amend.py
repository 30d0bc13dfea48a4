"""Change what a request says, or which recordings it asks for [policy 4(b)].

A change makes a new version, and every approval of the one before is void.

The person who made it changes it; so do people who may search, to attach what they found for
somebody who may not. The request is then their own as well, and they do not decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from sqlalchemy import Connection

from callrec.audit.log import LogTransaction
from callrec.catalogue.engine import reading
from callrec.catalogue.requests import destroy_grants, find_request
from callrec.dataclass import dataclass, replace
from callrec.errors import NotFound, Refused, Unusable
from callrec.holds.log import change_with_request
from callrec.policy.authority import check_may_decide
from callrec.policy.handling import check_may_change, check_waits_for_answer
from callrec.policy.particulars import NO_ANSWERS, Answers, Particulars, with_changes
from callrec.policy.request import GRANTED_STATES, RequestAct
from callrec.practice import Actor, Practice, register_now, today
from callrec.requests.agreement import store_agreement
from callrec.requests.ask import (
    StaffNamed,
    agreement_key,
    check_count,
    date_mismatches_known_to,
    find_recordings,
    new_body,
    parse_particulars,
    staff_named,
)
from callrec.requests.clock import begin_clock
from callrec.requests.history import REQUESTS, log_request_event
from callrec.requests.holding import check_not_counted_on, match_open_holds
from callrec.requests.lapse import signing_on
from callrec.requests.model import Gathering, OpenRequest, RequestBody
from callrec.requests.open import find_visible, read_request
from callrec.requests.telling import notify_deciders

_Content: TypeAlias = "tuple[Particulars, tuple[tuple[str, str], ...]]"
"""What a version says; uid and SHA-256 of the ciphertext of each recording it asks for."""


@dataclass(frozen=True, slots=True)
class Amended:
    """A request after a change."""

    reference: str
    version: int
    recordings: int
    grants_ended: int
    of_other_day: tuple[int, ...] | None
    """As `CreatedRequest` has it."""
    concerned: StaffNamed


def would_cost_the_decision(practice: Practice, actor: Actor, reference: str) -> bool:
    """Whether the actor can decide a request, and could not once they had changed it [policy 4(b)].

    Raises:
        Locked: it takes the actor's password.
    """
    try:
        with reading(practice.engine) as connection:
            find_visible(practice, actor, connection, reference)
            request = read_request(practice, actor, connection, reference)
        check_may_decide(actor.person, request.facts, on=today(practice))
    except (NotFound, Refused):
        return False
    return True


def attach_recordings(
    practice: Practice, actor: Actor, reference: str, numbers: Sequence[int]
) -> Amended:
    """Let a request ask for these recordings too.

    Raises:
        NotFound: there is no such request or recording.
        Refused: the actor may not change it, it is too late to, or it would be too many.
        Unusable: it asks for all of them already.
        Locked: it takes the actor's password.
    """

    def attached(request: OpenRequest, connection: Connection) -> _Content:
        before = request.body.recordings
        chosen = find_recordings(practice, actor, connection, numbers)
        after = tuple(dict.fromkeys((*before, *chosen)))
        if after == before:
            raise _is_so_already(reference)
        return request.particulars, after

    return _amend(practice, actor, reference, attached)


def detach_recordings(
    practice: Practice, actor: Actor, reference: str, numbers: Sequence[int]
) -> Amended:
    """Let a request no longer ask for these recordings.

    Raises:
        NotFound: there is no such request, or it does not ask for one of them.
        Refused, Locked: as for `attach_recordings`.
    """

    def detached(request: OpenRequest, connection: Connection) -> _Content:
        before = request.body.recordings
        chosen = find_recordings(practice, actor, connection, numbers, damaged=True)
        if not set(chosen) <= set(before):
            hint = f"callrec request show {reference}"
            raise NotFound("the request does not ask for that", hint=hint)
        return request.particulars, tuple(each for each in before if each not in chosen)

    return _amend(practice, actor, reference, detached)


def amend_particulars(
    practice: Practice, actor: Actor, reference: str, changes: Answers
) -> Amended:
    """Change the particulars of a request; what is not given again stands.

    The version before stays as it was, and the rules for a new request are asked again.

    Raises:
        NotFound: there is no such request, or nobody who is named by a login.
        Refused: the actor may not change it, it is too late to, or it may not say that.
        Unusable: it says that already, or an answer is none that there is.
        Locked: it takes the actor's password.
    """

    def changed(request: OpenRequest, _: Connection) -> _Content:
        answers = with_changes(request.particulars, changes)
        after = parse_particulars(practice, request.purpose, answers)
        if after == request.particulars:
            raise _is_so_already(reference)
        return after, request.body.recordings

    return _amend(practice, actor, reference, changed, changes)


def _amend(
    practice: Practice,
    actor: Actor,
    reference: str,
    change: Callable[[OpenRequest, Connection], _Content],
    answers: Answers = NO_ANSWERS,
) -> Amended:
    with signing_on(practice, actor, RequestAct.AMENDED, reference) as act:
        request = read_request(practice, actor, act.connection, reference)
        check_may_change(actor.person, request.facts, on=today(practice))
        check_waits_for_answer(request.facts)
        particulars, recordings = change(request, act.connection)
        check_count(practice, request.purpose, len(recordings))
        is_same = particulars == request.particulars
        given_up = {*request.body.uids}.difference(dict(recordings)) if is_same else None
        if given_up or not is_same:
            check_not_counted_on(act.connection, find_request(act.connection, reference), given_up)
        key = agreement_key(answers, request.body.agreement_key)
        body = new_body(
            request.body.number, request.purpose, particulars, recordings, agreement_key=key
        )
        if particulars == request.particulars:
            body = replace(body, gathering=_without(request.body.gathering, body.uids))
        amended = write_version(practice, act, actor, request, body)
        version_id = replace(request.version_id, version=amended.version)
        store_agreement(act, version_id, key, answers.agreement)
    match_open_holds(practice, actor)
    return amended


def _without(gathering: Gathering | None, uids: Collection[str]) -> Gathering | None:
    """A gathering of which the request asks for these: they are left out no more."""
    if gathering is None:
        return None
    left_out = {uid: each for uid, each in gathering.left_out.items() if uid not in uids}
    return replace(gathering, left_out=left_out)


def write_version(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    request: OpenRequest,
    body: RequestBody,
    *,
    what: RequestAct = RequestAct.AMENDED,
) -> Amended:
    """Write the next version of a request: its leaf, its row, and what follows from it."""
    version_id = replace(request.version_id, version=request.version_id.version + 1)
    particulars = body.particulars
    before, uids = request.particulars, body.uids
    history = log_request_event(
        act,
        actor,
        request.history,
        what,
        subject=uids,
        details=body.details(body.digest(version_id, request.requester)),
        nonce=body.log_nonce,
    )
    if particulars != before:
        history = begin_clock(act, actor, history, body)
    change_with_request(
        act, actor, request=request.id, before=before, particulars=particulars, uids=uids
    )
    ended = destroy_grants(act.connection, request.id, request.requester)
    register = register_now(practice, act.connection)
    REQUESTS.store(act.connection, register, version_id, body, [request.requester])
    concerned = staff_named(practice, actor, act.connection, particulars)
    if request.facts.state in GRANTED_STATES:
        about, people = request.reference, concerned.people
        notify_deciders(practice, act.connection, about, request.purpose, history, subjects=people)
    return Amended(
        reference=request.reference,
        version=version_id.version,
        recordings=len(uids),
        grants_ended=ended,
        of_other_day=date_mismatches_known_to(practice, actor, act.connection, body),
        concerned=concerned,
    )


def _is_so_already(reference: str) -> Unusable:
    return Unusable("the request says that already", hint=f"callrec request show {reference}")
