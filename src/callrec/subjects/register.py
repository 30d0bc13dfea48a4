"""Add a person, change what is known of them, find them [policy 4(d)].

Each change is a version that says everything anew; the ones before are kept as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from callrec.audit.log import LogTransaction
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.subjects import index_subject, proposed_subjects
from callrec.crypto import primitives
from callrec.dataclass import asdict, dataclass, replace
from callrec.errors import Tampered, Unusable
from callrec.login.people import logins
from callrec.policy.rights.subject import (
    SubjectAct,
    SubjectCriteria,
    SubjectRecord,
    SubjectState,
    check_is_new,
    check_may_keep,
    check_record,
    may_be_one,
    read_birthday,
    read_nhs_number,
)
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, attempt, signing, today, vault_key
from callrec.record.acts import next_number
from callrec.record.rows import check_row
from callrec.record.versions import fresh_nonces
from callrec.subjects.log import (
    SUBJECTS,
    OpenSubject,
    SubjectBody,
    SubjectVersion,
    columns_of,
    read_subject,
    read_subjects,
)
from callrec.telephone.number import parse_number

SUBJECTS_LISTED: Final = "subjects.listed"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubjectAnswers:
    """What was said of a person, as typed; None or empty: nothing. Its repr shows nothing."""

    names: tuple[str, ...] = ()
    born: str | None = None
    nhs_number: str | None = None
    numbers: tuple[str, ...] = ()
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class KeptSubject:
    """A record after it was entered or changed."""

    reference: str
    version: int
    shared: int
    """How many of their telephone numbers are also another registered person's."""
    alike: tuple[str, ...]
    """References of those who may be the same person, entered twice."""


def add_subject(practice: Practice, actor: Actor, said: SubjectAnswers) -> KeptSubject:
    """Enter a person whose identity was proved; its caller put on record that it is a look-up.

    Raises:
        Refused: the actor may not, it is not said how it was proved, or somebody has that NHS
            number already.
        Unusable: it is no name, day, NHS number or telephone number.
        Locked: the actor has not the catalogue or the index key.
    """
    with attempt(practice, actor, SubjectAct.ADDED):
        check_may_keep(actor.person, on=today(practice))
        if said.born is None:
            raise Unusable("it is missing when they were born", hint="give --born 14/3/1961")
        record = _read(
            practice,
            said,
            SubjectRecord(
                names=(),
                born_on=read_birthday(said.born, today(practice)),
                nhs_number="",
                numbers=(),
                proof="",
            ),
        )
        with signing(practice, actor) as act:
            number = next_number(act.connection, tables.subject.c.id, SubjectAct.ADDED)
            version_id = SubjectVersion(practice.vault, primitives.random_id(), 1)
            return _keep(practice, act, actor, number=number, version_id=version_id, record=record)


def change_subject(
    practice: Practice, actor: Actor, reference: str, said: SubjectAnswers
) -> KeptSubject:
    """Change what is known of a person; what is not said again stands. Called as `add_subject`.

    Raises:
        NotFound: there is no such person.
        Refused: as for `add_subject`, or they were erased.
        Unusable: likewise, or the record says that already.
        Tampered: the record is not the one that was entered.
    """
    subject = [SUBJECTS.id_of(practice, actor, reference)]
    with attempt(practice, actor, SubjectAct.CHANGED, subject=subject):
        check_may_keep(actor.person, on=today(practice))
        with signing(practice, actor) as act:
            known = read_subject(practice, actor, act.connection, reference)
            record = _read(practice, said, known.record)
            if record == known.record:
                raise Unusable(
                    "the record says that already", hint=f"callrec request subject show {reference}"
                )
            version_id = known.history.version_id(practice.vault, known.history.version + 1)
            return _keep(
                practice,
                act,
                actor,
                number=known.number,
                version_id=version_id,
                record=record,
                before=known,
            )


def _read(practice: Practice, said: SubjectAnswers, before: SubjectRecord) -> SubjectRecord:
    """The new version: each answer that was given, checked, in place of what was known."""
    record = replace(
        before,
        names=tuple(dict.fromkeys(" ".join(name.split()) for name in said.names)) or before.names,
        born_on=before.born_on if said.born is None else read_birthday(said.born, today(practice)),
        nhs_number=before.nhs_number
        if said.nhs_number is None
        else said.nhs_number and read_nhs_number(said.nhs_number),
        numbers=tuple(dict.fromkeys(telephone_number(practice, each) for each in said.numbers))
        or before.numbers,
        proof=" ".join((said.proof or before.proof).split()),
    )
    check_record(record)
    return record


def telephone_number(practice: Practice, typed: str) -> str:
    """A number in any spelling as E.164, without the digits for an outside line before it."""
    prefixes = practice.settings.telephone.outside_prefixes
    return parse_number(typed, hint="give it in full: --number NUMBER", prefixes=prefixes)


