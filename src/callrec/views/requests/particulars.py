"""What a request says: what each purpose means, and what was typed of it, as answers.

A terminal and the desk ask for the same: the answers have the names of the policy's particulars.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from callrec.dataclass import dataclass
from callrec.errors import Unusable
from callrec.policy.days import DayRange, TimeRange, day_in_words, parse_days, parse_times
from callrec.policy.further import QUESTIONS, FurtherParticular
from callrec.policy.particulars import PARTIES, UNKNOWN, Answers, Unknown, check_not_in_future
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.role import Power
from callrec.policy.words import some_of

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice

PURPOSE_MEANINGS: Final[Mapping[Purpose, str]] = {
    Purpose.PROTECT_PARTIES: "protect the interests of both parties",
    Purpose.PERFORMANCE: "improve the practice's performance",
    Purpose.TRAINING: "train staff",
    Purpose.ABUSIVE_CALL: "protect staff from an abusive or nuisance call",
    Purpose.COMPLAINT: "establish the facts of a complaint about care or service",
    Purpose.MEDICO_LEGAL: "a medico-legal claim",
    Purpose.DISCIPLINARY: "an employee's telephone conduct",
    Purpose.REGULATORY: "a regulator's investigation",
    Purpose.SUBJECT_ACCESS: "someone wants their own calls",
    Purpose.OUTSIDE_BODY: "the police or another outside body",
    Purpose.DECEASED: "the record of somebody who has died",
    Purpose.ERASURE: "someone wants their calls erased",
    Purpose.PORTABILITY: "someone wants their calls in a form for computers",
    Purpose.RECTIFICATION: "someone says that something in a call is wrong",
    Purpose.RESTRICTION: "someone wants their calls kept and not used",
    Purpose.OBJECTION: "someone objects to the use of their calls",
}
"""What each purpose is for, in a line."""


def six_questions(purpose: Purpose) -> Mapping[str, tuple[str, str]]:
    """The particulars of 4(b) that follow the reason: how each is asked for, and what may be said.

    By the name under which it is typed.
    """
    return {
        "on": ("Date of the call", "4/1/2024, 4/1/2024 to 31/1/2024, or unknown"),
        "at": ("Time of the call", "14:05, 14:00-14:30, or unknown"),
        "extension": ("Telephone extension used", "201, or unknown"),
        "number": ("External number", "in any spelling, or unknown"),
        "party": (f"Names of {PARTIES.get(purpose, 'all parties')}", "or unknown"),
        "about": ("Anything else about the call", "or none"),
    }


FURTHER_NAMES: Final[Mapping[FurtherParticular, str]] = {
    each: each.replace("-", "_") for each in FurtherParticular
}
"""The name in Python of each further particular's option."""

BETWEEN: Final = "; "
"""What stands between several answers to one question."""


