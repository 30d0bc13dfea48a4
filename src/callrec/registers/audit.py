"""Read the audit log: entries in words, a copy for others, the proof of one [policy 4(a)]."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, String, and_, cast, false, func, or_, select, true

from callrec.audit import log as audit
from callrec.audit import tree
from callrec.audit.attested import written_at
from callrec.audit.checkpoint import Proof, is_signed_by, key_id, origin, parse_note, write_proof
from callrec.audit.leaf import Leaf
from callrec.audit.remembered import Problem
from callrec.audit.sessions import session_keys
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.holds import all_holds
from callrec.catalogue.recordings import numbers_of
from callrec.complaints.log import hidden_complaints
from callrec.crypto.canonical import format_instant
from callrec.dataclass import dataclass
from callrec.errors import NotFound, Tampered
from callrec.incidents.log import hidden_incidents
from callrec.login.people import logins
from callrec.notes.log import NOTES
from callrec.policy.authority import check_may
from callrec.policy.hold import HoldAct
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, attempt, check_goes_on, record, today
from callrec.record.acts import done_leaves
from callrec.record.versions import find_details, find_details_if_sound
from callrec.requests.open import hidden_from
from callrec.system.files import check_new, whole_file

LISTED: Final = "audit.listed"

_BODY: Final = tables.leaf.c.body


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which leaves are asked for; None does not narrow."""

    actor: str | None = None
    """A login."""
    action: str | None = None
    """An act's word, or its first part: ``request`` is all of them."""
    subject: str | None = None
    """``R-17``, ``I-3``, ``H-3``, a recording's number, a login, or an id."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf in words."""

    seq: int
    at: str
    actor: str
    """A login, ``-`` where no key was at hand."""
    action: str
    outcome: str
    subject: tuple[str, ...]
    """As people call them: R-17, 1042, a login; ids for everything else."""
    detail: Mapping[str, Any] | None
    """None where there is none, or where it was erased."""

    @property
    def is_malformed(self) -> bool:
        """Its details are not in any form that callrec writes."""
        return self.detail is audit.UNREADABLE_DETAILS

    @property
    def is_spoiled(self) -> bool:
        """Its details are not those that it commits to."""
        return self.detail is audit.DAMAGED_DETAILS


def list_audit(
    practice: Practice, actor: Actor, wanted: LogFilter, *, limit: int
) -> tuple[tuple[Entry, ...], int]:
    """The newest leaves that are asked for, oldest first, and how many there are in all.

    Leaves about a request that is hidden from the actor, or about a hold, a note, an incident or
    a complaint that is because of one, are neither listed nor counted.

    Raises:
        Refused: the actor may not read the audit log.
    """
    _begin(practice, actor, LISTED)
    with reading(practice.engine) as connection:
        names = _Names(practice, connection)
        hidden = hidden_from(practice, actor, connection)
        holds = (row.id for row in all_holds(connection) if row.request in hidden)
        others = [f(practice, actor, connection) for f in (hidden_incidents, hidden_complaints)]
        noted = NOTES.histories(done_leaves(connection, NOTES.acts)) if hidden else {}
        notes = (id_ for id_, each in noted.items() if hidden.intersection(each.leaves[0].subject))
        unnamed = [~_is_about(each) for each in (*hidden, *holds, *notes, *chain(*others))]
        asked_for = and_(true(), *names.conditions(wanted), *unnamed)
        leaf = tables.leaf.c
        count = select(func.count()).select_from(tables.leaf).where(asked_for)
        newest = select(leaf.seq, leaf.body).where(asked_for).order_by(leaf.seq.desc())
        found = [Leaf.decode(body, seq) for seq, body in connection.execute(newest.limit(limit))]
        names.find_recordings(found)
        entries = tuple(
            names.entry(leaf, find_details_if_sound(practice, actor, connection, leaf))
            for leaf in found[::-1]
        )
        return entries, connection.execute(count).scalar_one()


@dataclass(frozen=True, slots=True)
class OpenedDetails:
    """What opening all sealed details came to; nothing of them is kept or shown."""

    opened: int
    problems: tuple[Problem, ...]


