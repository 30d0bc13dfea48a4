"""What is gathered for a request and decided of it, in words: what it came to, what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from callrec.errors import Unusable
from callrec.policy.days import last_day, short_date
from callrec.policy.edits import Edits
from callrec.policy.purpose import TERMS, Purpose
from callrec.policy.rights.grounds import Ground
from callrec.policy.rights.letter import LetterKind
from callrec.policy.rights.withholding import Opinion
from callrec.policy.words import some_of
from callrec.views.calls import footnotes
from callrec.views.requests.remarks import (
    by_hand_line,
    edits_lines,
    granted_in_words,
    remark_lines,
    too_many_lines,
)
from callrec.views.words import as_words, counted

if TYPE_CHECKING:  # the command line loads nothing of the work for its help
    from callrec.requests.decide import ApprovalPreview, Approved
    from callrec.requests.gather import Gathered


def opinion_given(of: str | None, on: date | None) -> Opinion | None:
    """A health professional's opinion, if there is one; Unusable if a half of it was left out."""
    if of is None and on is None:
        return None
    if of is None or on is None:
        raise Unusable(
            "an opinion is somebody's, of a day", hint="give both: --opinion-of and --opinion-on"
        )
    return Opinion(of, on)


def glass_reason(reason: str | None, *, break_glass: bool, countersign: str | None) -> str | None:
    """Why somebody decides alone; None if they do not."""
    if not break_glass and reason is not None:
        raise Unusable("--reason belongs to --break-glass", hint="give --note TEXT for a note")
    if break_glass and countersign is not None:
        raise Unusable(
            "you break the glass alone, so nobody countersigns",
            hint="give --countersign or --break-glass",
        )
    return (reason or "") if break_glass else None


def foreseen_lines(foreseen: ApprovalPreview, by_hand: Iterable[int]) -> Iterator[str]:
    """What an approval would do; ``by_hand`` are the request's recordings that a person brought."""
    yield f"To be granted: {', '.join(map(str, foreseen.granted))}."
    yield from by_hand_line(number for number in by_hand if number in foreseen.granted)
    yield from _besides(foreseen.granted, foreseen.withheld)
    yield from remark_lines(foreseen.concerned, foreseen.of_other_day)


def approved_lines(done: Approved, zone: tzinfo) -> Iterator[str]:
    """What was granted, and until when."""
    is_heard = TERMS[done.purpose].is_heard
    what = f"for {done.to}" if is_heard else granted_in_words(done.purpose, done.to)
    yield f"{done.reference} is approved: {some_of(done.recordings)} {what}."
    yield from by_hand_line(done.by_hand)
    yield from _besides(done.edits, done.withheld)
    yield _what_follows(done, short_date(last_day(done.lapses_at, zone)))


def _besides(edits: Mapping[int, Edits], withheld: Mapping[int, Ground]) -> Iterator[str]:
    for number, edit in edits_lines(edits):
        yield f"Edited: {number}, {edit}."
    for number, ground in withheld.items():
        yield f"Withheld: {number}, {as_words(ground)}: {ground.meaning}."


def _what_follows(done: Approved, last: str) -> str:
    terms = TERMS[done.purpose]
    if terms.is_heard:
        return f"{done.to} can listen until {last}."
    if terms.is_destroyed:
        return f"It can be carried out until {last}."
    if terms.restricts:
        return "It is in effect now: nobody hears or releases it until you close the request."
    return "It is in effect now: the note stands beside each recording."


def after_approval(done: Approved) -> Iterator[str]:
    """The commands that come next, and who runs them."""
    which = done.reference
    match done.purpose:
        case Purpose.ERASURE:
            yield f"callrec request erase {which}"
        case Purpose.DISPOSAL:
            yield f"callrec retention dispose {which}"
        case purpose if TERMS[purpose].takes_effect:
            kind = LetterKind.RESTRICTED if TERMS[purpose].restricts else LetterKind.ANSWER
            yield f"callrec request letter {which} --kind {kind}"
        case purpose:
            yield f"{done.to} runs callrec listen {which}, or callrec release {which}"
            if TERMS[purpose].is_dated:
                answer = f"callrec request letter {which} --kind {LetterKind.ANSWER}"
                yield f"then the Data Controller runs {answer}"


def gathered_lines(gathered: Gathered) -> Iterator[str]:
    """What a gathering came to."""
    found = counted(len(gathered.found), "recording matches", "recordings match")
    yield (
        f"{found} {gathered.amended.reference}. Added: {len(gathered.added)}."
        f" Left out: {len(gathered.left_out)}."
    )
    for number, ground in gathered.left_out.items():
        yield f"Left out: {number}, {as_words(ground)}: {ground.meaning}."


def gathering_notes(gathered: Gathered) -> Iterator[str]:
    """What is to be known of it before the request is decided."""
    amended, person = gathered.amended, gathered.person
    yield from footnotes(gathered.found)
    yield from remark_lines(amended.concerned, amended.of_other_day or ())
    yield from too_many_lines(gathered.too_many)
    if gathered.shared:
        which = ", ".join(map(str, gathered.shared))
        yield (
            f"the number of {which} is shared with another person on the register: listen before"
            " you give out any of these"
        )
    if gathered.is_outdated:
        yield (
            f"the register knows more of {person} by now: callrec request amend"
            f" {amended.reference} --subject {person}, and gather again"
        )
    if gathered.elsewhere:
        yield f"asked for by another part of the same request: {gathered.elsewhere}"
    if amended.grants_ended:
        yield f"what was approved is void: ask for {amended.reference} to be approved again"
