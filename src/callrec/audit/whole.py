"""The log read in stretches, by two processes where it is long: is it sound?

This process takes the stretches from the log's beginning on, the other one (``from_the_end``) from
its end back, until they meet. Most of the time goes into signatures and hashes of a few hundred
bytes, for which Python's threads stand in each other's way.
"""

from __future__ import annotations

import gc
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from callrec.audit import tree
from callrec.audit.erased import StatementReplay
from callrec.audit.from_the_end import SecondProcess, verified_beside
from callrec.audit.leaf import Leaf
from callrec.audit.log import (
    Head,
    malformed_details,
    node_reader,
    read_register,
    repeated_statements,
    stored_size,
)
from callrec.audit.register import REGISTER_KINDS, Register
from callrec.audit.remembered import VerificationResult, VerifiedState
from callrec.audit.resumed import FoundRow, SetAside, read_resumed, read_set_aside
from callrec.audit.rows import RowFault
from callrec.audit.session import SessionCertificate
from callrec.audit.sessions import all_sessions, check_certificate, last_attestable, sessions_named
from callrec.audit.stretch import (
    LEVEL,
    STRETCH,
    Stretch,
    StretchExpectations,
    check_stretch,
    require,
    stored_node,
)
from callrec.catalogue import tables
from callrec.catalogue.engine import Database, database_of, is_postgres
from callrec.dataclass import dataclass, field
from callrec.errors import CallrecError, Tampered
from callrec.policy.role import VaultKey

DECIDING_KINDS: Final = (*REGISTER_KINDS, "approval", "destruction")
"""Statements that decide who may sign what, and which details may be missing."""

MIN_LEAVES_FOR_TWO_PROCESSES: Final = 4 * STRETCH
"""A shorter log is read before a second process has started."""

_TAMPERED: Final = (CallrecError, sqlite3.DatabaseError)
"""The errors of a log that was tampered with; any other is a mistake in this program."""

_NOTES: Final = "SELECT note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size"

_SIGNATURES: Final = (
    "SELECT statement.signature FROM leaf JOIN statement ON statement.digest = leaf.statement"
    " WHERE leaf.statement > '' AND +leaf.seq >= ? AND +leaf.seq < ? ORDER BY +leaf.seq"
)
"""With a plus, the few leaves that carry a statement are found by that and not by their numbers."""

_CARRYING: Final = (
    "SELECT leaf.seq, leaf.body, leaf.statement, statement.kind,"
    " statement.body AS signed, statement.signature, node.hash AS node"
    " FROM (SELECT seq AS carrying FROM leaf WHERE statement > '' AND +seq >= :first"
    " UNION SELECT :first) AS found"  # in order: less memory than sorting the statements takes
    " CROSS JOIN leaf ON leaf.seq = carrying"
    " LEFT JOIN statement ON statement.digest = leaf.statement"
    " LEFT JOIN node ON node.level = 0 AND node.position = leaf.seq"
)
"""The first leaf, and those that carry a statement, as the column says; ``stretch`` checks that."""

_DECIDING: Final = (  # noqa: S608 - kinds of ours
    "SELECT leaf.seq, leaf.body, leaf.statement, statement.kind,"
    " statement.body AS signed, statement.signature, node.hash AS node"
    " FROM statement CROSS JOIN leaf ON leaf.statement = statement.digest"
    " LEFT JOIN node ON node.level = 0 AND node.position = leaf.seq"
    " WHERE statement.kind IN ({}) AND leaf.seq > 0 AND leaf.seq < :size ORDER BY leaf.seq"
).format(", ".join(f"'{kind}'" for kind in DECIDING_KINDS))


def verify_fast(
    connection: Connection, vault: str, seen: VerifiedState | None
) -> VerificationResult | None:
    """Read and check the whole log.

    Args:
        connection: sees one state of the catalogue throughout.
        vault: the vault's id.
        seen: what an earlier reading verified. Signatures that are as they were then are not
            checked again; everything is hashed.

    Returns:
        None where the log is not sound, or not in the form that a writer gives it.
    """
    try:
        with _no_collector():
            return _read(connection, vault, seen)
    except _TAMPERED:
        return None  # reading leaf by leaf meets it again, and names it


