"""Who may do what [policy 4(a), 4(b)], and which vault keys that opens (docs/formats/keys.md).

A role brings its powers; the Data Controller may lend any power to a named person until a day. A
voucher states a person's powers, which may be fewer than the role brings: the person who looks
after the computers is a manager who may only make requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final, NewType

from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.policy.words import Worded, in_words

PersonId = NewType("PersonId", str)
"""32 hex digits; never a login name."""


class Role(StrEnum):
    """A person's position in the practice; the one with the fewest powers is offered first."""

    STAFF = "staff"
    MANAGER = "manager"
    PARTNER = "partner"
    DATA_CONTROLLER = "data-controller"
    AUDITOR = "auditor"
    INTAKE = "intake"
    MACHINE = "machine"


SERVICES: Final = frozenset({Role.INTAKE, Role.MACHINE})
"""No people: an identity in a file, without a password."""

LINE_MANAGERS: Final = frozenset({Role.MANAGER, Role.PARTNER, Role.DATA_CONTROLLER})
"""The roles that manage employees."""


class Power(Worded):
    """Something a person may do, as vouchers carry it; its meaning completes "may not …"."""

    MAKE_REQUEST = "make-request", "make a request"
    SEARCH = "search", "search for recordings"
    DECIDE_GENERAL = "decide-general", "approve or deny requests"
    DECIDE_RESERVED = (
        "decide-reserved",
        "approve or deny requests that are kept for the Data Controller",
    )
    HEAR = "hear", "listen to or release recordings"
    INGEST = "ingest", "ingest recordings"
    ARCHIVE = "archive", "archive, restore or review recordings"
    READ_AUDIT = "read-audit", "read the audit log"
    GOVERN = "govern", "manage people, holds and keys"


class Standing(StrEnum):
    """The stage that a person's own key has reached."""

    PROVISIONAL = "provisional"  # added, with a password that someone else has seen
    CLAIMED = "claimed"  # has made their own key; nobody has compared it yet
    CONFIRMED = "confirmed"
    DISABLED = "disabled"


class VaultKey(StrEnum):
    """The four keys of a vault."""

    RECORDINGS = "recordings"
    CATALOGUE = "catalogue"
    AUDIT = "audit"
    INDEX = "index"


POWERS: Final[Mapping[Role, frozenset[Power]]] = {
    Role.STAFF: frozenset({Power.MAKE_REQUEST, Power.HEAR}),
    Role.MANAGER: frozenset(
        {
            *(Power.MAKE_REQUEST, Power.SEARCH, Power.DECIDE_GENERAL),
            *(Power.HEAR, Power.INGEST, Power.ARCHIVE),
        }
    ),
    Role.PARTNER: frozenset(
        {
            *(Power.MAKE_REQUEST, Power.SEARCH, Power.DECIDE_GENERAL),
            *(Power.HEAR, Power.READ_AUDIT),
        }
    ),
    Role.DATA_CONTROLLER: frozenset(Power),
    Role.AUDITOR: frozenset({Power.MAKE_REQUEST, Power.READ_AUDIT}),
    Role.INTAKE: frozenset({Power.INGEST}),
    Role.MACHINE: frozenset(),
}
"""What each role brings."""

_OPENED_BY: Mapping[VaultKey, frozenset[Power]] = {
    VaultKey.RECORDINGS: frozenset({Power.DECIDE_GENERAL, Power.DECIDE_RESERVED}),
    VaultKey.CATALOGUE: frozenset({Power.SEARCH, Power.DECIDE_GENERAL, Power.DECIDE_RESERVED}),
    VaultKey.AUDIT: frozenset({Power.READ_AUDIT}),
    VaultKey.INDEX: frozenset({Power.SEARCH, Power.INGEST}),
}


