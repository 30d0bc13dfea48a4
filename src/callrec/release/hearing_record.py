"""What the log says of a hearing; the grants stay as they are by it (docs/formats/grant.md, 7).

listen.looked    the waveform was shown, and nothing played
listen           it is played
listen.ended     it is played no more; of a run that was killed there is none
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from callrec.crypto import primitives
from callrec.policy.request import RequestAct
from callrec.practice import signing, writing
from callrec.requests.history import log_request_event, read_history
from callrec.requests.open import read_unchanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor, Practice
    from callrec.requests.grants import UsableGrant
    from callrec.requests.model import History


class HearingEnd(StrEnum):
    """How a hearing ended."""

    ENDED = "ended"
    """The player took all of it, and ended well."""
    STOPPED = "stopped"
    """Whoever listened had heard enough."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hearing:
    """A hearing that is under way."""

    id: str
    """In both of its leaves, between the request and the recording."""
    request: str
    uid: str
    seq: int
    """Of the leaf that says that it began."""


def record_waveform_shown(practice: Practice, actor: Actor, grant: UsableGrant) -> int:
    """Write, durably, that a waveform is shown to the actor; returns the leaf's sequence.

    Raises:
        Failed: something happened to the request meanwhile, or the log cannot be written.
    """
    with signing(practice, actor) as act:
        history = read_unchanged(practice, act.connection, grant.request)
        after = log_request_event(act, actor, history, RequestAct.LOOKED, subject=[grant.uid])
    return after.leaves[-1].seq


def record_hearing(
    practice: Practice, actor: Actor, grant: UsableGrant, attended: Sequence[str]
) -> Hearing:
    """Write, durably, that a recording is played to the actor, and who else is there.

    Raises:
        Failed: something happened to the request meanwhile, or the log cannot be written.
    """
    id_ = primitives.random_id()
    with signing(practice, actor) as act:
        after = log_request_event(
            act,
            actor,
            read_unchanged(practice, act.connection, grant.request),
            RequestAct.LISTENED,
            subject=[id_, grant.uid],
            details={"attended": list(attended), "edits": grant.edits.as_json()},
        )
    return Hearing(id_, grant.request.id, grant.uid, after.leaves[-1].seq)


def record_end(practice: Practice, actor: Actor, hearing: Hearing, how: HearingEnd) -> None:
    """Write, durably, that a hearing is over, whatever has happened to the request meanwhile.

    Raises:
        Failed: the log cannot be written.
    """
    with writing(practice, actor.signer) as act:
        log_request_event(
            act,
            actor,
            read_history(practice, act.connection, hearing.request),
            RequestAct.HEARING_ENDED,
            subject=[hearing.id, hearing.uid],
            details={"how": how},
        )


def hearing_end_leaf(hearing: Leaf, history: History) -> Leaf | None:
    """The leaf by which a hearing ended; None where its end was not recorded."""
    _, *named = hearing.subject
    later = history.after(hearing)
    ends = (leaf for leaf in later if leaf.act == RequestAct.HEARING_ENDED)
    return next((end for end in ends if end.subject[1:] == tuple(named)), None)
