"""Letters that are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.policy.rights.letter import (
    LetterFacts,
    LetterKind,
    check_is_true,
    check_tells_nothing_kept,
    check_was_sent,
    check_words,
)

WRITTEN_ON: Final = date(2024, 1, 17)

ENDED_ON: Final = date(2024, 1, 18)


def facts(
    purpose: Purpose = Purpose.SUBJECT_ACCESS, state: RequestState = RequestState.SUBMITTED
) -> LetterFacts:
    """A request of which nothing was asked, extended or given."""
    return LetterFacts(
        reference="R-17",
        purpose=purpose,
        state=state,
        is_clarifying=False,
        is_extended=False,
        is_late=False,
        is_answered=False,
        is_erased=False,
    )


def sent(on: date, kind: LetterKind = LetterKind.ANSWER) -> None:
    dated = {"written_on": WRITTEN_ON, "ended_on": ENDED_ON, "today": date(2024, 1, 19)}
    check_was_sent(on, "R-17", 1, kind, **dated)


def tells(words: str, *kept: str) -> None:
    check_tells_nothing_kept(words, "R-17", kept=kept, contact="telephone 01632 960000")


DEEDS: Final[dict[str, Callable[[], object]]] = {
    "somebody writes that a denied request came": lambda: check_is_true(
        LetterKind.ACKNOWLEDGE, facts(state=RequestState.DENIED)
    ),
    "somebody writes what they ask, and did not record it": lambda: check_is_true(
        LetterKind.CLARIFY, facts()
    ),
    "somebody writes that it takes longer, and did not extend it": lambda: check_is_true(
        LetterKind.EXTEND, facts()
    ),
    "somebody writes that it takes longer after the month": lambda: check_is_true(
        LetterKind.EXTEND, replace(facts(), is_extended=True, is_late=True)
    ),
    "somebody answers a subject access of which nothing was granted": lambda: check_is_true(
        LetterKind.ANSWER, facts()
    ),
    "somebody answers a subject access that was denied": lambda: check_is_true(
        LetterKind.ANSWER, facts(state=RequestState.DENIED)
    ),
    "somebody answers a subject access that was withdrawn": lambda: check_is_true(
        LetterKind.ANSWER, facts(state=RequestState.WITHDRAWN)
    ),
    "somebody writes that a request is refused that is not": lambda: check_is_true(
        LetterKind.REFUSE, facts()
    ),
    "somebody writes that calls are erased that are not": lambda: check_is_true(
        LetterKind.ERASED, facts(Purpose.ERASURE, RequestState.APPROVED)
    ),
    "somebody writes of a restriction that is not in force": lambda: check_is_true(
        LetterKind.RESTRICTED, facts(Purpose.RESTRICTION)
    ),
    "somebody writes that a restriction ends that ended": lambda: check_is_true(
        LetterKind.LIFT, facts(Purpose.OBJECTION, RequestState.CLOSED)
    ),
    "somebody asks an executor what they mean by letter": lambda: check_is_true(
        LetterKind.CLARIFY, facts(Purpose.DECEASED)
    ),
    "somebody writes to somebody about a disposal": lambda: check_is_true(
        LetterKind.ANSWER, facts(Purpose.DISPOSAL)
    ),
    "somebody writes why it takes longer in a word": lambda: check_words(
        LetterKind.EXTEND, "Holidays"
    ),
    "somebody asks for clarification in no words": lambda: check_words(LetterKind.CLARIFY, ""),
    "somebody adds a sentence to an answer": lambda: check_words(
        LetterKind.ANSWER, "The police have asked for this call as well"
    ),
    "a letter is sent before it was written": lambda: sent(date(2024, 1, 16)),
    "a letter is sent that is true no more": lambda: sent(ENDED_ON),
    "a letter that it takes longer is sent after it was answered": lambda: sent(
        date(2024, 1, 19), LetterKind.EXTEND
    ),
    "a letter asks whether somebody's whole number is theirs": lambda: tells(
        "Please tell us whether 01144 960111 was ever yours"
    ),
    "a letter says that another request comes first": lambda: tells(
        "We have to answer R-16 before we can answer this"
    ),
    "a letter names who rang in a call that is withheld": lambda: tells(
        "We first have to ask Bob Tregenza whether he agrees", "Tregenza, Bob"
    ),
    "a letter is sent tomorrow": lambda: sent(date(2024, 1, 20)),
}
