"""What every request says: the six particulars of 4(b), in order, and its purpose's further ones.

The policy adds "if known" and "where possible": so "unknown" is an answer, never an empty field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, time
from enum import StrEnum
from typing import Any, Final

from callrec.dataclass import dataclass, field, replace
from callrec.errors import Refused, Tampered, Unusable
from callrec.policy.clause import Clause
from callrec.policy.completeness import (
    AnswerContext,
    is_asked,
    missing_further,
    normalise_text,
    read_further,
)
from callrec.policy.days import DayRange, TimeRange, read_days
from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.words import check_reason, in_words


class Unknown(StrEnum):
    """The answer where something is not known. As text it is the word that people type."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

WITHHELD: Final = "withheld"
"""In a number's place: somebody called and showed none, within the days of the request; or
``withheld 2024-03-01/2024-03-31``, within days of its own."""


DIGITS: Final = "digits"
"""Before a number that cannot be one as it stands, ``digits 946012``: calls are found by what their
telephone system wrote, digit by digit."""


def sought(number: str) -> str:
    """A number of a request as calls have it."""
    return number.removeprefix(f"{DIGITS} ")


def days_withheld(number: str) -> DayRange | None:
    """The days of its own that `WITHHELD` has in a number's place; None if it has none."""
    word, _, days = number.partition(" ")
    return read_days(days) if word == WITHHELD and days else None


