"""What the practice's witnesses saw of its log last, and what one of them saw instead of it.

Nobody is asked here: that is `cosigning`.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, origin, read_checkpoint
from callrec.audit.leaf import Outcome
from callrec.audit.log import node_reader, stored_head
from callrec.errors import Tampered
from callrec.policy.retention import interval_end
from callrec.practice import Practice
from callrec.record.acts import leaves_of_act
from callrec.record.cosigned import COSIGNED, SeenBy, read_cosigned, seen_by

CONTRADICTION: Final = "contradicted.json"
"""In an operator's folder: what a witness has of this log that is not in it."""


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


def contradiction(folder: Path) -> tuple[str, bytes] | None:
    """Name of a witness, and the head that it has of this log and the log has not; None: none."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads((folder / CONTRADICTION).read_bytes())
        return str(kept["witness"]), str(kept["checkpoint"]).encode()
    return None


def refused_at(connection: Connection) -> int | None:
    """The entry at which a witness refused to go on, the last time that they were asked; or None.

    The person who asks may be another account of this machine, whose memory nobody else sees.
    """
    newest = max(leaves_of_act(connection, COSIGNED), key=lambda leaf: leaf.seq, default=None)
    return newest.seq if newest and newest.outcome is Outcome.REFUSED else None


def check_not_contradicted(practice: Practice, connection: Connection) -> None:
    """Check the log beside what a witness had of it when it refused to go on.

    Raises:
        Tampered: the log is still not what the witness saw.
    """
    kept = contradiction(practice.state_folder)
    if kept is not None:
        head = read_checkpoint(kept[1], origin(practice.vault))
        if not is_beginning(connection, head):
            raise Tampered(f"{kept[0]} saw {head.size} entries of it that are not in it")


def is_beginning(connection: Connection, head: Checkpoint) -> bool:
    """Whether the log begins with what a head is of."""
    now = stored_head(connection)
    return head.size <= now.size and tree.root(head.size, node_reader(connection)) == head.root
