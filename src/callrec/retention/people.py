"""Erase a person from the register [policy 4(i); UK GDPR 17].

One transaction: the leaf ``subject.erased``, which says no more than its reference, and with it
every version, key and token of the record, and every note by which the person was recognised in a
recording; the rows stay. Then the catalogue's own file is rewritten, and the volumes that are
attached are. What is not done by then is owed: the same command again, or whatever touches a volume
next, goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection

from callrec.archive.copy import VaultCheck
from callrec.archive.erase import erase_owed_on
from callrec.archive.unfinished import unfinished_runs
from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.destruction import entries_known
from callrec.catalogue.engine import reading
from callrec.catalogue.subjects import drop_tokens
from callrec.catalogue.volumes import IN_USE, each_volume
from callrec.dataclass import dataclass
from callrec.errors import Locked
from callrec.notes.log import erase_notes, read_notes
from callrec.policy.request import ENDED_STATES
from callrec.policy.rights.subject import (
    SubjectAct,
    SubjectState,
    check_may_erase_subject,
    check_nothing_needs,
)
from callrec.practice import Actor, Practice, attempt, signing, today
from callrec.record.acts import check_whole_catalogue, log_leaf
from callrec.requests.history import REQUESTS
from callrec.requests.open import read_request
from callrec.retention.destroy import clear_catalogue
from callrec.subjects.log import SUBJECTS, SubjectHistory
from callrec.volume.volume import open_volume


@dataclass(frozen=True, slots=True)
class ErasedSubject:
    """Somebody who was erased from the register, and where that is owed yet."""

    reference: str
    owed: tuple[str, ...]
    """Labels of volumes whose copy of the catalogue has the record yet."""
    undone: tuple[tuple[str, str], ...]
    """Labels of volumes that were attached and did not let it be erased there, each with why."""


def erase_subject(
    practice: Practice, actor: Actor, reference: str, *, volumes: Sequence[Path], check: VaultCheck
) -> ErasedSubject:
    """Erase what is known of a person, or go on with what is owed of that.

    Raises:
        NotFound: there never was such a person.
        Refused: the actor is not the Data Controller, or a request that is open is about them.
        Locked: it takes the password.
        Tampered: the log or the record is not as it was signed.
    """
    subject = [SUBJECTS.id_of(practice, actor, reference)]
    with attempt(practice, actor, SubjectAct.ERASED, subject=subject):
        check_may_erase_subject(actor.person, on=today(practice))
        if actor.identity is None:
            raise Locked("what is erased is signed for, and that takes the password")
        with signing(practice, actor) as act:
            _erase(practice, act, actor, reference)
    clear_catalogue(practice)
    attached = [open_volume(at) for at in volumes]
    undone = erase_owed_on(practice, actor, attached, check=check)
    with reading(practice.engine) as connection:
        row = SUBJECTS.find(connection, reference)
        owed = tuple(_owing(practice, connection, row.erased))
    return ErasedSubject(reference, owed, tuple(undone))


def _erase(practice: Practice, act: LogTransaction, actor: Actor, reference: str) -> None:
    connection = act.connection
    check_whole_catalogue(practice, connection)
    row = SUBJECTS.find(connection, reference)
    history = SUBJECTS.read(connection, practice.register, row.id)
    if history.state is SubjectState.ERASED:
        return  # what is owed of it is done again
    check_nothing_needs(reference, tuple(requests_about(practice, actor, connection, reference)))
    notes = read_notes(practice, actor, connection)
    erase_notes(act, actor, [each.history for each in notes if each.body.person == reference])
    leaf = log_leaf(act, actor, SubjectAct.ERASED, [row.id], details=None)
    drop_tokens(connection, row.id)
    for table in (tables.subject_key, tables.subject_version):
        connection.execute(table.delete().where(table.c.subject == row.id))
    SUBJECTS.update(connection, row.id, SubjectHistory(row.id, (*history.leaves, leaf)))


def requests_about(
    practice: Practice, actor: Actor, connection: Connection, reference: str
) -> Iterator[str]:
    """The requests that are open and about a person on the register; each is opened."""
    for row in REQUESTS.every(connection):
        if row.state not in ENDED_STATES:
            request = read_request(practice, actor, connection, f"R-{row.number}")
            if request.particulars.person == reference:
                yield request.reference


def _owing(practice: Practice, connection: Connection, seq: int) -> Iterator[str]:
    """Labels of the volumes in use whose copy of the catalogue is from before a leaf."""
    known = {**entries_known(connection)}
    for volume, begun in unfinished_runs(practice, connection).items():
        known[volume] = min(begun.known, known.get(volume, begun.known))
    for row in each_volume(connection):
        if row.standing == IN_USE and known.get(row.id, 0) <= seq:
            yield row.label
