"""Packages that were released some days ago, and nobody has said that they were handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import all_requests
from callrec.policy.request import RequestAct, RequestState
from callrec.procedures.releases import release_of
from callrec.procedures.request_log import event_of, leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.practice import Practice

AFTER: Final = timedelta(days=7)
"""A letter has come by then."""


def unrecorded_warnings(practice: Practice) -> Iterator[str]:
    """How many they are, as long as it can still be said: not once their request is closed."""
    with reading(practice.engine) as connection:
        rows = all_requests(connection)
        released = {row.id for row in rows if row.state == RequestState.RELEASED}
        leaves = tuple(leaves_of(connection, (RequestAct.DELIVERED, RequestAct.HANDED_OVER)))
    said = {release_of(leaf) for leaf in leaves if leaf.act == RequestAct.HANDED_OVER}
    count = sum(
        leaf.act == RequestAct.DELIVERED
        and leaf.subject[0] in released
        and release_of(leaf) not in said
        and event_of(leaf).at <= practice.now() - AFTER
        for leaf in leaves
    )
    if count:
        packages = "1 release is" if count == 1 else f"{count} releases are"
        yield f"{packages} not recorded as handed over"
