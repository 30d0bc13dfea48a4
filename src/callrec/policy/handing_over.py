"""How it goes out and who has it.

    before    the package is wrapped, and its passphrase goes another way        check_parted
    after     which package is meant is clear                                    release_meant
              it was handed over: by the way that was said, on a day since       check_handed_over
              its recipient acknowledged it: after that                          check_acknowledged

Each may happen again: a second copy, a second try, or what was written down wrongly. Nothing that
was said is taken back; the newest counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from callrec.errors import NotFound, Refused, Unusable
from callrec.policy.clause import Clause
from callrec.policy.edits import TypedEdit
from callrec.policy.further import FurtherParticular
from callrec.policy.purpose import Purpose
from callrec.policy.role import PersonId
from callrec.policy.words import check_reason


class PackageForm(StrEnum):
    """What a copy is wrapped in."""

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
    """How package and passphrase go out; None where nobody said."""

    package_by: Channel | None = None
    passphrase_by: Channel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """What the rules ask of a package that was released."""

    id: str
    """32 hex digits; the first eight end its file's name."""
    released_by: PersonId
    released_at: datetime
    """In the practice's time zone."""
    delivery: Delivery
    """As it was said then."""
    handed_over_on: date | None
    """By the newest that was said of it; None before that."""
    acknowledged_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Handover:
    """What is said of a package that was handed over. Its repr shows nothing."""

    on: date
    clock: time | None
    """By the practice's clock, to the minute; None where nobody knows."""
    channel: Channel
    to_whom: str
    reason: str = ""
    """Why it went another way than was said at its release; may be empty."""


def check_sent_separately(delivery: Delivery) -> None:
    """Whoever comes by the package has not come by its passphrase as well.

    Raises:
        Refused: both go the same way.

    Source: docs/formats/release.md, 8.
    """
    if _same_way(delivery):
        raise Refused(
            "the package and its passphrase may not go the same way",
            hint="give --deliver-by and --passphrase-by two different ways",
        )


def awaits_handing_over(release: ReleaseFacts) -> bool:
    """Whether nobody has said yet that it was handed over."""
    return release.handed_over_on is None


def awaits_acknowledgement(release: ReleaseFacts) -> bool:
    """Whether it was handed over, and nobody has said yet that its recipient acknowledged it."""
    return release.handed_over_on is not None and release.acknowledged_on is None


def choose_release(
    releases: Sequence[ReleaseFacts], named: str, *, waits: Callable[[ReleaseFacts], bool]
) -> ReleaseFacts:
    """Of which package something is said: the one that was named, else the only one that waits.

    Args:
        releases: every package that was released under a request.
        named: how its id begins; empty where it was not named.
        waits: whether it is still to be said of a package.

    Raises:
        Refused: nothing was released.
        NotFound: none is called so.
        Unusable: it could be one or another.
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


def check_handed_over(release: ReleaseFacts, said: Handover, *, now: datetime) -> None:
    """Whether this can be said of a package that was released [policy 4(a)].

    Args:
        release: the package.
        said: what is said of it.
        now: in the practice's time zone.

    Raises:
        Refused: nobody is named, the day is yet to come or before the release, it went the
            passphrase's way, or another than was said and no reason is given.
    """
    if not any(map(str.isalnum, said.to_whom)):
        raise Refused(
            "it is not said to whom it was handed over",
            clause=Clause.CONTROLLED_ACCESS,
            hint="name the person, or the office: --to-whom TEXT",
        )
    _check_not_to_come(said.on, said.clock, now=now)
    if _last(said.on, said.clock) < _on_the_clock(release.released_at):
        raise Refused(
            "that is before the package was released",
            clause=Clause.CONTROLLED_ACCESS,
            hint="see when that was: callrec request show; then give the day again: --on DATE",
        )
    _check_channel(release.delivery, said)


def check_acknowledged(release: ReleaseFacts, on: date, reason: str, *, now: datetime) -> None:
    """Whether a recipient can have acknowledged a package then [policy 4(a)].

    Args:
        release: the package.
        on: the day on which he did.
        reason: what he said, and how; may be empty.
        now: in the practice's time zone.

    Raises:
        Refused: nobody has said that it was handed over, or the day is yet to come or before that.
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
        raise Refused(
            "that is before the package was handed over",
            clause=Clause.CONTROLLED_ACCESS,
            hint="see when that was: callrec request show; then give the day again: --on DATE",
        )
    if reason:
        check_reason(reason, Clause.CONTROLLED_ACCESS)


def _check_channel(delivery: Delivery, said: Handover) -> None:
    if _same_way(Delivery(said.channel, delivery.passphrase_by)):
        raise Refused(
            "the passphrase of this package went that way, and the package may not",
            clause=Clause.CONTROLLED_ACCESS,
            hint="if both did, that is an infringement: callrec incident report",
        )
    if said.reason:
        check_reason(said.reason, Clause.CONTROLLED_ACCESS)
    elif delivery.package_by not in (None, said.channel):
        raise Refused(
            f"at its release it was said that this package goes by {delivery.package_by}",
            clause=Clause.CONTROLLED_ACCESS,
            hint="say why it went another way: --reason TEXT",
        )


def _check_not_to_come(on: date, clock: time | None, *, now: datetime) -> None:
    if datetime.combine(on, clock or time.min) > _on_the_clock(now):
        raise Refused(
            "that is yet to come",
            clause=Clause.CONTROLLED_ACCESS,
            hint="say it once it has happened: --on DATE",
        )


def _last(on: date, clock: time | None) -> datetime:
    return datetime.combine(on, clock or time.max)


def _on_the_clock(at: datetime) -> datetime:
    """As the practice's clock shows it, to the minute: so people say when something was."""
    return at.replace(second=0, microsecond=0, tzinfo=None)


def _same_way(delivery: Delivery) -> bool:
    return delivery.package_by is not None and delivery.package_by is delivery.passphrase_by


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReleaseInstructions:
    """What whoever releases says. Its repr shows nothing."""

    delivery: Delivery = field(default_factory=Delivery)
    """How package and passphrase will reach the recipient."""
    form: PackageForm = PackageForm.ZIP
    edits: tuple[TypedEdit, ...] = ()
    """What is left out, where that is the releaser's to say."""
    max_bytes: int | None = None
    """What the package may take; None: whatever it takes."""
    exhibit: str = ""
    """The exhibit's reference, for an outside body; empty: made of the request's."""
    medium_serial: str = ""
    """Of the drive or disc that goes to an outside body; empty: to be filled in by hand."""
    names_subject: bool = False
    """Whether the certificate names the data subject."""


def max_content_bytes(directions: ReleaseInstructions) -> int | None:
    """What the files of a package may take together; None: whatever they take.

    A page holds them as base64, in which three bytes are four.
    """
    if directions.max_bytes is None or directions.form is not PackageForm.HTML:
        return directions.max_bytes
    return directions.max_bytes * 3 // 4


def check_instructions(
    directions: ReleaseInstructions, purpose: Purpose, further: Collection[str]
) -> None:
    """Whether a request of that purpose can go out so.

    Args:
        directions: what whoever releases says.
        purpose: of the request.
        further: what it says besides the six particulars.

    Raises:
        Refused: package and passphrase go the same way.
        Unusable: there is nobody to name on the certificate, or no exhibit.
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
