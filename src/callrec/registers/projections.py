"""Check the catalogue's rows against the statements and leaves that they follow from.

Rows are for finding things quickly. Anyone who can write to the database can change them, so
nothing that matters rests on them alone (docs/formats/audit-log.md, "Projections"). Numbered things
(requests, holds, incidents, complaints, certificates) are compared by `record.rows.Kind`, the same
for each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import Connection, Row, select

from callrec.archive.log import (
    check_archived_rows,
    check_archivists,
    check_rows_of_volumes,
    check_volume_rows,
)
from callrec.archive.owed import Stub, stated_stubs, stub_in
from callrec.audit.erased import KIND, read_destruction
from callrec.audit.leaf import Leaf
from callrec.audit.register import Register
from callrec.audit.remembered import Problem
from callrec.calls.custody import POWER_TO_STATE, REENCRYPTED
from callrec.catalogue import tables
from callrec.catalogue.destruction import every_stub
from callrec.catalogue.index import read_parts
from callrec.complaints.log import check_complaint_rows
from callrec.crypto.canonical import parse
from callrec.crypto.statement import entries_in, read_statement
from callrec.dataclass import dataclass, field
from callrec.errors import Tampered
from callrec.incidents.log import check_incident_rows
from callrec.intake.reconciled import check_reconciliations
from callrec.login.locks import is_current_lock
from callrec.login.sessions import check_session_rows
from callrec.notes.log import check_note_rows
from callrec.policy.retention import RecordingState
from callrec.policy.role import Power, VaultKey
from callrec.record.acts import (
    MIN_SUBJECTS,
    check_subjects,
    done_leaves_unchecked,
    names_its_subjects,
)
from callrec.record.cosigned import check_cosigned
from callrec.record.entitled import Powers
from callrec.record.rows import unrecorded
from callrec.record.statements import carried
from callrec.requests.clock import check_dates
from callrec.requests.grants import unlisted_grants
from callrec.requests.history import REQUESTS
from callrec.requests.holding import check_rows_of_holds
from callrec.requests.model import History
from callrec.requests.open import unopened_facts
from callrec.requests.rules import Rulebook, check_done_by_entitled, read_rulebook
from callrec.retention.categories import check_categories
from callrec.retention.log import check_certificates, check_destructions
from callrec.subjects.log import check_subject_rows

_MAKES: Final[Mapping[str, Power]] = {
    **POWER_TO_STATE,
    "intake": Power.INGEST,
    "volume": Power.ARCHIVE,
}
"""Kinds of statement about recordings and volumes, and the power that each takes."""


def check_projections(connection: Connection, register: Register) -> Iterator[Problem]:
    """Everything in the catalogue that does not follow from the log, but for what is on record.

    Days are those of the practice's own time zone.
    """
    return unrecorded(_check_all(connection, register), connection, register)


def _check_all(connection: Connection, register: Register) -> Iterator[Problem]:
    # Rows follow from these by their leaves alone. A look through a million leaves: 0.3 s.
    every = tuple(done_leaves_unchecked(connection, MIN_SUBJECTS))
    done = tuple(filter(names_its_subjects, every))
    zone = register.newest_settings().settings.time_zone
    rules = read_rulebook(connection, register, zone)
    for problems in (
        check_subjects(connection, every),
        _check_people(connection, register),
        _check_shares(connection, register),
        _run(check_session_rows, connection, register.founders.vault),
        _check_recordings(connection, register),
        _check_makers(rules),
        check_reconciliations(rules),
        check_destructions(rules, done),
        check_certificates(rules, done),
        check_cosigned(connection, register),
        check_dates(connection, register.founders.vault, done, rules.dates),
        _check_requests(rules, done),
        _check_words(connection, done),
        (
            Problem(None, "a grant is not one that its approval lists")
            for _ in unlisted_grants(connection)
        ),
        check_rows_of_holds(rules, done),
        check_incident_rows(rules, done),
        check_complaint_rows(rules, done),
        check_subject_rows(rules, done),
        check_note_rows(rules, done),
        check_volume_rows(connection, done),
        check_archivists(rules, done),
        check_rows_of_volumes(connection),
        check_archived_rows(connection, done),
        check_categories(rules, done),
        _run(read_parts, connection),
    ):
        try:
            yield from problems
        except Tampered as error:
            yield Problem(None, error.message)


def _run(check: Callable[..., object], *about: object) -> Iterator[Problem]:
    """Run a check that raises at the first problem, when its turn comes."""
    check(*about)
    yield from ()


def _check_people(connection: Connection, register: Register) -> Iterator[Problem]:
    people = connection.execute(select(tables.person)).all()
    rows = {row.id for row in people}
    for row in people:
        if not is_current_lock(register, row):
            lock = f"the lock of {row.login}"
            yield Problem(None, f"{lock} is not the one that the log names", lock)
    vouched = {*register.vouchers, register.founders.kit}
    if rows - vouched:
        yield Problem(None, "a person stands in the catalogue for whom nobody vouched")
    if vouched - rows:
        yield Problem(None, "a person who was vouched for is missing from the catalogue")


def _check_shares(connection: Connection, register: Register) -> Iterator[Problem]:
    for row in connection.execute(select(tables.share)):
        try:
            register.check_share(row.sealed, VaultKey(row.key), row.version, row.person)
        except Tampered as error:
            yield Problem(None, error.message)


def _check_recordings(connection: Connection, register: Register) -> Iterator[Problem]:
    """Each recording and each revision is listed by its batch's statement, and none is missing.

    Each has its key, sealed. Of those that were destroyed, a stub is there and nothing else.
    """
    destroyed = _destroyed(connection, register.founders.vault)
    yield from _check_destroyed(connection, destroyed)
    recording, revision = tables.recording.c, tables.metadata.c.revision
    keyless = recording.data_key.is_(None).label("keyless")
    query = select(recording.id, recording.uid, recording.ciphertext, keyless, revision)
    query = query.outerjoin(tables.metadata, tables.metadata.c.recording == recording.id)
    query = query.where(
        revision.is_not(None) | recording.state.is_distinct_from(RecordingState.DESTROYED)
    )
    query = query.order_by(recording.id, revision).execution_options(yield_per=1000)
    rows: Any = groupby(connection.execute(query), key=lambda row: row.id)
    met, counted = _Met(destroyed), defaultdict[str, _IntakeCount](_IntakeCount)
    for seq, _, kind, body, _ in carried(connection, "batch", "intake", REENCRYPTED):
        fields = parse(body, is_known=True)
        stated = _revisions_in(kind, fields)
        # Nearly all recordings have the order of their statements: so few wait for each other.
        yield from met.take(stated, islice(rows, len(stated)))
        yield from _check_count(counted, seq, fields, stated)
    yield from met.take((), rows)
    yield from met.end(connection)


@dataclass(slots=True)
class _Met:
    """Recordings and the revisions that were stated, as they meet."""

    destroyed: Collection[str]
    listed: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    """What was stated of revisions of which there was no row yet, by uid and number: the file
    before it and the one after."""
    waiting: dict[str, list[Row[Any]]] = field(default_factory=dict)
    """By uid, the rows of recordings of which something was not stated yet."""
    gone: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    """The same of recordings that were destroyed."""
    again: int = 0
    """Revisions that were stated once more."""

    def take(
        self,
        stated: Collection[tuple[str, int, str, str]],
        recordings: Iterable[tuple[int, Iterator[Row[Any]]]],
    ) -> Iterator[Problem]:
        """Take what one statement lists, and some recordings; what is wrong with those that met."""
        uids = set[str]()
        for uid, revision, before, after in stated:
            uids.add(uid)
            there = self.gone if uid in self.destroyed else self.listed
            self.again += (uid, revision) in there
            there.setdefault((uid, revision), (before, after))
        for _, revisions in recordings:
            for row in revisions:
                uids.add(row.uid)
                self.waiting.setdefault(row.uid, []).append(row)
        for uid in uids:
            rows = self.waiting.get(uid)
            if rows and all((uid, row.revision) in self.listed for row in rows):
                del self.waiting[uid]
                yield from self._wrong(rows)

    def end(self, connection: Connection) -> Iterator[Problem]:
        """What is wrong with what never met."""
        for rows in self.waiting.values():
            yield from self._wrong(rows)
        recording, metadata = tables.recording.c, tables.metadata
        query = select(recording.uid, metadata.c.revision)
        query = query.join(metadata, metadata.c.recording == recording.id)
        every = connection.execute(query.execution_options(yield_per=1000)) if self.listed else ()
        met = sum((row.uid, row.revision) in self.listed for row in every)
        if again := self.again + met:
            yield Problem(None, f"{again} revisions of recordings were stated once more")
        if left := len(self.listed) - met:
            yield Problem(None, f"entries of batch statements that are in no row: {left}")

    def _wrong(self, revisions: Sequence[Row[Any]]) -> Iterator[Problem]:
        row, name = revisions[0], None
        for row in revisions:
            before, after = self.listed.pop((row.uid, row.revision), ("", ""))
            if before != (name or after):
                yield Problem(None, f"recording {row.id} does not follow on what it was before")
            name = after
        if row.keyless:
            yield Problem(None, f"recording {row.id} has lost its key, and was not erased")
        if name != row.ciphertext:
            yield Problem(None, f"recording {row.id} is not as its batch's statement lists it")


def _revisions_in(kind: str, fields: Mapping[str, Any]) -> Sequence[tuple[str, int, str, str]]:
    """Of each revision that a statement states: uid, number, the file before it and the one after.

    A first one that is stated as re-encrypted has no file before.
    """
    if kind == "intake":
        return ()
    before = "was" if kind == REENCRYPTED else "ciphertext"
    found = entries_in(fields, "items", "uid", "revision", before, "ciphertext")
    if kind == REENCRYPTED:
        return [(uid, number, was * (number != 1), after) for uid, number, was, after in found]
    return cast("Sequence[tuple[str, int, str, str]]", found)


def _check_makers(powers: Powers) -> Iterator[Problem]:
    """People who made statements about recordings or volumes had the power to at the time."""
    for row in carried(powers.connection, *_MAKES):
        if _MAKES[row.kind] not in powers.of(Leaf.decode(row.leaf, row.seq)):
            what = "a statement about recordings or drives was made by somebody without the power"
            yield Problem(row.seq, what)


def _destroyed(connection: Connection, vault: str) -> Mapping[str, Stub]:
    """What the log says was destroyed, by uid; its statements were found sound before."""
    statement = tables.statement.c
    query = select(statement.body, statement.signature).where(statement.kind == KIND)
    found: dict[str, Stub] = {}
    for body, signature in connection.execute(query):
        found |= stated_stubs(read_destruction(read_statement(body, signature, vault)))
    return found


def _check_destroyed(connection: Connection, destroyed: Mapping[str, Stub]) -> Iterator[Problem]:
    missing = dict(destroyed)
    for row in every_stub(connection):
        stated = missing.pop(row.uid, None)
        is_bare = row.state == RecordingState.DESTROYED and row.data_key is None
        if stated is None or stated != stub_in(row) or not is_bare:
            yield Problem(None, f"recording {row.id} is no stub that the log knows")
    if missing:
        yield Problem(None, f"{len(missing)} recordings that were destroyed are not, or are gone")


def _check_count(
    counted: dict[str, _IntakeCount], seq: int, fields: Mapping[str, Any], stated: Collection[Any]
) -> Iterator[Problem]:
    """Each summary counts the batches of its maker since their previous one."""
    by = fields["by"]
    since, batches, recordings = counted[by]
    if fields["kind"] == "batch":
        new = sum(revision == 1 for _, revision, *_ in stated)
        counted[by] = _IntakeCount(since, batches + 1, recordings + new)
    elif fields["kind"] == "intake":
        if counted[by] != tuple(map(fields.get, _IntakeCount._fields)):
            yield Problem(seq, "a summary of what was taken in does not count its batches")
        left = fields.get("refused")
        counts = (fields.get("dated_by_file"), *(left.values() if type(left) is dict else [left]))
        if {*map(type, counts)} != {int}:
            yield Problem(seq, "a summary of what was taken in does not count what was left")
        counted[by] = _IntakeCount(seq + 1)


class _IntakeCount(NamedTuple):
    """What one person took in since their last summary."""

    since: int = 0
    batches: int = 0
    recordings: int = 0


def _check_requests(rules: Rulebook, done: Sequence[Leaf]) -> Iterator[Problem]:
    """Each request's row follows from leaves of people who were entitled; none is missing."""

    def may(row: Row[Any], history: History) -> None:
        check_done_by_entitled(history, unopened_facts(row, history).purpose, rules)

    yield from REQUESTS.wrong(rules.connection, done, may)


def _check_words(connection: Connection, done: Sequence[Leaf]) -> Iterator[Problem]:
    """Reasons are kept at the request, the version and the leaf that they were given at."""
    requests = REQUESTS.histories(done)
    words = tables.request_words.c
    query = select(words.request, words.seq, words.version)
    for request, seq, version in connection.execute(query):
        if request not in requests or requests[request].versions.get(seq) != version:
            yield Problem(seq, f"words beside leaf {seq} are kept where nobody said them")
