"""Letters to the people who ask: which are true, and when one is owed [UK GDPR 12(3), 12(4)].

    12(3)       by when they have an answer, or why it takes longer    acknowledge, extend
    12A(5)      what the practice has to know to find it               clarify
    12(3)       what was done about what they asked for                answer, erased, restricted
    12(4)       why it is not done, and where they may complain        refuse
    18(3)       before a restriction is lifted                         lift
    4(e), 4(f)  the person who asked is told before it is closed       is_told

A letter is made from what is on record, so it cannot say what was not done: `check_is_true` asks
that of each kind. What a letter says is in the package `letters`; nothing here or there takes the
words of those who decided into it, since these are the practice's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from callrec.dataclass import dataclass
from callrec.errors import Refused, Unusable
from callrec.policy.clause import Clause, Law
from callrec.policy.clock_events import Awaited, ClockEvent, ClockEventKind, Deadline, full_date
from callrec.policy.further import is_named
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.request import (
    ENDED_STATES,
    ENDING_ACTS,
    UNDECIDED,
    RequestAct,
    RequestEvent,
    RequestState,
)
from callrec.policy.words import (
    MIN_REASON_CHARACTERS,
    MIN_REASON_WORDS,
    Worded,
    in_words,
    is_sentence,
    listed,
)


class LetterKind(Worded):
    """What a letter is for; its meaning completes "it says …".

    The id of a letter has the number of its kind, which is never given to another: add at the end.
    """

    ACKNOWLEDGE = "acknowledge", "that the request came, and by when it is answered"
    CLARIFY = "clarify", "what the practice has to know to find the calls"
    EXTEND = "extend", "that the answer takes longer, and why"
    ANSWER = "answer", "what was decided, what is given, and what is not"
    REFUSE = "refuse", "that the request is refused, and why"
    ERASED = "erased", "what was erased, and what is kept"
    RESTRICTED = "restricted", "what is now only stored"
    LIFT = "lift", "that a restriction is about to end"


def letter_after(
    purpose: Purpose,
    event: ClockEvent,
    deadline: Deadline | None,
    state: RequestState,
    *,
    is_late: bool,
) -> LetterKind | None:
    """The letter that tells somebody what was dated about their request; None: there is none.

    An extension that came too late has no effect, and nothing is told of it; nor of one that was
    put on record late: ``is_late`` as in `LetterFacts`.
    """
    if event.event is ClockEventKind.ASKED:
        is_question = event.awaited is Awaited.CLARIFICATION
        kind = LetterKind.CLARIFY if is_question else LetterKind.ACKNOWLEDGE
    elif (
        event.event is ClockEventKind.EXTENDED and deadline and deadline.is_extended and not is_late
    ):
        kind = LetterKind.EXTEND
    else:
        return None
    return kind if kind in letters_for(purpose) and state in UNDECIDED else None


WITH_WORDS: Final[Mapping[LetterKind, tuple[str, Law]]] = {
    LetterKind.CLARIFY: ("what you have to know", Law.TIME_PERIOD),
    LetterKind.EXTEND: ("why it takes longer", Law.ONE_MONTH),
    LetterKind.LIFT: ("why the restriction ends", Law.RESTRICTION_LIFTED),
}
"""Those in which the practice says something in its own words: what, and where it is owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """What the rules ask of a request before a letter about it is written."""

    reference: str
    purpose: Purpose
    state: RequestState
    is_clarifying: bool
    """They were asked what they want, and have not answered."""
    is_extended: bool
    """By an extension that was announced in time."""
    is_late: bool
    """The first month is over, in which they are told of an extension."""
    is_answered: bool
    """Something of it was granted, or given already."""
    is_erased: bool
    """All that was approved is destroyed, wherever it was."""


