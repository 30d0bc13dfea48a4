"""Searches as the log's leaves tell of them; what was looked for lies sealed beside each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import of_acts
from callrec.catalogue import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from callrec.audit.register import Register

SEARCH: Final = "search"
ANSWERED: Final = "search.answered"


def leaves_of_act(connection: Connection, act: str, *, after: int = -1) -> Iterator[Leaf]:
    """The leaves of one act that come after another's sequence, oldest first, however it ended."""
    leaf = tables.leaf
    query = select(leaf.c.seq, leaf.c.body).where(of_acts([act]) & (leaf.c.seq > after))
    rows = connection.execute(query.order_by(leaf.c.seq))
    for seq, body in rows:
        found = Leaf.decode(bytes(body), seq)
        if found.act == act:
            yield found


def is_reviewable(register: Register, leaf: Leaf) -> bool:
    """A search without a request, or one that was refused [policy 4(c)].

    A search under a request names it in its leaf, and whoever decides that request sees it. What
    nobody searched for whom anybody vouched is no search: no key is needed to write it.
    """
    without_request = leaf.outcome is Outcome.DONE and not leaf.subject
    is_asked = without_request or leaf.outcome is Outcome.REFUSED
    vouched = register.voucher(leaf.actor, before=leaf.seq) is not None
    return leaf.act == SEARCH and is_asked and vouched