@dataclass(frozen=True, slots=True)
class Delegation:
    """A power lent by the Data Controller [policy 4(a), "any other persons authorised"]."""

    power: Power
    until: date
    """Its last day, in the practice's time zone."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person, or an intake service, as their newest voucher says."""

    id: PersonId
    role: Role
    powers: frozenset[Power]
    delegations: tuple[Delegation, ...] = ()
    standing: Standing = Standing.CONFIRMED


def powers_restricted_to(role: Role, only: frozenset[Power]) -> frozenset[Power]:
    """The powers of a person who is to have only some of their role's; Unusable if one is not."""
    if more := only - POWERS[role]:
        what = ", ".join(power.meaning for power in sorted(more))
        raise Unusable(
            f"the role {in_words(role)} does not let anybody {what}",
            hint="lend it: callrec user delegate NAME --power POWER --until DATE",
        )
    return only


def powers_of(person: Person, on: date) -> frozenset[Power]:
    """A person's powers on a day of the practice, including lent ones.

    None before the Data Controller has confirmed their key, and none once they are disabled.
    """
    if person.standing is not Standing.CONFIRMED:
        return frozenset()
    return person.powers | {lent.power for lent in person.delegations if on <= lent.until}


def powers_vouched_for(person: Person) -> frozenset[Power]:
    """A confirmed person's powers, including ended loans: their keys may still be there."""
    if person.standing is not Standing.CONFIRMED:
        return frozenset()
    return powers_named(person)


def powers_named(person: Person) -> frozenset[Power]:
    """Every power that a voucher names, whatever the standing: its keys may have been copied."""
    return person.powers | {lent.power for lent in person.delegations}


def is_second_needed(before: Person | None, after: Person, *, has_other_keys: bool) -> bool:
    """Whether a second person signs for what a voucher changes, where there is one who may.

    It makes somebody one of the practice, gives them another key, or lets them do more or longer
    than before. To take away, one person is enough, so that it is done at once.
    """
    if before is None or before.standing is not Standing.CONFIRMED:
        had_powers = before is not None and bool(before.powers)
        return after.standing is Standing.CONFIRMED or (had_powers and has_other_keys)
    days = {lent.power: lent.until for lent in before.delegations}
    return (
        has_other_keys
        or not POWERS[after.role] <= POWERS[before.role]
        or not after.powers <= before.powers
        or any(lent.until > days.get(lent.power, date.min) for lent in after.delegations)
    )


def opens_recordings(powers: frozenset[Power]) -> bool:
    """Whether people with these powers may approve requests, and so hold the recordings key."""
    return VaultKey.RECORDINGS in keys_held(powers)


def may_be_second(person: Person) -> bool:
    """Whether somebody signs beside the one who says who may do what: they decide requests.

    By a power of their own: what was lent ends with a day, and the log knows none.
    """
    return person.standing is Standing.CONFIRMED and Power.DECIDE_GENERAL in person.powers


def keys_held(powers: frozenset[Power]) -> frozenset[VaultKey]:
    """The vault keys that these powers need a share of, and no others.

    Law: more powers never mean fewer keys.
    """
    return frozenset(key for key, opened_by in _OPENED_BY.items() if powers & opened_by)


def keys_lost(before: Person, after: Person) -> frozenset[VaultKey]:
    """The vault keys that somebody might hold before a change and may not after it.

    Of a machine that is taken off the list, the recordings key: it held a part of that.
    """
    lost = keys_held(powers_named(before)) - keys_held(powers_named(after))
    is_gone = before.role is Role.MACHINE and after.standing is Standing.DISABLED
    return lost | {VaultKey.RECORDINGS} if is_gone else lost


def holds_recordings(person: Person, on: date) -> bool:
    """Whether somebody holds the recordings key on that day, or their part of it."""
    return opens_recordings(powers_of(person, on))


def is_machine(person: Person) -> bool:
    """Whether it is a machine of the practice, as its people vouched for it, and still is."""
    return person.role is Role.MACHINE and person.standing is Standing.CONFIRMED
