"""Who writes a note on a recording, and what becomes of it [policy 4(d), 4(e)]."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.errors import Refused, Tampered
from callrec.policy.rights.note import (
    NoteAct,
    NoteFacts,
    NoteState,
    check_may_erase_note,
    check_may_note,
    may_note,
    state_after,
)
from callrec.policy.role import Power, Role, Standing
from callrec.policy.words import in_words
from policy.builders import TODAY, a_person

M, C, E = NoteAct.MADE, NoteAct.CHANGED, NoteAct.ERASED


def test_where_a_note_stands_follows_from_what_happened() -> None:
    assert state_after([M]) is state_after([M, C, C]) is NoteState.WRITTEN
    assert state_after([M, E]) is state_after([M, C, E]) is NoteState.ERASED


@pytest.mark.parametrize("acts", [(), (C,), (M, M), (E,), (M, E, C), (M, E, E), (M, E, C, C)])
def test_what_cannot_have_happened_is_tampering(acts: tuple[NoteAct, ...]) -> None:
    with pytest.raises(Tampered, match=r"^what happened to a note cannot have happened in this"):
        state_after(acts)


def facts(**so: Any) -> NoteFacts:
    return NoteFacts(
        **{"heard": False, "makes": False, "decided_with": Power.DECIDE_RESERVED, **so}
    )


MANAGER = a_person(Role.MANAGER)

BY_ONE_REQUEST = {
    "who heard it": (facts(heard=True), True),
    "who made the request": (facts(makes=True), True),
    "who decides it": (facts(decided_with=Power.DECIDE_GENERAL), True),
    "who has no part in it": (facts(), False),
}


@pytest.mark.parametrize(("request_", "may"), BY_ONE_REQUEST.values(), ids=BY_ONE_REQUEST)
def test_a_note_is_written_by(request_: NoteFacts, may: bool) -> None:  # noqa: FBT001
    assert may_note(MANAGER, request_, on=TODAY) is may


def test_one_of_several_requests_is_enough() -> None:
    check_may_note(MANAGER, [facts(), facts(heard=True)], on=TODAY)
    with pytest.raises(Refused, match=r"handle no request for it \[policy 4\(e\)\]"):
        check_may_note(MANAGER, [facts(), facts()], on=TODAY)


def test_who_is_disabled_writes_none_of_what_they_heard() -> None:
    with pytest.raises(Refused, match="disabled"):
        check_may_note(a_person(standing=Standing.DISABLED), [facts(heard=True)], on=TODAY)


@pytest.mark.parametrize("role", Role)
def test_the_data_controller_erases_a_note(role: Role) -> None:
    if role is Role.DATA_CONTROLLER:
        check_may_erase_note(a_person(role), on=TODAY)
        return
    with pytest.raises(Refused, match=f"the role {in_words(role)} may not approve or deny"):
        check_may_erase_note(a_person(role), on=TODAY)
