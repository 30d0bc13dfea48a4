"""The packages that were released under a request, and what was said of each since.

That there is one stands in the log's leaves; how it went, when it was there and who has it lie
sealed beside them, so a reader sees of it what he may open (docs/formats/grant.md, 8).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from callrec.errors import Tampered
from callrec.policy.handing_over import Channel, Delivery, ReleaseFacts
from callrec.policy.request import RequestAct
from callrec.policy.role import PersonId
from callrec.record.details import can_open_details, open_details
from callrec.requests.model import event_of
from callrec.requests.request_words import read_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, tzinfo

    from sqlalchemy import Connection

    from callrec.audit.leaf import Leaf
    from callrec.practice import Actor, Practice
    from callrec.requests.model import History, OpenRequest

RELEASE_ACTS: Final = (
    RequestAct.PREPARED,
    RequestAct.DELIVERED,
    RequestAct.FAILED,
    RequestAct.HANDED_OVER,
    RequestAct.ACKNOWLEDGED,
)
"""The acts whose leaves are about one release."""


@dataclass(frozen=True, slots=True, repr=False)
class PackageNote:
    """One thing that was said of a package. Its repr shows nothing."""

    leaf: Leaf
    words: Mapping[str, Any]
    """Empty for who may not open them."""

    @property
    def on(self) -> date | None:
        return date.fromisoformat(self.words["on"]) if "on" in self.words else None


@dataclass(frozen=True, slots=True, repr=False)
class ReleasedPackage:
    """A package that was released. Its repr shows nothing."""

    delivered: Leaf
    words: Mapping[str, Any]
    handed_over: tuple[PackageNote, ...]
    """Oldest first; the newest counts."""
    acknowledged: tuple[PackageNote, ...]

    @property
    def id(self) -> str:
        return release_of(self.delivered)

    @property
    def released_at(self) -> datetime:
        return event_of(self.delivered).at

    @property
    def delivery(self) -> Delivery:
        """As it was said at the release; None where nobody said, or for who may not read it."""
        package, passphrase = self.words.get("deliver_by"), self.words.get("passphrase_by")
        return Delivery(
            Channel(package) if package else None, Channel(passphrase) if passphrase else None
        )

    @property
    def handed_over_on(self) -> date | None:
        return self.handed_over[-1].on if self.handed_over else None

    @property
    def acknowledged_on(self) -> date | None:
        return self.acknowledged[-1].on if self.acknowledged else None

    def facts(self, zone: tzinfo) -> ReleaseFacts:
        """What the rules ask."""
        return ReleaseFacts(
            id=self.id,
            released_by=PersonId(self.delivered.actor),
            released_at=self.released_at.astimezone(zone),
            delivery=self.delivery,
            handed_over_on=self.handed_over_on,
            acknowledged_on=self.acknowledged_on,
        )


def release_of(leaf: Leaf) -> str:
    """The release that a leaf is about: its id, after the request's."""
    return leaf.subject[1]


def read_releases(
    history: History, words: Callable[[Leaf], Mapping[str, Any]]
) -> tuple[ReleasedPackage, ...]:
    """The packages of a request, oldest first.

    Args:
        history: what happened to the request.
        words: what the reader may open of that which lies beside a leaf.

    Raises:
        Tampered: something was said of a package that was not released before.
    """
    found: dict[str, ReleasedPackage] = {}
    for leaf in history.leaves:
        if leaf.act == RequestAct.DELIVERED:
            found[release_of(leaf)] = ReleasedPackage(leaf, words(leaf), (), ())
        elif leaf.act in (RequestAct.HANDED_OVER, RequestAct.ACKNOWLEDGED):
            found[release_of(leaf)] = _with(found, PackageNote(leaf, words(leaf)))
    return tuple(found.values())


def words_for(
    practice: Practice, actor: Actor, connection: Connection, opened: OpenRequest | None
) -> Callable[[Leaf], Mapping[str, Any]]:
    """What a reader may open of that which lies beside a leaf: under the request, or by the log.

    Raises:
        Tampered: it is not what a leaf commits to.
    """
    said = read_words(connection, opened) if opened else {}

    def words(leaf: Leaf) -> Mapping[str, Any]:
        if leaf.seq in said or not can_open_details(actor):
            return said.get(leaf.seq, {})
        return open_details(practice, actor, connection, leaf)

    return words


def _with(found: Mapping[str, ReleasedPackage], said: PackageNote) -> ReleasedPackage:
    before = found.get(release_of(said.leaf))
    is_first = said.leaf.act == RequestAct.HANDED_OVER
    if before is None or not (is_first or before.handed_over):
        raise Tampered("something was said of a release that was not made, or not handed over")
    if is_first:
        return replace(before, handed_over=(*before.handed_over, said))
    return replace(before, acknowledged=(*before.acknowledged, said))
