"""Approvals that a changed program wrote, and what they open."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.errors import CallrecError
from callrec.practice import Actor, writing
from callrec.requests.grants import write_approval
from callrec.requests.model import Granting
from callrec.requests.open import read_request
from house.practices import House
from house.requests import grants_of, signed_in


def forge_approval(
    house: House, reference: str, login: str, *, kept: Actor | None = None, **changes: Any
) -> None:
    """Approve with a key of one's own and none of the rules, as a changed program would."""
    actor = kept or signed_in(house, login)
    last = changes.get("countersigner", actor)
    with writing(house.practice, last.signer) as act:
        request = read_request(house.practice, actor, act.connection, reference)
        granting = Granting(
            decider=actor,
            **{
                "request": request,
                "to": request.requester,
                "recordings": request.recordings,
                "lapses_at": house.at.replace(day=28),
                **changes,
            },
        )
        write_approval(house.practice, act, granting)


def opens_nothing(
    house: House, reference: str, kind: type[CallrecError], login: str = "sam"
) -> str:
    """What is said instead of opening anything."""
    with pytest.raises(kind) as said:
        grants_of(house, reference, login)
    return said.value.message
