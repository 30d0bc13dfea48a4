"""What was appended since a head that is known to be right: it is checked before more is.

Anyone who can write the database can add a leaf, a node or a checkpoint without a key. If somebody
signed over it, it would stand in the log for ever. So each transaction looks at what came since the
head that its operator remembers, or since a checkpoint of somebody vouched for, and writes nothing
if that is not all attested (docs/formats/audit-log.md, 4). It is a few leaves, most often none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any, Final

from sqlalchemy import Connection, select

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, check_checkpoint, origin, read_checkpoint
from callrec.audit.leaf import NOBODY, Leaf
from callrec.audit.log import Head, node_reader, stored_size
from callrec.audit.register import Register
from callrec.audit.resumed import read_resumed, read_set_aside
from callrec.audit.sessions import checked_session, session_keys
from callrec.catalogue import tables
from callrec.errors import CallrecError, NotFound, Tampered

MAX_CHECKED: Final = 1000
"""Leaves: a person who was away longer begins with the last checkpoint before so many."""

HINT: Final = "a Data Controller runs callrec audit resume, which shows it and puts it on record"

HINT_HERE: Final = "a Data Controller runs callrec audit resume here, as this account"

_BEYOND: Final = (
    "SELECT 'checkpoint' FROM checkpoint WHERE size > ?"
    " UNION ALL SELECT 'detail' FROM detail WHERE seq >= ?"
    " UNION ALL SELECT 'node' FROM json_each(?) AS next CROSS JOIN node"
    " ON node.level = json_extract(next.value, '$[0]')"
    " AND node.position >= json_extract(next.value, '$[1]')"
    " LIMIT 1"
)
"""What belongs to no leaf, and would stand in the way of the next."""

# As text, like what the log writes: SQLAlchemy takes longer to write these than SQLite to answer.
_BEFORE: Final = "SELECT max(size) FROM checkpoint WHERE size < ?"
_NOTES: Final = "SELECT size, note FROM checkpoint WHERE size > ?"
_LEAVES: Final = "SELECT seq, body, statement FROM leaf WHERE seq >= ?"

_LEVELS: Final = 48


def check_proven(connection: Connection, register: Register, seen: Head | None) -> Head | None:
    """Check that the log still begins with a head that was seen of it.

    Returns:
        The head; None if there is none, or a restore has named it as lost.

    Raises:
        Tampered: it does not.
    """
    if seen is None:
        return None
    size = stored_size(connection)
    if seen.size <= size and tree.root(seen.size, node_reader(connection)) == seen.root:
        return seen
    if seen in {lost for each in read_resumed(connection, register) for lost in each.lost}:
        return None
    if seen.size > size:
        raise Tampered(f"the audit log ends at {size}, but {seen.size} entries were seen before")
    raise Tampered("what was seen of the record before is not its beginning")


def check_appended(connection: Connection, register: Register, proven: Head | None) -> None:
    """Check what was appended since a proven head, or since a checkpoint of somebody vouched for.

    Raises:
        Tampered: an entry is attested by nobody, or a checkpoint, a node or a row beside them is
            not as a writer writes it.
    """
    size = stored_size(connection)
    ahead = json.dumps([(level, size >> level) for level in range(_LEVELS)])
    stray = connection.exec_driver_sql(_BEYOND, (size, size, ahead)).scalar()
    if stray is not None:
        raise _tampered(f"a {stray} in the audit log belongs to no entry of it")
    _Appended(connection, register, _start(connection, register, size, proven)).check(size)


def _tampered(what: str) -> Tampered:
    return Tampered(what, hint=HINT)


def _start(connection: Connection, register: Register, size: int, proven: Head | None) -> Head:
    """The head to begin with: what is remembered, or a late checkpoint of somebody vouched for."""
    if proven is not None and size - proven.size <= MAX_CHECKED:
        return proven
    point = tables.checkpoint
    late = select(point).where(point.c.size <= max(size - MAX_CHECKED, 0))
    row = connection.execute(late.order_by(point.c.size.desc()).limit(1)).first()
    if row is None:
        return Head(0, tree.EMPTY_ROOT)
    name = origin(register.founders.vault)
    people = (keys.log for keys in register.all_keys())
    for public in (*people, *session_keys(connection, register.founders.vault)):
        try:
            signed = check_checkpoint(bytes(row.note), public, name)
        except CallrecError:
            continue
        if signed.size == row.size:
            return Head(signed.size, signed.root)
    raise _tampered(f"the signature over the first {row.size} entries of the audit log is damaged")


class _Appended:
    """The leaves since the checkpoint before a head, taken one by one."""

    def __init__(self, connection: Connection, register: Register, start: Head) -> None:
        self._connection = connection
        self._register = register
        self._start = start
        self._name = origin(register.founders.vault)
        self._read = node_reader(connection)
        before = connection.exec_driver_sql(_BEFORE, (start.size,)).scalar()
        self._first: int = before or 0
        self._waiting: list[Leaf] = []
        self._is_aside = False
        self._checked_session = cache(partial(checked_session, connection, register))

    def check(self, size: int) -> None:
        """Check all from there on."""
        first = self._first
        frontier = tree.Frontier(first, tree.peaks(first, self._read))
        points = self._connection.exec_driver_sql(_NOTES, (first,))
        notes = {row.size: row.note for row in points}
        found = {row.seq: row for row in self._connection.exec_driver_sql(_LEAVES, (first,))}
        for seq in range(first, size):
            frontier.append(self._take(seq, found.get(seq)))
            head = Head(seq + 1, frontier.root())
            if head.size == self._start.size and head.root != self._start.root:
                raise _tampered(f"the entries before {head.size} of the audit log were changed")
            if head.size in notes:
                self._check_note(head, notes[head.size])
        if frontier.root() != tree.root(size, self._read):
            raise _tampered("a node of the audit log's tree is damaged")
        for left in self._waiting:
            raise _tampered(
                f"entry {left.seq} of the audit record, {left.act}, carries the name of"
                f" {self._login(left.actor)}, and nobody signed it"
            )

    def _take(self, seq: int, row: Any) -> bytes:
        """Take one leaf; returns its hash."""
        if row is None:
            aside = read_set_aside(self._connection, self._register).entries.get(seq)
            if aside is None:
                raise _tampered(f"entry {seq} of the audit record is missing")
            self._is_aside = True
            return aside
        body, statement = row.body, row.statement
        leaf_hash = tree.leaf_hash(body) if type(body) is bytes else b""
        for level, position, node in tree.stored_nodes(seq, leaf_hash, self._read):
            if self._read(level, position) != node:
                raise _tampered(f"the node over entry {seq} of the audit record is not its own")
        try:
            leaf = Leaf.decode(body, seq)
        except Tampered as error:
            raise _tampered(
                f"entry {seq} of the audit record is in no form of callrec's"
            ) from error
        if leaf.has_no_actor or leaf.log != self._name or (leaf.statement or None) != statement:
            raise _tampered(
                f"entry {seq} of the audit record, {leaf.act}, was written by no command of callrec"
            )
        if leaf.actor != NOBODY:
            self._waiting.append(leaf)
        return leaf_hash

    def _check_note(self, head: Head, note: bytes) -> None:
        waiting, self._waiting = self._waiting, []
        is_aside, self._is_aside = self._is_aside, False
        with suppress(Tampered, NotFound):
            signed = read_checkpoint(note, self._name)
            if signed == Checkpoint(self._name, head.size, head.root):
                if self._is_by_its_actor(note, waiting):
                    return
                unsigned = read_set_aside(self._connection, self._register).unsigned
                rest = [leaf for leaf in waiting if leaf.seq not in unsigned]
                if self._is_by_its_actor(note, rest) or (not rest and (waiting or is_aside)):
                    return
        raise _tampered(
            f"the signature over the first {head.size} entries of the audit record is damaged, or"
            " not of those who acted"
        )

    def _is_by_its_actor(self, note: bytes, waiting: Sequence[Leaf]) -> bool:
        if len({(leaf.actor, leaf.session) for leaf in waiting}) != 1:
            return False
        first = waiting[0]
        public = self._register.public_keys(first.actor, before=first.seq).log
        if first.session:
            session, last = self._checked_session(first.session)
            for leaf in waiting:
                session.check_attests(leaf, last)
            public = session.public
        try:
            check_checkpoint(note, public, self._name)
        except Tampered:
            return False
        return True

    def _login(self, person: str) -> str:
        table = tables.person.c
        login: str | None = self._connection.execute(
            select(table.login).where(table.id == person)
        ).scalar()
        return login or person
