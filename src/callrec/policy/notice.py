"""Telling people that calls are recorded: which text was in force, and who was told [policy 3].

A practice's notices change over the years, and a recording is judged by the one in force on its
day. So each version has its days, and those of one kind never overlap. Days without a notice are
allowed, as they happen, and are reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby, pairwise, zip_longest

from callrec.dataclass import dataclass
from callrec.errors import Misconfigured
from callrec.policy.clause import Clause
from callrec.policy.search import Direction


class NoticeKind(StrEnum):
    """How people are told, as it is typed."""

    WEBSITE = "website"  # a summary of the policy, published
    ANNOUNCEMENT = "announcement"  # recorded, at the beginning of an incoming call
    OUTBOUND = "outbound"  # what the caller says when the practice rings
    STAFF = "staff"  # what staff are told of their own calls


class CallerTold(StrEnum):
    """Whether the caller was told of the recording."""

    INBOUND_ANNOUNCEMENT = "inbound-announcement"
    OUTBOUND_SPOKEN = "outbound-spoken"
    NONE = "none"
    UNKNOWN = "unknown"


PURPOSES_IN_WORDS: Mapping[Clause, str] = {
    Clause.BOTH_PARTIES: "protect the interests of both parties to a call",
    Clause.PERFORMANCE: "improve how the practice works, and train its staff",
    Clause.ABUSIVE_CALLS: "protect staff from abusive or nuisance calls",
    Clause.COMPLAINT: "establish the facts when a patient or a member of staff complains",
    Clause.MEDICO_LEGAL: "establish the facts of a medico-legal claim",
    Clause.EMPLOYEE_CONDUCT: (
        "look into how an employee behaved on the telephone, where that is in question"
    ),
    Clause.COMPLIANCE: (
        "check that policies and procedures are kept, and give a regulator evidence"
    ),
}
""""The reasons stated above" [policy 3]: section 2 in plain words; each completes "in order to"."""


def officers_in_words(registration: str, officer: str, guardian: str) -> str:
    """Sentences about who answers for data protection; nothing of what is empty."""
    told = {
        "It is in the regulator's register with the number": registration,
        "Its data protection officer:": officer,
        "Its Caldicott Guardian, who looks after the confidentiality of patients:": guardian,
    }
    return " ".join(f"{what} {who.rstrip('.')}." for what, who in told.items() if who)


def storage_in_words(supplier: str) -> str:
    """Where recordings lie [policy 2 paragraph 3]."""
    who = (
        f"{supplier}, which provides our telephone system,"
        if supplier
        else "The company that provides our telephone system"
    )
    return f"{who} stores them for us on a secure server."


NOTICE_HEARD: Mapping[Direction, NoticeKind] = {
    Direction.INBOUND: NoticeKind.ANNOUNCEMENT,
    Direction.OUTBOUND: NoticeKind.OUTBOUND,
}
"""The notice that a caller hears, by the way that the call goes [policy 3]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeVersion:
    """One version of one notice, and its days."""

    kind: NoticeKind
    version: str
    first_on: date
    last_on: date | None = None
    """Included; None until another replaces it."""
    text: str = ""
    """Empty: the text that callrec brings for this kind."""
    published_on: date | None = None
    """The day that the practice says it was published; None: it has not said."""
    published_where: str = ""

    def in_force_on(self, day: date) -> bool:
        """Whether it is in force that day."""
        return self.first_on <= day and (self.last_on is None or day <= self.last_on)


@dataclass(frozen=True, slots=True)
class NoticeGap:
    """Days without a notice of a kind; both None: there never was one."""

    kind: NoticeKind
    first_on: date | None
    last_on: date | None
    """Included; None where no later version ends it."""


