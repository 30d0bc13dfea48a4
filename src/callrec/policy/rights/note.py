"""Notes on recordings: who was heard in one, and what else to know of it [policy 4(d), 4(e)].

4(d)  a recording that somebody heard is found as its person's    identified by a note
4(e)  who heard it under a grant, or handles a request for it,    check_may_note
      writes a note, in their own name
4(e)  who wrote it changes it                                     check_may_change_note
17    it goes with its recording, or with its person              check_may_erase_note
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from callrec.dataclass import dataclass
from callrec.errors import Refused, Tampered
from callrec.policy.authority import check_in_force, check_may
from callrec.policy.clause import Clause
from callrec.policy.role import Person, PersonId, Power, powers_of
from callrec.policy.words import check_sentence


class NoteState(StrEnum):
    """Where a note stands."""

    WRITTEN = "written"
    ERASED = "erased"


class NoteAct(StrEnum):
    """What happens to a note, as leaves name it; all but the last make a version."""

    MADE = "note.made"
    CHANGED = "note.changed"
    ERASED = "note.erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFacts:
    """What the rules ask of a person, a recording, and a request that asks for it."""

    heard: bool
    """They listened to it under the request."""
    makes: bool
    """They made the request, or changed it."""
    decided_with: Power
    """By which power the request is decided."""


def state_after(acts: Sequence[NoteAct]) -> NoteState:
    """Where a note stands after its acts, oldest first; Tampered if that cannot be."""
    later = acts[1:]
    if [*acts[:1]] != [NoteAct.MADE] or NoteAct.MADE in later or NoteAct.ERASED in later[:-1]:
        raise Tampered("what happened to a note cannot have happened in this order")
    return NoteState.ERASED if NoteAct.ERASED in later else NoteState.WRITTEN


def may_note(person: Person, request: NoteFacts, *, on: date) -> bool:
    """Whether somebody in force may write a note on a recording by what one request says."""
    return request.heard or request.makes or request.decided_with in powers_of(person, on)


def check_may_note(person: Person, requests: Sequence[NoteFacts], *, on: date) -> None:
    """Those who heard a recording under a grant, or handle a request for it, note what it tells."""
    check_in_force(person)
    if not any(may_note(person, each, on=on) for each in requests):
        raise Refused(
            "you have not heard this recording, and handle no request for it",
            clause=Clause.SUBJECT_ACCESS,
            hint="ask the person who heard it to write the note",
        )


def check_may_change_note(person: Person, written_by: PersonId) -> None:
    """A note is changed by the person who wrote it: it stands in their name."""
    check_in_force(person)
    if person.id != written_by:
        raise Refused(
            "only the person who wrote a note changes it",
            clause=Clause.CONTROLLED_ACCESS,
            hint="write a note of your own: callrec request recording note RECORDING --text TEXT",
        )


def check_may_erase_note(person: Person, *, on: date) -> None:
    """A note goes with its recording or its person, as the Data Controller decided [17(1)]."""
    check_may(person, Power.DECIDE_RESERVED, on=on)


def check_written(state: NoteState, reference: str) -> None:
    """Nothing is made of a note that was erased."""
    if state is NoteState.ERASED:
        raise Refused(
            f"{reference} was erased with its recording, or with its person",
            clause=Clause.RIGHTS,
            hint="write another: callrec request recording note RECORDING --text TEXT",
        )


def check_text(text: str, option: str = "--text") -> str:
    """What a note says, or how somebody was recognised, is a sentence; as it was typed."""
    return check_sentence(text, option, Clause.SUBJECT_ACCESS)
