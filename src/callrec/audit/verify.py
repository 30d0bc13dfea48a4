"""Read the whole log and find whatever is not as it was signed (docs/formats/audit-log.md).

Every leaf, node, statement and checkpoint is hashed again on each reading. What was hashed the same
at the last reading has good signatures already, so those alone need not be checked again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, check_checkpoint, origin, read_checkpoint
from callrec.audit.erased import Erasures
from callrec.audit.leaf import Leaf
from callrec.audit.log import NOBODY, Head
from callrec.audit.register import Founders, Register, check_made_by, take
from callrec.catalogue import tables
from callrec.crypto.statement import Statement, read_statement
from callrec.errors import CallrecError, Tampered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was signed, and at which sequence; None where it has none."""

    seq: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the log was verified before, and the hash of all that was verified."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of the whole log found."""

    head: Head
    checkpoints: int
    unattested: int
    """Leaves written where no key was at hand: failed logins."""
    problems: tuple[Problem, ...]
    register: Register | None
    """None if leaf 0 is damaged."""
    digest: str
    """For the next reading's ``Seen``."""
    details_erased: int
    """Leaves whose details went with what was destroyed under an approval."""


def read_whole(connection: Connection, vault: str, seen: Seen | None = None) -> Reading:
    """Read and check every leaf, statement, checkpoint and node.

    Args:
        connection: sees one state of the catalogue throughout.
        vault: the vault's id.
        seen: what an earlier reading verified; signatures up to there are not checked again,
            provided that everything up to there still hashes the same.
    """
    unchanged = seen if seen and _digest(connection, seen.size) == seen.digest else None
    walk = _Walk(connection, vault, trusted_up_to=unchanged.size if unchanged else 0)
    for row in _leaves(connection):
        if not walk.step(row):
            break
    walk.end()
    walk.problems.extend(_check_nodes(connection))
    head = Head(walk.frontier.size, walk.frontier.root())
    return Reading(
        head=head,
        checkpoints=len(walk.notes),
        unattested=walk.unattested,
        problems=tuple(walk.problems),
        register=walk.register,
        digest=_digest(connection, head.size),
        details_erased=len(walk.without_details),
    )


def check_whole(connection: Connection, register: Register) -> None:
    """Check the whole log before something irrevocable is done on its word.

    Raises:
        Tampered: anything in it is not as it was signed, or people and keys differ from
        ``register``.
    """
    reading = read_whole(connection, register.founders.vault)
    if reading.problems:
        first = reading.problems[0]
        raise Tampered(first.what)
    if reading.register != register:
        raise Tampered("a leaf about people or keys was hidden")


