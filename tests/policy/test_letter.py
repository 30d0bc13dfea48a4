"""Which letters there are, which are true now, and what they tell [UK GDPR 12(3), 12(4)]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callrec.errors import Refused
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind, Deadline
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestAct, RequestEvent, RequestState
from callrec.policy.rights.letter import (
    RANDOM_BYTES,
    WITH_WORDS,
    LetterKind,
    check_is_true,
    check_tells_nothing_kept,
    check_was_sent,
    check_words,
    closing_letter,
    ended_by,
    is_told,
    kind_of,
    letter_after,
    letter_id,
    possible_letters,
)
from policy.builders import BEN, NOW, REASON, TODAY
from policy.dated import asked, came, extended
from policy.deeds.letters import facts

Act, State = RequestAct, RequestState

Step = RequestAct | tuple[RequestAct, str]
"""What happened, and the id of the letter that it is about."""

ACCESS, ERASURE, DECEASED = Purpose.SUBJECT_ACCESS, Purpose.ERASURE, Purpose.DECEASED

RESTRICTION, OBJECTION = Purpose.RESTRICTION, Purpose.OBJECTION

TOMORROW = TODAY + timedelta(days=1)

EVERYTHING = {
    "is_clarifying": True,
    "is_extended": True,
    "is_answered": True,
    "is_erased": True,
}

POSSIBLE: dict[str, tuple[Purpose, RequestState, dict[str, Any], str]] = {
    "it came": (ACCESS, State.SUBMITTED, {}, "acknowledge"),
    "proof is awaited": (ACCESS, State.WAITING, {}, "acknowledge"),
    "they were asked what they want": (
        *(ACCESS, State.WAITING, {"is_clarifying": True}),
        "acknowledge clarify",
    ),
    "they were asked after somebody heard it": (
        *(ACCESS, State.HEARD, {"is_clarifying": True}),
        "clarify",
    ),
    "it was extended": (ACCESS, State.SUBMITTED, {"is_extended": True}, "acknowledge extend"),
    "it was extended, and the month is over": (
        *(ACCESS, State.SUBMITTED, {"is_extended": True, "is_late": True}),
        "acknowledge",
    ),
    "of somebody who died, whose clock has no extension": (
        *(DECEASED, State.SUBMITTED, {"is_clarifying": True, "is_extended": True}),
        "acknowledge",
    ),
    "something was granted": (ACCESS, State.APPROVED, {"is_answered": True}, "answer"),
    "something was granted late": (
        *(ACCESS, State.APPROVED, {"is_answered": True, "is_late": True}),
        "answer",
    ),
    "a part was given while a question is open": (ACCESS, State.HEARD, EVERYTHING, "answer"),
    "it was denied": (ACCESS, State.DENIED, {}, "refuse"),
    "the rest was denied": (ACCESS, State.DENIED, {"is_answered": True}, "answer refuse"),
    "it was withdrawn": (ACCESS, State.WITHDRAWN, {}, ""),
    "it is erased": (ERASURE, State.CLOSED, {"is_erased": True}, "erased"),
    "it is approved and not erased": (ERASURE, State.APPROVED, {"is_answered": True}, ""),
    "a restriction is asked for": (RESTRICTION, State.SUBMITTED, {}, "acknowledge"),
    "a restriction is in force": (RESTRICTION, State.IN_EFFECT, {}, "restricted lift"),
    "a restriction was lifted": (RESTRICTION, State.CLOSED, {}, ""),
    "a correction stands": (
        *(Purpose.RECTIFICATION, State.IN_EFFECT, {"is_answered": True}),
        "answer",
    ),
    "nobody asked for a disposal": (Purpose.DISPOSAL, State.SUBMITTED, EVERYTHING, ""),
}


@pytest.mark.parametrize(("purpose", "state", "so", "kinds"), POSSIBLE.values(), ids=POSSIBLE)
def test_a_letter_says_what_is_so(
    purpose: Purpose, state: RequestState, so: dict[str, Any], kinds: str
) -> None:
    request = replace(facts(purpose, state), **so)
    assert [str(kind) for kind in possible_letters(request)] == kinds.split()
    for kind in LetterKind:
        if kind in kinds.split():
            check_is_true(kind, request)
        else:
            with pytest.raises(Refused):
                check_is_true(kind, request)


LATER = Deadline(due_on=TOMORROW, extended_due_on=TOMORROW, waiting_for=None, why=())

QUESTION = asked(Awaited.CLARIFICATION, TODAY)

TOLD: dict[str, tuple[ClockEvent, dict[str, Any], LetterKind | None]] = {
    "what they want is asked": (QUESTION, {}, LetterKind.CLARIFY),
    "proof is asked for": (asked(Awaited.IDENTITY, TODAY), {}, LetterKind.ACKNOWLEDGE),
    "they are asked while they are waited for": (
        *(QUESTION, {"state": State.WAITING}),
        LetterKind.CLARIFY,
    ),
    "it takes longer": (extended(TODAY), {"deadline": LATER}, LetterKind.EXTEND),
    "it takes longer, which is put down too late": (
        *(extended(TODAY), {"deadline": LATER, "is_late": True}),
        None,
    ),
    "it took longer too late to count": (
        *(extended(TODAY), {"deadline": replace(LATER, due_on=TODAY)}),
        None,
    ),
    "it has no day": (extended(TODAY), {"deadline": None}, None),
    "an answer came": (came(Awaited.CLARIFICATION, TODAY), {"deadline": LATER}, None),
    "it came": (ClockEvent(event=ClockEventKind.RECEIVED, on=TODAY), {"deadline": LATER}, None),
    "an executor is asked what they want": (QUESTION, {"purpose": DECEASED}, None),
    "they are asked of what is decided": (QUESTION, {"state": State.HEARD}, None),
}


@pytest.mark.parametrize(("event", "so", "kind"), TOLD.values(), ids=TOLD)
def test_what_is_dated_is_told_by_its_letter(
    event: ClockEvent, so: dict[str, Any], kind: LetterKind | None
) -> None:
    said: dict[str, Any] = {
        "purpose": ACCESS,
        "deadline": None,
        "state": State.SUBMITTED,
        "is_late": False,
        **so,
    }
    assert letter_after(event=event, **said) is kind


@pytest.mark.parametrize("kind", LetterKind)
def test_the_practice_says_something_itself_only_in_three_letters(kind: LetterKind) -> None:
    check_words(kind, REASON if kind in WITH_WORDS else "")


SENT: dict[str, dict[str, Any]] = {
    "on the day on which it was written": {"on": TODAY, "ended_on": None, "today": TOMORROW},
    "today": {"on": TOMORROW, "ended_on": None, "today": TOMORROW},
    "an answer, on the last day on which it was true": {
        "on": TODAY,
        "ended_on": TOMORROW,
        "today": TOMORROW,
    },
    "any other, also on the day on which it ended": {
        "kind": LetterKind.EXTEND,
        "on": TODAY,
        "ended_on": TODAY,
        "today": TOMORROW,
    },
}


@pytest.mark.parametrize("days", SENT.values(), ids=SENT)
def test_a_letter_is_sent_from_when_it_is_written_while_it_is_true(days: dict[str, Any]) -> None:
    said: dict[str, Any] = {"kind": LetterKind.ANSWER, "written_on": TODAY, **days}
    check_was_sent(reference="R-17", number=1, **said)


ANSWER, LIFT = (
    letter_id(kind, bytes(RANDOM_BYTES)) for kind in (LetterKind.ANSWER, LetterKind.LIFT)
)

ANOTHER = letter_id(LetterKind.ANSWER, b"\xff" * RANDOM_BYTES)


def history(*acts: Step) -> list[RequestEvent]:
    pairs = (each if isinstance(each, tuple) else (each, "") for each in acts)
    return [RequestEvent(act, NOW, BEN, of) for act, of in pairs]


WRITTEN, SENT_OUT = (Act.LETTER_WRITTEN, ANSWER), (Act.LETTER_SENT, ANSWER)

ENDS: dict[str, tuple[Iterable[Step], RequestAct | None]] = {
    "it stands": ((Act.APPROVED, WRITTEN, SENT_OUT, Act.LISTENED), None),
    "it was revoked": ((Act.APPROVED, WRITTEN, Act.REVOKED, Act.DENIED), Act.REVOKED),
    "it lapsed": ((Act.APPROVED, WRITTEN, Act.GRANT_LAPSED), Act.GRANT_LAPSED),
    "the request was changed": ((Act.APPROVED, WRITTEN, Act.AMENDED), Act.AMENDED),
    "more was approved": ((Act.APPROVED, WRITTEN, Act.APPROVED), Act.APPROVED),
    "the rest was denied": ((Act.APPROVED, WRITTEN, Act.DENIED), Act.DENIED),
    "one before it was revoked": ((Act.APPROVED, Act.REVOKED, Act.APPROVED, WRITTEN), None),
    "it went out before": ((Act.APPROVED, Act.DELIVERED, WRITTEN, Act.REVOKED), None),
    "it went out since": ((Act.APPROVED, WRITTEN, Act.DELIVERED, Act.REVOKED), Act.REVOKED),
    "another was written": ((Act.APPROVED, (Act.LETTER_WRITTEN, ANOTHER), Act.REVOKED), None),
    "it was sent and never written": ((Act.APPROVED, SENT_OUT, Act.REVOKED), None),
    "another was written since": (
        (Act.APPROVED, WRITTEN, (Act.LETTER_WRITTEN, ANOTHER), Act.REVOKED),
        Act.REVOKED,
    ),
}


@pytest.mark.parametrize(("acts", "by"), ENDS.values(), ids=ENDS)
def test_what_an_answer_tells_ends_with_its_approval(
    acts: Iterable[Step], by: RequestAct | None
) -> None:
    ended = ended_by(ANSWER, history(*acts))
    assert (ended and ended.act) is by


UNTRUE = [
    (LetterKind.ACKNOWLEDGE, Act.APPROVED),
    (LetterKind.ACKNOWLEDGE, Act.DENIED),
    (LetterKind.ACKNOWLEDGE, Act.WITHDRAWN),
    (LetterKind.ACKNOWLEDGE, Act.EXTENDED),  # the day that it names
    (LetterKind.CLARIFY, Act.ANSWERED),
    (LetterKind.CLARIFY, Act.DENIED),
    (LetterKind.EXTEND, Act.APPROVED),
    (LetterKind.EXTEND, Act.ASKED),
    (LetterKind.ANSWER, Act.REVOKED),
    (LetterKind.RESTRICTED, Act.CLOSED),
    (LetterKind.LIFT, Act.CLOSED),
]

STILL_TRUE = [
    (LetterKind.ACKNOWLEDGE, Act.GATHERED),
    (LetterKind.CLARIFY, Act.EXTENDED),
    (LetterKind.ANSWER, Act.CLOSED),
    (LetterKind.REFUSE, Act.HEARING_ENDED),
    (LetterKind.ERASED, Act.CLOSED),
]


def ended(kind: LetterKind, *acts: RequestAct, first: tuple[RequestAct, ...] = ()) -> bool:
    """Whether these acts end a letter of a kind, after it was written."""
    letter = letter_id(kind, bytes(RANDOM_BYTES))
    return ended_by(letter, history(*first, (Act.LETTER_WRITTEN, letter), *acts)) is not None


@pytest.mark.parametrize(("kind", "act"), UNTRUE)
def test_what_happens_afterwards_makes_a_letter_untrue(kind: LetterKind, act: RequestAct) -> None:
    assert ended(kind, Act.LETTER_SENT, act)
    assert not ended(kind, first=(act,))  # it was written with that in it


@pytest.mark.parametrize(("kind", "act"), STILL_TRUE)
def test_what_it_does_not_speak_of_leaves_a_letter_true(kind: LetterKind, act: RequestAct) -> None:
    assert not ended(kind, act)


@pytest.mark.parametrize("purpose", Purpose)
def test_before_a_restriction_is_closed_its_person_is_told_that_it_ends(purpose: Purpose) -> None:
    restricts = purpose in {RESTRICTION, OBJECTION}
    assert closing_letter(purpose) is (LetterKind.LIFT if restricts else LetterKind.ANSWER)


LIFTED = ((Act.LETTER_WRITTEN, LIFT), (Act.LETTER_SENT, LIFT))

CLOSING: dict[str, tuple[Purpose, Iterable[Step], bool]] = {
    "nothing happened": (ACCESS, (), False),
    "it went out, and the letter after it": (ACCESS, (Act.DELIVERED, WRITTEN, SENT_OUT), True),
    "it was heard, and the letter sent": (ACCESS, (Act.LISTENED, WRITTEN, SENT_OUT), True),
    "the letter is written alone": (ACCESS, (Act.DELIVERED, WRITTEN), False),
    "the letter was written before it went out": (
        *(ACCESS, (WRITTEN, Act.DELIVERED, SENT_OUT)),
        False,
    ),
    "it was written between two packages": (
        *(ACCESS, (Act.DELIVERED, WRITTEN, Act.DELIVERED, SENT_OUT)),
        False,
    ),
    "another one was sent": (
        *(ACCESS, (Act.DELIVERED, WRITTEN, (Act.LETTER_SENT, ANOTHER))),
        False,
    ),
    "one of another kind was sent": (ACCESS, (Act.DELIVERED, *LIFTED), False),
    "a restriction's end was told": (RESTRICTION, LIFTED, True),
    "a restriction was answered and its end not told": (RESTRICTION, (WRITTEN, SENT_OUT), False),
}


@pytest.mark.parametrize(("purpose", "acts", "told"), CLOSING.values(), ids=CLOSING)
def test_somebody_is_told_once_the_letter_that_says_what_they_got_was_sent(
    purpose: Purpose,
    acts: Iterable[Step],
    told: bool,  # noqa: FBT001
) -> None:
    assert is_told(purpose, history(*acts)) is told


def test_the_id_of_a_letter_has_the_number_of_its_kind_which_no_other_gets() -> None:
    words = ["acknowledge", "clarify", "extend", "answer", "refuse", "erased", "restricted", "lift"]
    ids = [letter_id(LetterKind(word), bytes(range(RANDOM_BYTES))) for word in words]
    assert ids == [f"6c74{n:02x}000102030405060708090a0b0c" for n in range(1, 9)]
    assert [kind_of(id_) for id_ in ids] == words == list(LetterKind)
    assert kind_of("ab" * 16) is None


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
