"""A note on a recording: its history, its sealed versions, its rows (notes.md).

A leaf is an event of a note if it was done, its act is one of `NoteAct`, the note stands first in
its subject, and it is attested. The first names the recording and the request under which it was
written, too. That it says who was heard, and who that is, lies sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, Row, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf
from callrec.audit.log import LogTransaction
from callrec.audit.remembered import Problem
from callrec.catalogue import tables
from callrec.crypto.canonical import parse_instant
from callrec.crypto.context import context
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.policy.purpose import TERMS, Purpose, purpose_of
from callrec.policy.request import CHANGING_ACTS, RequestAct
from callrec.policy.rights.note import (
    NoteAct,
    NoteFacts,
    NoteState,
    check_may_change_note,
    check_may_erase_note,
    check_may_note,
    check_written,
    state_after,
)
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice
from callrec.record.acts import done_leaves, log_leaf
from callrec.record.entitled import Powers, only_by_entitled, powers_then
from callrec.record.rows import Columns, check_row
from callrec.record.versions import Versioned, VersionHistory, WholeBody

_ACTS: Final = {str(act): act for act in NoteAct}

_ASKING: Final = (
    RequestAct.CREATED,
    *CHANGING_ACTS,
    RequestAct.LISTENED,
    RequestAct.HEARING_FAILED,
)
"""What a note rests on: who made a request, changed it, or heard something under it."""


@dataclass(frozen=True, slots=True)
class NoteHistory(VersionHistory):
    """The events of one note, oldest first."""

    @property
    def acts(self) -> tuple[NoteAct, ...]:
        return tuple(_ACTS[leaf.act] for leaf in self.leaves)

    @property
    def state(self) -> NoteState:
        return state_after(self.acts)

    @property
    def version(self) -> int:
        return len(self.leaves) - (self.state is NoteState.ERASED)

    @property
    def recording(self) -> str:
        """The uid of the recording; `state` shows that the first leaf made it."""
        return self.leaves[0].subject[1]

    @property
    def request(self) -> str:
        """The id of the request under which it was written."""
        return self.leaves[0].subject[2]

    def version_id(self, vault: str, version: int) -> NoteVersion:
        return NoteVersion(vault, self.id, version, self.recording, self.entered_by)


def columns_of(history: NoteHistory) -> Columns:
    """The columns of a note that follow from its leaves."""
    return {
        "state": history.state,
        "recording": history.recording,
        "written_by": history.entered_by,
        "version": history.version,
    }


NOTES: Final = Versioned(
    versions=tables.note_version,
    keys=tables.note_key,
    holders=(VaultKey.CATALOGUE,),
    table=tables.note,
    letter="N",
    made_by=NoteAct.MADE,
    acts=frozenset(_ACTS),
    history=NoteHistory,
    row_of=lambda _, history: columns_of(history),
)


@dataclass(frozen=True, slots=True)
class NoteVersion:
    """Which version of which note: what its sealing and its digest are bound to."""

    vault: str
    note: str
    version: int
    recording: str
    """Uid."""
    written_by: str
    """Id of who wrote it."""

    called: ClassVar = "a note"
    people: ClassVar[tuple[str, ...]] = ()

    @property
    def context(self) -> bytes:
        return context("note", self.vault, note=self.note, version=self.version)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NoteBody(WholeBody):
    """One version of a note, as it is sealed. Its repr shows nothing."""

    person: str
    """``S-3``: who was heard in it, by the register; empty: it says something else."""
    text: str
    """What to know of the recording, or how the person was recognised."""


@dataclass(frozen=True, slots=True, repr=False)
class OpenNote:
    """A note as it stands, opened and checked. Shows nothing."""

    id: str
    number: int
    history: NoteHistory
    body: NoteBody

    @property
    def reference(self) -> str:
        return f"N-{self.number}"

    @property
    def at(self) -> datetime:
        """When the version that stands was written, UTC."""
        return parse_instant(self.history.leaves[self.history.version - 1].at)


def read_notes(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    recordings: Collection[str] | None = None,
) -> tuple[OpenNote, ...]:
    """Open every note that was not erased, on these recordings, uids, or on all; by number.

    Raises:
        Locked: the actor has not the catalogue key.
        Tampered: one is not as it was written.
    """
    powers, found = powers_then(practice, connection), []
    on_these = NOTES.with_histories(connection, lambda _, note: _stands_on(note, recordings))
    wanted = tuple(on_these)
    asking = asking_leaves(connection) if wanted else ()
    for row, told in wanted:
        seqs = [leaf.seq for leaf in told.leaves]
        history = NoteHistory(row.id, attested_leaves(connection, practice.register, seqs))
        check_row(row, columns_of(history), NOTES.called(row))
        check_written(history.state, f"N-{row.number}")
        _check_entitled(powers, history, asking)
        found.append(_open(practice, actor, connection, row, history))
    return tuple(found)


def _open(
    practice: Practice, actor: Actor, connection: Connection, row: Row[Any], history: NoteHistory
) -> OpenNote:
    """Open the version that stands, of a row that is what the log says."""
    which = history.version_id(practice.vault, history.version)
    try:
        key = NOTES.key_by_vault(actor, connection, which)
        leaf = history.leaves[history.version - 1]
        body = NOTES.opened_by(connection, NoteBody, leaf, which, key=key)
    except Tampered as error:
        raise Tampered(
            f"note N-{row.number} does not open: {error.message}",
            hint="tell the Data Controller; the person who wrote it can write it anew",
        ) from error
    if row.number != body.number:
        raise Tampered(f"the number of note N-{row.number} is not what was sealed with it")
    return OpenNote(row.id, row.number, history, body)


def erase_notes(act: LogTransaction, actor: Actor, histories: Iterable[NoteHistory]) -> None:
    """Erase notes together with their recording or their person, in the same transaction."""
    for history in histories:
        leaf = log_leaf(act, actor, NoteAct.ERASED, [history.id], details=None)
        for table in (tables.note_key, tables.note_version):
            act.connection.execute(table.delete().where(table.c.note == history.id))
        NOTES.update(act.connection, history.id, NoteHistory(history.id, (*history.leaves, leaf)))


def notes_on(
    practice: Practice, connection: Connection, recordings: Collection[str]
) -> Sequence[NoteHistory]:
    """The histories of the notes on these recordings that were not erased; nothing is opened."""
    wanted = NOTES.with_histories(connection, lambda _, note: _stands_on(note, recordings))
    told = [NOTES.read(connection, practice.register, row.id) for row, _ in wanted]
    return [history for history in told if _stands_on(history, recordings)]


def _stands_on(note: Row[Any] | NoteHistory, recordings: Collection[str] | None) -> bool:
    """Whether a note, as its row or its leaves say, was not erased and is on one of these, or all.

    One whose leaves cannot have happened is on all.
    """
    with suppress(Tampered):
        is_written = note.state is NoteState.WRITTEN
        return is_written and (recordings is None or note.recording in recordings)
    return recordings is None


def facts_of(
    asking: Iterable[Leaf], person: str, recording: str, *, before: int | None = None
) -> dict[str, NoteFacts]:
    """By the id of each request that named a recording: what `policy.rights.note` asks of a person.

    ``asking`` are leaves of the acts on which a note rests, oldest first.
    """
    heard: dict[str, set[str]] = {}
    makes, naming = set[str](), set[str]()
    for leaf in asking:
        if before is not None and leaf.seq >= before:
            break
        request = leaf.subject[0]
        if leaf.act == RequestAct.LISTENED:
            if leaf.actor == person and recording in leaf.subject[2:3]:
                heard.setdefault(request, set()).add(leaf.subject[1])
        elif leaf.act == RequestAct.HEARING_FAILED:
            heard.get(request, set()).discard(leaf.subject[1])
        else:
            if leaf.actor == person:
                makes.add(request)
            if recording in leaf.subject[1:]:
                naming.add(request)
    return {
        request: NoteFacts(
            heard=bool(heard.get(request)),
            makes=request in makes,
            decided_with=TERMS[_purpose(request)].decided_with,
        )
        for request in sorted(naming | heard.keys())
    }


def _purpose(request: str) -> Purpose:
    purpose = purpose_of(request)
    if purpose is None:
        raise Tampered("a note names a request that is for nothing")
    return purpose


def asking_leaves(connection: Connection) -> tuple[Leaf, ...]:
    """The leaves on which notes rest."""
    return tuple(done_leaves(connection, _ASKING))


def check_note_rows(powers: Powers, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each note's columns are what its leaves come to; none is missing.

    The people who wrote, changed or erased one were entitled to. Of an erased one nothing is left.
    """
    leaves = tuple(done)
    asking = [leaf for leaf in leaves if leaf.act in _ASKING]

    def may(row: Row[Any], history: NoteHistory) -> None:
        _check_entitled(powers, history, asking)
        version = tables.note_version.c
        query = select(version.version).where(version.note == row.id)
        there = powers.connection.execute(query).scalars().all()
        whole = history.version if history.state is NoteState.WRITTEN else 0
        keys = select(tables.note_key.c.note).where(tables.note_key.c.note == row.id)
        has_keys = powers.connection.execute(keys).first() is not None
        if len(there) != whole or has_keys is not bool(whole):
            raise Tampered(f"what is kept of N-{row.number} is not what the log says")

    yield from NOTES.wrong(powers.connection, leaves, may)


def _check_entitled(powers: Powers, history: NoteHistory, asking: Sequence[Leaf]) -> None:
    for leaf, act in zip(history.leaves, history.acts, strict=True):
        person, on = powers.actor(leaf)
        with only_by_entitled(f"the history of a note has {leaf.act} by somebody who may not"):
            if act is NoteAct.ERASED:
                check_may_erase_note(person, on=on)
            elif act is NoteAct.CHANGED:
                check_may_change_note(person, history.entered_by)
            else:
                facts = facts_of(asking, leaf.actor, history.recording, before=leaf.seq)
                named = [each for id_, each in facts.items() if id_ == history.request]
                check_may_note(person, named, on=on)