def is_withheld(number: str) -> bool:
    """Whether `WITHHELD` stands in a number's place."""
    return number.partition(" ")[0] == WITHHELD


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
    days: tuple[DayRange, ...] | Unknown | None = None
    """Of the calls."""
    times: TimeRange | Unknown | None = None
    """Of the call."""
    extensions: tuple[str, ...] = ()
    """Or "unknown" alone, as of the next two."""
    numbers: tuple[str, ...] = ()
    """In any spelling; E.164 before `read_particulars`. `WITHHELD`: of callers who showed none."""
    parties: tuple[str, ...] = ()
    """Their names."""
    names: tuple[str, ...] = ()
    """Under which the calls of the person whom it is about may be found."""
    person: str | None = None
    """Whom on the register it is about, ``S-3``."""
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
    days: tuple[DayRange, ...] | Unknown
    """Of the call, in the practice's time zone: any of these."""
    times: TimeRange | Unknown
    extensions: tuple[str, ...] | Unknown
    """Any of these."""
    numbers: tuple[str, ...] | Unknown
    """The outside party's, as E.164, or `WITHHELD`: any of these."""
    parties: tuple[str, ...] | Unknown
    about: str
    """Any other information; may be empty."""
    further: Mapping[str, str] = field(default_factory=dict)
    """The further particulars (policy/further.py): days in ISO 8601, choices by code."""
    names: tuple[str, ...] = ()
    """Where a law gives somebody a right to all their calls: what else these are found by."""
    person: str = ""
    """``S-3``: whom on the register it is about, whose names and numbers were taken from there."""

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
        return tuple(dict.fromkeys((*names, *self.names, *logins)))

    @property
    def all_days(self) -> tuple[DayRange, ...] | Unknown:
        """The days, and those that withheld numbers have of their own."""
        if isinstance(self.days, Unknown) or isinstance(self.numbers, Unknown):
            return self.days
        return (*self.days, *filter(None, map(days_withheld, self.numbers)))

    @property
    def since(self) -> date | None:
        """The first of the days; None where they are not known."""
        return None if isinstance(self.days, Unknown) else min(each.first for each in self.days)

    def as_json(self) -> dict[str, Any]:
        """As sealed, and as hashed for the request's digest.

        Law: ``Particulars.from_json(p.as_json()) == p``.
        """
        return {
            "reason": self.reason,
            "date": _one_or_several(self.days),
            "time": _listed(self.times),
            "extension": _one_or_several(self.extensions),
            "number": _one_or_several(self.numbers),
            "parties": _listed(self.parties),
            "about": self.about,
            "further": {str(name): self.further[name] for name in sorted(self.further)},
            **({"names": list(self.names)} if self.names else {}),
            **({"person": self.person} if self.person else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Particulars:
        """Read it back, without asking the rules of today; Tampered if it is not `as_json`'s."""
        try:
            days, times, parties = value["date"], value["time"], value["parties"]
            read = cls(
                reason=_read_text(value["reason"]),
                days=UNKNOWN if days == UNKNOWN else tuple(map(read_days, _read_several(days))),
                times=UNKNOWN if times == UNKNOWN else _read_times(times),
                extensions=_known_or_unknown(_read_several(value["extension"])),
                numbers=_known_or_unknown(_read_several(value["number"])),
                parties=UNKNOWN if parties == UNKNOWN else _read_texts(parties),
                about=_read_text(value["about"]),
                further={
                    str(FurtherParticular(name)): _read_text(text)
                    for name, text in dict(value["further"]).items()
                },
                names=_read_texts(value.get("names", [])),
                person=_read_person(value.get("person", "")),
            )
            for number in () if isinstance(read.numbers, Unknown) else read.numbers:
                days_withheld(number)
        except (KeyError, TypeError, ValueError, Unusable):
            read = None
        if read is None or read.as_json() != value:
            raise Tampered("a request's particulars are not in their form")
        return read


def read_particulars(
    purpose: Purpose, answers: Answers, *, today: date, logins: Collection[str]
) -> Particulars:
    """Check the answers and make them a request's particulars.

    Numbers are E.164, `DIGITS` with some, `WITHHELD` or "unknown". Refused without a proper reason,
    where something is neither given nor "unknown", or by the purpose's own rules
    (policy/completeness.py). Unusable if something is given and unknown at once; otherwise as
    `read_further`.
    """
    taken = replace(
        answers,
        reason=normalise_text(answers.reason or ""),
        extensions=_tidy(answers.extensions),
        numbers=_tidy(answers.numbers),
        parties=_tidy(answers.parties),
        names=_tidy(answers.names),
        about=normalise_text(answers.about or ""),
    )
    _check_complete(purpose, taken)
    check_reason(answers.reason, Clause.FORMALLY_AUTHORISED)
    days = taken.days or UNKNOWN
    check_not_in_future(days, today)
    check_not_in_future(tuple(filter(None, map(days_withheld, taken.numbers))), today)
    _check_sought(purpose, taken)
    read = Particulars(
        reason=taken.reason or "",
        days=days if isinstance(days, Unknown) else tuple(dict.fromkeys(days)),
        times=taken.times or UNKNOWN,
        extensions=_known_or_unknown(taken.extensions, "extension"),
        numbers=_known_or_unknown(taken.numbers, "number"),
        parties=_known_or_unknown(taken.parties, "party"),
        about=taken.about or "",
        names=taken.names,
        person=taken.person or "",
    )
    known = AnswerContext(today=today, logins=logins, call_on=read.since)
    return replace(read, further=read_further(purpose, taken.further, known))


def _tidy(texts: Iterable[str]) -> tuple[str, ...]:
    """None empty, none twice."""
    return tuple(filter(None, dict.fromkeys(map(normalise_text, texts))))


def _check_sought(purpose: Purpose, answers: Answers) -> None:
    """What is looked for without a number has days; names are a law's purposes' alone."""
    if WITHHELD in answers.numbers and not isinstance(answers.days, tuple):
        raise Refused(
            "withheld numbers are searched for within some days",
            clause=Clause.NO_BROWSING,
            hint="say which days",
            option='--number "withheld 1/3/2024 to 31/3/2024", or --date DATE',
        )
    if answers.person and FurtherParticular.SUBJECT not in TERMS[purpose].further:
        raise Refused(
            f"nobody's own calls are asked for where it is about {TERMS[purpose].in_words}",
            clause=Clause.SPECIFIC_PURPOSES,
            hint="say what is known of the call",
            option="--number NUMBER",
        )
    if answers.names and not TERMS[purpose].has_statutory_clock:
        raise Refused(
            f"nobody's own names are asked for where it is about {TERMS[purpose].in_words}",
            clause=Clause.SPECIFIC_PURPOSES,
            hint="say who took part in the call",
            option="--party NAME",
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

    def before(known: tuple[str, ...] | Unknown) -> tuple[str, ...]:
        return (UNKNOWN,) if isinstance(known, Unknown) else known

    return Answers(
        reason=changes.reason or particulars.reason,
        days=changes.days or particulars.days,
        times=changes.times or particulars.times,
        extensions=changes.extensions or before(particulars.extensions),
        numbers=changes.numbers or before(particulars.numbers),
        parties=changes.parties or before(particulars.parties),
        names=changes.names or particulars.names,
        person=changes.person
        or ("" if FurtherParticular.SUBJECT in changes.further else particulars.person),
        about=particulars.about if changes.about is None else changes.about,
        further=further,
        agreement=changes.agreement,
    )


def are_about_one_person(one: Particulars, other: Particulars) -> bool:
    """Whether two requests are surely about the same data subject [UK GDPR 15(4)].

    By the person on the register, where either names one. A name alone may be a namesake's: where
    neither does, a telephone number is the same, too.
    """
    if one.person or other.person:
        return one.person == other.person
    name, theirs = (each.further.get(FurtherParticular.SUBJECT) for each in (one, other))
    is_named_so = name is not None and name == theirs
    return is_named_so and not _numbers_shown(one).isdisjoint(_numbers_shown(other))


def _numbers_shown(particulars: Particulars) -> frozenset[str]:
    numbers = () if isinstance(particulars.numbers, Unknown) else particulars.numbers
    return frozenset(number for number in numbers if not is_withheld(number))


def _check_complete(purpose: Purpose, answers: Answers) -> None:
    """One refusal names everything that is missing, and what to type."""
    five = {
        "date": answers.days,
        "time": answers.times,
        "extension": answers.extensions,
        "number": answers.numbers,
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


def check_not_in_future(days: tuple[DayRange, ...] | Unknown, today: date) -> None:
    """A request is for past calls [policy 4(b)]."""
    if not isinstance(days, Unknown) and any(each.last > today for each in days):
        raise Refused(
            "the day of the call is in the future",
            clause=Clause.FORMALLY_AUTHORISED,
            hint=f"give the day on which it was, or say {UNKNOWN}",
            option="--date D",
        )


def _known_or_unknown(texts: tuple[str, ...], what: str = "") -> tuple[str, ...] | Unknown:
    if UNKNOWN not in map(str.casefold, texts):
        return texts
    if len(texts) > 1:
        raise Unusable(
            f"the {what} is given and unknown at once",
            hint=f"give what is known; say --{what} {UNKNOWN} only if nothing is",
        )
    return UNKNOWN


def _one_or_several(known: tuple[object, ...] | Unknown) -> str | list[str]:
    """Of one thing its text; of several a list."""
    texts = [str(known)] if isinstance(known, Unknown) else list(map(str, known))
    return texts if len(texts) > 1 else texts[0]


def _read_several(value: object) -> tuple[str, ...]:
    return _read_texts(value) if isinstance(value, list) else (_read_text(value),)


def _read_person(value: object) -> str:
    text = _read_text(value)
    if text and not re.fullmatch(r"S-[1-9][0-9]*", text):
        raise ValueError
    return text


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
