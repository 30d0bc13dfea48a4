"""What happened to holds, as the log's leaves say it, and whether the rows agree.

Whoever can write the database could drop a row, so nothing is destroyed, and no hold lifted, before
the rows were held against the leaves (docs/formats/holds.md, 4).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.holds import uids_held
from callrec.errors import Tampered
from callrec.holds.log import HOLDS, LoggedHold
from callrec.policy.hold import (
    LIFTING_ACTS,
    HoldAct,
    check_may_countersign_lifting,
    check_may_lift_hold,
)
from callrec.policy.request import RequestAct
from callrec.policy.role import Power, powers_of
from callrec.record.acts import done_leaves
from callrec.record.entitled import by_who_might
from callrec.record.rows import check_none
from callrec.requests.history import REQUESTS
from callrec.requests.model import History
from callrec.requests.rules import check_done_by_entitled, read_rulebook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from callrec.audit.leaf import Leaf
    from callrec.practice import Practice
    from callrec.requests.rules import Rulebook

HOLD_ACTS: Final = frozenset(map(str, (*HoldAct, *RequestAct)))
"""The acts that say how holds stand, and who might end the requests that placed them."""

_BY_HAND: Final = 2
"""People who lift a hold that no request placed."""


def check_holds(practice: Practice, connection: Connection) -> None:
    """Check that the rows of holds are what the log's leaves come to, as `check_rows_of_holds`."""
    rules = read_rulebook(connection, practice.register, practice.config.time_zone)
    check_rows_of_holds(rules, tuple(done_leaves(connection, HOLD_ACTS)))


def check_rows_of_holds(rules: Rulebook, leaves: Sequence[Leaf]) -> None:
    """Check that the rows of holds are what the leaves come to.

    The leaves must have been found sound before, as by `acts.check_log`.

    Args:
        rules: what else the leaves about requests are held against.
        leaves: those of `HOLD_ACTS` that were done, oldest first; others do not matter.

    Raises:
        Tampered: a row is missing, added or changed, or something was done by nobody entitled.
    """
    connection, request = rules.connection, tables.request.c
    requests = REQUESTS.told(leaves)
    purposes = {
        row.id: row.purpose for row in connection.execute(select(request.id, request.purpose))
    }
    for hold in HOLDS.told(leaves).values():
        _check_entitled(hold, rules)
        if hold.request is not None and hold.of(HoldAct.LIFTED):
            history = requests.get(hold.request, History(hold.request, ()))
            _check_lifted_with(hold, history)
            check_done_by_entitled(history, purposes.get(hold.request), rules)
    check_none(HOLDS.wrong(connection, leaves, partial(_check_names, connection)))
    held = tables.held.c
    unknown = select(held.hold).where(held.hold.not_in(select(tables.hold.c.id))).limit(1)
    if connection.execute(unknown).first() is not None:
        raise Tampered("a recording is held by a hold that there is not")


def _check_names(connection: Connection, row: Row[Any], hold: LoggedHold) -> None:
    if uids_held(connection, row.id) != hold.names:
        raise Tampered(f"{HOLDS.called(row)} does not name the recordings that the log says")


def _check_lifted_with(hold: LoggedHold, request: History) -> None:
    (lifted,) = hold.of(HoldAct.LIFTED)
    ends = [leaf for leaf in request.leaves if leaf.act in LIFTING_ACTS and leaf.seq < lifted.seq]
    if not ends:
        raise Tampered("a hold was lifted before its request had ended")
    if lifted.actor != ends[-1].actor:
        raise Tampered("a hold was lifted by somebody else than ended its request")


def _check_entitled(hold: LoggedHold, rules: Rulebook) -> None:
    _ = hold.state  # read once here, so that nothing is made of what cannot have happened
    # Our own commands do not let it come to that.
    with by_who_might("a hold was matched or lifted by somebody who may not"):
        for leaf in hold.of(HoldAct.MATCHED):
            if hold.request is None or Power.SEARCH not in powers_of(*rules.actor(leaf)):
                raise Tampered(f"leaf {leaf.seq} matches a hold, by somebody who may not search")
        lifted = hold.of(HoldAct.LIFTED)
        if hold.request is not None or not lifted:
            return
        if len(lifted) != _BY_HAND:
            raise Tampered("a hold was lifted by one person alone")
        (lifter, on), (second, then) = map(rules.actor, lifted)
        check_may_lift_hold(lifter, on=on)
        check_may_countersign_lifting(second, lifter=lifter.id, on=then)