def verify_new_fast(
    connection: Connection, vault: str, seen: VerifiedState
) -> VerificationResult | None:
    """Read and check what was appended since ``seen``, and that it was appended to just that.

    Returns:
        None where it is not sound, or not in the form that a writer gives it.

    Raises:
        Tampered: what is here does not go on from what was verified.
    """
    size = stored_size(connection)
    before = seen.head.size
    if size < before:
        raise Tampered(f"the log has {size} leaves, where {before} were verified")
    if not _continues(connection, seen):
        raise Tampered(f"the log does not go on from the {before} leaves that were verified")
    try:
        with _no_collector():
            return _read_on(connection, vault, seen, size)
    except _TAMPERED:
        return None


@contextmanager
def _no_collector() -> Iterator[None]:
    """Without looking for cycles: rows refer to nothing, and it takes an eighth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _known_signatures(
    connection: Connection, seen: VerifiedState | None, size: int
) -> tuple[int, str]:
    """Up to which size all signatures are as they were when they were checked; and all, hashed."""
    database = database_of(connection)
    if seen is None or seen.head.size > size:
        (now,) = _hashed_signatures(database, size)
        return 0, now
    then, now = _hashed_signatures(database, seen.signed, size)
    is_known = then == seen.signatures and _continues(connection, seen)
    return seen.signed * is_known, now


def find_changed_signatures(
    connection: Connection, register: Register, seen: VerifiedState | None
) -> Iterator[RowFault]:
    """What is another beside the leaves that were verified, though the log goes on from them.

    No other check finds a checkpoint that is gone where the same person's next one covers its
    leaves: only who verified it knows that there was one. What somebody put on record since is told
    by that.

    Args:
        connection: sees one state of the catalogue throughout.
        register: who could put it on record.
        seen: what an earlier reading verified.
    """
    try:
        if seen is None or seen.head.size > stored_size(connection):
            return
        if not _continues(connection, seen):  # the head that is remembered tells that
            return
    except _TAMPERED:  # a node is gone, which every reading names
        return
    now, is_explained = b"", False
    with suppress(*_TAMPERED):
        now = bytes.fromhex(*_hashed_signatures(database_of(connection), seen.signed))
        known = read_resumed(connection, register)
        is_explained = any(e.size >= seen.signed and e.found.of_signatures for e in known)
    if now.hex() != seen.signatures and not is_explained:
        row = FoundRow(tables.checkpoint.name, str(seen.signed), now)
        what = (
            f"a signature of the first {seen.signed} entries was changed or taken away since they"
            " were verified here"
        )
        yield RowFault(row, None, what)


def _continues(connection: Connection, seen: VerifiedState) -> bool:
    """Whether a log that is long enough begins with what was verified, by its stored nodes."""
    return tree.root(seen.head.size, node_reader(connection)) == seen.head.root


def _read(connection: Connection, vault: str, seen: VerifiedState | None) -> VerificationResult:
    database, size = database_of(connection), stored_size(connection)
    trusted, signatures = _known_signatures(connection, seen, size)
    stated = _Taken(StatementReplay(vault, trusted))
    register = read_register(connection)
    aside = read_set_aside(connection, register)
    sessions = _sessions(connection, register, aside, since=trusted)
    expected = StretchExpectations(vault, size, log_keys(register), trusted, sessions, aside)
    require(_count(connection, "leaf") + sum(seq < size for seq in aside.entries) == size)
    stretches, is_long = _Stretches(database, 0), size >= MIN_LEAVES_FOR_TWO_PROCESSES
    with verified_beside(database, expected, wanted=is_long) as second:
        stated.take(connection.execute(text(_CARRYING), {"first": 0}))
        _check_counts(connection, size)
        require(not repeated_statements(connection))
        require(not malformed_details(connection, register.versions(VaultKey.AUDIT)))
        head = stretches.check(expected, second)
    require(stated.of.register == register and stretches.stated == stated.carrying)
    require(set(stretches.without_details) == stated.of.erasures.details | aside.details)
    return VerificationResult(
        head=head,
        checkpoints=_count(connection, "checkpoint"),
        unattested=stretches.unattested,
        problems=(),
        register=register,
        seen=VerifiedState(head, stated.deciding.hexdigest(), size, signatures),
    )


def _read_on(
    connection: Connection, vault: str, seen: VerifiedState, size: int
) -> VerificationResult:
    database, before = database_of(connection), seen.head.size
    stated = _Taken(StatementReplay(vault, before))
    _check_leaf_0(connection, seen.head)
    stated.take(connection.execute(text(_CARRYING + " LIMIT 1"), {"first": 0}))
    stated.take(connection.execute(text(_DECIDING), {"size": before}))
    require(stated.deciding.hexdigest() == seen.stated)
    erased_before, stated.carrying = frozenset(stated.of.erasures.details), 0
    stated.take(connection.execute(text(_CARRYING), {"first": before}))
    register = stated.of.register
    require(register is not None)
    assert register is not None  # noqa: S101 - just made sure
    aside = read_set_aside(connection, register)
    sessions = _sessions(connection, register, aside, since=before)
    for session, _ in sessions.values():
        if session.seq < before:
            check_certificate(connection, register, session)
    expected = StretchExpectations(vault, size, log_keys(register), before, sessions, aside)
    first = before // STRETCH * STRETCH
    stretches, is_long = _Stretches(database, first), size - first >= MIN_LEAVES_FOR_TWO_PROCESSES
    with verified_beside(database, expected, wanted=is_long) as second:
        head = stretches.check(expected, second)
    known = "leaf WHERE seq >= :first AND seq < :before AND statement IS NOT NULL"
    again = _count(connection, known, first=first, before=before)
    require(stretches.stated == again + stated.carrying)
    erased = stated.of.erasures.details | aside.details
    require(set(stretches.without_details) == {seq for seq in erased if seq >= first})
    now_erased = erased - erased_before
    require(not any(_count(connection, "detail WHERE seq = :seq", seq=seq) for seq in now_erased))
    require(not repeated_statements(connection))
    versions = register.versions(VaultKey.AUDIT)
    require(not malformed_details(connection, versions, first=before))
    require(_count(connection, "checkpoint WHERE size > :size", size=size) == 0)
    require(_count(connection, "detail WHERE seq >= :size", size=size) == 0)
    return VerificationResult(
        head=head,
        checkpoints=_count(connection, "checkpoint WHERE size > :first", first=before),
        unattested=stretches.unattested,
        problems=(),
        register=register,
        seen=VerifiedState(head, stated.deciding.hexdigest(), seen.signed, seen.signatures),
        read_from=before,
    )


@dataclass(slots=True)
class _Taken:
    """The statements that were taken, counted, and hashed where they decide something."""

    of: StatementReplay
    carrying: int = 0
    deciding: Any = field(default_factory=hashlib.sha256)
    newest: int = -1

    def take(self, rows: Iterable[Row[Any]]) -> None:
        """Take them in order, none twice, each the leaf that stands in the tree at its place."""
        for row in rows:
            require(type(row.body) is bytes and tree.leaf_hash(row.body) == row.node)
            leaf = Leaf.decode(row.body, row.seq)
            require(leaf.seq > self.newest)
            self.newest = leaf.seq
            self.of.take(leaf, row)
            self.carrying += bool(leaf.statement)
            if row.kind in DECIDING_KINDS:
                self.deciding.update(f"{leaf.seq} {leaf.statement}\n".encode())


@dataclass(slots=True)
class _Stretches:
    """Stretches put together, in order, and what they came to."""

    database: Database
    first: int
    """The first leaf of the first stretch; the nodes over those before it are known to be right."""
    unattested: int = 0
    stated: int = 0
    without_details: list[int] = field(default_factory=list)

    def check(self, expected: StretchExpectations, other: SecondProcess) -> Head:
        """Check all stretches to the end; returns the head that they come to."""
        peaks: list[bytes] = []
        for first in range(self.first, expected.size, STRETCH):
            stretch = other.found(first) or check_stretch(self.database, first, expected)
            self._put(stretch, full=first + STRETCH <= expected.size)
            peaks = [bytes.fromhex(peak) for peak in stretch.peaks]
        whole = expected.size >> LEVEL
        rest = peaks if expected.size % STRETCH else []
        return Head(expected.size, tree.root_of_peaks([*tree.peaks(whole, self._stored), *rest]))

    def _put(self, stretch: Stretch, *, full: bool) -> None:
        position = stretch.first >> LEVEL
        require(stretch.before == tree.root(position, self._stored).hex())
        if full:
            (root,) = map(bytes.fromhex, stretch.peaks)
            nodes = tree.stored_nodes(position, root, self._stored)
            require(all(self._stored(level, index) == node for level, index, node in nodes))
        self.unattested += stretch.unattested
        self.stated += stretch.stated
        self.without_details.extend(stretch.without_details)

    def _stored(self, level: int, index: int) -> bytes:
        """A node above the stretches; those over what was put here were held against it."""
        return stored_node(self.database, level + LEVEL, index)


def _sessions(
    connection: Connection, register: Register, aside: SetAside, *, since: int
) -> Mapping[str, tuple[SessionCertificate, int | None]]:
    """The sessions whose keys attest leaves from there on, and the last leaf that each may.

    All that there were, if leaves were set aside: these may have named any.
    """
    vault = register.founders.vault
    named = {**sessions_named(connection, vault, since=since)}
    if aside.entries or aside.unsigned:
        named |= {session.digest: session for session in all_sessions(connection, vault)}
    return {
        digest: (session, last_attestable(connection, register, session))
        for digest, session in named.items()
    }


def log_keys(register: Register) -> Mapping[str, list[tuple[int, bytes]]]:
    """The keys that checkpoints are checked with: since which leaf each person had which."""
    founding = {register.founders.controller, register.founders.kit}
    keys: dict[str, list[tuple[int, bytes]]] = {}
    for person in {*register.vouchers, *founding}:
        seqs = [voucher.seq for voucher in register.vouchers.get(person, ())]
        if person == register.founders.kit:
            seqs += [kit.seq for kit in register.kits]
        if person in founding:
            seqs.append(-1)
        keys[person] = [
            (seq, register.public_keys(person, before=seq + 1).log) for seq in sorted(seqs)
        ]
    return keys


def _hashed_signatures(database: Database, *sizes: int) -> list[str]:
    """For logs of these sizes, rising: SHA-256 over their checkpoints and statements' signatures.

    Leaves and statements themselves are bound by the tree's root. Law: for one size it is the same,
    whatever sizes are asked for before it.
    """
    kinds = [(query, hashlib.sha256(), hashlib.sha256()) for query in (_NOTES, _SIGNATURES)]
    found, before = [], 0
    for size in sizes:
        for query, lengths, all_parts in kinds:
            cursor = database.execute(query, (before, size))
            while rows := cursor.fetchmany(1000):
                parts = [part for (part,) in rows]
                require({*map(type, parts)} <= {bytes})
                # Apart from the parts: else it would tell where a portion ended.
                lengths.update((" ".join(map(str, map(len, parts))) + " ").encode())
                all_parts.update(b"".join(parts))
        digests = [digest.digest() for _, *both in kinds for digest in both]
        found.append(hashlib.sha256(b"".join(digests)).hexdigest())
        before = size
    return found


def _check_leaf_0(connection: Connection, verified: Head) -> None:
    """The founders, with whom all keys begin, are those of the log that was verified."""
    read = node_reader(connection)
    proof = tree.inclusion_proof(0, verified.size, read)
    tree.check_inclusion(read(0, 0), 0, verified.size, proof, verified.root)


def _check_counts(connection: Connection, size: int) -> None:
    """Nothing is stored that belongs to no leaf."""
    nodes = sum(size >> level for level in range(size.bit_length()))
    require(_count(connection, "node") == nodes)
    if not is_postgres(connection):  # SQLite holds anything in any column
        whole = "typeof(level) = 'integer' AND typeof(position) = 'integer'"
        require(_count(connection, f"node WHERE {whole}") == nodes)
    carried = "SELECT 1 FROM leaf WHERE leaf.statement = digest"
    require(_count(connection, f"statement WHERE NOT EXISTS ({carried})") == 0)
    for table, column, first in (("checkpoint", "size", 1), ("detail", "seq", 0)):
        stray = f"{table} WHERE {column} IS NULL OR {column} < :first OR {column} >= :end"
        require(_count(connection, stray, first=first, end=size + first) == 0)


def _count(connection: Connection, rows: str, **values: int) -> int:
    query = text(f"SELECT count(*) FROM {rows}")  # noqa: S608 - constants of this module
    return int(connection.execute(query, values).scalar_one())