def _keep(
    practice: Practice,
    act: LogTransaction,
    actor: Actor,
    *,
    number: int,
    version_id: SubjectVersion,
    record: SubjectRecord,
    before: OpenSubject | None = None,
) -> KeptSubject:
    connection = act.connection
    if record.nhs_number:
        asked = SubjectCriteria(nhs_number=record.nhs_number)
        check_is_new(len(find_subjects(practice, actor, connection, asked, but=version_id.subject)))
    body = SubjectBody(number=number, **asdict(record), **fresh_nonces())
    SUBJECTS.log_version(
        practice,
        act,
        actor,
        what=SubjectAct.CHANGED if before else SubjectAct.ADDED,
        body=body,
        version_id=version_id,
        before=before.history.leaves if before else (),
    )
    newest = practice.register.newest(VaultKey.INDEX).version
    index_subject(
        connection,
        vault_key(actor, VaultKey.INDEX, newest),
        practice.vault,
        id_=version_id.subject,
        number=number,
        record=record,
    )
    shared = shared_numbers(practice, actor, connection, version_id.subject, record.numbers)
    alike = alike_subjects(practice, actor, connection, version_id.subject, record)
    return KeptSubject(f"S-{number}", version_id.version, len(shared), alike)


def find_subjects(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    criteria: SubjectCriteria,
    *,
    but: str = "",
) -> tuple[OpenSubject, ...]:
    """The registered people who match, except ``but``; its caller wrote the leaf before."""
    opened = _proposed(practice, actor, connection, [criteria], but=but)
    return tuple(each for each in opened if criteria.fits(each.record))


def _proposed(
    practice: Practice,
    actor: Actor,
    connection: Connection,
    asked: Iterable[SubjectCriteria],
    *,
    but: str,
) -> Iterator[OpenSubject]:
    """The people whom the index proposes for any of these criteria, opened; without ``but``."""
    keys = [
        vault_key(actor, VaultKey.INDEX, version)
        for version in practice.register.versions(VaultKey.INDEX)
    ]
    proposed = frozenset[str]().union(
        *(proposed_subjects(connection, keys, practice.vault, each) for each in asked)
    )
    return read_subjects(practice, actor, connection, proposed - {but})


def shared_numbers(
    practice: Practice, actor: Actor, connection: Connection, id_: str, numbers: Sequence[str]
) -> frozenset[str]:
    """Those of a person's numbers that are also another registered person's: a household's."""
    asked = [SubjectCriteria(number=number) for number in numbers]
    others = _proposed(practice, actor, connection, asked, but=id_)
    return frozenset(numbers) & {number for each in others for number in each.record.numbers}


def alike_subjects(
    practice: Practice, actor: Actor, connection: Connection, id_: str, record: SubjectRecord
) -> tuple[str, ...]:
    """References of the other registered people who may be the same person."""
    asked = [SubjectCriteria(name=name, born_on=record.born_on) for name in record.names]
    others = _proposed(practice, actor, connection, asked, but=id_)
    return tuple(each.reference for each in others if may_be_one(record, each.record))


@dataclass(frozen=True, slots=True)
class ListedSubject:
    """A record as lists show it: nothing of the person."""

    reference: str
    state: str
    version: int
    added_on: date
    added_by: str
    """Login."""


def list_subjects(practice: Practice, actor: Actor) -> tuple[ListedSubject, ...]:
    """Everybody ever registered, also those erased, the newest first; nothing is opened.

    Raises:
        Refused: the actor may not keep the register.
        Tampered: a record is not what the log says.
    """
    with attempt(practice, actor, SUBJECTS_LISTED):
        check_may_keep(actor.person, on=today(practice))
    called, zone = logins(practice), practice.settings.time_zone
    with reading(practice.engine) as connection:
        entered = tuple(SUBJECTS.with_histories(connection, lambda *_: True))
    listed = []
    for row, history in reversed(entered):
        check_row(row, columns_of(history), SUBJECTS.called(row))
        added_on = history.entered_at.astimezone(zone).date()
        listed.append(
            ListedSubject(
                f"S-{row.number}", row.state, row.version, added_on, called[row.entered_by]
            )
        )
    return tuple(listed)


def reindex_subjects(
    practice: Practice, actor: Actor, connection: Connection, *, after: int, most: int
) -> tuple[int, int, int]:
    """Write the index of some people under the newest key, who come after a number.

    Returns the number of the last one that was looked at, ``after`` if there was none; how many
    were written; how many do not open.
    """
    newest = practice.register.newest(VaultKey.INDEX).version
    key, last, written, failed = vault_key(actor, VaultKey.INDEX, newest), after, 0, 0
    some = [row for row in SUBJECTS.every(connection) if row.number > after][:most]
    for row in some:
        last = row.number
        if row.state is SubjectState.ERASED:
            continue
        try:
            known = read_subject(practice, actor, connection, f"S-{row.number}")
        except Tampered:
            failed += 1
            continue
        index_subject(
            connection, key, practice.vault, id_=row.id, number=row.number, record=known.record
        )
        written += 1
    return last, written, failed
