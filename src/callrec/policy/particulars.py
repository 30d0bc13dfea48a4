"""What every request says: the six particulars of 4(b), in order, and its purpose's further ones.

The policy adds "if known" and "where possible": so "unknown" is an answer, never an empty field.
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
from callrec.policy.words import check_reason, in_words


class Unknown(StrEnum):
    """The answer where something is not known. As text it is the word that people type."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
_WORD: Final = re.compile(r"\w[\w.@-]*")
"""A possible login, without brackets and commas."""


PARTIES: Final[Mapping[Purpose, str]] = {
    Purpose.DECEASED: "the patient who died and of the others on the call"
}
"""Whose names the parties are, where one of them is the reason for the request."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answers:
    """The answers of the person who asks; None or empty: no answer. Its repr shows nothing."""

    reason: str | None = None
    """A sentence."""
    day: date | Unknown | None = None
    """Of the call."""
    times: TimeRange | Unknown | None = None
    """Of the call."""
    extension: str | None = None
    number: str | None = None
    """In any spelling; E.164 before `read_particulars`."""
    parties: tuple[str, ...] = ()
    """Their names, or "unknown" alone."""
    about: str | None = None
    """Any other information on the nature of the call."""
    further: Mapping[FurtherParticular, str] = field(default_factory=dict)
    """As typed; of a file, `KeptFile.as_text`."""
    agreement: bytes | None = None
    """The file of the written agreement, to the byte."""


NO_ANSWERS: Final = Answers()
"""Nothing was answered."""


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
    """The further particulars (policy/further.py): days in ISO 8601, choices by code."""

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names of the people whom it is about, as typed.

        Where only staff can be meant, each word may be a login: "mia (reception)".
        """
        named = [(QUESTIONS[FurtherParticular(name)], text) for name, text in self.further.items()]
        logins = (
            word for asked, text in named if asked.names_staff for word in _WORD.findall(text)
        )
        names = (text for asked, text in named if asked.names_subject)
        return tuple(dict.fromkeys((*names, *logins)))

    def as_json(self) -> dict[str, Any]:
        """As sealed, and as hashed for the request's digest.

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
        """Read it back, without asking the rules of today; Tampered if it is not `as_json`'s."""
        try:
            day, times, parties = value["date"], value["time"], value["parties"]
            read = cls(
                reason=_read_text(value["reason"]),
                day=UNKNOWN if day == UNKNOWN else date.fromisoformat(_read_text(day)),
                times=UNKNOWN if times == UNKNOWN else _read_times(times),
                extension=_or_unknown(_read_text(value["extension"])),
                number=_or_unknown(_read_text(value["number"])),
                parties=UNKNOWN if parties == UNKNOWN else _read_texts(parties),
                about=_read_text(value["about"]),
                further={
                    str(FurtherParticular(name)): _read_text(text)
                    for name, text in dict(value["further"]).items()
                },
            )
        except (KeyError, TypeError, ValueError, Unusable):
            read = None
        if read is None or read.as_json() != value:
            raise Tampered("a request's particulars are not in their form")
        return read


def read_particulars(
    purpose: Purpose, answers: Answers, *, today: date, logins: Collection[str]
) -> Particulars:
    """Check the answers and make them a request's particulars.

    The number is E.164, "unknown" or empty. Refused without a proper reason, where something is
    neither given nor "unknown", or by the purpose's own rules (policy/completeness.py). Unusable if
    the parties are named and unknown at once; otherwise as `read_further`.
    """
    taken = replace(
        answers,
        reason=normalise_text(answers.reason or ""),
        extension=normalise_text(answers.extension or ""),
        number=normalise_text(answers.number or ""),
        parties=tuple(filter(None, map(normalise_text, answers.parties))),
        about=normalise_text(answers.about or ""),
    )
    _check_complete(purpose, taken)
    check_reason(answers.reason, Clause.FORMALLY_AUTHORISED)
    day, times = taken.day or UNKNOWN, taken.times or UNKNOWN
    call_on = None if isinstance(day, Unknown) else day
    check_not_in_future(call_on, today)
    known = AnswerContext(today=today, logins=logins, call_on=call_on)
    return Particulars(
        reason=taken.reason or "",
        day=day,
        times=times,
        extension=_or_unknown(taken.extension or ""),
        number=_or_unknown(taken.number or ""),
        parties=_named_or_unknown(taken.parties),
        about=taken.about or "",
        further=read_further(purpose, taken.further, known),
    )


def with_changes(particulars: Particulars, changes: Answers) -> Answers:
    """The answers of a changed request; an empty change leaves the old answer.

    The day that a court's order set goes if the order does.
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
        agreement=changes.agreement,
    )


def _check_complete(purpose: Purpose, answers: Answers) -> None:
    """One refusal names everything that is missing, and what to type."""
    five = {
        "date": answers.day,
        "time": answers.times,
        "extension": answers.extension,
        "number": answers.number,
        "party": answers.parties,
    }
    missing = [name for name, value in five.items() if not value]
    further = missing_further(purpose, answers.further)
    if not missing and not further:
        return
    hints = []
    if missing:
        options = " ".join(f"--{name} {UNKNOWN}" for name in missing)
        hints.append(f"give what is known, and say of the rest that it is not: {options}")
    if "party" in missing and purpose in PARTIES:
        hints.append(f"--party is the name of {PARTIES[purpose]}")
    if further:
        hints.append(f"give {' '.join(QUESTIONS[each].option for each in further)}")
    raise Refused(
        f"the request does not say: {', '.join(map(in_words, [*missing, *further]))}",
        clause=Clause.FORMALLY_AUTHORISED if missing else TERMS[purpose].asked_under,
        hint="; ".join(hints),
    )


def check_not_in_future(call_on: date | None, today: date) -> None:
    """A request is for a past call [policy 4(b)]."""
    if call_on is not None and call_on > today:
        raise Refused(
            "the day of the call is in the future",
            clause=Clause.FORMALLY_AUTHORISED,
            hint=f"give the day on which it was, or say {UNKNOWN}",
            option="--date D",
        )


def _or_unknown(text: str) -> str | Unknown:
    return UNKNOWN if text.casefold() == UNKNOWN else text


def _named_or_unknown(names: tuple[str, ...]) -> tuple[str, ...] | Unknown:
    if UNKNOWN not in map(_or_unknown, names):
        return names
    if len(names) > 1:
        raise Unusable(
            "the parties are named and unknown at once",
            hint="name those who are known: --party NAME; say --party unknown only if nobody is",
        )
    return UNKNOWN


def _listed(answer: TimeRange | tuple[str, ...] | Unknown) -> str | list[str]:
    match answer:
        case Unknown():
            return str(answer)
        case TimeRange(first, last):
            return [f"{first:%H:%M}", f"{last:%H:%M}"]
        case _:
            return list(answer)


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _read_times(value: object) -> TimeRange:
    first, last = map(time.fromisoformat, _read_texts(value))
    return TimeRange(first, last)


def _read_texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_read_text, value))