def check_versions(versions: Iterable[NoticeVersion]) -> None:
    """Check that at most one version of a kind is in force on each day; Misconfigured if not.

    Nor does one end before it begins, or have the name of another.
    """
    for kind, of_kind in _by_kind(versions):
        for version in of_kind:
            if version.last_on is not None and version.last_on < version.first_on:
                raise _unusable(f"the {kind} notice {version.version} ends before it begins")
        for earlier, later in pairwise(of_kind):
            if earlier.last_on is None or later.first_on <= earlier.last_on:
                both = f"{earlier.version} and {later.version}"
                raise _unusable(f"the {kind} notices {both} are in force on the same day")
        if len({version.version for version in of_kind}) < len(of_kind):
            raise _unusable(f"two {kind} notices are called the same version")


def in_force(versions: Iterable[NoticeVersion], kind: NoticeKind, on: date) -> NoticeVersion | None:
    """The version of a kind that is in force on a day of the practice; None in a gap."""
    return next((v for v in versions if v.kind is kind and v.in_force_on(on)), None)


def stated_since(
    said: Sequence[tuple[date, Sequence[NoticeVersion]]], kind: NoticeKind, on: date
) -> date | None:
    """Since when the record says, without a break, what it says now of a day; None in a gap.

    ``said`` is what the record said of the notices, and since when, the oldest first. It is another
    fact than the day from which on the notice says itself to be in force: that is typed, this is
    dated by the log.
    """
    now = in_force(said[-1][1], kind, on)
    since = None
    for day, versions in reversed(said):
        then = in_force(versions, kind, on)
        if now is None or then is None or (then.version, then.text) != (now.version, now.text):
            break
        since = day
    return since


def notice_gaps(versions: Iterable[NoticeVersion]) -> tuple[NoticeGap, ...]:
    """From the first version of each kind on, the days that have none, kind by kind.

    Law: a day from the first version on is either in a gap or has a version in force.
    """
    timetable = dict(_by_kind(versions))
    return tuple(gap for kind in NoticeKind for gap in _gaps_of(kind, timetable.get(kind, ())))


def caller_told(
    direction: Direction | None, *, announced: bool, stated: CallerTold | None
) -> CallerTold:
    """Whether a caller was told [policy 3].

    An announcement covers the incoming calls of its day. For an outgoing call only its own record
    can tell: "where no automated announcement exists, the caller will inform". What it ``stated``
    takes precedence.
    """
    if stated is not None:
        return stated
    if direction is not Direction.INBOUND:
        return CallerTold.UNKNOWN
    return CallerTold.INBOUND_ANNOUNCEMENT if announced else CallerTold.NONE


def is_possible_for(stated: CallerTold, direction: Direction | None) -> bool:
    """Whether a call in this direction, None if unknown, can have been announced in this way."""
    match stated:
        case CallerTold.INBOUND_ANNOUNCEMENT:
            return direction in (None, Direction.INBOUND)
        case CallerTold.OUTBOUND_SPOKEN:
            return direction in (None, Direction.OUTBOUND)
        case CallerTold.NONE | CallerTold.UNKNOWN:
            return True


def _gaps_of(kind: NoticeKind, of_kind: Sequence[NoticeVersion]) -> Iterator[NoticeGap]:
    if not of_kind:
        yield NoticeGap(kind, None, None)
    for version, later in zip_longest(of_kind, of_kind[1:]):
        if version.last_on in {None, date.max}:  # after which there is no day
            continue
        first_on = version.last_on + timedelta(days=1)
        if later is None:
            yield NoticeGap(kind, first_on, None)
        elif first_on < later.first_on:
            yield NoticeGap(kind, first_on, later.first_on - timedelta(days=1))


def _by_kind(versions: Iterable[NoticeVersion]) -> list[tuple[NoticeKind, Sequence[NoticeVersion]]]:
    """The versions of each kind, in the order of their first days."""
    ordered = sorted(versions, key=lambda each: (each.kind, each.first_on))
    return [(kind, tuple(each)) for kind, each in groupby(ordered, key=lambda each: each.kind)]


def _unusable(message: str) -> Misconfigured:
    return Misconfigured(
        message, hint="change it under [[notices]]: callrec practice settings apply FILE"
    )