def letters_for(purpose: Purpose) -> tuple[LetterKind, ...]:
    """The kinds of letter that there are for a purpose, in the order of a request's life.

    None for a disposal, for which nobody asked.
    """
    terms = TERMS[purpose]
    if not terms.is_made_by_hand:
        return ()
    kinds = [LetterKind.ACKNOWLEDGE]
    if purpose is Purpose.SUBJECT_ACCESS:
        kinds.append(LetterKind.CLARIFY)
    if terms.clock is Law.ONE_MONTH:
        kinds.append(LetterKind.EXTEND)
    if terms.restricts:
        kinds += [LetterKind.RESTRICTED, LetterKind.LIFT]
    else:
        kinds.append(LetterKind.ERASED if terms.is_destroyed else LetterKind.ANSWER)
    return (*kinds, LetterKind.REFUSE)


def is_true(kind: LetterKind, request: LetterFacts) -> bool:
    """Whether what a kind of letter says is true of a request."""
    is_open = request.state in _OPEN and not request.is_answered
    in_force = request.state is RequestState.IN_EFFECT
    return {
        LetterKind.ACKNOWLEDGE: request.state in UNDECIDED,
        LetterKind.CLARIFY: is_open and request.is_clarifying,
        LetterKind.EXTEND: is_open and request.is_extended and not request.is_late,
        LetterKind.ANSWER: request.is_answered,
        LetterKind.REFUSE: request.state is RequestState.DENIED,
        LetterKind.ERASED: request.is_erased,
        LetterKind.RESTRICTED: in_force,
        LetterKind.LIFT: in_force,
    }[kind]


_OPEN: Final = UNDECIDED | {RequestState.HEARD}

_FIRST: Final = {
    LetterKind.ACKNOWLEDGE: (
        "it is decided, so that it is not only acknowledged",
        "say what became of it: callrec request letter {0}",
    ),
    LetterKind.CLARIFY: (
        "nothing is on record that you asked them, or they have answered",
        "first say that you ask: callrec request event {0} ask --on DATE --reason TEXT",
    ),
    LetterKind.EXTEND: (
        "no extension is on record that counts, or it is answered",
        "first say that it was extended: callrec request event {0} extend --on DATE --reason TEXT",
    ),
    LetterKind.ANSWER: (
        "nothing was granted that could be given",
        "first let it be decided: the Data Controller runs callrec approve {0}",
    ),
    LetterKind.REFUSE: (
        "it was not refused",
        "what was withheld of it is in its answer: callrec request letter {0}",
    ),
    LetterKind.ERASED: (
        "it is not erased yet, or not everywhere",
        "first the Data Controller runs callrec request erase {0}",
    ),
    LetterKind.RESTRICTED: (
        "no restriction is in force",
        "see where it stands: callrec request show {0}",
    ),
    LetterKind.LIFT: (
        "no restriction is in force",
        "see where it stands: callrec request show {0}",
    ),
}
"""Why a letter cannot be written yet, and what comes first."""


def check_is_true(kind: LetterKind, request: LetterFacts) -> None:
    """A letter says what is on record, and belongs to what was asked for."""
    source, known = TERMS[request.purpose].decided_under, letters_for(request.purpose)
    if kind not in known:
        kinds = ", ".join(known) or "none: nobody outside asked for it"
        raise Refused(
            f"there is no letter of this kind for {in_words(request.purpose)}",
            clause=source,
            hint=f"the kinds that fit: {kinds}",
        )
    if kind is LetterKind.EXTEND and request.is_extended and request.is_late:
        raise Refused(
            "the month is over within which they are told that it takes longer",
            clause=Law.ONE_MONTH,
            hint="answer now, and say that you are sorry for the delay: callrec approve"
            f" {request.reference}, then callrec request letter {request.reference} --kind answer",
        )
    if not is_true(kind, request):
        why, hint = _FIRST[kind]
        if request.state in ENDED_STATES:  # nothing comes first any more
            hint = "see where it stands: callrec request show {0}"
            if possible_letters(request):
                hint = "see which letter fits: callrec request letter {0}"
        raise Refused(why, clause=source, hint=hint.format(request.reference))


