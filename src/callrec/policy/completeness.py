"""Whether a request says what its purpose asks for, and nothing that cannot be [policy 4(b)-(i)].

    a request says each further particular of its purpose         missing_further
    and none that belongs to another purpose                      _check_belongs
    what may be unknown is said to be; what may not, is not       _read
    a necessity, a prejudice, what is to be learned: a sentence   _read
    nothing was received, or agreed to, on a day to come          _check_day
    no call is later than the request about it, or the agreement  _check_day
    no answer is due before the request was received              _check_day
    no request was received before the law by which it is due     _check_day
    only a court's order sets the day of the answer, and does     is_asked

`particulars.take_particulars` is the only way to a request's particulars, and it asks all of these.
Each refusal cites what the purpose rests on.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, assert_never

from callrec.errors import NotFound, Refused, Unusable
from callrec.policy.clause import Clause
from callrec.policy.further import (
    ASKED,
    COURT_ORDER,
    MOST_AGREEMENT_BYTES,
    NONE,
    Asked,
    Further,
    Kind,
)
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.reason import LEAST_CHARACTERS, LEAST_WORDS, is_sentence
from callrec.policy.when import parse_day
from callrec.policy.working_days import FIRST_YEAR

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from callrec.errors import Source

_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What answers are held against."""

    today: date
    """In the practice's time zone."""
    logins: Collection[str]
    """Of everybody in the practice."""
    call_on: date | None = None
    """The day of the call; None where it is unknown."""


def is_asked(field: Further, said: Mapping[Further, str]) -> bool:
    """Whether the answers so far leave a further particular to be asked for.

    Only a court's order sets a day for the answer.
    """
    if field is not Further.ANSWER_BY:
        return True
    return said.get(Further.LEGAL_BASIS, "").strip().casefold() == COURT_ORDER


def missing_further(purpose: Purpose, given: Mapping[Further, str]) -> tuple[Further, ...]:
    """What the purpose asks for and nobody said, in the order in which it is asked for.

    A full stop says nothing.
    """
    return tuple(
        field
        for field in TERMS[purpose].further
        if is_asked(field, given)
        and not ASKED[field].usually
        and not _says_something(given.get(field, ""))
    )


def take_further(purpose: Purpose, given: Mapping[Further, str], known: Known) -> Mapping[str, str]:
    """The further particulars of a purpose, in their form, as they are sealed.

    Args:
        purpose: what the recordings are for.
        given: what was typed; nothing that `missing_further` names is missing.
        known: what the answers are held against.

    Raises:
        Refused: one of the rules says no.
        Unusable: an answer is none of those that there are, or no date.
        NotFound: nobody has that login.
    """
    _check_belongs(purpose, given)
    said: dict[Further, str] = {}
    for field in TERMS[purpose].further:
        if is_asked(field, said):
            text = given.get(field, "") or ASKED[field].usually
            said[field] = take_answer(purpose, field, text, said=said, known=known)
    return {str(field): text for field, text in said.items()}


def take_answer(
    purpose: Purpose, field: Further, text: str, *, said: Mapping[Further, str], known: Known
) -> str:
    """One further particular in its form, held against what was said before it.

    Args:
        purpose: what the recordings are for.
        field: which one.
        text: as typed; of a file, its text.
        said: those that come before it, in their form.
        known: what else it is held against.

    Raises:
        Refused, Unusable, NotFound: as for `take_further`.
    """
    if not _says_something(text):
        raise Refused(
            f"the request does not say: {field}",
            clause=TERMS[purpose].asked_under,
            hint=f"give {ASKED[field].option}",
        )
    answer = _read(purpose, field, text, known)
    if ASKED[field].kind is Kind.DAY:
        _check_day(purpose, field, date.fromisoformat(answer), said, known)
    return answer


def _says_something(text: str) -> bool:
    return any(map(str.isalnum, text))


