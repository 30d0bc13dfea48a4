"""What was filled into a form, as procedures take it; what was left empty is asked for again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from callrec.desk.exchange import Asked
from callrec.desk.factors import Presented
from callrec.desk.seat import Seat
from callrec.errors import NotFound, Unusable, WrongPassword
from callrec.policy.days import parse_day, parse_instant
from callrec.policy.search import Why
from callrec.practice import Actor, today
from callrec.views.typed import read_request, read_word

_Word = TypeVar("_Word", bound=StrEnum)
_Read = TypeVar("_Read")


def no_page() -> NotFound:
    """The error of an address that nothing has."""
    return NotFound("there is no such page", hint="the menu at the top leads to all of them")


def number_in(part: str) -> int:
    """The number that is a part of an address.

    Raises:
        NotFound: it is none.
    """
    if not part.isdecimal():
        raise no_page()
    return int(part)


def text_of(asked: Asked, name: str) -> str:
    """What a field says.

    Raises:
        Unusable: nothing.
    """
    if said := asked.first(name):
        return said
    raise Unusable("a question was not answered", option=_option(name))


@contextmanager
def reading_field(name: str) -> Iterator[None]:
    """A block that reads one field: what cannot be used in it, or opens nothing, stands there."""
    try:
        yield
    except (Unusable, WrongPassword) as problem:
        problem.option = problem.option or _option(name)
        raise


def _option(field: str) -> str:
    """As errors name what they are about (desk/hints.py: `fields_of`)."""
    return f"--{field.replace('_', '-')}"


def day_of(seat: Seat, asked: Asked, name: str) -> date:
    """A day, in any form that people type; today where none was given.

    Raises:
        Unusable: it is no day.
    """
    return parse_day(asked.first(name) or "today", today(seat.practice), option=_option(name))


def word_of(asked: Asked, name: str, words: type[_Word], noun: str) -> _Word:
    """The answer that was chosen.

    Raises:
        Unusable: none was.
    """
    said = text_of(asked, name)
    with reading_field(name):
        return read_word(words, noun, said)


def read_if_given(asked: Asked, name: str, read: Callable[[str], _Read]) -> _Read | None:
    """What a field says, read; None where it is empty."""
    said = asked.first(name)
    with reading_field(name):
        return read(said) if said else None


def lines_of(asked: Asked, name: str) -> list[str]:
    """Several answers: one to a line, or one to each field of that name."""
    return [
        line.strip() for each in asked.every(name) for line in each.splitlines() if line.strip()
    ]


def why_of(asked: Asked) -> Why:
    """For what something is looked up."""
    request = read_if_given(asked, "request", read_request)
    return Why(reason=asked.first("reason") or None, request=request)


def password_of(asked: Asked, name: str = "password") -> str:
    """A password as it was typed, with the spaces that are part of it."""
    return asked.fields.get(name, ("",))[0]


def second_of(seat: Seat, asked: Asked, field: str = "second") -> Actor | None:
    """Who signs beside the person whose page it is, with their own password; None: nobody.

    ``field``: where their login is; that of the password is named after it.

    Raises:
        WrongPassword: it is not theirs.
    """
    challenge = seat.presented.challenge  # it counts once, for all that came with this form
    presented = Presented.in_form(asked, seat.origin, challenge, prefix=f"{field}_")
    with reading_field(f"{field}_password"):
        password = password_of(asked, f"{field}_password")
        return seat.countersigner(asked.first(field), password, presented)


def check_confirmed(asked: Asked) -> None:
    """Check that the person confirmed what cannot be undone.

    Raises:
        Unusable: they did not.
    """
    if not asked.ticked("confirmed"):
        raise Unusable(
            "not confirmed, so nothing was done",
            hint="tick the box at the end",
            option=_option("confirmed"),
        )


def number_of(asked: Asked, name: str, least: int, most: int) -> int | None:
    """A number; None where none was given.

    Raises:
        Unusable: it is none, or too small or too large.
    """
    if not (text := asked.first(name)):
        return None
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Unusable(
            f"that is not a number from {least} to {most}",
            hint="type it in figures",
            option=_option(name),
        )
    return int(text)


def moment_of(seat: Seat, asked: Asked, name: str) -> datetime | None:
    """A day or moment, in any form that people type; None where none was given.

    Raises:
        Unusable: it is neither.
    """
    if not (text := asked.first(name)):
        return None
    with reading_field(name):
        return parse_instant(text, seat.zone, today(seat.practice), what=_option(name))


def reader_of(seat: Seat, asked: Asked) -> Actor:
    """Who reads a request: the open login where that is enough, else with the password."""
    return seat.actor if seat.reads_requests else seat.reader(password_of(asked))


def check_typed(asked: Asked, reference: str) -> None:
    """Check that the person typed the reference of what they decide.

    Raises:
        Unusable: they did not.
    """
    if asked.first("typed") != reference:
        raise Unusable(
            "not confirmed, so nothing was done",
            hint=f"type {reference} at the end",
            option=_option("typed"),
        )
