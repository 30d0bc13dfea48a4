"""Erase what a data subject asked to be erased and the Data Controller approved [4(i); UK GDPR 17].

What is exempt under Article 17(3) was withheld in the approval, each with its code: it stays, and
the certificate says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import find_request
from callrec.errors import Unusable
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct
from callrec.practice import attempt
from callrec.requests.approvals import end_reason
from callrec.requests.decide import read_to_decide
from callrec.requests.history import read_history
from callrec.requests.open import find_visible
from callrec.retention.destroy import (
    ARTICLE_17,
    Destruction,
    DestructionItem,
    destroy_granted,
    finish_destruction,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from callrec.practice import Actor, Practice
    from callrec.requests.model import OpenRequest

ROUTINE_CATEGORY: Final = "routine"


def erase(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    volumes: Sequence[Path],
    advance: Callable[[int], None],
) -> Destruction:
    """Erase everything that an approved request grants, or go on with what is owed of it.

    Args, raises: as `destroying.destroy_granted`.
    """
    if is_carried_out(practice, reference):
        return finish_destruction(practice, actor, reference, volumes=volumes, advance=advance)
    to_destroy = preview_erasure(practice, actor, reference)
    return destroy_granted(practice, actor, reference, to_destroy, volumes=volumes, advance=advance)


def preview_erasure(
    practice: Practice, actor: Actor, reference: str
) -> tuple[DestructionItem, ...]:
    """What would be erased, before it is confirmed.

    Raises:
        NotFound: there is no such request.
        Refused: the actor does not decide its purpose.
        Unusable: it is for something else.
        Tampered: it is not the one that was made.
    """
    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
    with (
        attempt(practice, actor, RequestAct.CARRIED_OUT, subject=[row.id]),
        reading(practice.engine) as connection,
    ):
        request = read_to_decide(practice, actor, connection, reference, command="erase")
    check_purpose(request, Purpose.ERASURE)
    granted = {
        uid
        for approval in request.approvals
        if not end_reason(approval, request.history, practice.now())
        for uid in approval.items
    }
    return tuple(
        DestructionItem(row.id, ROUTINE_CATEGORY, ARTICLE_17, None)
        for row in request.recordings
        if row.uid in granted
    )


def check_purpose(request: OpenRequest, purpose: Purpose) -> None:
    """An erasure and a disposal are carried out each by its own rules.

    Raises:
        Unusable: the request is for something else.
    """
    if request.purpose is not purpose:
        raise Unusable(
            f"{request.reference} is for {request.purpose}, not for {purpose}",
            hint="callrec request list shows what each is for",
        )


def is_carried_out(practice: Practice, reference: str) -> bool:
    """Whether the log says that it was; what is owed of it may still be to do."""
    with reading(practice.engine) as connection:
        row = find_request(connection, reference)
        leaves = read_history(practice, connection, row.id).leaves
    return any(leaf.act == RequestAct.CARRIED_OUT for leaf in leaves)
