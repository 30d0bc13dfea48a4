"""What an approved request destroys, and what stops it [policy 4(h), 4(i); UK GDPR 17].

    4(h), 4(i)  exactly what was approved, each recording decided    check_granted
    4(h)        nothing that somebody else is still waiting for      check_nobody_waits
    UK GDPR 18  nothing whose use is restricted, or that is gone     check_is_there

That nothing held is destroyed, `policy.hold` says.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from callrec.errors import Refused
from callrec.policy.clause import Clause
from callrec.policy.purpose import TERMS

if TYPE_CHECKING:
    from collections.abc import Collection

    from callrec.policy.authority import RequestFacts


class RecordingState(StrEnum):
    """Where a recording stands. Holds are beside it, several at once."""

    LIVE = "live"
    ARCHIVED = "archived"
    """On volumes only."""
    RESTRICTED = "restricted"
    DESTROYED = "destroyed"
    """A stub stays: uid, dates, rule, certificate."""


def check_destroys(request: RequestFacts) -> None:
    """Only an erasure or a disposal destroys [policy 4(h), 4(i)].

    Raises:
        Refused: the request is for something else.
    """
    terms = TERMS[request.purpose]
    if terms.is_heard:
        raise Refused(
            f"a request for {request.purpose} destroys nothing",
            clause=terms.asked_under,
            hint="callrec request create --purpose erasure asks for that",
        )


def check_granted(
    request: RequestFacts, to_destroy: Collection[int], granted: Collection[int]
) -> None:
    """What is destroyed is what was approved: no recording more, and none less.

    Args:
        request: which was approved.
        doomed: numbers of the recordings that are to be destroyed.
        granted: of those that standing approvals grant.

    Raises:
        Refused: nothing is granted, or it is something else.
    """
    if not granted:
        raise Refused(
            f"the request is {request.state}, and no approval of it stands",
            clause=TERMS[request.purpose].decided_under,
            hint=f"the Data Controller decides it: callrec approve {request.reference}",
        )
    if set(to_destroy) != set(granted):
        raise Refused(
            "what is to be destroyed is not what was approved",
            clause=TERMS[request.purpose].decided_under,
            hint=f"callrec request show {request.reference} lists what was approved",
        )


def check_nobody_waits(waiting: Collection[str]) -> None:
    """What an open request asks for is not destroyed under another one [policy 4(h)].

    Args:
        waiting: references of other requests that are open and ask for one of the recordings.

    Raises:
        Refused: there is one.
    """
    if waiting:
        first = min(waiting, key=lambda reference: int(reference.removeprefix("R-")))
        raise Refused(
            f"a recording is asked for by {first}, which is open, and is not destroyed",
            clause=Clause.ENCRYPTED_AND_ARCHIVED,
            hint=f"see callrec request show {first}; it has to be closed, denied or withdrawn",
        )


def check_can_be_destroyed(number: int, state: str) -> None:
    """A recording is there to be destroyed, and its use is not restricted [UK GDPR 18].

    Raises:
        Refused: it is destroyed already, or restricted.
    """
    if state in {RecordingState.LIVE, RecordingState.ARCHIVED}:
        return
    raise Refused(
        f"recording {number} is {state} and is not destroyed",
        clause=Clause.ENCRYPTED_AND_ARCHIVED,
        hint=f"callrec show {number} says why",
    )
