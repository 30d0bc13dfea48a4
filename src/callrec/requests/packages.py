"""Packages released under it, and who has them.

That a package was made is in the log by its release; that it reached somebody only people know. The
person who released it records it, or the people who handle the request. A mistake is corrected by
recording it again, and both stay. How it went, when it was there and who has it lie sealed beside
the leaves, so readers see of it what they may open (docs/formats/grant.md, 8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from callrec.audit.leaf import Leaf
from callrec.catalogue.engine import reading
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.policy.completeness import normalise_text
from callrec.policy.handing_over import (
    Channel,
    Delivery,
    Handover,
    ReleaseFacts,
    awaits_acknowledgement,
    awaits_handing_over,
    check_acknowledged,
    check_handed_over,
    choose_release,
)
from callrec.policy.handling import check_may_record
from callrec.policy.request import RequestAct, RequestState, check_transition
from callrec.policy.role import PersonId, VaultKey
from callrec.practice import Actor, Practice, today
from callrec.record.acts import done_leaves
from callrec.record.versions import open_details
from callrec.requests.history import REQUESTS, log_with_words, read_words
from callrec.requests.lapse import signing_on
from callrec.requests.model import History, OpenRequest, event_of
from callrec.requests.open import find_visible, read_request


@dataclass(frozen=True, slots=True)
class NotedPackage:
    """Of which package something was written down."""

    reference: str
    release: str
    """Its id, 32 hex digits."""
    released_on: date


def record_handed_over(
    practice: Practice, actor: Actor, reference: str, handover: Handover, *, release: str = ""
) -> NotedPackage:
    """Write down that a released package was handed over: when, by which way, to whom.

    ``release`` is how the id of the package begins; empty where only one can be meant.

    Raises:
        NotFound: there is no such request, or no such release of it.
        Unusable: several packages could be meant.
        Refused: it is not the actor's to say, or cannot have been.
        Locked: it takes the actor's password.
        Tampered: the request is not as it was made.
    """
    words = {
        "channel": str(handover.channel),
        "on": handover.on.isoformat(),
        "reason": normalise_text(handover.reason),
        "time": handover.clock.isoformat("minutes") if handover.clock else "",
        "to_whom": normalise_text(handover.to_whom),
    }
    check, what = partial(check_handed_over, handover=handover), RequestAct.HANDED_OVER
    return _record(practice, actor, reference, what, words, named=release, check=check)


def record_acknowledged(
    practice: Practice,
    actor: Actor,
    reference: str,
    *,
    on: date,
    reason: str = "",
    release: str = "",
) -> NotedPackage:
    """Write down that the recipient of a package acknowledged it, on a day; the reason says how.

    Raises:
        NotFound, Unusable, Refused, Locked, Tampered: as `record_handed_over`.
    """
    words = {"on": on.isoformat(), "reason": normalise_text(reason)}
    check, what = partial(check_acknowledged, on=on, reason=reason), RequestAct.ACKNOWLEDGED
    return _record(practice, actor, reference, what, words, named=release, check=check)


def _record(
    practice: Practice,
    actor: Actor,
    reference: str,
    what: RequestAct,
    words: Mapping[str, Any],
    *,
    named: str,
    check: Callable[..., None],
) -> NotedPackage:
    """Write down ``words`` of the package that is meant, once ``check`` has found them possible."""
    zone = practice.settings.time_zone
    with signing_on(practice, actor, what, reference) as act:
        request = read_request(practice, actor, act.connection, reference)
        check_transition(request.facts.state, what, request.reference)
        known = words_for(practice, actor, act.connection, request)
        releases = read_releases(request.history, known)
        facts = [each.facts(zone) for each in releases]
        is_handover = what is RequestAct.HANDED_OVER
        waits = awaits_handing_over if is_handover else awaits_acknowledgement
        meant = choose_release(facts, named, waits=waits)
        by = meant.released_by
        check_may_record(actor.person, request.facts, released_by=by, on=today(practice))
        check(meant, now=practice.now().astimezone(zone))
        # As the release's own leaf: so people who ask of a recording find who has it.
        subject = releases[facts.index(meant)].delivered.subject[1:]
        log_with_words(act, actor, request, what, words, subject=subject)
    return NotedPackage(reference, meant.id, meant.released_at.date())


@dataclass(frozen=True, slots=True, repr=False)
class ShownPackageNote:
    """That a package was handed over, or acknowledged. Its repr shows nothing."""

    on: date | None
    """None where the reader may not open it."""
    time: str | None
    """``14:05`` by the practice's clock; None where nobody gave it."""
    channel: str | None
    to_whom: str | None
    """None for people not concerned, as the reason."""
    reason: str | None
    at: datetime
    """When it was written down."""
    by: str
    """Login."""


