"""A person's record on the register: its history, its sealed versions, its rows (subjects.md).

A leaf is an event of a record if it was done, its act is one of `SubjectAct`, the record stands
first in its subject, and it is attested. Each but the last makes a version, which says all that is
known of the person then. An erased record has neither versions nor keys nor tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, Row, func, select

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import Leaf
from callrec.audit.remembered import Problem
from callrec.catalogue import tables
from callrec.crypto.context import context
from callrec.dataclass import dataclass, fields
from callrec.errors import Tampered
from callrec.policy.rights.subject import (
    SubjectAct,
    SubjectRecord,
    SubjectState,
    check_may_erase_subject,
    check_may_keep,
    check_registered,
    state_after,
)
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice
from callrec.record.entitled import Powers, only_by_entitled, powers_then
from callrec.record.forms import Day
from callrec.record.rows import Columns, check_row
from callrec.record.versions import Versioned, VersionHistory, WholeBody

_ACTS: Final = {str(act): act for act in SubjectAct}


@dataclass(frozen=True, slots=True)
class SubjectHistory(VersionHistory):
    """The events of one record, oldest first."""

    @property
    def acts(self) -> tuple[SubjectAct, ...]:
        return tuple(_ACTS[leaf.act] for leaf in self.leaves)

    @property
    def state(self) -> SubjectState:
        return state_after(self.acts)

    @property
    def version(self) -> int:
        return len(self.leaves) - (self.state is SubjectState.ERASED)

    @property
    def newest(self) -> Leaf:
        """The leaf of the version that stands."""
        return self.leaves[self.version - 1]

    def version_id(self, vault: str, version: int) -> SubjectVersion:
        return SubjectVersion(vault, self.id, version)


def columns_of(history: SubjectHistory) -> Columns:
    """The columns of a record that follow from its leaves."""
    return {
        "state": history.state,
        "entered_by": history.entered_by,
        "version": history.version,
        "erased": history.leaves[-1].seq if history.state is SubjectState.ERASED else None,
    }


SUBJECTS: Final = Versioned(
    versions=tables.subject_version,
    keys=tables.subject_key,
    holders=(VaultKey.CATALOGUE,),
    table=tables.subject,
    letter="S",
    made_by=SubjectAct.ADDED,
    acts=frozenset(_ACTS),
    history=SubjectHistory,
    row_of=lambda _, history: columns_of(history),
)


@dataclass(frozen=True, slots=True)
class SubjectVersion:
    """Which version of which record: what its sealing and its digest are bound to."""

    vault: str
    subject: str
    version: int

    called: ClassVar = "a person's record"
    people: ClassVar[tuple[str, ...]] = ()
    """To whom it is sealed besides the catalogue key: nobody."""

    @property
    def context(self) -> bytes:
        return context("subject", self.vault, subject=self.subject, version=self.version)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubjectBody(WholeBody):
    """One version of a record, as it is sealed. Its repr shows nothing."""

    names: tuple[str, ...]
    born_on: Day
    nhs_number: str
    numbers: tuple[str, ...]
    proof: str

    @property
    def record(self) -> SubjectRecord:
        """What it says of the person, in the rules' own type."""
        return SubjectRecord(
            **{each.name: getattr(self, each.name) for each in fields(SubjectRecord)}
        )


@dataclass(frozen=True, slots=True, repr=False)
class OpenSubject:
    """A person on the register, opened and checked. Shows nothing."""

    id: str
    number: int
    history: SubjectHistory
    record: SubjectRecord
    """The version that stands."""

    @property
    def reference(self) -> str:
        return f"S-{self.number}"


def read_subject(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> OpenSubject:
    """Open a record as it stands. Whether the actor may, and says why, its callers ask first.

    Raises:
        NotFound: there is none of that number.
        Refused: it was erased.
        Locked: the actor has not the catalogue key.
        Tampered: it is not the one that was entered.
    """
    row = SUBJECTS.find(connection, reference)
    return open_subject(
        practice, actor, connection, row, SUBJECTS.read(connection, practice.register, row.id)
    )


def read_subject_if_there(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> OpenSubject | None:
    """As `read_subject`, but None where the person was erased."""
    row = SUBJECTS.find(connection, reference)
    history = SUBJECTS.read(connection, practice.register, row.id)
    if history.state is SubjectState.ERASED:
        return None
    return open_subject(practice, actor, connection, row, history)


def read_subjects(
    practice: Practice, actor: Actor, connection: Connection, ids: Iterable[str]
) -> Iterator[OpenSubject]:
    """Open several who are registered, in the order of their numbers; the log is read once."""
    wanted = frozenset(ids)
    if not wanted:
        return
    for row, told in SUBJECTS.with_histories(connection, lambda id_, _: id_ in wanted):
        seqs = [leaf.seq for leaf in told.leaves]
        history = SubjectHistory(row.id, attested_leaves(connection, practice.register, seqs))
        yield open_subject(practice, actor, connection, row, history)


def open_subject(
    practice: Practice, actor: Actor, connection: Connection, row: Row[Any], history: SubjectHistory
) -> OpenSubject:
    """Open the version that stands, of a row with the history that the log tells."""
    reference = f"S-{row.number}"
    check_row(row, columns_of(history), SUBJECTS.called(row))
    _check_entitled(powers_then(practice, connection), history)
    check_registered(history.state, reference)
    which = history.version_id(practice.vault, history.version)
    try:
        key = SUBJECTS.key_by_vault(actor, connection, which)
        body = SUBJECTS.opened_by(connection, SubjectBody, history.newest, which, key=key)
    except Tampered as error:
        raise Tampered(
            f"{reference} does not open: {error.message}",
            hint="tell the Data Controller; enter the person anew: callrec request subject add",
        ) from error
    if row.number != body.number:
        raise Tampered(f"the number of {reference} is not what was sealed with it")
    return OpenSubject(row.id, row.number, history, body.record)


def check_subject_rows(powers: Powers, done: Iterable[Leaf]) -> Iterator[Problem]:
    """Each record's columns are what its leaves come to; none is missing.

    The people who entered, changed or erased one were entitled to. One that is registered has all
    its versions, one that was erased has nothing but its row.
    """

    def may(row: Row[Any], history: SubjectHistory) -> None:
        _check_entitled(powers, history)
        is_there = history.state is SubjectState.REGISTERED
        version = tables.subject_version
        whole = history.version if is_there else 0
        if _count(powers.connection, version, row.id) != whole or (
            not is_there
            and any(
                _count(powers.connection, table, row.id)
                for table in (tables.subject_key, tables.subject_token)
            )
        ):
            raise Tampered(f"what is kept of S-{row.number} is not what the log says")

    yield from SUBJECTS.wrong(powers.connection, done, may)


def _count(connection: Connection, table: Any, id_: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.subject == id_)
    return connection.execute(query).scalar_one()


def _check_entitled(powers: Powers, history: SubjectHistory) -> None:
    for leaf, act in zip(history.leaves, history.acts, strict=True):
        person, on = powers.actor(leaf)
        with only_by_entitled(
            f"the history of a person's record has {leaf.act} by somebody who may not"
        ):
            if act is SubjectAct.ERASED:
                check_may_erase_subject(person, on=on)
            else:
                check_may_keep(person, on=on)