def open_all_details(practice: Practice, actor: Actor) -> OpenedDetails:
    """Open every sealed detail, and hold it against the leaf that commits to it."""
    opened, problems = 0, list[Problem]()
    with reading(practice.engine) as connection:
        for seq in [*connection.execute(select(tables.detail.c.seq)).scalars()]:
            try:
                leaf, _ = audit.read_leaf(connection, seq)
                find_details(practice, actor, connection, leaf)
                opened += 1
            except Tampered:
                what = f"the details of leaf {seq} are not those it commits to"
                problems.append(Problem(seq, what))
    return OpenedDetails(opened, tuple(problems))


def export_audit(practice: Practice, actor: Actor, *, to: Path) -> int:
    """Write the log for others to check, one JSON document a line; returns how many leaves.

    Leaves, statements, checkpoints and time stamps are in it byte for byte, and the days by which a
    request is answered, which lie in the clear with what their leaves commit to; details stay
    sealed.

    Raises:
        Refused: the actor may not read the audit log.
        Unusable: the file exists already.
        Failed: it cannot be written; then there is none.
    """
    check_new(to, replace=False)
    _begin(practice, actor, "audit.exported")
    size = 0
    with reading(practice.engine) as connection, whole_file(to, replace=False) as file:
        for kind, value in _lines(connection):
            size += kind == "leaf"
            file.write(f"{json.dumps({kind: value}, ensure_ascii=False)}\n".encode())
    return size


def newest_checkpoint(practice: Practice) -> bytes:
    """The newest head that somebody signed, as a signed note (C2SP tlog-checkpoint).

    Its one signature line is the signer's: anyone can write others below it, of any length.

    Raises:
        Tampered: nobody signed one.
    """
    with reading(practice.engine) as connection:
        return _newest_checkpoint(practice, connection)


def checkpoint_to_keep(practice: Practice) -> bytes:
    """The same of a log that goes on from what this operator saw of it.

    A note of fewer entries, kept as that of all, would excuse cutting off the rest.

    Raises:
        Tampered: the log does not go on, or what came since was signed by nobody.
    """
    with reading(practice.engine) as connection:
        check_goes_on(practice, connection)
        return _newest_checkpoint(practice, connection)


def _newest_checkpoint(practice: Practice, connection: Connection) -> bytes:
    point, name = tables.checkpoint.c, origin(practice.vault)
    found = connection.execute(select(point.note).order_by(point.size.desc()).limit(1)).scalar()
    keys = [each.log for each in practice.register.all_keys()]
    keys += session_keys(connection, practice.vault)
    if found is not None:
        note = parse_note(bytes(found))
        for signature in note.signatures:
            alone = f"{note.text}\n{signature.text}".encode()
            known = (public for public in keys if key_id(name, public) == signature.key_id)
            if any(is_signed_by(alone, public, name) for public in known):
                return alone
    raise Tampered("the audit log has no signed head", hint="callrec audit verify")


def prove_leaf(practice: Practice, seq: int) -> bytes:
    """The C2SP tlog-proof of one leaf, its own bytes in ``extra``; opens nothing.

    Raises:
        NotFound: there is no such leaf, or no checkpoint covers it yet.
    """
    with reading(practice.engine) as connection:
        return leaf_proof(connection, seq)


def leaf_proof(connection: Connection, seq: int) -> bytes:
    """The proof of one leaf against the newest checkpoint that covers it."""
    size = tables.checkpoint.c.size
    query = select(tables.checkpoint).where(size > seq).order_by(size.desc())
    point = connection.execute(query).first()
    newest = connection.execute(select(func.max(tables.leaf.c.seq))).scalar()
    if point is None or newest is None or not 0 <= seq <= newest:
        raise NotFound(f"the audit log has no leaf {seq}", hint="callrec audit list shows them")
    _, body = audit.read_leaf(connection, seq)
    hashes = tree.inclusion_proof(seq, point.size, audit.node_reader(connection))
    return write_proof(Proof(seq, hashes, bytes(point.note), body))


