"""The audit log in the catalogue: appended to in the transaction of the act itself, and read again.

Format: docs/formats/audit-log.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, CursorResult, Engine, Row, and_, bindparam, func, select, true

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, origin, sign_checkpoint
from callrec.audit.leaf import DETAIL_NONCE_BYTES, Leaf, Outcome, detail_commitment
from callrec.audit.register import REGISTER_KINDS, Founders, Register, founders_of, replay
from callrec.audit.session import SessionCertificate, may_session_attest
from callrec.catalogue import tables
from callrec.catalogue.engine import (
    Unsettled,
    check_still_as_made,
    is_postgres,
    settled,
    sync_folder,
    transaction,
)
from callrec.catalogue.written import rows_digest, save_written_rows, watch, written_rows
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant, parse
from callrec.crypto.context import context
from callrec.crypto.statement import Statement, read_statement
from callrec.dataclass import dataclass, replace
from callrec.errors import CallrecError, Failed, Locked, Tampered, Unusable

_NODE = select(tables.node.c.hash).where(
    tables.node.c.level == bindparam("level"), tables.node.c.position == bindparam("position")
)
"""Made once: a command asks it sixty times and more."""

UNREADABLE_DETAILS: Final[Mapping[str, Any]] = {"details": "in no form"}
"""Shown in place of details that no command of ours writes, so that lists go on."""

DAMAGED_DETAILS: Final[Mapping[str, Any]] = {"details": "damaged"}
"""Shown in place of details that are not those which their leaf commits to."""

# As text, and what `rows_of_acts` asks: SQLAlchemy takes a tenth of a millisecond and more to write
# each of these anew.
_INSERT_LEAF: Final = "INSERT INTO leaf (seq, body, statement) VALUES (?, ?, ?)"
_INSERT_DETAIL: Final = "INSERT INTO detail (seq, key_version, sealed) VALUES (?, ?, ?)"

_NODES_AT: Final = (
    "SELECT node.level, node.position, node.hash FROM json_each(?) AS place CROSS JOIN node"
    " ON node.level = json_extract(place.value, '$[0]')"
    " AND node.position = json_extract(place.value, '$[1]')"
)

_INSERT_NODE: Final = "INSERT INTO node (level, position, hash) VALUES (?, ?, ?)"


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """Who acts, with the seed of what signs checkpoints: their ``log`` key, or a session's."""

    person: str
    seed: bytes
    session: SessionCertificate | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """How long the log is, and the root of its tree."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """What it takes to write to one vault's log."""

    vault: str
    audit_version: int
    audit_public: bytes
    """The audit key's newest version: anyone may seal details to it."""
    now: Callable[[], datetime]


Check: TypeAlias = Callable[[Connection], None]


