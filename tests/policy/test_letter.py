"""What makes a letter untrue that was written and not sent yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callrec.policy.request import RequestAct, RequestEvent
from callrec.policy.rights.letter import (
    RANDOM_BYTES,
    LetterKind,
    check_tells_nothing_kept,
    ended_by,
    letter_id,
)
from policy.builders import ANN

UNTRUE = [
    (LetterKind.ACKNOWLEDGE, RequestAct.APPROVED),
    (LetterKind.ACKNOWLEDGE, RequestAct.DENIED),
    (LetterKind.ACKNOWLEDGE, RequestAct.WITHDRAWN),
    (LetterKind.ACKNOWLEDGE, RequestAct.EXTENDED),  # the day that it names
    (LetterKind.CLARIFY, RequestAct.ANSWERED),
    (LetterKind.CLARIFY, RequestAct.DENIED),
    (LetterKind.EXTEND, RequestAct.APPROVED),
    (LetterKind.EXTEND, RequestAct.ASKED),
    (LetterKind.ANSWER, RequestAct.REVOKED),
    (LetterKind.RESTRICTED, RequestAct.CLOSED),
    (LetterKind.LIFT, RequestAct.CLOSED),
]

STILL_TRUE = [
    (LetterKind.ACKNOWLEDGE, RequestAct.GATHERED),
    (LetterKind.CLARIFY, RequestAct.EXTENDED),
    (LetterKind.ANSWER, RequestAct.CLOSED),
    (LetterKind.REFUSE, RequestAct.HEARING_ENDED),
    (LetterKind.ERASED, RequestAct.CLOSED),
]


def ended(kind: LetterKind, *acts: RequestAct, first: tuple[RequestAct, ...] = ()) -> bool:
    """Whether these acts end a letter of a kind, after it was written."""
    letter, at = letter_id(kind, bytes(RANDOM_BYTES)), datetime(2024, 1, 17, tzinfo=UTC)
    history = (RequestAct.CREATED, *first, RequestAct.LETTER_WRITTEN, *acts)
    events = [
        RequestEvent(act, at + timedelta(hours=n), ANN, of=letter) for n, act in enumerate(history)
    ]
    return ended_by(letter, events) is not None


@pytest.mark.parametrize(("kind", "act"), UNTRUE)
def test_what_happens_afterwards_makes_a_letter_untrue(kind: LetterKind, act: RequestAct) -> None:
    assert ended(kind, RequestAct.LETTER_SENT, act)
    assert not ended(kind, first=(act,))  # it was written with that in it


@pytest.mark.parametrize(("kind", "act"), STILL_TRUE)
def test_what_it_does_not_speak_of_leaves_a_letter_true(kind: LetterKind, act: RequestAct) -> None:
    assert not ended(kind, act)


ALLOWED = [
    "You rang us from the number that ends in 0123",
    "Please say which calls of 04-01-2024 or of 2024-01-05 you mean",
    "We cannot say more before R-17 is decided",
    "Please ring us on 01632 960000 to tell us more",
    "Please tell us when you spoke to Anna or to Bob",
]


@pytest.mark.parametrize("words", ALLOWED)
def test_what_a_letter_may_say_is_not_taken_for_what_it_must_not(words: str) -> None:
    kept, contact = ("Bob Tregenza", "Ann", ""), "telephone 01632 960000"
    check_tells_nothing_kept(words, "R-17", kept=kept, contact=contact)
