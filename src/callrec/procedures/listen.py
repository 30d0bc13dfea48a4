"""Play what was granted to the one person it was granted to; nothing leaves [policy 4(a), 4(e)].

A grant to hear is no single hearing: it holds until it lapses, is revoked or is released, and each
hearing is an entry in the log of its own. What is played goes to the player as it is opened, and no
file of it is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import find_request
from callrec.errors import Refused, Unusable
from callrec.policy.clause import Clause
from callrec.policy.hearing import check_is_heard, check_may_hear
from callrec.policy.request import RequestAct
from callrec.practice import attempt, today
from callrec.procedures.granted import usable_grants
from callrec.procedures.lapsing import sweep_lapsed
from callrec.procedures.release_record import record_hearing
from callrec.procedures.release_sound import check_original, playable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from callrec.practice import Actor, Practice
    from callrec.procedures.granted import UsableGrant

Play: TypeAlias = Callable[[Iterable[bytes]], None]
"""Plays a sound while its bytes come."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording that was played."""

    reference: str
    recording: int
    seq: int
    """The leaf that says so."""
    lapses_at: datetime
    """UTC: until then it may be played again."""


def listen_to(
    practice: Practice,
    actor: Actor,
    reference: str,
    recording: int | None,
    *,
    player: Callable[[str], Play],
) -> Heard:
    """Play one recording that was granted to the actor.

    Args:
        practice: the open vault.
        actor: who listens, with his password given.
        reference: ``R-17``.
        recording: its number; None where only one was granted.
        player: finds what plays such a kind of file: wav, mp3, ...

    Raises:
        NotFound: there is no such request.
        Refused: nothing is granted to the actor, or not this, or no longer.
        Unusable: several are granted, and none was named.
        Locked: it takes the actor's password.
        Tampered: the log, the request, an approval, a grant or the recording is not as it was.
        Misconfigured: there is no player.
        Failed: the log cannot be written, so nothing is played; or the player failed.
    """
    with reading(practice.engine) as connection:
        row = find_request(connection, reference)
    sweep_lapsed(practice, actor)
    with attempt(practice, actor, RequestAct.LISTENED, subject=[row.id]):
        with reading(practice.engine) as connection:
            grants = usable_grants(practice, actor, connection, reference)
        grant = _chosen(grants, recording)
        check_is_heard(grant.request.facts)
        check_may_hear(actor.person, grant.facts, on=today(practice), now=practice.now())
        check_original(practice, grant)
        kind, pieces = playable(practice, grant)
        play = player(kind)
        seq = record_hearing(practice, actor, grant)
        play(pieces)
    return Heard(reference, grant.recording.id, seq, grant.lapses_at)


def _chosen(grants: Sequence[UsableGrant], recording: int | None) -> UsableGrant:
    reference = grants[0].request.reference
    if recording is None and len(grants) > 1:
        numbers = ", ".join(str(grant.recording.id) for grant in grants)
        raise Unusable(
            "several recordings are granted: say which",
            hint=f"callrec listen {reference} RECORDING, one of {numbers}",
        )
    for grant in grants:
        if recording in (None, grant.recording.id):
            return grant
    raise Refused(
        "that recording is not granted to you under this request",
        clause=Clause.CONTROLLED_ACCESS,
        hint=f"callrec request show {reference} says what is",
    )
