"""Find all that is not as it was signed, and set it aside: so that the log can go on.

Anyone who can write the database adds a leaf, a node or a row beside them, or damages one that was
there. `verify` says so and no more. Here each such thing is found with what is left in its place: a
leaf's hash from the tree that people signed, the nodes from the leaves. What nobody can tell any
more ends in an error: then only a copy of the catalogue helps (docs/formats/audit-log.md, 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError

from callrec.audit import tree
from callrec.audit.checkpoint import is_signed_by, key_id, origin, parse_note, read_checkpoint
from callrec.audit.erased import StatementReplay
from callrec.audit.leaf import NOBODY, Leaf
from callrec.audit.log import Head, repeated_statements
from callrec.audit.register import Register, founders_of
from callrec.audit.remembered import Problem, SeenHead
from callrec.audit.resumed import (
    RESUMED_STATEMENT,
    Found,
    FoundRow,
    SetAside,
    SetAsideEntry,
    SetAsideRow,
    check_resumed,
    read_resumed,
    read_set_aside,
)
from callrec.audit.rows import RowFault, find_row_faults, without_an_entry
from callrec.audit.session import SESSION_STATEMENT, SessionCertificate, read_certificate
from callrec.audit.sessions import last_by_leaf, last_by_voucher
from callrec.catalogue import tables
from callrec.catalogue.engine import TO_RESTORE
from callrec.catalogue.written import rows_of, sign_as_found
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.statement import read_statement
from callrec.dataclass import dataclass, field
from callrec.errors import CallrecError, Failed, NotFound, Tampered

_MAX_GUESSED: Final = 8
"""Entries under one checkpoint of which the leaf or its node is damaged, and nobody knows which."""

HINT: Final = f"keep every drive as it is; {TO_RESTORE}"


@dataclass(frozen=True, slots=True)
class ForeignEntry:
    """An entry that is not as somebody signed it, and why."""

    seq: int
    act: str
    """What it says; empty where it is in no form."""
    actor: str
    """Id of whom it names, ``-``, or empty."""
    why: str


@dataclass(slots=True)
class Foreign:
    """All that was found, and what it takes to set it aside."""

    proven: Head
    """The newest head that somebody vouched for has signed."""
    size: int
    """Entries with what was found."""
    register: Register
    listed: list[ForeignEntry] = field(default_factory=list)
    """The entries, in words."""
    entries: list[tuple[int, bytes, dict[str, Any] | None]] = field(default_factory=list)
    """Sequence, hash and row of each entry that is set aside."""
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unsigned: list[int] = field(default_factory=list)
    details: list[int] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    """Rows of the catalogue that are not as they were signed for."""
    added: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Table and row of each of these rows that no entry wrote: they are set aside."""
    hashes: list[bytes] = field(default_factory=list)
    """Of all leaves; empty where the stored nodes are right."""
    broken: list[Problem] = field(default_factory=list)
    """What does not come to its rows once all this is set aside, each of one thing."""
    lost: SeenHead | None = None
    """What was seen of the log, and is no beginning of it, even without what was found."""
    known: SetAside = field(default_factory=SetAside)
    """What was set aside before."""

    def __bool__(self) -> bool:
        found = (self.listed, self.rows, self.details, self.faults, self.hashes, self.broken)
        return any(found) or self.lost is not None

    @property
    def found(self) -> Found:
        """All of this in the form in which the statement names it."""
        gone = {*self.gone}
        return Found(
            tuple(
                SetAsideEntry(seq, leaf_hash, "" if row is None else _sha256("leaf", row))
                for seq, leaf_hash, row in self.entries
            ),
            tuple(
                SetAsideRow(table, _sha256(table, row)) for table, row in (*self.added, *self.rows)
            ),
            tuple(self.unsigned),
            tuple(self.details),
            tuple(dict.fromkeys(each.row for each in self.faults if each.row not in gone)),
            tuple(dict.fromkeys(each.thing for each in self.broken if each.thing)),
        )

    @property
    def gone(self) -> Sequence[FoundRow]:
        """Rows of the catalogue that no entry wrote: they are set aside, the others stand."""
        return without_an_entry(self.faults)


