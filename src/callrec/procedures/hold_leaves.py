"""Write what happens to holds: a leaf each, and the rows that follow (docs/formats/holds.md, 2).

Whether it may happen is decided by whoever calls this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.audit.log import read_leaf
from callrec.catalogue import tables
from callrec.catalogue.holds import (
    insert_hold,
    newest_recording,
    put_held,
    state_of,
    uids_held,
    update_hold,
)
from callrec.crypto import primitives
from callrec.crypto.canonical import parse_instant
from callrec.policy.hold import HoldAct, HoldState, hold_after, next_state
from callrec.policy.role import VaultKey
from callrec.practice import register_now
from callrec.procedures.custody import to_millis
from callrec.procedures.numbering import next_number
from callrec.procedures.sealed_hold import HoldBody
from callrec.record.forms import NONCE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from callrec.audit.log import Writing
    from callrec.practice import Actor, Practice

NAMED_AT_ONCE: Final = 180
"""Recordings in one leaf, which has at most 8 KiB: the rest go into the next."""
NOTHING_YET: Final = 0
"""Stands for the newest recording where there was none."""


def log_placed(
    practice: Practice, act: Writing, actor: Actor, *, request: str = "", reason: str = ""
) -> tuple[str, int]:
    """Place a hold that names nothing yet; returns its id and its number.

    Args:
        practice: the open vault.
        act: the write transaction.
        actor: who places it.
        request: id of the request that does; empty if it is placed by hand.
        reason: why, where it is placed by hand.
    """
    hold = primitives.fresh_id()
    catalogue = register_now(practice, act.connection).newest(VaultKey.CATALOGUE)
    number = next_number(act.connection, tables.hold.c.id, HoldAct.PLACED)
    nonce = primitives.fresh(NONCE_BYTES)
    body = HoldBody(number=number, reason=reason, nonce=nonce)
    seq = act.leaf(
        HoldAct.PLACED,
        actor=actor.person.id,
        subject=[hold, request] if request else [hold],
        details=body.details,
        nonce=nonce,
    )
    leaf, _ = read_leaf(act.connection, seq)
    insert_hold(
        act.connection,
        id=hold,
        number=number,
        seq=seq,
        request=request or None,
        placed_by=actor.person.id,
        placed_at=to_millis(parse_instant(leaf.at)),
        state=hold_after([HoldAct.PLACED], by_request=bool(request)),
        key_version=catalogue.version,
        sealed=body.seal(catalogue.public, practice.vault, hold),
    )
    return hold, number


def log_everything(act: Writing, actor: Actor, hold: str) -> None:
    """Let a hold cover every recording, as its request describes no call."""
    _leaf(act, actor, hold, HoldAct.EVERYTHING)


def log_unmatched(act: Writing, actor: Actor, hold: str) -> None:
    """Let a hold be matched anew; what it names it keeps.

    Its request says something else, or recordings that were there say more.
    """
    _leaf(act, actor, hold, HoldAct.UNMATCHED)
    update_hold(act.connection, hold, matched_to=None)


def log_covers(act: Writing, actor: Actor, hold: str, uids: Iterable[str]) -> None:
    """Let a hold name these recordings too."""
    for some in _not_named_yet(act, hold, uids):
        _leaf(act, actor, hold, HoldAct.COVERS, some)
        put_held(act.connection, hold, some)


def log_matched(act: Writing, actor: Actor, hold: str, uids: Iterable[str]) -> None:
    """Let a hold name what its request was found to describe.

    Its leaves say as well which recording was the newest, so that it is known what was looked at.
    """
    newest = newest_recording(act.connection)
    looked_to = [newest.uid] if newest else []
    for some in [*_not_named_yet(act, hold, uids)] or [()]:
        _leaf(act, actor, hold, HoldAct.MATCHED, (*looked_to, *some))
        put_held(act.connection, hold, some)
    matched_to = newest.id if newest else NOTHING_YET
    update_hold(act.connection, hold, matched_to=matched_to)


def log_lifted(
    act: Writing, actor: Actor, hold: str, *, request: str = "", reason: str = ""
) -> None:
    """Lift a hold: by its request, or by one of the two people who do it by hand."""
    act.leaf(
        HoldAct.LIFTED,
        actor=actor.person.id,
        subject=[hold, request] if request else [hold],
        details={"reason": reason} if reason else None,
    )
    update_hold(act.connection, hold, state=HoldState.LIFTED)


def _leaf(act: Writing, actor: Actor, hold: str, what: HoldAct, uids: Sequence[str] = ()) -> None:
    act.leaf(what, actor=actor.person.id, subject=[hold, *uids])
    state = next_state(state_of(act.connection, hold), what)
    update_hold(act.connection, hold, state=state)


def _not_named_yet(act: Writing, hold: str, uids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """In groups that one leaf can name."""
    named = uids_held(act.connection, hold)
    new = tuple(uid for uid in dict.fromkeys(uids) if uid not in named)
    for start in range(0, len(new), NAMED_AT_ONCE):
        yield new[start : start + NAMED_AT_ONCE]