class LogTransaction:
    """One write transaction: rows of the catalogue, and the leaves that say what was done."""

    def __init__(
        self,
        connection: Connection,
        log: Log,
        signer: Signer | None,
        check: Check | None = None,
        size: int | None = None,
    ) -> None:
        """Begin.

        Args:
            connection: sees one state of the catalogue throughout.
            log: whose log.
            signer: who signs what is appended, if a key is at hand.
            check: is called before the first leaf is appended, and raises where none may be.
            size: how many leaves there are, where the newest were set aside.
        """
        self.snapshot = connection
        """What this transaction sees of the catalogue, for those who write no rows to it."""
        self.has_appended = self.is_watched = False
        self._check = check
        self._log = log
        self._signer = signer
        self.actors: set[str] = set()
        """Whose leaves were appended."""
        self._size = stored_size(connection) if size is None else size
        # A leaf completes nodes that earlier leaves have begun: most are known.
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._read = node_reader(connection, self._nodes)
        self._head: Head | None = None

    @property
    def connection(self) -> Connection:
        """To write rows with, which are noted from the first time that this is asked for.

        SQLite makes 160 triggers for that; most transactions write a leaf alone.
        """
        if not self.is_watched:
            watch(self.snapshot)
            self.is_watched = True
        return self.snapshot

    @property
    def head(self) -> Head:
        """The log as it stands with the leaves appended so far."""
        if self._head is None or self._head.size != self._size:
            self._head = Head(self._size, tree.root(self._size, self._read))
        return self._head

    def seal_details_to(self, version: int, public: bytes) -> None:
        """Seal further details to this version of the audit key."""
        self._log = replace(self._log, audit_version=version, audit_public=public)

    def leaf(
        self,
        act: str,
        *,
        actor: str,
        subject: Sequence[str] = (),
        details: Mapping[str, Any] | None = None,
        nonce: bytes = b"",
        statement: Statement | None = None,
        outcome: Outcome = Outcome.DONE,
        founders: Founders | None = None,
    ) -> int:
        """Append a leaf; returns its sequence. It counts once the transaction ends.

        ``nonce`` (32 bytes) is given where people without the audit key are to check the details
        against the leaf; else it is drawn.
        """
        if self._check is not None and not self.has_appended:
            self._check(self.snapshot)
        self.has_appended = True
        seq = self._size
        sealed, commitment = self._sealed_details(seq, details, nonce)
        is_signers = self._signer is not None and self._signer.person == actor
        session = self._signer.session if self._signer and is_signers else None
        leaf = Leaf(
            act=act,
            actor=actor,
            at=format_instant(self._log.now()),
            detail=commitment,
            log=origin(self._log.vault),
            outcome=outcome,
            seq=seq,
            statement=statement.digest if statement else "",
            subject=tuple(subject),
            founders=founders.as_json() if founders else None,
            session=session.digest if session else "",
        )
        if session:
            _check_may_be_attested(leaf, session)
        body = _encoded(leaf)
        if statement is not None:
            self._store_statement(statement)
        self.snapshot.exec_driver_sql(_INSERT_LEAF, (seq, body, leaf.statement or None))
        if sealed is not None:
            version = self._log.audit_version
            self.snapshot.exec_driver_sql(_INSERT_DETAIL, (seq, version, sealed))
        new = tree.stored_nodes(seq, tree.leaf_hash(body), self._read)
        self.snapshot.exec_driver_sql(_INSERT_NODE, [*new])
        self._nodes.update({(level, index): node for level, index, node in new})
        self._size = seq + 1
        self.actors.add(actor)
        return seq

    def checkpoint(self, signer: Signer) -> None:
        """Sign the tree as it now stands; the leaves since the last checkpoint become attested.

        The rows that were written since are signed for.
        """
        head, rows = self.head, written_rows(self.snapshot) if self.is_watched else ()
        signed = b""
        if rows:
            save_written_rows(self.snapshot, rows, head.size)
            signed = rows_digest(rows)
        check_still_as_made(self.snapshot)
        point = Checkpoint(origin(self._log.vault), head.size, head.root, signed)
        note = sign_checkpoint(point, signer.seed)
        self.snapshot.execute(tables.checkpoint.insert().values(size=head.size, note=note))

    def _store_statement(self, statement: Statement) -> None:
        self.snapshot.execute(
            tables.statement.insert().values(
                digest=statement.digest,
                kind=statement.kind,
                body=statement.body,
                signature=statement.signature,
            )
        )

    def _sealed_details(
        self, seq: int, details: Mapping[str, Any] | None, nonce: bytes
    ) -> tuple[bytes | None, str]:
        if details is None:
            return None, ""
        nonce = nonce or primitives.random_bytes(DETAIL_NONCE_BYTES)
        body = canonical(dict(details))
        sealed = primitives.hpke_seal(
            self._log.audit_public, nonce + body, context("detail", self._log.vault, seq=seq)
        )
        return sealed, detail_commitment(self._log.vault, seq, nonce, body)


def _check_may_be_attested(leaf: Leaf, session: SessionCertificate) -> None:
    """Refuse what a session's key may not attest: it would be TAMPERED for ever."""
    if not session.since <= leaf.at <= session.until:
        raise Locked("this login has ended", hint="run callrec login")
    if not may_session_attest(leaf.act, len(leaf.subject), leaf.outcome):
        raise Locked(
            "this takes your password", hint="set CALLREC_USER and CALLREC_PASSWORD_FILE for it"
        )


def _encoded(leaf: Leaf) -> bytes:
    try:
        return leaf.encode()
    except ValueError as error:  # 64 KiB or more: its subject names too many things
        raise Unusable(
            "this concerns more recordings than one entry of the audit log can name",
            hint="do it in several requests of 1500 recordings at most",
        ) from error


@contextmanager
def log_transaction(
    engine: Engine, log: Log, signer: Signer | None, check: Check | None = None
) -> Iterator[LogTransaction]:
    """A write transaction that ends in a checkpoint of ``signer``, and is durable when it ends.

    ``check`` is called before the first leaf is appended, and raises where none may be.

    Raises:
        Failed: the catalogue cannot be written; then nothing has happened, unless the disk failed
            for good, or a server was gone, at the very end, when nobody can tell.
    """
    ending: Head | None = None
    try:
        with transaction(engine) as connection:
            act = LogTransaction(connection, log, signer, check)
            yield act
            if act.has_appended:
                if signer is not None:
                    act.checkpoint(signer)
                ending = act.head
            if act.is_watched and written_rows(connection):
                raise RuntimeError("rows were written for which nobody signs")
    except Failed:
        # Taking away the journal is what commits; its folder may not have been made durable.
        kept = ending is not None and _is_kept(engine, ending)
        if kept is None and is_postgres(engine):
            raise Unsettled(
                "the way to the catalogue's database broke off as this was written: whether it is"
                " done is not known",
                hint="see whether it is on record before you do it again",
            ) from None
        if not kept:
            raise


