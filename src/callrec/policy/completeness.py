"""Whether a request says what its purpose asks for, and nothing that cannot be [policy 4(b)-(i)].

    a request says each further particular of its purpose         missing_further
    and none that belongs to another purpose                      read_further
    "unknown" is an answer only where it may be                   _read
    "not checked" is no proof of anything                         _read
    a necessity, a prejudice, what is to be learned: a sentence   _read
    nothing was received, or agreed to, on a day to come          _check_day
    no call is later than the request about it, or the agreement  _check_day
    no answer is due before the request was received              _check_day
    no request was received before the law by which it is due     _check_day
    only a court's order sets the day of the answer, and does     is_asked

`particulars.read_particulars` is the only way to a request's particulars, and it asks all of these.
Each refusal cites what the purpose rests on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import NotFound, Refused, Source, Unusable
from callrec.policy.clause import Clause
from callrec.policy.days import FIRST_YEAR, parse_day
from callrec.policy.further import (
    COURT_ORDER,
    MAX_AGREEMENT_MIB,
    NO_AUTHORITY,
    QUESTIONS,
    AnswerKind,
    FurtherParticular,
    KeptFile,
)
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.words import MIN_REASON_CHARACTERS, MIN_REASON_WORDS, in_words, is_sentence

_UNKNOWN: Final = "unknown"

_NOT_PROVEN: Final = frozenset(
    {
        *("no", "none", "no one", "nobody", "nothing", "nil", "n/a", "na"),
        *("not applicable", "not checked", "not known", "not needed", "not proven", "not seen"),
        *("not shown", "not verified", "not yet", "pending", "unchecked", "unproven", "unverified"),
    }
)
"""What is typed where there is no proof; as an answer, it would count as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerContext:
    """What answers are held against."""

    today: date
    """In the practice's time zone."""
    logins: Collection[str]
    """Of everybody in the practice."""
    call_on: date | None = None
    """The day of the call; None where it is unknown."""


def is_asked(field: FurtherParticular, answers: Mapping[FurtherParticular, str]) -> bool:
    """Whether the answers so far leave a further particular to be asked for.

    Only a court's order sets a day for the answer.
    """
    if field is not FurtherParticular.ANSWER_BY:
        return True
    return answers.get(FurtherParticular.LEGAL_BASIS, "").strip().casefold() == COURT_ORDER


def missing_further(
    purpose: Purpose, given: Mapping[FurtherParticular, str]
) -> tuple[FurtherParticular, ...]:
    """What the purpose asks for and nobody answered, in the order in which it is asked for.

    A full stop says nothing.
    """
    return tuple(
        field
        for field in TERMS[purpose].further
        if is_asked(field, given)
        and not QUESTIONS[field].usually
        and not _has_a_word(given.get(field, ""))
    )


def read_further(
    purpose: Purpose, given: Mapping[FurtherParticular, str], known: AnswerContext
) -> Mapping[str, str]:
    """The further particulars of a purpose, in their form, as they are sealed.

    Nothing that `missing_further` names may be missing. Unusable if an answer is none of those that
    there are, or no date; NotFound if nobody has that login.
    """
    # All data are used for specific purposes only [policy 1].
    asked_for = TERMS[purpose].further
    foreign = [QUESTIONS[field].option_name for field in given if field not in asked_for]
    if foreign:
        raise Refused(
            f"you do not need {', '.join(foreign)} for {in_words(purpose)}",
            clause=Clause.SPECIFIC_PURPOSES,
            hint="leave it out, or make a request for the purpose that it belongs to",
        )
    if FurtherParticular.ANSWER_BY in given and not is_asked(FurtherParticular.ANSWER_BY, given):
        raise Refused(
            "only a court's order sets the day of the answer",
            clause=TERMS[purpose].asked_under,
            hint=f"leave --answer-by out, or give --legal-basis {COURT_ORDER}",
        )
    answers: dict[FurtherParticular, str] = {}
    for field in TERMS[purpose].further:
        if is_asked(field, answers):
            text = given.get(field) or QUESTIONS[field].usually
            answers[field] = read_answer(purpose, field, text, answers=answers, known=known)
    return {str(field): text for field, text in answers.items()}


