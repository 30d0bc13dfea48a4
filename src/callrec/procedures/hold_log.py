"""What happened to holds, as the log's leaves say it, and whether the rows agree.

Whoever can write the database could drop a row, so nothing is destroyed, and no hold lifted, before
the rows were held against the leaves (docs/formats/holds.md, 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.holds import all_holds, uids_held
from callrec.crypto.canonical import parse_instant
from callrec.errors import NotFound, Refused, Tampered
from callrec.policy.hold import (
    LIFTING,
    HoldAct,
    HoldState,
    check_may_countersign_lifting,
    check_may_lift_hold,
    hold_after,
)
from callrec.policy.request import RequestAct
from callrec.policy.role import Power, powers_of
from callrec.procedures.custody import to_millis
from callrec.procedures.hold_leaves import NOTHING_YET
from callrec.procedures.lent_day import day_of
from callrec.procedures.request_log import History, leaves_of
from callrec.procedures.request_rules import check_done_by_entitled, read_rulebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, tzinfo

    from sqlalchemy import Connection, Row

    from callrec.audit.leaf import Leaf
    from callrec.audit.register import Register
    from callrec.policy.role import Person
    from callrec.procedures.request_rules import Rulebook

_ACTS: Final = {str(act): act for act in HoldAct}
_OF_REQUESTS: Final = frozenset(map(str, RequestAct))
OF_HOLDS: Final = frozenset(_ACTS) | _OF_REQUESTS
"""The acts that say how holds stand, and who might end the requests that placed them."""
_BY_HAND: Final = 2
"""People who lift a hold that no request placed."""


@dataclass(frozen=True, slots=True)
class LoggedHold:
    """One hold, and the leaves that tell of it, oldest first."""

    number: int
    """Holds are numbered in the order in which they are placed, from 1."""
    leaves: tuple[Leaf, ...]

    @property
    def placed(self) -> Leaf:
        return self.leaves[0]

    @property
    def request(self) -> str | None:
        """Id of the request that placed it."""
        return self.placed.subject[1] if len(self.placed.subject) > 1 else None

    @property
    def state(self) -> HoldState:
        """Where it stands.

        Raises:
            Tampered: this cannot have happened in this order.
        """
        acts = [_ACTS[leaf.act] for leaf in self.leaves]
        lifted = self.of(HoldAct.LIFTED)
        # By hand it is lifted by the second person's leaf; that there are two is checked.
        if self.request is None and lifted:
            acts.remove(HoldAct.LIFTED)
        return hold_after(acts, by_request=self.request is not None)

    @property
    def names(self) -> frozenset[str]:
        """The uids that it names, whether it is lifted or not."""
        covered = (leaf.subject[1:] for leaf in self.of(HoldAct.COVERS))
        matched = (leaf.subject[2:] for leaf in self.of(HoldAct.MATCHED))
        return frozenset(uid for uids in (*covered, *matched) for uid in uids)

    @property
    def looked_to(self) -> str | None:
        """Uid of the newest recording when it was last matched; empty: there was none.

        None if it was not, or not since what its request says was changed.
        """
        told = [leaf for leaf in self.leaves if leaf.act in (HoldAct.MATCHED, HoldAct.UNMATCHED)]
        if not told or told[-1].act == HoldAct.UNMATCHED:
            return None
        return "".join(told[-1].subject[1:2])

    def of(self, act: HoldAct) -> tuple[Leaf, ...]:
        return tuple(leaf for leaf in self.leaves if leaf.act == act)


def check_holds(connection: Connection, register: Register, zone: tzinfo) -> None:
    """Check that the rows of holds are what the log's leaves come to, as `check_rows_of_holds`."""
    rules = read_rulebook(connection, register, zone)
    check_rows_of_holds(connection, rules, tuple(leaves_of(connection, OF_HOLDS)))


def check_rows_of_holds(connection: Connection, rules: Rulebook, leaves: Sequence[Leaf]) -> None:
    """Check that the rows of holds are what the leaves come to.

    The leaves must have been found sound before, as by `request_log.check_log`.

    Args:
        connection: sees one state of the catalogue throughout.
        rules: what else the leaves about requests are held against.
        leaves: those of `OF_HOLDS` that were done, oldest first; others do not matter.

    Raises:
        Tampered: a row is missing, added or changed, or something was done by nobody entitled.
    """
    logged, rows = read_holds(leaves), all_holds(connection)
    for hold in logged.values():
        _check_entitled(connection, hold, rules.register, rules.zone)
    _check_lifted_with_requests(logged, rows, leaves, rules)
    for row in rows:
        if row.id not in logged:
            raise Tampered(f"hold H-{row.number} is in no leaf")
        _check_row(connection, row, logged.pop(row.id))
    if logged:
        raise Tampered(f"{len(logged)} holds of the log are in no row")
    _check_named_by_holds(connection)