def _check_belongs(purpose: Purpose, given: Mapping[Further, str]) -> None:
    """All data are used for specific purposes only [policy 1].

    Raises:
        Refused: something was given that the purpose does not ask for.
    """
    foreign = [field for field in given if field not in TERMS[purpose].further]
    if foreign:
        raise Refused(
            f"a request for {purpose} does not carry: {', '.join(foreign)}",
            clause=Clause.SPECIFIC_PURPOSES,
            hint="leave it out, or make a request for the purpose that it belongs to",
        )
    if Further.ANSWER_BY in given and not is_asked(Further.ANSWER_BY, given):
        raise Refused(
            "only a court's order sets the day of the answer",
            clause=TERMS[purpose].asked_under,
            hint=f"leave --answer-by out, or give --legal-basis {COURT_ORDER}",
        )


def _read(purpose: Purpose, field: Further, text: str, known: Known) -> str:
    asked, clause = ASKED[field], TERMS[purpose].asked_under
    word = clean(text).casefold()
    if word == _UNKNOWN and not asked.may_be_unknown:
        raise Refused(
            f"this cannot be unknown: {field}", clause=clause, hint=f"give {asked.option}"
        )
    if word == _UNKNOWN or (word == NONE and asked.may_be_none):
        return word
    return _in_form(field, text, known, clause)


def _in_form(field: Further, text: str, known: Known, clause: Source) -> str:
    asked = ASKED[field]
    match asked.kind:
        case Kind.TEXT:
            return clean(text)
        case Kind.SENTENCE:
            return _sentence(field, asked, clean(text), clause)
        case Kind.DAY:
            return parse_day(clean(text), known.today, what=asked.option.split()[0]).isoformat()
        case Kind.LOGIN:
            return _login(asked, clean(text), known)
        case Kind.CHOICE:
            return _choice(field, asked, clean(text).casefold())
        case Kind.FILE:
            return _whole(asked, text)
        case _:
            assert_never(asked.kind)


def _sentence(field: Further, asked: Asked, text: str, clause: Source) -> str:
    if not is_sentence(text):
        raise Refused(
            f"the {field} is not a sentence",
            clause=clause,
            hint=f"say it in at least {LEAST_CHARACTERS} characters"
            f" and {LEAST_WORDS} different words: {asked.option}",
        )
    return text


def _login(asked: Asked, text: str, known: Known) -> str:
    if text not in known.logins:
        raise NotFound(
            "nobody has that login", hint=f"run callrec user list, then give {asked.option}"
        )
    return text


def _choice(field: Further, asked: Asked, word: str) -> str:
    if word not in asked.choices:
        raise Unusable(
            f"that is none of the answers: {field}", hint=f"one of: {', '.join(asked.choices)}"
        )
    return word


def _whole(asked: Asked, text: str) -> str:
    """Kept to the byte, so that its SHA-256 in the log is the file's own."""
    if len(text.encode()) > MOST_AGREEMENT_BYTES:
        raise Unusable(
            f"the agreement is longer than {MOST_AGREEMENT_BYTES // 1024} KiB of text",
            hint=f"give its text alone: {asked.option}",
        )
    return text


def _check_day(
    purpose: Purpose, field: Further, day: date, said: Mapping[Further, str], known: Known
) -> None:
    """Nothing that has happened is to come, and nothing comes before what it is about.

    Raises:
        Refused: the days contradict each other.
    """
    why = ""
    if field is Further.ANSWER_BY:
        if day < date.fromisoformat(said[Further.RECEIVED]):
            why = "no answer is due before the request was received"
    elif day > known.today:
        why = f"this is on a day to come: {field}"
    elif field is Further.RECEIVED and day.year < FIRST_YEAR:
        why = f"this is before {FIRST_YEAR}, and no clock here is as old as that: {field}"
    elif known.call_on is not None and day < known.call_on:
        why = f"this is earlier than the call: {field}"
    if why:
        raise Refused(
            why,
            clause=TERMS[purpose].asked_under,
            hint=f"look at the dates again: {ASKED[field].option}",
        )


def clean(text: str) -> str:
    """Text of our own: NFC, no space at its ends, one between its words."""
    return " ".join(unicodedata.normalize("NFC", text).split())
