"""Write a note on a recording, or change it [policy 4(d), 4(e)].

It takes no key but public ones: people who heard a recording need not be able to read anything
else. Each change is a version of its own; the ones before are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callrec.audit.log import LogTransaction
from callrec.calls.custody import find_recording
from callrec.catalogue import tables
from callrec.crypto import primitives
from callrec.dataclass import dataclass
from callrec.errors import Locked, NotFound
from callrec.notes.log import NOTES, NoteBody, NoteVersion, asking_leaves, columns_of, facts_of
from callrec.policy.purpose import Purpose, is_for
from callrec.policy.retention import RecordingState
from callrec.policy.rights.note import (
    NoteAct,
    check_may_change_note,
    check_may_note,
    check_text,
    check_written,
    may_note,
)
from callrec.policy.rights.subject import check_registered
from callrec.practice import Actor, Practice, attempt, signing, today
from callrec.record.acts import next_number
from callrec.record.rows import check_row
from callrec.record.versions import fresh_nonces
from callrec.subjects.log import SUBJECTS


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note after it was written: its reference and version."""

    reference: str
    recording: int
    version: int


def write_note(
    practice: Practice,
    actor: Actor,
    recording: int,
    *,
    text: str,
    person: str = "",
    note: str | None = None,
) -> WrittenNote:
    """Write a note on a recording: what to know of it, or which registered ``person`` is heard.

    ``note`` is the one that is written anew, ``N-2``.

    Raises:
        NotFound: there is no such recording, person or note.
        Refused: the actor neither heard it under a grant nor handles a request for it, or the note
            is somebody else's, or the text is no sentence.
        Locked: it takes the password, so that nobody writes in another's name.
    """
    what = NoteAct.MADE if note is None else NoteAct.CHANGED
    with attempt(practice, actor, what):
        check_text(text, "--how" if person else "--text")
        if actor.identity is None:
            raise Locked("a note stands in your name, and that takes the password")
        with signing(practice, actor) as act:
            row = find_recording(act.connection, recording)
            if row.state == RecordingState.DESTROYED:
                raise NotFound(
                    f"recording {recording} was destroyed", hint="nothing is noted of it"
                )
            if person:
                known = SUBJECTS.find(act.connection, person)
                history = SUBJECTS.read(act.connection, practice.register, known.id)
                check_registered(history.state, person)
            body = {"person": person, "text": " ".join(text.split()), **fresh_nonces()}
            if note is None:
                return _make(practice, act, actor, row.uid, recording, said=body)
            return _change(practice, act, actor, row.uid, recording, note=note, said=body)


def _make(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    uid: str,
    recording: int,
    *,
    said: Mapping[str, Any],
) -> WrittenNote:
    facts, on = facts_of(asking_leaves(act.connection), actor.person.id, uid), today(practice)
    check_may_note(actor.person, [*facts.values()], on=on)
    # That it was heard is what a note rests on best; but what is kept from somebody stays so.
    allowed = [id_ for id_, each in facts.items() if may_note(actor.person, each, on=on)]
    request = max(allowed, key=lambda id_: (is_for(id_, Purpose.OUTSIDE_BODY), facts[id_].heard))
    number = next_number(act.connection, tables.note.c.id, NoteAct.MADE)
    which = NoteVersion(practice.vault, primitives.random_id(), 1, uid, actor.person.id)
    body = NoteBody(number=number, **said)
    NOTES.log_version(
        practice, act, actor, what=NoteAct.MADE, body=body, version_id=which, subject=[uid, request]
    )
    return WrittenNote(f"N-{number}", recording, 1)


def _change(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    uid: str,
    recording: int,
    *,
    note: str,
    said: Mapping[str, Any],
) -> WrittenNote:
    row = NOTES.find(act.connection, note)
    history = NOTES.read(act.connection, practice.register, row.id)
    check_row(row, columns_of(history), NOTES.called(row))
    if history.recording != uid:
        raise NotFound(
            f"{note} is not a note on recording {recording}", hint="callrec show names its notes"
        )
    check_written(history.state, note)
    check_may_change_note(actor.person, history.entered_by)
    which = history.version_id(practice.vault, history.version + 1)
    NOTES.log_version(
        practice,
        act,
        actor,
        what=NoteAct.CHANGED,
        body=NoteBody(number=row.number, **said),
        version_id=which,
        before=history.leaves,
    )
    return WrittenNote(note, recording, which.version)
