"""Change which recordings a request asks for [policy 4(b)].

A change makes a new version, and every approval of the one before is void.

Whoever made it changes it; so does whoever may search, to attach what he found for somebody who may
not. The request is then his own as well, and he does not decide it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import destroy_grants, find_request, set_version
from callrec.errors import NotFound, Unusable
from callrec.policy.authority import check_may_change
from callrec.policy.request import RequestAct
from callrec.practice import attempt, today, writing
from callrec.procedures.lapsing import sweep_lapsed
from callrec.procedures.open_request import read_request
from callrec.procedures.request import check_count, find_recordings, new_body, store_version
from callrec.procedures.request_log import log_request_event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from callrec.audit.log import Writing
    from callrec.practice import Actor, Practice
    from callrec.procedures.open_request import OpenRequest

Recordings = tuple[tuple[str, str], ...]
"""uid and SHA-256 of the ciphertext of each."""


@dataclass(frozen=True, slots=True)
class Amended:
    """A request after a change."""

    reference: str
    version: int
    recordings: int
    grants_ended: int


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

    def attached(before: Recordings, chosen: Recordings) -> Recordings:
        after = tuple(dict.fromkeys((*before, *chosen)))
        if after == before:
            raise Unusable(
                "the request asks for that already", hint=f"callrec request show {reference}"
            )
        return after

    return _amend(practice, actor, reference, numbers, attached)


def detach_recordings(
    practice: Practice, actor: Actor, reference: str, numbers: Sequence[int]
) -> Amended:
    """Let a request no longer ask for these recordings.

    Raises:
        NotFound: there is no such request, or it does not ask for one of them.
        Refused, Locked: as for `attach_recordings`.
    """

    def detached(before: Recordings, chosen: Recordings) -> Recordings:
        if not set(chosen) <= set(before):
            raise NotFound(
                "the request does not ask for that", hint=f"callrec request show {reference}"
            )
        return tuple(each for each in before if each not in chosen)

    return _amend(practice, actor, reference, numbers, detached)


def _amend(
    practice: Practice,
    actor: Actor,
    reference: str,
    numbers: Sequence[int],
    change: Callable[[Recordings, Recordings], Recordings],
) -> Amended:
    with reading(practice.engine) as connection:
        row = find_request(connection, reference)
    sweep_lapsed(practice, actor)
    with (
        attempt(practice, actor, RequestAct.AMENDED, subject=[row.id]),
        writing(practice, actor.signer) as act,
    ):
        request = read_request(practice, actor, act.connection, reference)
        check_may_change(actor.person, request.facts, on=today(practice))
        after = change(request.body.recordings, find_recordings(act.connection, numbers))
        check_count(practice, request.purpose, len(after))
        return _write(practice, act, actor, request, after)


def _write(
    practice: Practice, act: Writing, actor: Actor, request: OpenRequest, recordings: Recordings
) -> Amended:
    which = replace(request.which, version=request.which.version + 1)
    body = new_body(request.body.number, request.purpose, request.particulars, recordings)
    digest = body.digest(which, request.requester)
    log_request_event(
        act,
        actor,
        request.history,
        RequestAct.AMENDED,
        subject=[uid for uid, _ in recordings],
        details=body.details(digest),
        nonce=body.log_nonce,
    )
    ended = destroy_grants(act.connection, request.id, request.requester)
    set_version(act.connection, request.id, which.version)
    store_version(practice, act.connection, body, which, request.requester)
    return Amended(request.reference, which.version, len(recordings), ended)
