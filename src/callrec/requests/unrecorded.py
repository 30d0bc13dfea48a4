"""Packages that were released, and nobody has said yet that they were handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from callrec.catalogue.engine import reading
from callrec.catalogue.requests import all_requests
from callrec.policy.request import RequestAct, RequestState
from callrec.record.acts import done_leaves
from callrec.requests.model import event_of
from callrec.requests.releases import release_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.audit.leaf import Leaf
    from callrec.practice import Practice

HANDOVER_LATE_AFTER: Final = timedelta(days=7)
"""A letter has come by then."""


def missing_handover_warnings(practice: Practice) -> Iterator[str]:
    """How many they are after some days, as long as it can still be said."""
    since = practice.now() - HANDOVER_LATE_AFTER
    late = [leaf for leaf in _unrecorded(practice) if event_of(leaf).at <= since]
    if late:
        yield _counted(len(late))


def missing_handovers(practice: Practice, reference: str) -> str:
    """How many there are under a request, in words; empty if there are none."""
    with reading(practice.engine) as connection:
        ids = {f"R-{row.number}": row.id for row in all_requests(connection)}
    count = sum(leaf.subject[0] == ids.get(reference) for leaf in _unrecorded(practice))
    return _counted(count) if count else ""


def _unrecorded(practice: Practice) -> tuple[Leaf, ...]:
    """The leaves by which they were delivered; of a closed request nothing can be said any more."""
    with reading(practice.engine) as connection:
        rows = all_requests(connection)
        released = {row.id for row in rows if row.state == RequestState.RELEASED}
        leaves = tuple(done_leaves(connection, (RequestAct.DELIVERED, RequestAct.HANDED_OVER)))
    said = {release_of(leaf) for leaf in leaves if leaf.act == RequestAct.HANDED_OVER}
    return tuple(
        leaf
        for leaf in leaves
        if leaf.act == RequestAct.DELIVERED
        and leaf.subject[0] in released
        and release_of(leaf) not in said
    )


def _counted(count: int) -> str:
    packages = "1 release is" if count == 1 else f"{count} releases are"
    return f"{packages} not recorded as handed over"