def _is_kept(engine: Engine, head: Head) -> bool | None:
    """Whether the log has come to this head, durably; None: it cannot be asked."""
    with suppress(CallrecError, OSError), settled(engine) as connection:
        if stored_size(connection) < head.size:
            return False
        sync_folder(connection)
        return tree.root(head.size, node_reader(connection)) == head.root
    return None


def node_reader(
    connection: Connection, known: dict[tuple[int, int], bytes] | None = None
) -> tree.Read:
    """How the tree's functions read stored nodes: each once, since a node never changes.

    Args:
        connection: sees one state of the catalogue, or what was appended to it since.
        known: nodes by level and position; those that are read are added.
    """
    nodes = {} if known is None else known

    def read(level: int, position: int) -> bytes:
        place = (level, position)
        if place not in nodes:
            node = connection.execute(_NODE, {"level": level, "position": position}).scalar()
            if node is None:
                raise Tampered("a node of the audit log's tree is missing")
            nodes[place] = node
        return nodes[place]

    return read


def stored_head(connection: Connection) -> Head:
    """The log's size and root, from the stored nodes."""
    size = stored_size(connection)
    return Head(size, tree.root(size, node_reader(connection)))


def stored_size(connection: Connection) -> int:
    """How many leaves there are, if none is missing."""
    newest: Any = connection.execute(select(func.max(tables.leaf.c.seq))).scalar()
    if newest is not None and type(newest) is not int:
        raise Tampered("a leaf of the audit log has no number")
    return 0 if newest is None else newest + 1


def read_leaf(connection: Connection, seq: int) -> tuple[Leaf, bytes]:
    """One leaf, and its bytes.

    Raises:
        Tampered: it is missing, or not in its form.
    """
    body = connection.execute(select(tables.leaf.c.body).where(tables.leaf.c.seq == seq)).scalar()
    if body is None:
        raise Tampered(f"leaf {seq} of the audit log is missing")
    return Leaf.decode(body, seq), body


def has_leaf(connection: Connection, seq: int, body: bytes) -> bool:
    """Whether the log has just this leaf at its place. Raises: as `read_leaf`."""
    return seq < stored_size(connection) and read_leaf(connection, seq)[1] == body


def checkpoint_over(connection: Connection, seq: int) -> Row[int, bytes] | None:
    """``size, note`` of the first checkpoint that covers a leaf: by it the leaf is attested."""
    table = tables.checkpoint.c
    query = select(table.size, table.note).where(table.size > seq).order_by(table.size)
    return connection.execute(query.limit(1)).first()


def rows_of_acts(
    connection: Connection, acts: Collection[str], which: str = "ORDER BY seq", *values: object
) -> CursorResult[int, bytes]:
    """``seq`` and ``body`` of the leaves of these acts, and of no others, by the index "leaf_act".

    ``which``: what else is asked of them, in SQL, and their order; ``values`` stand in it.
    """
    begins = [f'{{"act":"{act}","'.encode() for act in acts]
    act = "substr(body, 1, instr(body, '\"actor\"'))"
    places = ", ".join("?" * len(begins))
    query = f"SELECT seq, body FROM leaf WHERE {act} IN ({places}) {which}"  # noqa: S608
    return connection.exec_driver_sql(query, (*begins, *values))


def malformed_details(
    connection: Connection, versions: Collection[int], *, first: int = 0
) -> Sequence[int]:
    """Sequences, from ``first`` on, whose sealed details cannot be any.

    They are too short, are no bytes, or name none of these versions of the audit key. This takes
    no key; whether they open is not looked at.
    """
    detail = tables.detail.c
    is_sealed = and_(
        detail.key_version.in_(versions),
        func.length(detail.sealed) >= primitives.HPKE_BYTES + DETAIL_NONCE_BYTES,
        func.substr(detail.sealed, 1, 0) == b"",  # SQLite has text in any column
    )
    found = select(detail.seq).where(detail.seq >= first, is_sealed.is_not(true()))
    return connection.execute(found.order_by(detail.seq)).scalars().all()


def repeated_statements(connection: Connection) -> Sequence[int]:
    """Sequences of leaves whose statement, as the column has it, an earlier leaf carries.

    A statement counts once: a signature for one moment is none for another.
    """
    leaf = tables.leaf.c
    carried = select(leaf.statement).where(leaf.statement > "").group_by(leaf.statement)
    rows = connection.execute(
        select(leaf.seq, leaf.statement)
        .where(leaf.statement.in_(carried.having(func.count() > 1)))
        .order_by(leaf.seq)
    ).all()
    first = {row.statement: row.seq for row in reversed(rows)}
    return [row.seq for row in rows if row.seq != first[row.statement]]