def possible_letters(request: LetterFacts) -> tuple[LetterKind, ...]:
    """The kinds that `check_is_true` lets be written now."""
    return tuple(kind for kind in letters_for(request.purpose) if is_true(kind, request))


def check_words(kind: LetterKind, words: str) -> None:
    """What the practice says in its own words is a sentence, and stands only where it is owed."""
    if kind not in WITH_WORDS and words:
        raise Unusable(
            "this letter is made from the record alone",
            hint=f"leave out --tell; it is for {listed(sorted(WITH_WORDS))}",
        )
    if kind in WITH_WORDS and not is_sentence(words):
        what, law = WITH_WORDS[kind]
        raise Refused(
            f"the letter does not say {what}, in a sentence",
            clause=law,
            hint=f"use at least {MIN_REASON_CHARACTERS} characters and {MIN_REASON_WORDS}"
            " different words",
            option='--tell "…"',
        )


def check_tells_nothing_kept(
    words: str, reference: str, *, kept: Collection[str], contact: str
) -> None:
    """What the practice says in its own words names nothing that the person must not learn here.

    Nobody sees on paper which number is whose: so no whole number stands in it but the practice's
    own, and no other reference. This is a help, and no proof: people read again what they wrote.

    Args:
        words: as typed.
        reference: of the request.
        kept: names of those who take part in what is withheld, or got it and are not told of.
        contact: how the practice is reached, as the letter says.
    """
    numbers = ("".join(filter(str.isdigit, each)) for each in _A_NUMBER.findall(words))
    own = "".join(filter(str.isdigit, contact))
    others = {*_A_REFERENCE.findall(words.upper())} - {reference}
    what = hint = ""
    if any(number not in own for number in numbers):
        what, hint = "a whole number", "give its last four digits"
    elif others:
        what, hint = "the reference of something else", "leave it out"
    elif any(is_named(words, login="", full_name=each) for each in kept):
        what, hint = "a name of what is kept from the person", "say it without the name"
    if what:
        raise Refused(
            f"the letter would tell {what}",
            clause=Clause.CONTROLLED_ACCESS,
            hint=f"{hint}, since the person reads it as it is",
            option='--tell "…"',
        )


_A_NUMBER: Final = re.compile(r"[0-9](?:[ ()-]{0,2}[0-9]){8,}")
"""Nine digits or more, as a telephone or an NHS number is written; a date has eight."""

_A_REFERENCE: Final = re.compile(r"\b[CHIRS]-[0-9]+\b")


def ended_by(letter: str, events: Iterable[RequestEvent]) -> RequestEvent | None:
    """After what a letter is true no more; None: it still is. ``letter`` is its id.

    What went out before an answer was written stays so; a refusal and an erasure are never undone.
    """
    kind, was_written = kind_of(letter), False
    for each in events:
        if each.act is RequestAct.DELIVERED and kind is LetterKind.ANSWER and not was_written:
            return None
        if was_written and kind is not None and each.act in _UNTRUE_AFTER[kind]:
            return each
        was_written |= each.act is RequestAct.LETTER_WRITTEN and each.of == letter
    return None


_OVER: Final = frozenset(
    {
        *(RequestAct.APPROVED, RequestAct.DENIED),
        *(RequestAct.WITHDRAWN, RequestAct.LAPSED, RequestAct.CLOSED),
    }
)
"""What is said of an answer to come is said no more."""

_MOVES_THE_DAY: Final = frozenset(
    {RequestAct.RECEIVED, RequestAct.ASKED, RequestAct.ANSWERED, RequestAct.EXTENDED}
)