def find_foreign(connection: Connection, vault: str, *, by: str = "") -> Foreign:
    """Find what of the log is not as it was signed.

    Args:
        connection: sees one state of the catalogue throughout.
        vault: the vault's id.
        by: id of the person who puts it on record. What names others, and was signed over by nobody
            but them, counts for nothing.

    Raises:
        Tampered: the log cannot be made out from what is left of it.
    """
    search = _Search(connection, StatementReplay(vault, trusted_up_to=0), by)
    return search.found()


def find_foreign_rows(connection: Connection, foreign: Foreign) -> None:
    """Find what of the catalogue's rows is not as it was signed for, beside what was found."""
    try:
        resumed = read_resumed(connection, foreign.register)
    except CallrecError:
        resumed = ()  # damaged with the rest: all of it is named again
    damaged = [row["size"] for table, row in foreign.rows if table == tables.checkpoint.name]
    foreign.faults.extend(find_row_faults(connection, resumed, damaged=damaged))
    for row in foreign.gone:
        foreign.added.extend(rows_of(connection, row.table, row.key))
    order = [table.name for table in reversed(tables.METADATA.sorted_tables)]
    foreign.added.sort(key=lambda each: order.index(each[0]))  # those that others rest on last


@dataclass(slots=True)
class _Search:
    connection: Connection
    stated: StatementReplay
    by: str
    frontier: tree.Frontier = field(default_factory=tree.Frontier)
    hashes: list[bytes] = field(default_factory=list)
    entries: list[tuple[int, bytes, dict[str, Any] | None]] = field(default_factory=list)
    listed: list[ForeignEntry] = field(default_factory=list)
    unsigned: list[int] = field(default_factory=list)
    with_details: set[int] = field(default_factory=set)
    carried: set[str] = field(default_factory=set)
    aside: set[int] = field(default_factory=set)
    statements: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    nodes: Mapping[int, bytes] = field(default_factory=dict)
    claimed: Mapping[int, bytes] = field(default_factory=dict)
    """What statements that nobody checked yet say of entries that were set aside before."""
    repeated: frozenset[int] = frozenset()
    sessions: dict[str, SessionCertificate] = field(default_factory=dict)
    """By digest, those that were certified so far."""
    going: list[SessionCertificate] = field(default_factory=list)
    """The sessions of these that have not ended so far."""
    last: dict[str, int] = field(default_factory=dict)
    """The last leaf that each may attest which has ended so far."""
    session_keys: dict[bytes, list[bytes]] = field(default_factory=dict)
    """The sessions' public keys, by what notes call them: there is one for each login ever."""

    def found(self) -> Foreign:
        leaves, strays = self._leaves()
        self.statements = {row["digest"]: row for row in _rows(self.connection, tables.statement)}
        self.claimed = dict(_claimed(self.statements.values()))
        self.repeated = frozenset(repeated_statements(self.connection))
        level_0 = "SELECT position, hash FROM node WHERE level = 0"
        self.nodes = {
            position: node
            for position, node in self.connection.exec_driver_sql(level_0)
            if type(position) is int and type(node) is bytes and len(node) == len(tree.EMPTY_ROOT)
        }
        proven, first = Head(0, tree.EMPTY_ROOT), 0
        for row in self._checkpoints(strays):
            point = self._signed(row, leaves, first)
            if point is None:
                strays.append(("checkpoint", row))
                continue
            head, publics = point
            seqs = range(first, head.size)
            hashes = self._hashes_under(leaves, seqs, head.root)
            if hashes is None:  # of a log that its signer made up: leaves and nodes agree
                strays.append(("checkpoint", row))
                continue
            self._take_all(leaves, seqs, hashes, publics)
            proven, first = head, head.size
        if self.stated.register is None:
            raise Tampered("nobody has signed the beginning of the audit log", hint=HINT)
        end = first
        while end in leaves:
            end += 1
        strays += [("leaf", row) for seq, row in sorted(leaves.items()) if seq >= end]
        seqs = range(first, end)
        self._take_all(leaves, seqs, [tree.leaf_hash(leaves[seq]["body"]) for seq in seqs], ())
        strays += [("detail", row) for row in self._strange_details()]
        strays += [
            ("statement", row)
            for digest, row in self.statements.items()
            if digest not in self.carried
        ]
        try:
            known = read_set_aside(self.connection, self.stated.register)
        except CallrecError:
            known = SetAside()  # damaged with the rest: all of it is named again
        missing = self.with_details - {
            row["seq"] for row in _rows(self.connection, tables.detail, "seq")
        }
        return Foreign(
            proven=proven,
            size=end,
            register=self.stated.register,
            listed=[e for e in self.listed if e.seq not in {*known.entries, *known.unsigned}],
            entries=[e for e in self.entries if e[0] not in known.entries],
            rows=strays,
            unsigned=[seq for seq in self.unsigned if seq not in known.unsigned],
            details=sorted(missing - self.stated.erasures.details - known.details),
            hashes=[] if self._nodes_are_right() else self.hashes,
            known=known,
        )

    def _leaves(self) -> tuple[dict[int, dict[str, Any]], list[tuple[str, dict[str, Any]]]]:
        """The leaves by sequence, and rows that are none."""
        leaves: dict[int, dict[str, Any]] = {}
        strays: list[tuple[str, dict[str, Any]]] = []
        for row in _rows(self.connection, tables.leaf):
            if type(row["seq"]) is int and row["seq"] >= 0 and type(row["body"]) is bytes:
                leaves[row["seq"]] = row
            else:
                strays.append(("leaf", row))
        return leaves, strays

    def _checkpoints(self, strays: list[tuple[str, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        sound = []
        for row in _rows(self.connection, tables.checkpoint):
            if type(row["size"]) is int and type(row["note"]) is bytes:
                sound.append(row)
            else:
                strays.append(("checkpoint", row))
        yield from sorted(sound, key=lambda row: int(row["size"]))

    def _signed(
        self, row: dict[str, Any], leaves: Mapping[int, Mapping[str, Any]], first: int
    ) -> tuple[Head, tuple[bytes, ...]] | None:
        """The head that a checkpoint signs, and by which keys; None if by nobody known."""
        name = origin(self.stated.vault)
        try:
            point = read_checkpoint(row["note"], name)
        except CallrecError:
            return None
        if point.size != row["size"] or point.size <= first:
            return None
        ids = {each.key_id for each in parse_note(row["note"]).signatures}
        known = [*self._log_keys(leaves)]
        known += [public for id_ in ids for public in self.session_keys.get(id_, ())]
        publics = tuple(public for public in known if is_signed_by(row["note"], public, name))
        return (Head(point.size, point.root), publics) if publics else None

    def _log_keys(self, leaves: Mapping[int, Mapping[str, Any]]) -> Iterable[bytes]:
        register = self.stated.register
        if register is None and 0 in leaves:
            try:
                register = Register(founders_of(Leaf.decode(leaves[0]["body"], 0)))
            except CallrecError:
                return []
        return [] if register is None else {keys.log for keys in register.all_keys()}

    def _take_all(
        self,
        leaves: Mapping[int, dict[str, Any]],
        seqs: range,
        hashes: Sequence[bytes],
        publics: Sequence[bytes],
    ) -> None:
        """Take the leaves under one checkpoint, or those after the last."""
        for seq, leaf_hash in zip(seqs, hashes, strict=True):
            self.hashes.append(leaf_hash)
            row = leaves.get(seq)
            if row is None or tree.leaf_hash(row["body"]) != leaf_hash:
                self._set_aside(seq, leaf_hash, row, "it is damaged, or was taken away")
            else:
                self._take(seq, leaf_hash, row, publics)

    def _hashes_under(
        self, leaves: Mapping[int, Mapping[str, Any]], seqs: range, root: bytes
    ) -> Sequence[bytes] | None:
        """The leaf hashes under a root: of the leaves, or where these are damaged, of the nodes.

        None if the root is of another log, though leaves and nodes are as one wrote them.
        """
        choices = list[tuple[bytes, ...]]()
        for seq in seqs:
            own = [tree.leaf_hash(leaves[seq]["body"])] if seq in leaves else []
            stored = [each[seq] for each in (self.nodes, self.claimed) if seq in each]
            choices.append(tuple(dict.fromkeys([*own, *stored])))
        doubtful = sum(len(choice) > 1 for choice in choices)
        if doubtful <= _MAX_GUESSED and all(choices):
            for hashes in product(*choices):
                frontier = self.frontier.copy()
                for leaf_hash in hashes:
                    frontier.append(leaf_hash)
                if frontier.root() == root:
                    self.frontier = frontier
                    return hashes
        if not doubtful and all(seq in leaves for seq in seqs):
            return None
        what = (
            f"entries {seqs.start} to {seqs.stop - 1} of the audit log cannot be made out any more"
        )
        raise Tampered(what, hint=HINT)

    def _take(
        self, seq: int, leaf_hash: bytes, row: dict[str, Any], publics: Sequence[bytes]
    ) -> None:
        try:
            leaf = Leaf.decode(row["body"], seq)
        except Tampered:
            self._set_aside(seq, leaf_hash, row, "it is in no form of callrec's")
            return
        why = self._why_foreign(leaf, row, publics)
        if why:
            self._set_aside(seq, leaf_hash, row, why, leaf)
            return
        self._take_sessions(leaf)
        if leaf.statement:
            self.carried.add(leaf.statement)
        if leaf.detail:
            self.with_details.add(seq)
        if leaf.actor != NOBODY and not self._is_signed(leaf, publics):
            self.unsigned.append(seq)
            why = "the signature over it is damaged, and it stands, as somebody signed after it"
            self.listed.append(ForeignEntry(seq, leaf.act, leaf.actor, why))

    def _take_sessions(self, leaf: Leaf) -> None:
        """Know the session that a leaf certifies, and those that it ends."""
        register, row = self.stated.register, self.statements.get(leaf.statement)
        assert register is not None  # noqa: S101 - taken with leaf 0
        for session in [*self.going]:
            ends = last_by_voucher(register, session), last_by_leaf(register, session, leaf)
            found = [end for end in ends if end is not None]
            if found:
                self.last[session.digest] = min(found)
                self.going.remove(session)
        if row is not None and row["kind"] == SESSION_STATEMENT:
            statement = read_statement(row["body"], row["signature"], self.stated.vault)
            session = read_certificate(leaf, statement)
            self.sessions[session.digest] = session
            self.going.append(session)
            id_ = key_id(origin(self.stated.vault), session.public)
            self.session_keys.setdefault(id_, []).append(session.public)

    def _why_foreign(self, leaf: Leaf, row: Mapping[str, Any], publics: Sequence[bytes]) -> str:
        """Why a leaf counts for nothing; empty if it counts."""
        if leaf.has_no_actor:
            return "it names nobody, and only people do that"
        if leaf.actor != NOBODY and not publics:
            return "nobody signed it"
        if leaf.seq in self.repeated:
            return "it carries a statement of an earlier entry"
        carrying = _Carrying(row, self.statements.get(leaf.statement, {}))
        try:
            self._check_session(leaf)
            self.stated.take(leaf, carrying)
            if carrying.kind == RESUMED_STATEMENT and self.stated.register is not None:
                vault = self.stated.vault
                statement = read_statement(carrying.signed, carrying.signature, vault)
                check_resumed(self.stated.register, leaf, statement)
        except Tampered as error:
            return error.message
        if leaf.actor not in (NOBODY, self.by) and not self._is_signed(leaf, publics):
            return "somebody else signed it" if self._own_keys() & {*publics} else ""
        return ""

    def _check_session(self, leaf: Leaf) -> None:
        if leaf.session:
            session = self.sessions.get(leaf.session)
            if session is None:
                raise Tampered("it names a login that nobody vouched for")
            session.check_attests(leaf, self.last.get(leaf.session))

    def _own_keys(self) -> set[bytes]:
        """The keys with which the person signs who puts it on record, and their open logins'."""
        register = self.stated.register
        vouchers = register.vouchers.get(self.by, ()) if register else ()
        return {
            *(voucher.keys.log for voucher in vouchers),
            *(each.public for each in self.sessions.values() if each.person == self.by),
        }

    def _is_signed(self, leaf: Leaf, publics: Sequence[bytes]) -> bool:
        register = self.stated.register
        assert register is not None  # noqa: S101 - taken with leaf 0
        if leaf.session:
            return self.sessions[leaf.session].public in publics
        try:
            return register.public_keys(leaf.actor, before=leaf.seq).log in publics
        except NotFound:
            return False

    def _set_aside(
        self,
        seq: int,
        leaf_hash: bytes,
        row: dict[str, Any] | None,
        why: str,
        leaf: Leaf | None = None,
    ) -> None:
        self.aside.add(seq)
        self.entries.append((seq, leaf_hash, row))
        act, actor = (leaf.act, leaf.actor) if leaf else ("", "")
        self.listed.append(ForeignEntry(seq, act, actor, why))

    def _strange_details(self) -> Iterator[dict[str, Any]]:
        for row in _rows(self.connection, tables.detail):
            is_erased = row["seq"] in self.stated.erasures.details
            if row["seq"] not in self.with_details or is_erased:
                yield row

    def _nodes_are_right(self) -> bool:
        expected = {(level, at): node for level, at, node in tree_nodes(self.hashes)}
        count = 0
        for level, position, node in self.connection.exec_driver_sql(
            "SELECT level, position, hash FROM node"
        ):
            if expected.get((level, position)) != node or type(level) is not int:
                return False
            count += 1
        return count == len(expected)


def _claimed(statements: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, bytes]]:
    for row in statements:
        if row["kind"] == RESUMED_STATEMENT:
            with suppress(CallrecError, ValueError, TypeError, LookupError, AttributeError):
                for entry in parse(row["body"])["entries"]:
                    yield int(entry["seq"]), bytes.fromhex(entry["hash"])


@dataclass(frozen=True, slots=True)
class _Carrying:
    """A leaf's row beside its statement's, as `StatementReplay` takes it."""

    row: Mapping[str, Any]
    of: Mapping[str, Any]

    @property
    def statement(self) -> Any:
        return self.row["statement"]

    @property
    def kind(self) -> Any:
        return self.of.get("kind")

    @property
    def signed(self) -> Any:
        return self.of.get("body")

    @property
    def signature(self) -> Any:
        return self.of.get("signature")


def tree_nodes(hashes: Sequence[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """All nodes over these leaf hashes: level, position, hash."""
    level, nodes = 0, list(hashes)
    while nodes:
        yield from ((level, position, node) for position, node in enumerate(nodes))
        level, nodes = level + 1, tree.parents(nodes)


def take_out(connection: Connection, foreign: Foreign) -> None:
    """Move what was found out of its tables, and make the tree's nodes anew where they are wrong.

    The transaction signs for the catalogue's rows as they stand then.

    Raises:
        Failed: rows of the catalogue rest on it.
    """
    rows = [fault.row for fault in foreign.faults if fault.row.table != tables.written.name]
    sign_as_found(connection, {(row.table, row.key): None for row in rows})
    leaves = [row for _, _, row in foreign.entries if row is not None]
    with_refs = [*foreign.added, *foreign.rows]
    for row in leaves:
        for table in (tables.detail, tables.clock_event, tables.request_words):
            of_it = _rows(connection, table)
            with_refs += [(table.name, each) for each in of_it if each["seq"] == row["seq"]]
    done = list[tuple[str, dict[str, Any]]]()
    for name, row in [*with_refs, *(("leaf", row) for row in leaves)]:
        if (name, row) not in done:
            done.append((name, row))
            _move(connection, tables.METADATA.tables[name], row)
    if foreign.hashes:
        connection.execute(tables.node.delete())
        connection.exec_driver_sql(
            "INSERT INTO node (level, position, hash) VALUES (?, ?, ?)",
            [*tree_nodes(foreign.hashes)],
        )


def _move(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    body = _encoded(table.name, row)
    connection.exec_driver_sql(
        "INSERT INTO set_aside (sha256, body) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (primitives.sha256(body).hex(), body),
    )
    same = " AND ".join(f'"{column}" IS ?' for column in row)
    try:
        connection.exec_driver_sql(f'DELETE FROM "{table.name}" WHERE {same}', (*row.values(),))  # noqa: S608 - columns of ours
    except IntegrityError as error:
        raise Failed(
            f"other rows of the catalogue rest on a {table.name} that has to be set aside",
            hint=HINT,
        ) from error


def _rows(connection: Connection, table: Table, *columns: str) -> Iterator[dict[str, Any]]:
    names = columns or tuple(column.name for column in table.columns)
    listed = ", ".join(f'"{name}"' for name in names)
    query = f'SELECT {listed} FROM "{table.name}"'  # noqa: S608 - columns of ours
    for row in connection.exec_driver_sql(query):
        yield dict(zip(names, row, strict=True))


def _encoded(table: str, row: Mapping[str, Any]) -> bytes:
    def in_json(value: Any) -> Any:
        return {"hex": value.hex()} if type(value) is bytes else value

    return canonical({"row": {name: in_json(value) for name, value in row.items()}, "table": table})


def _sha256(table: str, row: Mapping[str, Any]) -> str:
    return primitives.sha256(_encoded(table, row)).hex()
