"""How a package goes out, and who has it.

    before    package and passphrase go different ways                           check_instructions
    after     it is clear which package is meant                                 choose_release
              it was handed over as planned, on a day since its release          check_handed_over
              its recipient acknowledged it, after that                          check_acknowledged

Each may happen again: a second copy, a second try, a correction. Earlier records stay; the newest
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, time
from enum import StrEnum

from callrec.dataclass import dataclass, field
from callrec.errors import NotFound, Refused, Unusable
from callrec.policy.clause import Clause, Law
from callrec.policy.edits import TypedEdit
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import Purpose
from callrec.policy.role import PersonId
from callrec.policy.words import check_reason


class PackageForm(StrEnum):
    """The format of a package."""

    ZIP = "zip"
    """For 7-Zip and its like."""
    HTML = "html"
    """A page that opens in any browser."""


class Channel(StrEnum):
    """A way to hand something over."""

    LETTER = "letter"
    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How package and passphrase go out; None where not stated."""

    package_by: Channel | None = None
    passphrase_by: Channel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """What the rules need to know of a released package."""

    id: str
    """32 hex digits; the first eight end its file's name."""
    released_by: PersonId
    released_at: datetime
    """In the practice's time zone."""
    delivery: Delivery
    """As planned at the release."""
    handed_over_on: date | None
    """By the newest record; None before there is one."""
    acknowledged_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Handover:
    """The record of a package being handed over. Its repr shows nothing."""

    on: date
    clock: time | None
    """By the practice's clock, to the minute; None where not known."""
    channel: Channel
    to_whom: str
    reason: str = ""
    """Why it did not go as planned; may be empty."""


def check_sent_separately(delivery: Delivery) -> None:
    """Someone who intercepts the package must not get its passphrase too.

    Source: docs/formats/release.md, 8.
    """
    if _same_way(delivery):
        raise Refused(
            "the package and its passphrase may not go the same way",
            hint="give --deliver-by and --passphrase-by two different ways",
        )


def awaits_handing_over(release: ReleaseFacts) -> bool:
    """Whether no handover is recorded yet."""
    return release.handed_over_on is None


def awaits_acknowledgement(release: ReleaseFacts) -> bool:
    """Whether a handover is recorded, but no acknowledgement."""
    return release.handed_over_on is not None and release.acknowledged_on is None


def choose_release(
    releases: Sequence[ReleaseFacts], named: str, *, waits: Callable[[ReleaseFacts], bool]
) -> ReleaseFacts:
    """The package that a record is about: the one named, else the only one that waits for it.

    It is ``named`` by the beginning of its id; empty: the one that ``waits`` for the record.
    NotFound if no package has such an id, Unusable if there are several.
    """
    if not releases:
        raise Refused(
            "no package was released under this request",
            clause=Clause.CONTROLLED_ACCESS,
            hint="what was granted is released by callrec release",
        )
    if named:
        found = [release for release in releases if release.id.startswith(named)]
    else:
        found = [release for release in releases if waits(release)] or list(releases)
    if not found:
        raise NotFound(
            "no release of this request is called so",
            hint="callrec request show lists the releases",
        )
    if len(found) > 1:
        raise Unusable(
            "several packages were released under this request",
            hint="say which; callrec request show lists them: --release ID",
        )
    return found[0]


def check_handed_over(release: ReleaseFacts, handover: Handover, *, now: datetime) -> None:
    """Check the record of a handover [policy 4(a)].

    It names somebody, on a day since the release. The package did not go the passphrase's way, and
    either went as planned or a reason is given. ``now`` is local.
    """
    if not any(map(str.isalnum, handover.to_whom)):
        raise Refused(
            "it is not said to whom it was handed over",
            clause=Clause.CONTROLLED_ACCESS,
            hint="name the person, or the office: --to-whom TEXT",
        )
    _check_not_to_come(handover.on, handover.clock, now=now)
    if datetime.combine(handover.on, handover.clock or time.max) < _on_the_clock(
        release.released_at
    ):
        raise _too_early("released")
    if _same_way(Delivery(handover.channel, release.delivery.passphrase_by)):
        raise Refused(
            "the passphrase of this package went that way, and the package may not",
            clause=Clause.CONTROLLED_ACCESS,
            hint="if both did, that is an infringement: callrec incident report",
        )
    if handover.reason:
        check_reason(handover.reason, Clause.CONTROLLED_ACCESS)
    elif release.delivery.package_by not in (None, handover.channel):
        raise Refused(
            f"at its release it was said that this package goes by {release.delivery.package_by}",
            clause=Clause.CONTROLLED_ACCESS,
            hint="say why it went another way: --reason TEXT",
        )