_UNTRUE_AFTER: Final[Mapping[LetterKind, frozenset[RequestAct]]] = {
    LetterKind.ACKNOWLEDGE: _OVER | _MOVES_THE_DAY,
    LetterKind.CLARIFY: _OVER | {RequestAct.ASKED, RequestAct.ANSWERED},
    LetterKind.EXTEND: _OVER | _MOVES_THE_DAY,
    LetterKind.ANSWER: ENDING_ACTS | {RequestAct.APPROVED, RequestAct.DENIED},
    LetterKind.REFUSE: frozenset(),
    LetterKind.ERASED: frozenset(),
    LetterKind.RESTRICTED: frozenset({RequestAct.CLOSED}),
    LetterKind.LIFT: frozenset({RequestAct.CLOSED}),
}


def check_was_sent(
    on: date,
    reference: str,
    number: int,
    kind: LetterKind,
    *,
    written_on: date,
    ended_on: date | None,
    today: date,
) -> None:
    """A letter is sent once it is written, by today, and while it is true.

    ``ended_on``: the day on which what it tells of ended (`ended_by`); None: it stands. What was
    to be given is not told on that day either; of other letters, some went out before it ended.
    """
    if on > today:
        raise Refused(
            "that day has not come yet",
            clause=Law.ONE_MONTH,
            hint="give the day on which it was sent",
        )
    if on < written_on:
        raise Refused(
            f"the letter was written later, on {full_date(written_on)}",
            clause=Law.ONE_MONTH,
            hint="check the day, or say which letter it was: --letter N",
        )
    if ended_on is None or on < ended_on:
        return
    if kind is LetterKind.ANSWER:
        raise Refused(
            f"letter {number} tells of an approval that no longer stands as it tells of it, since"
            f" {full_date(ended_on)}",
            clause=Law.ONE_MONTH,
            hint=f"write it anew: callrec request letter {reference} --kind answer; if it was sent"
            " before, say on which day",
        )

    if on > ended_on:
        raise Refused(
            f"what letter {number} says is true no more, since {full_date(ended_on)}",
            clause=Law.ONE_MONTH,
            hint=f"see which letters are: callrec request letter {reference}; if it was sent"
            " before, say on which day",
        )


def is_sent_late(kind: LetterKind, on: date, month_ends_on: date | None) -> bool:
    """Whether a letter told of an extension after the month in which it does so [UK GDPR 12(3)].

    That it was sent is put on record nevertheless, since it was; the practice is told what it owes.
    """
    return kind is LetterKind.EXTEND and month_ends_on is not None and on > month_ends_on


def closing_letter(purpose: Purpose) -> LetterKind:
    """The letter by which somebody is told, before their request is closed, what became of it."""
    return LetterKind.LIFT if TERMS[purpose].restricts else LetterKind.ANSWER


def is_told(purpose: Purpose, events: Iterable[RequestEvent]) -> bool:
    """Whether the letter that closes a request was sent, and says what was given.

    One that was written before anything went out says only that it will.
    """
    history, kind = tuple(events), closing_letter(purpose)
    given = [n for n, each in enumerate(history) if each.act is RequestAct.DELIVERED]
    since = given[-1] if given else -1
    written = {
        each.of
        for each in history[since + 1 :]
        if each.act is RequestAct.LETTER_WRITTEN and kind_of(each.of) is kind
    }
    return any(each.act is RequestAct.LETTER_SENT and each.of in written for each in history)


RANDOM_BYTES: Final = 13
_BEGIN: Final = {each: f"{b'lt'.hex()}{n:02x}" for n, each in enumerate(LetterKind, 1)}
_KINDS: Final = {begin: kind for kind, begin in _BEGIN.items()}


def letter_id(kind: LetterKind, drawn: bytes) -> str:
    """The id of a new letter, 32 hex digits, which says of which kind it is.

    It stands in its leaves, so that they tell it without opening anything. ``drawn`` is
    `RANDOM_BYTES` from the system's generator.
    """
    return _BEGIN[kind] + drawn.hex()


def kind_of(id_: str) -> LetterKind | None:
    """The kind of a letter by its id; None: no letter of ours has such an id."""
    return _KINDS.get(id_[:6])
