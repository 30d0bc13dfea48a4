"""What is said beside a request, a change of it or its decision: whom it is about, what is off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from callrec.policy.edits import Edits, format_edits
from callrec.policy.purpose import TERMS, Purpose
from callrec.views.words import counted

if TYPE_CHECKING:  # the command line loads nothing of the work for its help
    from callrec.requests.ask import StaffNamed


def remark_lines(concerned: StaffNamed, of_other_day: Iterable[int]) -> Iterator[str]:
    """The staff whom a request is about, or that nobody was known by what it says.

    And each of its recordings that is not of the day which it says.
    """
    if len(concerned.logins) > 1:
        names = ", ".join(concerned.logins)
        yield f"this request is about each of these, so they cannot decide it: {names}"
    elif concerned.logins:
        name = concerned.logins[0]
        yield f"this request is about {name}, so {name} cannot decide it"
    elif concerned.is_staff_named and concerned.by_name:
        yield "whom it names is nobody of the practice: give the login, or the full name"
    elif concerned.is_staff_named:
        yield "nobody has a login that it names; you open no full names, so rather give the login"
    yield from date_mismatch_lines(of_other_day)


def date_mismatch_lines(numbers: Iterable[int]) -> Iterator[str]:
    """A line for each recording that is not of the day that the request gives."""
    for number in numbers:
        yield f"recording {number} is not of the day that the request says"


def by_hand_line(numbers: Iterable[int]) -> Iterator[str]:
    """What a person brought in, of recordings that something is granted of."""
    if listed := ", ".join(map(str, numbers)):
        yield f"Brought in by hand, not by the telephone system's own service: {listed}."


def how_to_gather(reference: str, *, is_described: bool) -> str:
    """What finds the recordings of a request; where it says nothing to look for, what says it."""
    if is_described:
        return f"callrec request gather {reference}"
    return f"callrec request amend {reference} --number NUMBER"


def more_lines(reference: str, more: int) -> Iterator[str]:
    """That more recordings match a request than it names, and what to do about these."""
    if more > 0:
        match = f"{counted(more, 'more recording matches', 'more recordings match')} it"
        yield f"{match}: callrec request gather {reference} adds them"


def too_many_lines(more: int) -> Iterator[str]:
    """That more recordings match than one request can name, and what to do about these."""
    from callrec.requests.model import MAX_REQUEST_RECORDINGS

    if more:
        yield (
            f"{counted(more, 'more recording matches', 'more recordings match')} it, and a request"
            f" names {MAX_REQUEST_RECORDINGS} at most: make the same request again for the rest,"
            " with --attach-matching"
        )


def edits_lines(edits: Mapping[int, Edits]) -> Iterator[tuple[int, str]]:
    """What is left out of each copy: the recording's number, and each edit as it is typed."""
    for number, each in edits.items():
        for what, text in format_edits(each):
            yield number, f"{what} {text}"


def granted_in_words(purpose: Purpose, to: str) -> str:
    """For whom, or for what, recordings are granted; follows their numbers."""
    terms = TERMS[purpose]
    if terms.is_heard:
        return f"to {to}"
    if terms.is_destroyed:
        return "to be destroyed"
    if not terms.restricts:
        return "to carry the note"
    return "to be kept and not used" if purpose is Purpose.RESTRICTION else "not to be used"