@dataclass(frozen=True, slots=True, repr=False)
class ShownRelease:
    """A released package, with its delivery, as a request shows it. Its repr shows nothing."""

    id: str
    at: datetime
    by: str
    deliver_by: str | None
    """How it was to go; None where nobody gave it, or for people who may not read it."""
    passphrase_by: str | None
    medium_serial: str | None
    """Of the drive or disc that it went out on."""
    sha256: str | None
    """Of the package's file, in hex."""
    handed_over: tuple[ShownPackageNote, ...]
    """Oldest first; the newest counts."""
    acknowledged: tuple[ShownPackageNote, ...]


def shown_release(
    release: ReleasedPackage, called: Mapping[str, str], *, in_full: bool
) -> ShownRelease:
    """A release for one reader."""
    return ShownRelease(
        id=release.id,
        at=release.released_at,
        by=called[release.delivered.actor],
        deliver_by=release.delivery.package_by,
        passphrase_by=release.delivery.passphrase_by,
        medium_serial=release.words.get("medium_serial") or None,
        sha256=release.words.get("sha256"),
        handed_over=tuple(
            _shown_note(each, called, in_full=in_full) for each in release.handed_over
        ),
        acknowledged=tuple(
            _shown_note(each, called, in_full=in_full) for each in release.acknowledged
        ),
    )


def _shown_note(note: PackageNote, called: Mapping[str, str], *, in_full: bool) -> ShownPackageNote:
    event, words = event_of(note.leaf), note.words
    return ShownPackageNote(
        on=note.on,
        time=words.get("time") or None,
        channel=words.get("channel"),
        to_whom=words.get("to_whom") if in_full else None,
        reason=(words.get("reason") or None) if in_full else None,
        at=event.at,
        by=called[event.actor],
    )


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
    """One note about a package. Its repr shows nothing."""

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
        """As given at the release; None where nobody gave it, or for people who may not read it."""
        package, passphrase = self.words.get("deliver_by"), self.words.get("passphrase_by")
        return Delivery(
            Channel(package) if package else None, Channel(passphrase) if passphrase else None
        )

    @property
    def newest_handover(self) -> Mapping[str, Any]:
        """The last note of its handing over; empty where there is none, or none may be read."""
        return self.handed_over[-1].words if self.handed_over else {}

    @property
    def handed_over_on(self) -> date | None:
        return self.handed_over[-1].on if self.handed_over else None

    @property
    def handed_over_time(self) -> str | None:
        return self.newest_handover.get("time") or None

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
    """The packages of a request, oldest first."""
    found: dict[str, ReleasedPackage] = {}
    for leaf in history.leaves:
        if leaf.act == RequestAct.DELIVERED:
            found[release_of(leaf)] = ReleasedPackage(leaf, words(leaf), (), ())
        elif leaf.act in (RequestAct.HANDED_OVER, RequestAct.ACKNOWLEDGED):
            before, note = found.get(release_of(leaf)), PackageNote(leaf, words(leaf))
            is_first = leaf.act == RequestAct.HANDED_OVER
            if before is None or not (is_first or before.handed_over):
                what = "something was said of a release that was not made, or not handed over"
                raise Tampered(what)
            if is_first:
                found[before.id] = replace(before, handed_over=(*before.handed_over, note))
            else:
                found[before.id] = replace(before, acknowledged=(*before.acknowledged, note))
    return tuple(found.values())


def words_for(
    practice: Practice, actor: Actor, connection: Connection, opened: OpenRequest | None
) -> Callable[[Leaf], Mapping[str, Any]]:
    """What a reader may open of that which lies beside a leaf: under the request, or by the log."""
    known = read_words(connection, opened) if opened else {}

    def words(leaf: Leaf) -> Mapping[str, Any]:
        if leaf.seq in known or not actor.has_key(VaultKey.AUDIT):
            return known.get(leaf.seq, {})
        return open_details(practice, actor, connection, leaf)

    return words


def missing_handovers(practice: Practice, actor: Actor, reference: str) -> str:
    """How many there are under a request that the actor may know of, in words; empty: none."""
    with reading(practice.engine) as connection:
        row = find_visible(practice, actor, connection, reference)
        count = sum(leaf.subject[0] == row.id for leaf in unrecorded_releases(connection))
    packages = "1 release is" if count == 1 else f"{count} releases are"
    return f"{packages} not recorded as handed over" if count else ""


def unrecorded_releases(connection: Connection) -> tuple[Leaf, ...]:
    """The leaves of deliveries of which nobody said who has them; none of a closed request."""
    rows = REQUESTS.every(connection)
    released = {row.id for row in rows if row.state == RequestState.RELEASED}
    leaves = tuple(done_leaves(connection, (RequestAct.DELIVERED, RequestAct.HANDED_OVER)))
    recorded = {release_of(leaf) for leaf in leaves if leaf.act == RequestAct.HANDED_OVER}
    return tuple(
        leaf
        for leaf in leaves
        if leaf.act == RequestAct.DELIVERED
        and leaf.subject[0] in released
        and release_of(leaf) not in recorded
    )
