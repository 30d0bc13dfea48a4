"""The register of holds: what may not be destroyed, since when, and who lifted it [4(h)]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from callrec.catalogue.holds import all_holds, count_held
from callrec.catalogue.times import from_millis
from callrec.crypto.canonical import parse_instant
from callrec.login.people import logins
from callrec.policy.hold import HoldAct
from callrec.record.acts import attested_of
from callrec.requests.holding import check_holds
from callrec.requests.open import hidden_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor, Practice

HOLDS_ON_SCREEN: Final = ("hold", "request", "state", "recordings", "placed_at", "lifted_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEntry:
    """One hold."""

    hold: str
    request: str | None
    """The request that placed it; None if it was placed by hand."""
    purpose: str | None
    state: str
    recordings: int
    """How many it names; it may cover all there are (docs/formats/holds.md)."""
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: tuple[str, ...]
    """Two people where it was placed by hand."""


def read_hold_register(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[HoldEntry]:
    """Every hold, lifted or not, in the order in which they were placed.

    Not those of a request of which the actor must not learn.

    Raises:
        Tampered: a row is not what the log says, or a leaf that lifted one is not its actor's.
    """
    check_holds(practice, connection)
    called, counts = logins(practice), count_held(connection)
    lifted, kept = _lifted(practice, connection), hidden_from(practice, actor, connection)
    for row in all_holds(connection):
        if row.request in kept:
            continue
        leaves = lifted.get(row.id, ())
        yield HoldEntry(
            hold=f"H-{row.number}",
            request=f"R-{row.request_number}" if row.request else None,
            purpose=str(row.purpose) if row.request else None,
            state=str(row.state),
            recordings=counts.get(row.id, 0),
            placed_at=from_millis(row.placed_at),
            placed_by=called[row.placed_by],
            lifted_at=parse_instant(leaves[-1].at) if leaves else None,
            lifted_by=tuple(called[leaf.actor] for leaf in leaves),
        )


def _lifted(practice: Practice, connection: Connection) -> Mapping[str, tuple[Leaf, ...]]:
    """The leaves that lifted each hold."""
    found: dict[str, tuple[Leaf, ...]] = {}
    for leaf in attested_of(practice, connection, [HoldAct.LIFTED]):
        found[leaf.subject[0]] = (*found.get(leaf.subject[0], ()), leaf)
    return found
