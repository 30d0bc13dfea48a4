"""How the log went on: what a restore lost, what was set aside.

A volume's copy of the catalogue is older than the volume's own last entry, and everything after it
is lost. Or something stands in the log that nobody signed: anyone who can write the database can
add it, or damage what was there. Someone who governs says in a ``resumed`` statement which heads
are lost, which entries and rows were set aside, and which stand unsigned, or as they were found.
Then they stop nothing any more, and nobody can deny later that they were found. A set-aside entry
counts for nothing: its leaf is no longer in the table, and its hash stays in the tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from callrec.audit.checkpoint import is_signed_by, origin
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import Head, checkpoint_over, read_leaf
from callrec.audit.register import Register, check_made_by
from callrec.audit.sessions import all_sessions, check_certificate, last_attestable
from callrec.catalogue import tables
from callrec.crypto.statement import Statement, read_statement
from callrec.dataclass import dataclass, field, fields
from callrec.errors import Tampered
from callrec.policy.role import Power, Standing

RESUMED_ACT: Final = "log.resumed"
"""The act of the leaf that carries the statement."""

RESUMED_STATEMENT: Final = "resumed"


@dataclass(frozen=True, slots=True)
class SetAsideEntry:
    """An entry that counts for nothing."""

    seq: int
    hash: bytes
    """Its leaf hash, as it stands in the tree."""
    row: str = ""
    """SHA-256 of the row as it was found, in hex; empty if there was none."""


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """A row that belonged to no entry, or was damaged."""

    table: str
    sha256: str
    """Of the row as it was found, in hex."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row of the catalogue that stands as it was found (`audit.rows`)."""

    table: str
    """``written``: what is told of the rows that one transaction wrote; its key is the size.
    ``checkpoint``: the checkpoints and signatures of the first so many leaves, hashed."""
    key: str
    now: bytes | None = None
    """Its digest; none: there is no row."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is not as it was signed, and is put on record."""

    entries: tuple[SetAsideEntry, ...] = ()
    rows: tuple[SetAsideRow, ...] = ()
    unsigned: tuple[int, ...] = ()
    """Entries whose signature is damaged; somebody else signed the log after them."""
    details: tuple[int, ...] = ()
    """Entries whose sealed details are missing."""
    catalogue: tuple[FoundRow, ...] = ()
    things: tuple[str, ...] = ()
    """What lacks an entry, as ``request R-3``: its leaves do not come to its rows."""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    @property
    def of_signatures(self) -> bool:
        """Whether checkpoints or statements of entries are not those that they were."""
        named = {row.table for row in self.rows} | {row.table for row in self.catalogue}
        return bool(self.entries or self.unsigned) or tables.checkpoint.name in named


_NOTHING: Final = Found()


@dataclass(frozen=True, slots=True)
class Resumed:
    """How the log went on once."""

    size: int
    """Entries that the log had when it went on."""
    lost: tuple[Head, ...]
    """After a restore: heads of which nothing is left."""
    by: str = ""
    """Id of the person who put it on record."""
    at: str = ""
    """When they did, RFC 3339 UTC."""
    found: Found = field(default_factory=Found)

    @property
    def leaves_lost(self) -> int:
        """At least how many entries are lost."""
        return lost_at_least(self.size, self.lost)


@dataclass(frozen=True, slots=True)
class SetAside:
    """What the log went on without: all of it together."""

    entries: Mapping[int, bytes] = field(default_factory=dict)
    """Sequence -> leaf hash."""
    unsigned: frozenset[int] = frozenset()
    details: frozenset[int] = frozenset()
    """Sequences of entries whose details are missing."""


def lost_at_least(size: int, lost: Iterable[Head]) -> int:
    """At least how many entries are lost; one for a head that the log has outgrown since.

    Args:
        size: entries that the log has.
        lost: heads that it does not extend.
    """
    return max((max(1, head.size - size) for head in lost), default=0)


def resumed_fields(lost: Iterable[Head], found: Found = _NOTHING) -> Mapping[str, Any]:
    """The fields of a ``resumed`` statement."""
    heads = sorted({(head.size, head.root.hex()) for head in lost})
    return {
        "catalogue": [
            {"key": row.key, "now": (row.now or b"").hex(), "table": row.table}
            for row in found.catalogue
        ],
        "details": [*found.details],
        "entries": [{"hash": e.hash.hex(), "row": e.row, "seq": e.seq} for e in found.entries],
        "lost": [{"root": root, "size": size} for size, root in heads],
        "rows": [{"sha256": row.sha256, "table": row.table} for row in found.rows],
        "things": [*found.things],
        "unsigned": [*found.unsigned],
    }