def read_holds(done: Iterable[Leaf]) -> dict[str, LoggedHold]:
    """The holds that leaves tell of, by id, in the order in which they were placed.

    Args:
        done: the leaves, oldest first; those of other acts do not matter.
    """
    leaves: dict[str, list[Leaf]] = {}
    for leaf in done:
        if leaf.act in _ACTS:
            leaves.setdefault("".join(leaf.subject[:1]), []).append(leaf)
    return {
        hold: LoggedHold(number, tuple(told))
        for number, (hold, told) in enumerate(leaves.items(), 1)
    }


def _check_lifted_with_requests(
    logged: Mapping[str, LoggedHold],
    rows: Iterable[Row[Any]],
    leaves: Iterable[Leaf],
    rules: Rulebook,
) -> None:
    """Each hold that a request placed was lifted as that ended, by whoever might end it."""
    told: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        if leaf.act in _OF_REQUESTS:
            told.setdefault("".join(leaf.subject[:1]), []).append(leaf)
    purposes = {row.id: row.purpose for row in rows}
    for id_, hold in logged.items():
        if hold.request is not None and hold.of(HoldAct.LIFTED):
            history = History(hold.request, tuple(told.get(hold.request, ())))
            _check_lifted_with(hold, history)
            check_done_by_entitled(history, purposes.get(id_), rules)


def _check_lifted_with(hold: LoggedHold, request: History) -> None:
    (lifted,) = hold.of(HoldAct.LIFTED)
    ends = [leaf for leaf in request.leaves if leaf.act in LIFTING and leaf.seq < lifted.seq]
    if not ends:
        raise Tampered("a hold was lifted before its request had ended")
    if lifted.actor != ends[-1].actor:
        raise Tampered("a hold was lifted by somebody else than ended its request")


def _check_entitled(
    connection: Connection, hold: LoggedHold, register: Register, zone: tzinfo
) -> None:
    _ = hold.state  # read once here, so that nothing is made of what cannot have happened
    try:
        for leaf in hold.of(HoldAct.MATCHED):
            _check_matched(hold, leaf, *_actor_then(connection, leaf, register, zone))
        if hold.request is None:
            _check_lifted_by_two(connection, hold.of(HoldAct.LIFTED), register, zone)
    except (Refused, NotFound) as error:
        # Our own commands do not let it come to that.
        raise Tampered("a hold was matched or lifted by somebody who may not") from error


def _check_matched(hold: LoggedHold, leaf: Leaf, person: Person, on: date) -> None:
    if hold.request is None or Power.SEARCH not in powers_of(person, on):
        raise Tampered(f"leaf {leaf.seq} matches a hold, by somebody who may not search")


def _check_lifted_by_two(
    connection: Connection, lifted: Sequence[Leaf], register: Register, zone: tzinfo
) -> None:
    if not lifted:
        return
    if len(lifted) != _BY_HAND:
        raise Tampered("a hold was lifted by one person alone")
    first, second = lifted
    lifter, on = _actor_then(connection, first, register, zone)
    check_may_lift_hold(lifter, on=on)
    countersigner, on = _actor_then(connection, second, register, zone)
    check_may_countersign_lifting(countersigner, lifter=lifter.id, on=on)


def _actor_then(
    connection: Connection, leaf: Leaf, register: Register, zone: tzinfo
) -> tuple[Person, date]:
    """Who he was, and which day it was in the practice."""
    return (
        register.person(leaf.actor, before=leaf.seq),
        day_of(connection, register, leaf, zone),
    )


def _check_row(connection: Connection, row: Row[Any], hold: LoggedHold) -> None:
    """The columns are projections of the leaves; here they are worked out again."""
    projected: Mapping[str, object] = {
        "number": hold.number,
        "seq": hold.placed.seq,
        "request": hold.request,
        "placed_by": hold.placed.actor,
        "placed_at": to_millis(parse_instant(hold.placed.at)),
        "state": hold.state,
        "matched_to": _recording_of(connection, hold.looked_to),
    }
    for column, value in projected.items():
        if getattr(row, column) != value:
            raise Tampered(f"the {column} of hold H-{row.number} is not what the log says")
    if uids_held(connection, row.id) != hold.names:
        raise Tampered(f"hold H-{row.number} does not name the recordings that the log says")


def _recording_of(connection: Connection, uid: str | None) -> int | None:
    if not uid:
        return None if uid is None else NOTHING_YET
    query = select(tables.recording.c.id).where(tables.recording.c.uid == uid)
    return connection.execute(query).scalar()


def _check_named_by_holds(connection: Connection) -> None:
    held, hold = tables.held.c, tables.hold.c
    unknown = select(held.hold).where(held.hold.not_in(select(hold.id))).limit(1)
    if connection.execute(unknown).first() is not None:
        raise Tampered("a recording is held by a hold that there is not")