def as_answers(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, several answers to one question as they are typed to that."""
    since, until = typed["since"] or [], typed["until"] or []
    if len(since) != len(until) and (len(since), len(until)) != (1, 0):
        raise Unusable("each --from has its --to", hint="give them in pairs: --from DATE --to DATE")
    spans = [f"{first} to {last}" for first, last in zip_longest(since, until, fillvalue="today")]
    several = {"on": [*(typed["on"] or []), *spans]}
    several |= {name: typed[name] or [] for name in ("extension", "number")}
    joined = {name: BETWEEN.join(texts) or None for name, texts in several.items()}
    others = {name: text for name, text in typed.items() if name not in ("since", "until")}
    return {**others, **joined}


def read_answers(
    practice: Practice, typed: Mapping[str, Any], agreement: bytes | None = None
) -> Answers:
    """What was typed, and no more: the policy's refusal names all that is missing."""
    from callrec.practice import today

    days, times, further = typed["on"], typed["at"], further_of(typed)
    further.pop(FurtherParticular.AGREEMENT, None)  # its bytes are read, not its name
    return Answers(
        reason=typed["reason"],
        days=read_days(days, today(practice), "--date") if days else None,
        times=read_times(times) if times else None,
        extensions=several(typed["extension"] or ""),
        numbers=several(typed["number"] or ""),
        parties=tuple(typed["party"] or ()),
        names=tuple(typed["name"] or ()),
        person=typed.get("person"),
        about=typed["about"],
        further=further,
        agreement=agreement,
    )


@dataclass(frozen=True, slots=True)
class KnownOfCalls:
    """What recordings that are named say of a request, besides what was typed."""

    typed: dict[str, Any]
    may_see: bool = True
    """False: somebody who may not search has to say what they know of the call."""
    notes: tuple[str, ...] = ()
    """What was taken from them, and what was not."""


def known_of_calls(
    practice: Practice,
    actor: Actor,
    purpose: Purpose,
    *,
    recordings: Sequence[int],
    typed: dict[str, Any],
) -> KnownOfCalls:
    """What was typed, and what the named recordings say to a person who may see it.

    Not where a law wants every recording: such a request describes more than those that are named.
    """
    from callrec.practice import powers
    from callrec.search.show import common_facts

    wanted = [name for name in ("on", "at", "extension", "number") if typed[name] is None]
    if not recordings or not wanted or TERMS[purpose].is_owed_whole:
        return KnownOfCalls(typed)
    which = f"recording {some_of(recordings)}"
    if Power.SEARCH not in powers(practice, actor):
        refused = f"you may not see {which}: say what you know of the call"
        return KnownOfCalls(typed, may_see=False, notes=(refused,))
    known = common_facts(practice, actor, recordings)
    taken = {
        "on": (known.day and f"{known.day}", known.day and day_in_words(known.day)),
        "at": (known.at and f"{known.at:%H:%M}", known.at and f"{known.at:%H:%M}"),
        "extension": (known.extension, f"extension {known.extension}"),
    }
    taken = {name: each for name, each in taken.items() if name in wanted and each[0]}
    notes = []
    if taken:
        words = ", ".join(str(words) for _, words in taken.values())
        notes.append(f"taken from {which}: {words}")
    answers: dict[str, Any] = {name: answer for name, (answer, _) in taken.items()}
    if "number" in wanted:
        notes.append(
            f"the number of {which} is not shown to you, and is not needed here;"
            " if you know it, give it by --number"
        )
        answers["number"] = UNKNOWN
    return KnownOfCalls({**typed, **answers}, notes=tuple(notes))


def with_person(
    practice: Practice, actor: Actor, typed: dict[str, Any], *, request: str | None = None
) -> dict[str, Any]:
    """What was typed, and where ``--subject S-3`` names a person, what the register says of them.

    That it was looked up is on record: for the request's reason, or under the request.
    """
    named = str(typed["subject"] or "").strip().upper()
    if not re.fullmatch(r"S-[0-9]+", named):
        return typed
    from callrec.search.subjects import record_of

    reference = f"S-{int(named[2:])}"
    known = record_of(practice, actor, reference, reason=typed["reason"], request=request)
    said = [each for each in several(typed["number"] or "") if each.casefold() != UNKNOWN]
    return {
        **typed,
        "subject": known.names[0],
        "person": reference,
        "number": BETWEEN.join([*said, *known.numbers]) or UNKNOWN,
        "name": [*(typed["name"] or ()), *known.names],
    }


def further_of(typed: Mapping[str, Any]) -> dict[FurtherParticular, str]:
    """What was typed; of a file its name. A choice of two stands for its code."""
    answers = dict[FurtherParticular, str]()
    for field, name in FURTHER_NAMES.items():
        answer = typed.get(name)
        if isinstance(answer, bool):
            first, second = QUESTIONS[field].choices
            answers[field] = first if answer else second
        elif answer is not None:
            answers[field] = str(answer)
    return answers


def read_days(text: str, on: date, what: str = "that") -> tuple[DayRange, ...] | Unknown:
    """Days as they were typed, several with ; between them; relative ones seen from ``on``."""
    if text.strip().casefold() == UNKNOWN:
        return UNKNOWN
    return tuple(parse_days(each, on, what=what) for each in several(text))


def read_past_days(text: str, on: date) -> tuple[DayRange, ...] | Unknown:
    """The same, none of them to come."""
    days = read_days(text, on)
    check_not_in_future(days, on)
    return days


def read_times(text: str) -> TimeRange | Unknown:
    """A time of day, or from one to another."""
    return UNKNOWN if text.strip().casefold() == UNKNOWN else parse_times(text)


def several(text: str) -> tuple[str, ...]:
    """The answers that were typed with ; between them."""
    return tuple(filter(None, (each.strip() for each in text.split(BETWEEN.strip()))))


def read_about(text: str) -> str:
    """What else is known of the call."""
    return "" if text.strip().casefold() == "none" else text