def check_acknowledged(release: ReleaseFacts, on: date, reason: str, *, now: datetime) -> None:
    """Check the record of a recipient's acknowledgement [policy 4(a)].

    It follows a handover. The reason says what the recipient answered, and how; it may be empty.
    ``now`` is local.
    """
    if release.handed_over_on is None:
        raise Refused(
            "nobody has said that this package was handed over",
            clause=Clause.CONTROLLED_ACCESS,
            hint="say that first: callrec request event REQUEST handed-over --on DATE"
            " --by WAY --to-whom TEXT",
        )
    _check_not_to_come(on, None, now=now)
    if on < release.handed_over_on:
        raise _too_early("handed over")
    if reason:
        check_reason(reason, Clause.CONTROLLED_ACCESS)


def _too_early(done: str) -> Refused:
    return Refused(
        f"that is before the package was {done}",
        clause=Clause.CONTROLLED_ACCESS,
        hint="see when that was: callrec request show; then give the day again: --on DATE",
    )


def _check_not_to_come(on: date, clock: time | None, *, now: datetime) -> None:
    if datetime.combine(on, clock or time.min) > _on_the_clock(now):
        raise Refused(
            "that day is in the future",
            clause=Clause.CONTROLLED_ACCESS,
            hint="say it once it has happened: --on DATE",
        )


def _on_the_clock(at: datetime) -> datetime:
    """As the practice's clock shows it, to the minute."""
    return at.replace(second=0, microsecond=0, tzinfo=None)


def _same_way(delivery: Delivery) -> bool:
    return delivery.package_by is not None and delivery.package_by is delivery.passphrase_by


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReleaseInstructions:
    """What the releaser chooses. Its repr shows nothing."""

    delivery: Delivery = field(default_factory=Delivery)
    """How package and passphrase will reach the recipient."""
    form: PackageForm = PackageForm.ZIP
    edits: tuple[TypedEdit, ...] = ()
    """What to leave out, where the releaser may choose."""
    max_bytes: int | None = None
    """The package's largest size; None: no limit."""
    exhibit: str = ""
    """The exhibit's reference, for an outside body; empty: made from the request's."""
    medium_serial: str = ""
    """Of the drive or disc for an outside body; empty: filled in by hand."""
    names_subject: bool = False
    """Whether the certificate names the data subject."""


def max_content_bytes(directions: ReleaseInstructions) -> int | None:
    """The largest total size of a package's files; None: no limit.

    An HTML page holds them as base64, which turns three bytes into four.
    """
    if directions.max_bytes is None or directions.form is not PackageForm.HTML:
        return directions.max_bytes
    return directions.max_bytes * 3 // 4


def check_can_be_reached(contact: str) -> None:
    """A recipient must be able to ask the practice [UK GDPR 12(2)]."""
    if not contact:
        raise Refused(
            "a recipient could not reach the practice: no contact is set",
            clause=Law.FACILITATED,
            hint='the Data Controller puts contact = "telephone 01632 960000" below [release] into'
            " a file: callrec practice settings apply FILE",
        )


def check_instructions(
    directions: ReleaseInstructions, purpose: Purpose, further: Collection[str]
) -> None:
    """Check the releaser's choices against the request.

    Package and passphrase go different ways. Unusable if there is nobody to name on the
    certificate, or no exhibit.
    """
    check_sent_separately(directions.delivery)
    if directions.names_subject and FurtherParticular.SUBJECT not in further:
        raise Unusable("the request names no data subject", hint="leave out --name-subject")
    marked = directions.exhibit or directions.medium_serial
    if marked and purpose is not Purpose.OUTSIDE_BODY:
        raise Unusable(
            "only what goes to an outside body is an exhibit",
            hint="leave out --exhibit and --medium-serial",
        )