def read_resumed(connection: Connection, register: Register) -> tuple[Resumed, ...]:
    """Every time that the log went on, oldest first.

    Raises:
        Tampered: a statement is not as it was signed, or its maker did not govern.
    """
    rows = connection.execute(
        select(tables.leaf.c.seq, tables.leaf.c.body, tables.statement)
        .join(tables.statement, tables.statement.c.digest == tables.leaf.c.statement)
        .where(tables.statement.c.kind == RESUMED_STATEMENT)
        .order_by(tables.leaf.c.seq)
    ).all()
    found: dict[str, Resumed] = {}
    for seq, body, digest, _, signed, signature in rows:
        leaf = Leaf.decode(bytes(body), seq)
        statement = read_statement(bytes(signed), bytes(signature), register.founders.vault)
        found.setdefault(digest, check_resumed(register, leaf, statement))
    return tuple(found.values())


def check_resumed(register: Register, leaf: Leaf, statement: Statement) -> Resumed:
    """What a leaf that carries a ``resumed`` statement says.

    The statement is signed by a key that takes a password: to damage the checkpoint over its leaf,
    or to carry it anew, changes nothing.

    Raises:
        Tampered: as `read_resumed`.
    """
    check_made_by(register, leaf, statement)
    maker = register.person(leaf.actor, before=leaf.seq)
    governs = maker.standing is Standing.CONFIRMED and Power.GOVERN in maker.powers
    if (leaf.act, leaf.outcome) != (RESUMED_ACT, Outcome.DONE) or not governs:
        raise Tampered(f"leaf {leaf.seq} of the audit log resumes it, and may not")
    return _read_fields(leaf, statement.fields)


def _read_fields(leaf: Leaf, fields: Mapping[str, Any]) -> Resumed:
    try:
        lost = [Head(int(each["size"]), bytes.fromhex(each["root"])) for each in fields["lost"]]
        entries = [
            SetAsideEntry(int(each["seq"]), bytes.fromhex(each["hash"]), str(each["row"]))
            for each in fields["entries"]
        ]
        rows = [SetAsideRow(str(each["table"]), str(each["sha256"])) for each in fields["rows"]]
        catalogue = tuple(
            FoundRow(str(each["table"]), str(each["key"]), bytes.fromhex(each["now"]) or None)
            for each in fields["catalogue"]
        )
        unsigned, details = tuple(map(int, fields["unsigned"])), tuple(map(int, fields["details"]))
        things = tuple(map(str, fields["things"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Tampered("a statement of how the log went on is not in its form") from error
    if max([*(each.seq for each in entries), *unsigned, *details], default=-1) >= leaf.seq:
        raise Tampered("a statement of how the log went on sets aside what came later")
    found = Found(tuple(entries), tuple(rows), unsigned, details, catalogue, things)
    return Resumed(leaf.seq, tuple(lost), leaf.actor, leaf.at, found)


def read_set_aside(connection: Connection, register: Register) -> SetAside:
    """What the log went on without, by every statement of it.

    An entry stands unsigned only if somebody other than who says so signed the log after it, or it
    is their own: nobody gives others' names to acts of their own.

    Raises:
        Tampered: as `read_resumed`.
    """
    resumed = read_resumed(connection, register)
    return SetAside(
        {entry.seq: entry.hash for each in resumed for entry in each.found.entries},
        frozenset(
            seq
            for each in resumed
            for seq in each.found.unsigned
            if stands_unsigned(connection, register, seq, by=each.by)
        ),
        frozenset(seq for each in resumed for seq in each.found.details),
    )


def stands_unsigned(connection: Connection, register: Register, seq: int, *, by: str) -> bool:
    """Whether an entry without its signature may count on the word of ``by``."""
    if read_leaf(connection, seq)[0].actor == by:
        return True
    row = checkpoint_over(connection, seq)
    if row is None:
        return False
    name, own = origin(register.founders.vault), register.vouchers.get(by, ())
    for keys in register.all_keys():
        if is_signed_by(bytes(row.note), keys.log, name):
            return keys.log not in {voucher.keys.log for voucher in own}
    for session in all_sessions(connection, register.founders.vault):
        if session.person != by and is_signed_by(bytes(row.note), session.public, name):
            check_certificate(connection, register, session)
            last = last_attestable(connection, register, session)
            return last is None or row.size - 1 <= last
    return False
