"""People: one for programs, and what was done about them in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from callrec.policy.days import short_date
from callrec.views.words import as_words, can_line, counted, facts

if TYPE_CHECKING:
    from callrec.login.people import Colleague
    from callrec.people.joining import AddedPerson
    from callrec.people.powers import RoleChange
    from callrec.policy.role import Power, Role
    from callrec.practice import Actor, Practice


def person_json(person: Colleague) -> dict[str, Any]:
    """A person for programs."""
    return {
        "user": person.login,
        "name": person.full_name,
        **facts(person, "role", "standing", "powers", "delegations", "fingerprint"),
        "claimed_fingerprint": person.claimed_fingerprint or None,
    }


def whoami_json(
    actor: Actor, may: Sequence[Power], fingerprint: str, practice: str
) -> dict[str, Any]:
    """Who is logged in, for programs."""
    return {
        "user": actor.login,
        "role": actor.person.role,
        "powers": may,
        "fingerprint": fingerprint,
        "practice": practice,
    }


def until_in_words(until: date, on: date) -> str:
    """The last day of a loan, and whether it is over."""
    return short_date(until) if until >= on else f"{short_date(until)}, which is over"


def lent_lines(person: Colleague, on: date) -> Iterator[str]:
    """What is lent to a person, as a list of people tells it."""
    for lent in person.delegations:
        yield f"{person.login} may {lent.power.meaning} until {until_in_words(lent.until, on)}"


def confirmed_lines(done: Colleague, by: str, second: str | None) -> Iterator[str]:
    """Somebody's key is confirmed."""
    who = f"by {by} and {second}" if second else f"by {by} alone"
    yield f"{done.login} is confirmed as {as_words(done.role)}, {who}."
    if not second:
        yield "There was no second person who may sign for it."


def added_line(added: AddedPerson) -> str:
    """Somebody is added."""
    return f"{added.login} is added as {as_words(added.role)}."


def ended_line(ended: int, user: str) -> str:
    """Somebody's logins are ended."""
    return f"{counted(ended, 'login')} of {user} ended."


OWN_CHANGED: Final = (
    "Your password is changed. Your logins at other terminals have ended, and this one."
)

NEW_KEY: Final = "You have a new key, and your logins at all terminals have ended."


def role_lines(user: str, role: Role, only: Sequence[Power], done: RoleChange) -> Iterator[str]:
    """Somebody has another role."""
    yield f"{user} is {as_words(role)} now."
    if only:
        yield can_line(only)
    for lent in done.delegations:
        ends = f"callrec user delegate {user} --power {lent.power} --end"
        yield f"{user} may {lent.power.meaning} until {short_date(lent.until)}: {ends}"
    yield from taken_back_lines(done.taken_back)


def delegation_line(user: str, power: Power, last: date | None) -> str:
    """A power is lent until a day, or taken back."""
    if last is not None:
        return f"{user} may {power.meaning} until {short_date(last)}."
    return f"{user} may not {power.meaning} any more; the vault has new keys for it."


def disabled_lines(user: str, taken_back: Iterable[str]) -> Iterator[str]:
    """Somebody is shut out."""
    yield f"{user} is disabled."
    yield from taken_back_lines(taken_back)


def reset_line(user: str) -> str:
    """Somebody begins again."""
    return f"{user} makes a new key at the next login, and cannot do anything until you confirm it."


def taken_back_lines(requests: Iterable[str]) -> Iterator[str]:
    """What was granted to somebody, and is no more."""
    for reference in requests:
        yield f"{reference}: what was granted is destroyed; approve it again if need be."


def password_seen_lines(practice: Practice) -> Iterator[str]:
    """After a password was seen: which keys are retired, and which drives it still opens."""
    from callrec.archive.opened import drives_still_opened  # most commands see no password

    yield "The vault's keys that the old password opened are retired."
    yield from (drive.warning for drive in drives_still_opened(practice))
