"""Two people at one terminal, where it takes two to open what nobody granted [policy 4(a)].

Each gives their password; their parts of the recordings key give the whole of it, for this one
command. That the second was there is on record in their own name, before anything is done.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from callrec.audit.register import Voucher
from callrec.catalogue.engine import reading
from callrec.dataclass import replace
from callrec.login.locks import open_shares
from callrec.login.people import logins
from callrec.policy.authority import check_opened_by_two
from callrec.policy.role import Person, holds_recordings, is_second_needed
from callrec.practice import Actor, Practice, attempt, record, shares_needed, today

OPENED_BY_TWO: Final = "keys.opened-by-two"
"""Act of the leaf by which a second person says that they were there."""


def joined(practice: Practice, actor: Actor, second: Actor | None) -> Actor:
    """Somebody at work with what their part of the recordings key and a second person's give."""
    if second is None or not practice.settings.is_opened_by_two:
        return actor
    assert actor.identity is not None  # noqa: S101 - both gave their passwords
    assert second.identity is not None  # noqa: S101
    beside = (*actor.beside, (second.person.id, second.identity.kem))
    register, kem = practice.register, actor.identity.kem
    with reading(practice.engine) as connection:
        shares = open_shares(connection, register, actor.person.id, kem, beside)
    needed = shares_needed(practice, actor.person, shares)
    return replace(actor, shares=needed, beside=beside)


def opened_by_two(practice: Practice, actor: Actor, second: Actor | None, act: str) -> Actor:
    """Check that two people do this, where the practice's rules want that, and record it.

    ``act`` is what they are about to do, as the record calls it. Returns the actor with both their
    parts.

    Raises:
        Refused: it takes a second person, and there is none, or they may not open recordings.
    """
    both = joined_if_by_two(practice, actor, second, act)
    record_second(practice, actor, second, act)
    return both


def joined_if_by_two(practice: Practice, actor: Actor, second: Actor | None, act: str) -> Actor:
    """As `opened_by_two`; that the second was there is for the caller to record."""
    if practice.settings.is_opened_by_two:
        with attempt(practice, actor, act):
            person = second.person if second else None
            is_by_one = person is not None and _is_by_one(practice, person)
            check_opened_by_two(actor.person, person, on=today(practice), is_by_one=is_by_one)
    return joined(practice, actor, second)


def _is_by_one(practice: Practice, person: Person) -> bool:
    """Whether nobody signed beside who let somebody do more, since the rule is in force."""
    before: Voucher | None = None
    for voucher in practice.register.vouchers[person.id]:
        has_other_keys = before is None or before.keys != voucher.keys
        known = before.person if before else None
        takes_second = is_second_needed(known, voucher.person, has_other_keys=has_other_keys)
        if takes_second and not voucher.second and voucher.seq > _by_two_since(practice):
            return True
        before = voucher
    return False


def _by_two_since(practice: Practice) -> int:
    """The entry from which on the practice's rules have it that two open recordings."""
    versions = reversed(practice.register.settings)
    return [*takewhile(lambda each: each.settings.is_opened_by_two, versions)][-1].seq


def record_second(practice: Practice, actor: Actor, second: Actor | None, act: str) -> None:
    """Put on record, in the second person's own name, that they were there."""
    if second is not None and practice.settings.is_opened_by_two:
        record(practice, second, OPENED_BY_TWO, subject=[actor.person.id], details={"for": act})


def who_may_open_beside(practice: Practice, actor: Actor) -> tuple[str, ...]:
    """Logins of those whose part opens recordings with the actor's."""
    called, on = logins(practice), today(practice)
    people = (voucher.person for voucher in practice.register.people())
    may = (each.id for each in people if holds_recordings(each, on) and each.id != actor.person.id)
    return tuple(sorted(called[person] for person in may))
