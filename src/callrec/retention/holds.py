"""List holds, or show one with why it was placed [policy 4(h)]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.audit.attested import attested_leaves
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.holds import all_holds, count_held, find_hold
from callrec.errors import Tampered
from callrec.holds.log import HoldBody
from callrec.login.people import logins
from callrec.policy.handling import is_shown_all_requests
from callrec.policy.hold import check_may_read_hold
from callrec.policy.role import VaultKey
from callrec.practice import attempt, record, today, vault_key
from callrec.requests.holding import ListedHold, listed_hold
from callrec.requests.open import find_visible_hold, visible_requests

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from callrec.practice import Actor, Practice

HOLD_SHOWN: Final = "hold.shown"


@dataclass(frozen=True, slots=True, repr=False)
class ShownHold:
    """A hold with what it names, and why. Its repr shows nothing."""

    hold: ListedHold
    reason: str
    """Empty where a request placed it: that says why."""
    recordings: tuple[int, ...]


def list_holds(practice: Practice, actor: Actor) -> tuple[ListedHold, ...]:
    """The holds that are shown to the actor, the newest first. Nothing sealed is shown.

    Raises:
        Tampered: a request of which he may not know, perhaps, is not the one that was made.
    """
    called = logins(practice)
    with reading(practice.engine) as connection:
        shown = {row.id for row in visible_requests(practice, actor, connection)}
        if is_shown_all_requests(actor.person, on=today(practice)):
            shown.add(None)  # a hold that was placed by hand
        rows = [row for row in all_holds(connection) if row.request in shown]
        counts = count_held(connection)
    return tuple(
        listed_hold(row, called[row.placed_by], counts.get(row.id, 0)) for row in rows[::-1]
    )


def show_hold(practice: Practice, actor: Actor, number: int) -> ShownHold:
    """One hold; the log says so first, as its reason is opened.

    Raises:
        NotFound: there is none of which the actor may know.
        Refused: the actor neither searches nor decides.
        Tampered: it does not say what it said when it was placed.
    """
    with reading(practice.engine) as connection:
        row = find_visible_hold(practice, actor, connection, number)
    with attempt(practice, actor, HOLD_SHOWN, subject=[row.id]):
        check_may_read_hold(actor.person, on=today(practice))
        record(practice, actor, HOLD_SHOWN, subject=[row.id])
        with reading(practice.engine) as connection:
            row = find_hold(connection, number)
            body = _open(practice, actor, connection, row)
            held = tables.held.c
            query = select(held.recording).where(held.hold == row.id).order_by(held.recording)
            recordings = tuple(connection.execute(query).scalars())
    placed_by = logins(practice)[row.placed_by]
    return ShownHold(listed_hold(row, placed_by, len(recordings)), body.reason, recordings)


def _open(practice: Practice, actor: Actor, connection: Connection, row: Row[Any]) -> HoldBody:
    secret = vault_key(actor, VaultKey.CATALOGUE, row.key_version)
    body = HoldBody.open(row.sealed, secret, practice.vault, row.id)
    (leaf,) = attested_leaves(connection, practice.register, [row.seq])
    if body.commitment(practice.vault, row.seq) != leaf.detail or body.number != row.number:
        raise Tampered(f"hold H-{row.number} is not the one that was placed")
    return body