class _Names:
    """What people call what leaves hold ids of."""

    def __init__(self, practice: Practice, connection: Connection) -> None:
        self._connection = connection
        self._logins = logins(practice)
        self._called = {**self._logins}
        numbered = {"R": tables.request, "H": tables.hold, "I": tables.incident}
        numbered |= {"C": tables.complaint, "S": tables.subject, "N": tables.note}
        for letter, table in numbered.items():
            rows = connection.execute(select(table.c.id, table.c.number))
            self._called |= {row.id: f"{letter}-{row.number}" for row in rows}

    def find_recordings(self, leaves: Sequence[Leaf]) -> None:
        """Find the numbers of the recordings that leaves are about."""
        about = {id_ for leaf in leaves for id_ in leaf.subject}.difference(self._called)
        found = numbers_of(self._connection, about)
        self._called |= {uid: str(number) for uid, number in found.items()}

    def entry(self, leaf: Leaf, detail: Mapping[str, Any] | None) -> Entry:
        about = leaf.subject
        if leaf.act == HoldAct.MATCHED:
            # Its second is the newest recording of all, which tells how far it was looked for.
            about = (*about[:1], *about[2:])
        return Entry(
            seq=leaf.seq,
            at=leaf.at,
            actor=self._logins.get(leaf.actor, leaf.actor),
            action=leaf.act,
            outcome=leaf.outcome,
            subject=tuple(dict.fromkeys(self._called.get(id_, id_) for id_ in about)),
            detail=detail,
        )

    def conditions(self, wanted: LogFilter) -> Iterator[ColumnElement[bool]]:
        """Which rows of leaves are asked for, by their bytes: a leaf has only one form."""
        if wanted.actor is not None:
            ids = _ids_of(wanted.actor, self._logins) or [wanted.actor]
            acting = [func.instr(_BODY, f'"actor":"{id_}"'.encode()) > 0 for id_ in ids]
            yield or_(false(), *acting)
        if wanted.action is not None:
            beginnings = [f'{{"act":"{wanted.action}{end}'.encode() for end in '".']
            yield func.substr(_BODY, 1, len(beginnings[0])).in_(beginnings)
        if wanted.subject is not None:
            recording = tables.recording.c
            is_called = cast(recording.id, String) == wanted.subject
            uids = self._connection.execute(select(recording.uid).where(is_called)).scalars()
            ids = [*_ids_of(wanted.subject, self._called), *uids, wanted.subject]
            yield or_(false(), *map(_is_about, ids))
        if wanted.since is not None:
            yield written_at() >= _millisecond(wanted.since)
        if wanted.until is not None:
            yield written_at() < _millisecond(wanted.until)


def _begin(practice: Practice, actor: Actor, act: str) -> None:
    with attempt(practice, actor, act):
        check_may(actor.person, Power.READ_AUDIT, on=today(practice))
    record(practice, actor, act)


def _is_about(id_: str) -> ColumnElement[bool]:
    """Whether a leaf names it as what it is about."""
    subjects = func.substr(_BODY, func.instr(_BODY, b'"subject":['))
    return func.instr(subjects, f'"{id_}"'.encode()) > 0


def _ids_of(name: str, names: Mapping[str, str]) -> list[str]:
    return [id_ for id_, called in names.items() if called == name]


def _millisecond(at: datetime) -> bytes:
    """The first millisecond that is not before a time, as leaves write it: these sort as text."""
    return format_instant(at + timedelta(microseconds=-at.microsecond % 1000)).encode()


def _lines(connection: Connection) -> Iterator[tuple[str, Any]]:
    bodies = select(tables.leaf.c.body).order_by(tables.leaf.c.seq)
    for body in connection.execute(bodies).scalars():
        yield "leaf", body.decode()
    for row in connection.execute(select(tables.statement).order_by(tables.statement.c.digest)):
        yield "statement", {"body": row.body.decode(), "signature": row.signature.hex()}
    for row in connection.execute(select(tables.clock_event).order_by(tables.clock_event.c.seq)):
        yield "date", {"seq": row.seq, "nonce": row.nonce.hex(), "body": row.body.decode()}
    notes = select(tables.checkpoint.c.note).order_by(tables.checkpoint.c.size)
    for note in connection.execute(notes).scalars():
        yield "checkpoint", note.decode()
    for row in connection.execute(select(tables.stamp).order_by(tables.stamp.c.size)):
        yield "stamp", {"size": row.size, "token": base64.b64encode(row.token).decode()}