@dataclass(slots=True)
class _Walk:
    connection: Connection
    vault: str
    trusted_up_to: int
    frontier: tree.Frontier = field(default_factory=tree.Frontier)
    problems: list[Problem] = field(default_factory=list)
    notes: dict[int, bytes] = field(default_factory=dict)
    register: Register | None = None
    unattested: int = 0
    diverged: bool = False
    """A checkpoint was met that signs another log: so will all that follow it."""
    waiting: list[tuple[int, str]] = field(default_factory=list)
    """Sequence and actor of leaves that no checkpoint has covered yet."""
    erasures: Erasures = field(default_factory=Erasures)
    without_details: list[int] = field(default_factory=list)
    """Sequences of leaves that commit to details which are not there."""

    def __post_init__(self) -> None:
        rows = self.connection.execute(select(tables.checkpoint))
        self.notes = {row.size: bytes(row.note) for row in rows}

    def step(self, row: Any) -> bool:
        """Take one leaf; False where the log cannot be followed any further."""
        seq = self.frontier.size
        if row.seq != seq:
            self._found(seq, f"leaf {seq} of the audit log is missing")
            return False
        leaf_hash = tree.leaf_hash(row.body)
        self.frontier.append(leaf_hash)
        if row.node != leaf_hash:
            self._found(seq, f"leaf {seq} of the audit log is not the one that was written")
        try:
            leaf = Leaf.decode(row.body, seq)
            self._take(leaf, row)
        except (CallrecError, KeyError, TypeError, ValueError) as error:
            self._found(seq, str(error) if isinstance(error, CallrecError) else "a bad statement")
            leaf = None
        self.waiting.append((seq, leaf.actor if leaf else ""))
        self._check_details(leaf, row)
        if seq + 1 in self.notes:
            self._check_note(seq + 1)
        return True

    def end(self) -> None:
        """Look at what is left when all leaves are read."""
        size = self.frontier.size
        without, erased = set(self.without_details), self.erasures.details
        for seq in sorted(without - erased):
            self._found(seq, f"the details of leaf {seq} are missing")
        for seq in sorted(erased - without):
            self._found(seq, f"the details of leaf {seq} were erased, and are there")
        for beyond in sorted(at for at in self.notes if at > size):
            self._found(beyond, f"a checkpoint covers {beyond} leaves, but there are {size}")
        for seq, actor in self.waiting:
            if actor != NOBODY:
                self._found(seq, f"no checkpoint covers leaf {seq}")
        self.unattested += sum(actor == NOBODY for _, actor in self.waiting)
        carried = select(tables.leaf.c.statement).where(tables.leaf.c.statement.is_not(None))
        stray = self.connection.execute(
            select(func.count()).where(tables.statement.c.digest.not_in(carried))
        ).scalar()
        if stray:
            self._found(None, f"{stray} statements are carried by no leaf")

    def _take(self, leaf: Leaf, row: Any) -> None:
        if leaf.seq == 0 and leaf.founders is not None:
            self.register = Register(Founders.from_json(leaf.founders))
        if (row.statement or "") != leaf.statement:
            raise Tampered(f"the column beside leaf {leaf.seq} names another statement")
        if leaf.statement:
            self._take_statement(leaf, row)

    def _take_statement(self, leaf: Leaf, row: Any) -> None:
        if row.said is None or self.register is None:
            raise Tampered(f"the statement of leaf {leaf.seq} is missing")
        try:
            statement = self._statement(self.register, leaf, row)
            take(self.register, leaf.seq, statement)
            self.erasures.take(self.register, leaf, statement)
        except Tampered as error:
            raise Tampered(f"the statement of leaf {leaf.seq}: {error.message}") from error

    def _statement(self, register: Register, leaf: Leaf, row: Any) -> Statement:
        statement = read_statement(row.said, row.signature, self.vault)
        if leaf.seq >= self.trusted_up_to:
            check_made_by(register, leaf, statement)
        elif statement.digest != leaf.statement:
            raise Tampered("it is not the one that the leaf carries")
        _check_kind(statement, row)
        return statement

    def _check_details(self, leaf: Leaf | None, row: Any) -> None:
        if leaf is None:
            return
        if leaf.detail and row.detail is None:
            self.without_details.append(leaf.seq)  # whether they were erased, a later leaf says
        elif row.detail is not None and not leaf.detail:
            self._found(leaf.seq, f"the details of leaf {leaf.seq} are not its own")

    def _check_note(self, size: int) -> None:
        actors = {actor for _, actor in self.waiting if actor != NOBODY}
        self.unattested += sum(actor == NOBODY for _, actor in self.waiting)
        first = self.waiting[0][0]
        self.waiting.clear()
        try:
            self._check_head(size, actors, first)
        except CallrecError as error:
            self._found(size, f"the checkpoint over {size} leaves: {error.message}")

    def _check_head(self, size: int, actors: set[str], first: int) -> None:
        name, note = origin(self.vault), self.notes[size]
        claimed = read_checkpoint(note, name)
        if not self.diverged and claimed != Checkpoint(name, size, self.frontier.root()):
            self.diverged = True
            raise Tampered("from here on, the log is not the one that was signed")
        if len(actors) != 1 or self.register is None:
            raise Tampered("it covers the acts of more than one person, or of none")
        if size > self.trusted_up_to:
            public = self.register.public_keys(actors.pop(), before=first).log
            check_checkpoint(note, public, name)

    def _found(self, seq: int | None, what: str) -> None:
        self.problems.append(Problem(seq, what))


def _check_kind(statement: Statement, row: Any) -> None:
    if row.kind != statement.kind:
        raise Tampered("the column beside a statement names another kind")


def _leaves(connection: Connection) -> Iterator[Any]:
    leaf, said, node = tables.leaf, tables.statement, tables.node
    query = (
        select(
            leaf.c.seq,
            leaf.c.body,
            leaf.c.statement,
            said.c.kind,
            said.c.body.label("said"),
            said.c.signature,
            node.c.hash.label("node"),
            tables.detail.c.seq.label("detail"),
        )
        .outerjoin(said, said.c.digest == leaf.c.statement)
        .outerjoin(node, (node.c.level == 0) & (node.c.position == leaf.c.seq))
        .outerjoin(tables.detail, tables.detail.c.seq == leaf.c.seq)
        .order_by(leaf.c.seq)
    )
    yield from connection.execution_options(yield_per=1000).execute(query)


def _digest(connection: Connection, size: int) -> str:
    """SHA-256 over the first ``size`` leaves with their statements and checkpoints."""
    digest = hashlib.sha256()
    leaf, said, point = tables.leaf, tables.statement, tables.checkpoint
    leaves = (
        select(leaf.c.body, said.c.body.label("said"), said.c.signature)
        .outerjoin(said, said.c.digest == leaf.c.statement)
        .where(leaf.c.seq < size)
        .order_by(leaf.c.seq)
    )
    notes = select(point.c.note).where(point.c.size <= size).order_by(point.c.size)
    for query in (leaves, notes):
        for row in connection.execution_options(yield_per=1000).execute(query):
            for part in row:
                data = part or b""
                digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _check_nodes(connection: Connection) -> Iterator[Problem]:
    """Each stored node is the hash of the two below it; those of level 0 the walk has checked."""
    rows = connection.execution_options(yield_per=1000).execute(
        select(tables.node).order_by(tables.node.c.level, tables.node.c.position)
    )
    below: list[bytes] = []
    for level, group in groupby(rows, key=lambda row: row.level):
        here: list[bytes] = []
        for position, row in enumerate(group):
            pair = below[2 * position : 2 * position + 2]
            sound = row.position == position and (
                level == 0 or (len(pair) == 2 and tree.node_hash(*pair) == row.hash)  # noqa: PLR2004 - left and right
            )
            if not sound:
                yield Problem(None, f"node {row.position} of level {level} of the tree is damaged")
                return
            here.append(bytes(row.hash))
        if level and len(here) != len(below) // 2:
            yield Problem(None, f"a node of level {level} of the tree is missing")
        below = here
