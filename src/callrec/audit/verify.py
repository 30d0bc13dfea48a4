"""Read the whole log and find whatever is not as it was signed (docs/formats/audit-log.md).

Every leaf, node, statement and checkpoint is hashed again on each reading. What was hashed the same
at the last reading has good signatures already, so those alone need not be checked again.

A log is first read in long stretches, which tells only whether it is sound (``whole``). If it is
not asked to be, it is read leaf by leaf, which names everything that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select

from callrec.audit import tree
from callrec.audit.checkpoint import (
    Checkpoint,
    check_checkpoint,
    key_id,
    origin,
    parse_note,
    read_checkpoint,
)
from callrec.audit.erased import StatementReplay
from callrec.audit.leaf import NOBODY, Leaf
from callrec.audit.log import Head, malformed_details, read_register, repeated_statements
from callrec.audit.remembered import Problem, VerificationResult, VerifiedState
from callrec.audit.resumed import SetAside, read_set_aside
from callrec.audit.session import SessionCertificate
from callrec.audit.sessions import find_certificate, last_attestable, session_keys
from callrec.audit.stretch import UNSIGNED
from callrec.audit.whole import verify_fast, verify_new_fast
from callrec.catalogue import tables
from callrec.dataclass import dataclass, field, replace
from callrec.errors import CallrecError, Tampered
from callrec.policy.role import VaultKey


def verify_log(
    connection: Connection, vault: str, seen: VerifiedState | None = None
) -> VerificationResult:
    """Read and check every leaf, statement, checkpoint and node.

    Args:
        connection: sees one state of the catalogue throughout.
        vault: the vault's id.
        seen: what an earlier reading verified; signatures up to there are not checked again,
            provided that everything up to there still hashes the same.
    """
    return verify_fast(connection, vault, seen) or verify_leaf_by_leaf(connection, vault)


def verify_new_entries(
    connection: Connection, vault: str, seen: VerifiedState
) -> VerificationResult:
    """Read and check what was appended since ``seen``, and that it was appended to just that.

    What lies before is not read. Where something is wrong, the whole log is read, to name it.

    Args:
        connection: sees one state of the catalogue throughout.
        vault: the vault's id.
        seen: what an earlier reading verified, kept out of reach of those who write the vault.
    """
    try:
        return verify_new_fast(connection, vault, seen) or verify_leaf_by_leaf(connection, vault)
    except Tampered as error:
        whole = verify_leaf_by_leaf(connection, vault)
        return replace(whole, problems=(Problem(None, error.message), *whole.problems))


def require_sound_log(connection: Connection, vault: str) -> None:
    """Check the whole log before something irrevocable is done on its word.

    Raises:
        Tampered: anything in it is not as it was signed, or people and keys are not found as the
            whole of it has them.
    """
    problems = verify_log(connection, vault).problems
    if problems:
        raise Tampered(problems[0].what)


def verify_leaf_by_leaf(connection: Connection, vault: str) -> VerificationResult:
    """Read the log leaf by leaf, and check every signature: to name what is wrong."""
    walk = _Walk(connection, StatementReplay(vault, trusted_up_to=0))
    with suppress(Tampered):  # named where the statement is met
        walk.aside = read_set_aside(connection, read_register(connection))
    for part in (walk.steps, walk.end, walk.check_strays, walk.check_nodes, walk.check_register):
        try:
            part()
        except Tampered as error:  # a row that cannot be read: what comes after it is not seen
            walk.problems.append(Problem(None, error.message))
    return VerificationResult(
        head=Head(walk.frontier.size, walk.frontier.root()),
        checkpoints=connection.execute(select(func.count()).select_from(_POINT)).scalar_one(),
        unattested=walk.unattested,
        problems=tuple(walk.problems),
        register=walk.stated.register,
    )


_POINT = tables.checkpoint


@dataclass(slots=True)
class _Walk:
    connection: Connection
    stated: StatementReplay
    frontier: tree.Frontier = field(default_factory=tree.Frontier)
    problems: list[Problem] = field(default_factory=list)
    unattested: int = 0
    diverged: bool = False
    """A checkpoint was met that signs another log: so will all that follow it."""
    waiting: list[tuple[int, str, str]] = field(default_factory=list)
    """Sequence, actor and session of leaves that no checkpoint has covered yet."""
    sessions: dict[str, SessionCertificate] = field(default_factory=dict)
    """By digest, the sessions whose certificates were met so far."""
    without_details: list[int] = field(default_factory=list)
    """Sequences of leaves that commit to details which are not there."""
    aside: SetAside = field(default_factory=SetAside)
    met: dict[str, int] = field(default_factory=lambda: {"checkpoint": 0, "detail": 0})
    """Rows of these tables that belong to a leaf."""

    def steps(self) -> None:
        """Take all leaves, as far as the log can be followed."""
        for row in _leaves(self.connection):
            self._pass_over(until=row.seq)
            if not self.step(row):
                return
        self._pass_over(until=None)

    def _pass_over(self, *, until: object) -> None:
        """Take the leaves that were set aside, of which the tree alone knows."""
        while (seq := self.frontier.size) in self.aside.entries and seq != until:
            self.frontier.append(self.aside.entries[seq])
            self.waiting.append((seq, UNSIGNED, ""))
            note = self.connection.execute(
                select(_POINT.c.note).where(_POINT.c.size == seq + 1)
            ).scalar()
            if note is not None:
                self.met["checkpoint"] += 1
                self._check_note(seq + 1, note)

    def step(self, row: Any) -> bool:
        """Take one leaf; False where the log cannot be followed any further."""
        seq = self.frontier.size
        if type(row.seq) is int and row.seq < 0:
            self._found(None, f"leaf {row.seq} of the audit log is one that nobody wrote")
            return True
        if type(row.seq) is not int or row.seq != seq or row.body is None:
            self._found(seq, f"leaf {seq} of the audit log is missing")
            return False
        leaf_hash = tree.leaf_hash(row.body)
        self.frontier.append(leaf_hash)
        if row.node != leaf_hash:
            self._found(seq, f"leaf {seq} of the audit log is not the one that was written")
        try:
            leaf = Leaf.decode(row.body, seq)
            self.stated.take(leaf, row)
        except Tampered as error:
            self._found(seq, error.message)
            leaf = None
        if leaf and leaf.has_no_actor:
            self._found(seq, f"leaf {seq} tells of what only somebody does, and not of whom")
        if leaf and leaf.session:
            self._check_session(leaf)
        unsigned = leaf is not None and seq in self.aside.unsigned
        actor = UNSIGNED if unsigned else leaf.actor if leaf else "?"
        self.waiting.append((seq, actor, leaf.session if leaf and not unsigned else ""))
        self._check_details(leaf, row)
        if row.note is not None:
            self.met["checkpoint"] += type(row.size) is int
            self._check_note(seq + 1, row.note)
        return True

    def end(self) -> None:
        """Look at what is left when all leaves are read."""
        without = set(self.without_details) - self.aside.details
        erased = self.stated.erasures.details - self.aside.details
        for seq in sorted(without - erased):
            self._found(seq, f"the details of leaf {seq} are missing")
        for seq in sorted(erased - without):
            self._found(seq, f"the details of leaf {seq} were erased, and are there")
        for seq, actor, _ in self.waiting:
            if actor not in (NOBODY, UNSIGNED):
                self._found(seq, f"no checkpoint covers leaf {seq}")
        self.unattested += sum(actor == NOBODY for _, actor, _ in self.waiting)

    def check_strays(self) -> None:
        """Nothing is stored that belongs to no leaf."""
        size = self.frontier.size
        points = select(_POINT.c.size).where(_POINT.c.size > size).order_by(_POINT.c.size)
        for beyond in self.connection.execute(points).scalars():
            self._found(beyond, f"a checkpoint covers {beyond} leaves, but there are {size}")
        for table, met in self.met.items():
            query = select(func.count()).select_from(tables.METADATA.tables[table])
            if self.connection.execute(query).scalar() != met:
                self._found(None, f"a {table} in the catalogue belongs to no leaf")
        if (register := self.stated.register) is not None:
            versions = register.versions(VaultKey.AUDIT)
            for seq in malformed_details(self.connection, versions):
                self._found(seq, f"the sealed details of leaf {seq} are in no form of callrec's")
        for seq in repeated_statements(self.connection):
            self._found(seq, f"leaf {seq} carries a statement that an earlier leaf carries")
        carried = select(tables.leaf.c.statement).where(tables.leaf.c.statement.is_not(None))
        stray = self.connection.execute(
            select(func.count()).where(
                tables.statement.c.digest.is_(None) | tables.statement.c.digest.not_in(carried)
            )
        ).scalar()
        if stray:
            self._found(None, f"{stray} statements are carried by no leaf")

    def check_nodes(self) -> None:
        """Each stored node is the hash of the two below it; the walk has checked the lowest."""
        query = select(tables.node).order_by(tables.node.c.level, tables.node.c.position)
        rows = self.connection.execute(query.execution_options(yield_per=1000))
        below: list[bytes] = []
        levels = 0
        for level, group in groupby(rows, key=lambda row: row.level):
            here: list[bytes] = []
            for position, row in enumerate(group):
                is_placed = [type(value) for value in row] == [int, int, bytes] and (
                    (row.level, row.position) == (levels, position)
                )
                pair = below[2 * position : 2 * position + 2]
                if not is_placed or (levels and [row.hash] != tree.parents(pair)):
                    self._found(
                        None, f"node {row.position} of level {level} of the tree is damaged"
                    )
                    return
                here.append(row.hash)
            if len(here) != self.frontier.size >> levels:
                self._found(None, f"level {level} of the tree has {len(here)} nodes")
            below = here
            levels += 1
        if levels != self.frontier.size.bit_length():
            self._found(None, f"the tree has {levels} levels of nodes")

    def check_register(self) -> None:
        """People and keys, as every command looks them up, are those of the whole log."""
        if read_register(self.connection) != self.stated.register:
            self._found(None, "people and keys are not found as the audit log has them")

    def _check_details(self, leaf: Leaf | None, row: Any) -> None:
        self.met["detail"] += type(row.detail) is int
        if leaf is None:
            return
        if leaf.detail and row.detail is None:
            self.without_details.append(leaf.seq)  # whether they were erased, a later leaf says
        elif row.detail is not None and not leaf.detail:
            self._found(leaf.seq, f"the details of leaf {leaf.seq} are not its own")

    def _check_note(self, size: int, note: bytes) -> None:
        signers = {(actor, session) for _, actor, session in self.waiting if actor != NOBODY}
        if signers != {(UNSIGNED, "")}:
            signers.discard((UNSIGNED, ""))
        self.unattested += sum(actor == NOBODY for _, actor, _ in self.waiting)
        first = self.waiting[0][0]
        self.waiting.clear()
        try:
            self._check_head(Head(size, self.frontier.root()), note, signers, first)
        except CallrecError as error:
            self._found(size, f"the checkpoint over {size} leaves: {error.message}")

    def _check_session(self, leaf: Leaf) -> None:
        connection, register = self.connection, self.stated.register
        try:
            if leaf.session not in self.sessions:
                found = find_certificate(connection, self.stated.vault, leaf.session)
                self.sessions[leaf.session] = found
            session = self.sessions[leaf.session]
            last = None if register is None else last_attestable(connection, register, session)
            session.check_attests(leaf, last)
        except CallrecError as error:
            self._found(leaf.seq, error.message)

    def _check_head(
        self, head: Head, note: bytes, signers: set[tuple[str, str]], first: int
    ) -> None:
        name = origin(self.stated.vault)
        claimed = read_checkpoint(note, name)
        if not self.diverged and claimed != Checkpoint(name, head.size, head.root):
            self.diverged = True
            raise Tampered("from here on, the log is not the one that was signed")
        register = self.stated.register
        if len(signers) != 1 or register is None:
            raise Tampered("it covers the acts of more than one person, or of none")
        ((who, session),) = signers
        if session and session not in self.sessions:
            raise Tampered("it covers acts of a session that there is not")
        if who != UNSIGNED:
            log_key = register.public_keys(who, before=first).log
            public = self.sessions[session].public if session else log_key
            check_checkpoint(note, public, name)
            return
        ids = {signature.key_id for signature in parse_note(note).signatures}
        keys = (
            *(keys.log for keys in register.all_keys()),
            *session_keys(self.connection, self.stated.vault),
        )
        known = [public for public in keys if key_id(name, public) in ids]
        if not known:
            raise Tampered("it is signed by nobody whom this log vouches for")
        check_checkpoint(note, known[0], name)

    def _found(self, seq: int | None, what: str) -> None:
        self.problems.append(Problem(seq, what))


def _leaves(connection: Connection) -> Iterator[Any]:
    leaf, statement, node = tables.leaf, tables.statement, tables.node
    query = (
        select(
            leaf.c.seq,
            leaf.c.body,
            leaf.c.statement,
            statement.c.kind,
            statement.c.body.label("signed"),
            statement.c.signature,
            node.c.hash.label("node"),
            tables.detail.c.seq.label("detail"),
            _POINT.c.size,
            _POINT.c.note,
        )
        .outerjoin(statement, statement.c.digest == leaf.c.statement)
        .outerjoin(node, (node.c.level == 0) & (node.c.position == leaf.c.seq))
        .outerjoin(tables.detail, tables.detail.c.seq == leaf.c.seq)
        .outerjoin(_POINT, _POINT.c.size == leaf.c.seq + 1)
        .order_by(leaf.c.seq)
    )
    yield from connection.execute(query.execution_options(yield_per=1000))
