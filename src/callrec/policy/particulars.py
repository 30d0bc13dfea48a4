"""What every request says: the six particulars of 4(b), in its order, and its purpose's further.

The policy adds "if known" and "where possible": so "unknown" is something that one says, never an
empty field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import StrEnum
from typing import Any, Final

from callrec.errors import Refused, Tampered, Unusable
from callrec.policy.clause import Clause
from callrec.policy.completeness import (
    AnswerContext,
    is_asked,
    missing_further,
    normalise_text,
    read_further,
)
from callrec.policy.days import TimeRange
from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.words import check_reason


class Unknown(StrEnum):
    """Said of what is not known. As text it is what is typed."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

_WORD: Final = re.compile(r"\w[\w.@-]*")
"""What can be a login: brackets and commas are none of it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answers:
    """What whoever asks says. None or empty: nothing was said. Its repr shows nothing.

    Each of the five that may be unknown is said to be so by the word.
    """

    reason: str | None = None
    """A sentence."""
    day: date | Unknown | None = None
    """Of the call."""
    times: TimeRange | Unknown | None = None
    """Of the call."""
    extension: str | None = None
    number: str | None = None
    """In any spelling; E.164 once it is to be taken."""
    parties: tuple[str, ...] = ()
    """Their names, or "unknown" alone."""
    about: str | None = None
    """Any other information on the nature of the call."""
    further: Mapping[FurtherParticular, str] = field(default_factory=dict)
    """As typed; of a file, its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """A request's particulars, complete; `read_particulars` makes them."""

    reason: str
    day: date | Unknown
    """Of the call, in the practice's time zone."""
    times: TimeRange | Unknown
    extension: str | Unknown
    number: str | Unknown
    """The outside party's, as E.164."""
    parties: tuple[str, ...] | Unknown
    about: str
    """Any other information; may be empty."""
    further: Mapping[str, str] = field(default_factory=dict)
    """What the purpose asks for besides (policy/further.py): days in ISO 8601, choices by code."""

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names of those whom it is about, as they were said.

        Where only the staff can be meant, each word may be a login: "mia (reception)".
        """
        named = [(QUESTIONS[FurtherParticular(name)], text) for name, text in self.further.items()]
        logins = (
            word for asked, text in named if asked.names_staff for word in _WORD.findall(text)
        )
        said = (text for asked, text in named if asked.names_subject)
        return tuple(dict.fromkeys((*said, *logins)))

    def as_json(self) -> dict[str, Any]:
        """As it is sealed and stands in the request's digest.

        Law: ``Particulars.from_json(p.as_json()) == p``.
        """
        return {
            "reason": self.reason,
            "date": str(self.day),
            "time": _listed(self.times),
            "extension": str(self.extension),
            "number": str(self.number),
            "parties": _listed(self.parties),
            "about": self.about,
            "further": {str(name): self.further[name] for name in sorted(self.further)},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Particulars:
        """Read it back. The rules for making one are not asked again: they may have changed since.

        Raises:
            Tampered: it is not what `as_json` writes.
        """
        try:
            read = cls(
                reason=_read_text(value["reason"]),
                day=_read_day(value["date"]),
                times=_read_times(value["time"]),
                extension=_said(_read_text(value["extension"])),
                number=_said(_read_text(value["number"])),
                parties=_read_parties(value["parties"]),
                about=_read_text(value["about"]),
                further=_read_further(value["further"]),
            )
        except (KeyError, TypeError, ValueError, Unusable):
            read = None
        if read is None or read.as_json() != value:
            raise Tampered("a request's particulars are not in their form")
        return read


def read_particulars(
    purpose: Purpose, said: Answers, *, today: date, logins: Collection[str]
) -> Particulars:
    """Take what a request says: each of the five known or said to be unknown, the further complete.

    Args:
        purpose: what the recordings are for.
        said: what was said; its number is E.164, "unknown" or nothing.
        today: in the practice's time zone.
        logins: of everybody in the practice.

    Raises:
        Refused: the reason is none, something is neither given nor said to be unknown, or the
            purpose's own rules say no (policy/completeness.py).
        Unusable: the parties are named and unknown at once, or an answer is none that there is.
        NotFound: somebody is named by a login that nobody has.
    """
    taken = _tidied(said)
    _check_complete(purpose, taken)
    check_reason(said.reason, Clause.FORMALLY_AUTHORISED)
    day, times = taken.day or UNKNOWN, taken.times or UNKNOWN
    call_on = None if isinstance(day, Unknown) else day
    check_not_in_future(call_on, today)
    known = AnswerContext(today=today, logins=logins, call_on=call_on)
    return Particulars(
        reason=taken.reason or "",
        day=day,
        times=times,
        extension=_said(taken.extension or ""),
        number=_said(taken.number or ""),
        parties=_said_of_all(taken.parties),
        about=taken.about or "",
        further=read_further(purpose, taken.further, known),
    )


def with_changes(particulars: Particulars, changes: Answers) -> Answers:
    """What a request says with some of it said anew: nothing of a change means that it stands.

    A day that a court's order set goes with the order.
    """
    further = {FurtherParticular(name): text for name, text in particulars.further.items()}
    further |= changes.further
    if FurtherParticular.ANSWER_BY not in changes.further and not is_asked(
        FurtherParticular.ANSWER_BY, further
    ):
        further.pop(FurtherParticular.ANSWER_BY, None)
    parties = particulars.parties
    return Answers(
        reason=changes.reason or particulars.reason,
        day=changes.day or particulars.day,
        times=changes.times or particulars.times,
        extension=changes.extension or particulars.extension,
        number=changes.number or particulars.number,
        parties=changes.parties or ((UNKNOWN,) if isinstance(parties, Unknown) else parties),
        about=particulars.about if changes.about is None else changes.about,
        further=further,
    )


def _tidied(said: Answers) -> Answers:
    return replace(
        said,
        reason=normalise_text(said.reason or ""),
        extension=normalise_text(said.extension or ""),
        number=normalise_text(said.number or ""),
        parties=tuple(filter(None, map(normalise_text, said.parties))),
        about=normalise_text(said.about or ""),
    )


def _check_complete(purpose: Purpose, said: Answers) -> None:
    """One refusal names all that is missing, and what to type."""
    five = {
        "date": said.day,
        "time": said.times,
        "extension": said.extension,
        "number": said.number,
        "party": said.parties,
    }
    unsaid = [name for name, value in five.items() if not value]
    further = missing_further(purpose, said.further)
    if not unsaid and not further:
        return
    hints = []
    if unsaid:
        options = " ".join(f"--{name} {UNKNOWN}" for name in unsaid)
        hints.append(f"give what is known, and say of the rest that it is not: {options}")
    if further:
        hints.append(f"give {' '.join(QUESTIONS[each].option for each in further)}")
    raise Refused(
        f"the request does not say: {', '.join([*unsaid, *further])}",
        clause=Clause.FORMALLY_AUTHORISED if unsaid else TERMS[purpose].asked_under,
        hint="; ".join(hints),
    )


def check_not_in_future(call_on: date | None, today: date) -> None:
    """A call that is asked for has been [policy 4(b)].

    Raises:
        Refused: its day is to come.
    """
    if call_on is not None and call_on > today:
        raise Refused(
            "the call is on a day to come",
            clause=Clause.FORMALLY_AUTHORISED,
            hint=f"give the day on which it was, or say --date {UNKNOWN}",
        )


def _said(text: str) -> str | Unknown:
    return UNKNOWN if text.casefold() == UNKNOWN else text


def _said_of_all(names: tuple[str, ...]) -> tuple[str, ...] | Unknown:
    if UNKNOWN not in map(_said, names):
        return names
    if len(names) > 1:
        raise Unusable(
            "the parties are named and unknown at once",
            hint="name those who are known: --party NAME; say --party unknown only if nobody is",
        )
    return UNKNOWN


def _listed(said: TimeRange | tuple[str, ...] | Unknown) -> str | list[str]:
    match said:
        case Unknown():
            return str(said)
        case TimeRange(first, last):
            return [f"{first:%H:%M}", f"{last:%H:%M}"]
        case _:
            return list(said)


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _read_day(value: object) -> date | Unknown:
    text = _read_text(value)
    return UNKNOWN if text == UNKNOWN else date.fromisoformat(text)


def _read_times(value: object) -> TimeRange | Unknown:
    if value == UNKNOWN:
        return UNKNOWN
    first, last = map(time.fromisoformat, _read_texts(value))
    return TimeRange(first, last)


def _read_parties(value: object) -> tuple[str, ...] | Unknown:
    return UNKNOWN if value == UNKNOWN else _read_texts(value)


def _read_further(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError
    return {str(FurtherParticular(name)): _read_text(text) for name, text in value.items()}


def _read_texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_read_text, value))
