"""What the practice's witnesses saw of its log last, and what one of them saw instead of it.

Nobody is asked here: that is `cosigning`.
"""

from __future__ import annotations

from sqlalchemy import Connection

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint
from callrec.audit.leaf import Outcome
from callrec.audit.log import node_reader, stored_head
from callrec.audit.register import Register
from callrec.policy.retention import interval_end
from callrec.practice import Practice
from callrec.record.acts import leaves_of_act
from callrec.record.cosigned import COSIGNED, SeenBy, read_cosigned, seen_by


def witnessed(practice: Practice, connection: Connection) -> tuple[SeenBy, ...]:
    """What each witness of the settings saw last, as the log keeps it; empty: none is named."""
    named = practice.settings.witness
    return seen_by(read_cosigned(connection, practice.vault, named), named)


def cosigning_due(practice: Practice, last: tuple[SeenBy, ...]) -> str:
    """What to warn of where too few witnesses saw the log lately; empty: enough did."""
    rules, zone = practice.settings.cosigning, practice.settings.time_zone
    now = practice.now().astimezone(zone)
    lately = [
        each
        for each in last
        if each.at and interval_end(each.at.astimezone(zone).date(), rules.every) >= now.date()
    ]
    if not last or len(lately) >= rules.needed:
        return ""
    return (
        f"of the witnesses that are to see the record every {rules.every}, {len(lately)} did, and"
        f" {rules.needed} must: callrec audit cosign"
    )


def refused_at(connection: Connection, register: Register) -> int | None:
    """The entry at which a witness refused to go on, the last time that they were asked; or None.

    None as well where the settings name no witness any more.
    """
    if not register.newest_settings().settings.witness:
        return None
    newest = max(leaves_of_act(connection, COSIGNED), key=lambda leaf: leaf.seq, default=None)
    return newest.seq if newest and newest.outcome is Outcome.REFUSED else None


def is_beginning(connection: Connection, head: Checkpoint) -> bool:
    """Whether the log begins with what a head is of."""
    now = stored_head(connection)
    return head.size <= now.size and tree.root(head.size, node_reader(connection)) == head.root