def read_founders(connection: Connection) -> tuple[Founders, bytes]:
    """What leaf 0 says, and the vault root: SHA-256 of its bytes."""
    leaf, body = read_leaf(connection, 0)
    return founders_of(leaf), primitives.sha256(body)


def read_register(connection: Connection) -> Register:
    """The register of people and keys, from the leaves whose statements concern it.

    Every such leaf is shown to stand in the tree; that none was left out, only a reading of the
    whole log shows (``audit.verify``).

    Raises:
        Tampered: a leaf, a statement or the tree is not as it was signed.
    """
    founders, _ = read_founders(connection)
    return replay(founders, _register_entries(connection, founders.vault))


def current_register(connection: Connection, known: Register, size: int) -> Register:
    """The register as it stands, read again only if something of people or keys came since.

    Args:
        connection: sees one state of the catalogue throughout.
        known: read from this log when it had ``size`` leaves.
        size: may be less, but no more.

    Raises:
        Tampered: as `read_register`.
    """
    leaf, statement = tables.leaf.c, tables.statement.c
    came = select(leaf.seq).where(
        leaf.seq >= size,
        *(() if is_postgres(connection) else (func.typeof(leaf.seq) == "integer",)),
        statement.digest == leaf.statement,
        statement.kind.in_(REGISTER_KINDS),
    )
    return known if connection.execute(came.limit(1)).first() is None else read_register(connection)


def read_detail(
    connection: Connection, leaf: Leaf, open_key: Callable[[int], bytes], vault: str
) -> Mapping[str, Any] | None:
    """Open a leaf's details with the audit key's secret of the version that ``open_key`` gives.

    Returns:
        None where there are none, or they were erased; `UNREADABLE_DETAILS` where the signer of the
        leaf sealed no object in canonical JSON.

    Raises:
        Tampered: they are not what the leaf commits to.
    """
    row = connection.execute(
        select(tables.detail.c.key_version, tables.detail.c.sealed).where(
            tables.detail.c.seq == leaf.seq
        )
    ).first()
    if row is None or not leaf.detail:
        return None
    wrong = Tampered(f"the details of leaf {leaf.seq} are not those it commits to")
    if (type(row.key_version), type(row.sealed)) != (int, bytes):
        raise wrong
    secret, info = open_key(row.key_version), context("detail", vault, seq=leaf.seq)
    try:
        opened = primitives.hpke_open(secret, row.sealed, info)
    except Tampered as error:
        raise wrong from error
    nonce, body = opened[:DETAIL_NONCE_BYTES], opened[DETAIL_NONCE_BYTES:]
    if detail_commitment(vault, leaf.seq, nonce, body) != leaf.detail:
        raise wrong
    try:
        found = parse(body)
    except Tampered:  # they are what was signed all the same
        return UNREADABLE_DETAILS
    return found if isinstance(found, dict) else UNREADABLE_DETAILS


def _read_for_proofs(connection: Connection, seqs: Iterable[int], size: int) -> tree.Read:
    """A reader of the nodes that take proofs of these leaves in a tree of that size."""
    places: set[tuple[int, int]] = set()

    def note(level: int, position: int) -> bytes:
        places.add((level, position))
        return b""

    for seq in seqs:
        tree.inclusion_proof(seq, size, note)
    rows = connection.exec_driver_sql(_NODES_AT, (json.dumps([*places]),))
    nodes = {(level, position): node for level, position, node in rows}

    def read(level: int, position: int) -> bytes:
        node = nodes.get((level, position))
        if type(node) is not bytes:
            raise Tampered("a node of the audit log's tree is missing")
        return node

    return read


def _register_entries(connection: Connection, vault: str) -> Iterator[tuple[Leaf, Statement]]:
    head = stored_head(connection)
    rows = connection.execute(
        select(
            tables.leaf.c.seq,
            tables.leaf.c.body,
            tables.statement.c.body.label("signed"),
            tables.statement.c.signature,
        )
        .join(tables.statement, tables.statement.c.digest == tables.leaf.c.statement)
        .where(tables.statement.c.kind.in_(REGISTER_KINDS))
        .order_by(tables.leaf.c.seq)
    ).all()
    leaves = [Leaf.decode(row.body, row.seq) for row in rows]
    if any(leaf.seq < 0 for leaf in leaves):
        raise Tampered("a leaf of the audit log has no number")
    # Every command does this first: all nodes of all proofs are read at once.
    read = _read_for_proofs(connection, [leaf.seq for leaf in leaves], head.size)
    for leaf, (seq, body, signed, signature) in zip(leaves, rows, strict=True):
        if None in (signed, signature):
            raise Tampered(f"leaf {seq} of the audit log is not whole")
        proof = tree.inclusion_proof(seq, head.size, read)
        tree.check_inclusion(tree.leaf_hash(body), seq, head.size, proof, head.root)
        yield leaf, read_statement(signed, signature, vault)