def read_answer(
    purpose: Purpose,
    field: FurtherParticular,
    text: str,
    *,
    answers: Mapping[FurtherParticular, str],
    known: AnswerContext,
) -> str:
    """One further particular in its form, checked against the answers before it.

    ``answers`` are those that come before it, in their form; of a file the answer is what it is.
    Raises as `read_further`.
    """
    if not _has_a_word(text):
        raise Refused(
            f"the request does not say: {in_words(field)}",
            clause=TERMS[purpose].asked_under,
            option=QUESTIONS[field].option,
        )
    answer = _read(purpose, field, text, known)
    if QUESTIONS[field].kind is AnswerKind.DAY:
        _check_day(purpose, field, date.fromisoformat(answer), answers, known)
    return answer


def _has_a_word(text: str) -> bool:
    return any(map(str.isalnum, text))


def _read(purpose: Purpose, field: FurtherParticular, text: str, known: AnswerContext) -> str:
    asked, clause = QUESTIONS[field], TERMS[purpose].asked_under
    word = normalise_text(text).casefold()
    if word == _UNKNOWN and not asked.may_be_unknown:
        raise Refused(
            f"this cannot be unknown: {in_words(field)}", clause=clause, option=asked.option
        )
    if word == _UNKNOWN or (word == NO_AUTHORITY and asked.may_be_none):
        return word
    if asked.may_be_unknown and word.strip(" .") in _NOT_PROVEN:
        raise Refused(
            f"that proves nothing: {in_words(field)}",
            clause=clause,
            hint="unknown, if it has not come; or say what was seen, and by whom",
            option=asked.option,
        )
    return _in_form(field, text, known, clause)


def _in_form(field: FurtherParticular, text: str, known: AnswerContext, clause: Source) -> str:
    asked, tidy = QUESTIONS[field], normalise_text(text)
    match asked.kind:
        case AnswerKind.SENTENCE if not is_sentence(tidy):
            raise Refused(
                f"the {in_words(field)} is not a sentence",
                clause=clause,
                hint=f"say it in at least {MIN_REASON_CHARACTERS} characters"
                f" and {MIN_REASON_WORDS} different words",
                option=asked.option,
            )
        case AnswerKind.LOGIN if tidy not in known.logins:
            raise NotFound(
                "nobody has that login",
                hint="callrec user list shows the logins",
                option=asked.option,
            )
        case AnswerKind.CHOICE if tidy.casefold() not in asked.choices:
            raise Unusable(
                f"that is not one of the answers: {in_words(field)}",
                hint=f"one of: {', '.join(asked.choices)}",
            )
        case AnswerKind.FILE:
            return _file(KeptFile.from_text(tidy), asked.option)
        case AnswerKind.DAY:
            ahead = field is FurtherParticular.ANSWER_BY
            return parse_day(tidy, known.today, option=asked.option, ahead=ahead).isoformat()
        case AnswerKind.CHOICE:
            return tidy.casefold()
        case _:
            return tidy


def _file(file: KeptFile, option: str) -> str:
    if not file.size_bytes:
        raise Unusable("the agreement is an empty file", hint="give another", option=option)
    if file.size_bytes > MAX_AGREEMENT_MIB * 1024**2:
        raise Unusable(
            f"the agreement is larger than {MAX_AGREEMENT_MIB} MiB",
            hint="scan it again in grey, or with fewer dots to the inch",
            option=option,
        )
    return file.as_text()


def _check_day(
    purpose: Purpose,
    field: FurtherParticular,
    day: date,
    answers: Mapping[FurtherParticular, str],
    known: AnswerContext,
) -> None:
    """Nothing that has happened is to come, and nothing comes before what it is about."""
    why = ""
    if field is FurtherParticular.ANSWER_BY:
        if day < date.fromisoformat(answers[FurtherParticular.RECEIVED]):
            why = "no answer is due before the request was received"
    elif day > known.today:
        why = f"this day is in the future: {in_words(field)}"
    elif field is FurtherParticular.RECEIVED and day.year < FIRST_YEAR:
        why = f"this is before {FIRST_YEAR}, and no clock here is as old as that: {in_words(field)}"
    elif known.call_on is not None and day < known.call_on:
        why = f"this is earlier than the call: {in_words(field)}"
    if why:
        raise Refused(
            why,
            clause=TERMS[purpose].asked_under,
            hint="look at the dates again",
            option=QUESTIONS[field].option,
        )


def normalise_text(text: str) -> str:
    """Text of our own: NFC, no space at its ends, one between its words."""
    return " ".join(unicodedata.normalize("NFC", text).split())
