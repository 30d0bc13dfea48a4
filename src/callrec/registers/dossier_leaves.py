"""Which entries of the audit log belong to the dossier of a request.

Every leaf in which it or a hold of its own is named, whatever was done and however it ended; and,
where the audit key is at hand, the refused searches that were to stand under it: their leaves name
nothing, what they asked for lies sealed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Outcome
from callrec.errors import Tampered
from callrec.policy.hold import HoldAct
from callrec.record.acts import SEARCH, leaves_about, leaves_of_act
from callrec.record.details import can_open_details, open_details

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor, Practice


def read_dossier_leaves(
    practice: Practice, actor: Actor, connection: Connection, *, request: str, reference: str
) -> tuple[Leaf, ...]:
    """The leaves of a request's dossier, in the order of the log.

    Args:
        practice: the open vault.
        actor: who reads.
        connection: sees one state of the catalogue throughout.
        request: its id.
        reference: ``R-17``, as a search names it.

    Raises:
        Tampered: a leaf, or what lies sealed beside it, is not as it was written.
    """
    found = {leaf.seq: leaf for leaf in _naming(connection, request)}
    placed = (leaf.subject[0] for leaf in found.values() if leaf.act == HoldAct.PLACED)
    for hold in tuple(placed):
        found |= {leaf.seq: leaf for leaf in _naming(connection, hold)}
    if can_open_details(actor):
        refused = _refused_searches(practice, actor, connection, reference)
        found |= {leaf.seq: leaf for leaf in refused}
    return tuple(found[seq] for seq in sorted(found))


def is_attested(practice: Practice, connection: Connection, leaf: Leaf) -> bool:
    """Whether a leaf is shown to be its actor's, or to have been written where no key was at hand.

    What is not is shown in a dossier all the same, and said of it: else whoever writes into the
    database could keep it from being printed.
    """
    try:
        attested_leaves(connection, practice.register, [leaf.seq])
    except Tampered:
        return False
    return True


def _naming(connection: Connection, id_: str) -> Iterator[Leaf]:
    return (leaf for leaf in leaves_about(connection, id_) if id_ in leaf.subject)


def _refused_searches(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> Iterator[Leaf]:
    for leaf in leaves_of_act(connection, SEARCH):
        if leaf.outcome is Outcome.REFUSED:
            details = open_details(practice, actor, connection, leaf)
            if details.get("request") == reference:
                yield leaf
