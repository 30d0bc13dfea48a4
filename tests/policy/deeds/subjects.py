"""What people try with the register of people and with notes on recordings, as they may not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from callrec.policy.rights import note
from callrec.policy.rights.note import NoteFacts, NoteState, check_may_change_note, check_may_note
from callrec.policy.rights.subject import (
    SubjectCriteria,
    SubjectRecord,
    SubjectState,
    check_is_new,
    check_not_browsing_people,
    check_nothing_needs,
    check_record,
    check_registered,
    read_birthday,
    read_nhs_number,
    state_after,
)
from callrec.policy.role import Power
from policy.builders import BEN, TODAY, a_person

RECORD = SubjectRecord(
    names=("Ada Wren",),
    born_on=date(1990, 2, 1),
    nhs_number="",
    numbers=(),
    proof="Passport, seen at the desk by max",
)

ANY = NoteFacts(heard=False, makes=False, decided_with=Power.DECIDE_GENERAL)

REASON = "She asks at the desk for all her calls"


def enters(**said: Any) -> Callable[[], object]:
    return lambda: check_record(replace(RECORD, **said))


def looks_up(reason: str | None = REASON, **asked: Any) -> Callable[[], object]:
    criteria = SubjectCriteria(**asked)
    return lambda: check_not_browsing_people(criteria, reason=reason, request=None)


DEEDS: Final[Mapping[str, Callable[[], object]]] = {
    "somebody is entered without a name": enters(names=()),
    "somebody is entered with more names than there is room for": enters(names=("Ada",) * 13),
    "how somebody proved who they are is told in a word": enters(proof="passport"),
    "an NHS number is nine digits": lambda: read_nhs_number("999 000 001"),
    "an NHS number is mistyped": lambda: read_nhs_number("999 000 0019"),
    "somebody was born tomorrow": lambda: read_birthday(
        (TODAY + timedelta(days=1)).isoformat(), TODAY
    ),
    "somebody was born in a year of two digits": lambda: read_birthday("14/3/61", TODAY),
    "the register is looked through by a name": looks_up(name="Wren"),
    "somebody is looked up by an initial": looks_up(name="W", number="+447700900123"),
    "somebody is looked up for nothing": looks_up(reason=None, number="+447700900123"),
    "an erased person is read": lambda: check_registered(SubjectState.ERASED, "S-3"),
    "somebody is entered twice": lambda: check_is_new(1),
    "somebody is erased whom a request is about": lambda: check_nothing_needs("S-3", ["R-17"]),
    "a person is read whom nobody entered": lambda: state_after(()),
    "staff note what they have not heard": lambda: check_may_note(a_person(), [ANY], on=TODAY),
    "staff change somebody else's note": lambda: check_may_change_note(a_person(), BEN),
    "an erased note is changed": lambda: note.check_written(NoteState.ERASED, "N-2"),
    "a note is a word": lambda: note.check_text("husband"),
    "a note is read that nobody wrote": lambda: note.state_after(()),
}
