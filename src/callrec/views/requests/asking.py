"""What is said of a request that was just made or changed, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from callrec.policy.authority import who_decides
from callrec.policy.purpose import TERMS
from callrec.policy.role import Power
from callrec.policy.search import described_by
from callrec.views.requests.remarks import how_to_gather, more_lines, remark_lines

if TYPE_CHECKING:
    from callrec.practice import Actor, Practice
    from callrec.requests.amend import Amended
    from callrec.requests.ask import CreatedRequest
    from callrec.search.matching import Attached
    from callrec.search.search import Suggested


def created_line(made: CreatedRequest, recordings: Sequence[int]) -> str:
    """That a request is made, and for how many recordings."""
    asked = f" Recordings asked for: {len(recordings)}." if recordings else ""
    return f"{made.reference} is made.{asked}"


def created_notes(
    made: CreatedRequest, suggested: Suggested | None, recordings: Sequence[int]
) -> Iterator[str]:
    """What to know of it: whom it is about, what does not fit, and what matches."""
    yield from remark_lines(made.concerned, made.of_other_day or ())
    for number in made.of_other_extension or ():
        yield f"recording {number} is not of the extension that the request says"
    if suggested and not recordings:
        yield _matching(suggested)
    yield from _more_than_shown(made, suggested, recordings)


def _matching(suggested: Suggested) -> str:
    match suggested.matching, suggested.may_see:
        case None, False:
            return "a person who may search finds the recordings that match, and attaches them"
        case None, True:
            return "the request describes no call: search for it, and attach what is found"
        case count, False:
            return f"recordings that began then: {count}; a person who may search attaches them"
        case count, _:
            return f"recordings that match: {count}"


def _more_than_shown(
    made: CreatedRequest, suggested: Suggested | None, recordings: Sequence[int]
) -> Iterator[str]:
    """Where all that was shown is asked for, and that is not all that matches."""
    shown = {call.id for call in suggested.shown} if suggested else set[int]()
    if suggested and suggested.matching and shown and shown <= {*recordings}:
        if TERMS[made.purpose].is_capped:
            yield _matching(suggested)
        else:
            yield from more_lines(made.reference, suggested.matching - len(recordings))


def next_step(
    actor: Actor, made: CreatedRequest, suggested: Suggested | None, recordings: Sequence[int]
) -> str:
    """What is done next, as a command; empty where nobody here can say who does it."""
    from callrec.requests.clock import missing_proof

    missing = missing_proof(made.particulars.further)
    if not recordings and not TERMS[made.purpose].is_owed_whole:
        numbers = [str(call.id) for call in suggested.shown] if suggested else []
        return f"callrec request attach {made.reference} {' '.join(numbers) or 'RECORDING'}"
    if TERMS[made.purpose].takes_effect and missing:
        return f"callrec request event {made.reference} {missing[0]} --on DATE"
    if made.concerned.people:  # one of these could be named here
        return ""
    return f"ask {who_decides(made.purpose, actor.person)} to run callrec approve {made.reference}"


def gathering_step(
    practice: Practice, actor: Actor, made: CreatedRequest, attached: Attached
) -> str:
    """How what is owed whole is gathered, where it was not and they may; else empty."""
    from callrec.practice import powers

    owed = TERMS[made.purpose].is_owed_whole and not attached.is_gathered
    if not owed or Power.SEARCH not in powers(practice, actor):
        return ""
    return how_to_gather(made.reference, is_described=bool(described_by(made.particulars)))


def amended_lines(amended: Amended) -> Iterator[str]:
    """What a change came to: how many recordings, what to know, and what is void."""
    yield f"{amended.reference} is changed. Recordings asked for: {amended.recordings}."
    yield from remark_lines(amended.concerned, amended.of_other_day or ())
    if amended.grants_ended:
        yield f"what was approved is void: ask for {amended.reference} to be approved again"


def costs_the_decision(reference: str) -> str:
    """What a change costs somebody who could decide the request."""
    return f"you can decide {reference}; once you have changed it, you cannot"
