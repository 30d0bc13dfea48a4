"""Statements: signed, carried by leaves, and which lists a revision of a recording first."""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from callrec.audit import log as audit
from callrec.audit import tree
from callrec.audit.leaf import Leaf
from callrec.catalogue import tables
from callrec.crypto.statement import Statement, check_statement, read_statement, sign_statement
from callrec.errors import Tampered
from callrec.policy.role import Power
from callrec.practice import Actor, Practice, register_now
from callrec.record.entitled import Powers

_LISTED: Final = re.compile(rb'"revision":([0-9]+),(?:"shown":"[0-9a-f]*",)?"uid":"([0-9a-f]{32})"')
"""Of an item, as canonical JSON has it: to parse every statement takes six times as long."""

_TOGETHER: Final = 50
"""Statements that are read at once: one of a batch has 80 KB."""

_FEW: Final = 4
"""So many uids are looked for one by one sooner than every item is."""

_SHARES: Final = 64
"""Marks are put in order a share of them at a time: so there are no more objects than that."""


def sign_statement_as(
    practice: Practice, actor: Actor, kind: str, fields: Mapping[str, Any]
) -> Statement:
    """A statement by somebody who gave their password."""
    assert actor.identity is not None  # noqa: S101 - the caller asked for the password
    return sign_statement(
        kind,
        vault=practice.vault,
        by=actor.person.id,
        at=practice.now(),
        seed=actor.identity.act,
        fields=fields,
    )


def carried(connection: Connection, *kinds: str) -> Iterator[Row[int, bytes, str, bytes, bytes]]:
    """The statements of these kinds that leaves carry, in the order of these.

    Of each: ``seq`` and ``leaf``, the bytes of the leaf; ``kind``, ``body`` and ``signature``.
    """
    leaf, statement = tables.leaf.c, tables.statement.c
    found = leaf.statement == statement.digest, statement.kind.in_(kinds)
    query = "SELECT seq FROM leaf JOIN statement ON digest = leaf.statement WHERE kind IN ({})"
    marks = ", ".join("?" * len(kinds))
    rows = connection.exec_driver_sql(f"{query.format(marks)} ORDER BY seq", kinds)
    seqs = rows.scalars().all()
    body = leaf.body.label("leaf")
    whole = select(leaf.seq, body, statement.kind, statement.body, statement.signature)
    for start in range(0, len(seqs), _TOGETHER):
        some = whole.where(*found, leaf.seq.in_(seqs[start : start + _TOGETHER]))
        yield from connection.execute(some.order_by(leaf.seq))


def statement_of(connection: Connection, leaf: Leaf, vault: str) -> Statement:
    """The statement that a leaf carries; whose signature it has is not checked."""
    statement = tables.statement
    row = connection.execute(select(statement).where(statement.c.digest == leaf.statement)).first()
    if row is None:
        raise Tampered(f"the statement of leaf {leaf.seq} is missing")
    return read_statement(bytes(row.body), bytes(row.signature), vault)


def first_stated(
    connection: Connection, uids: Collection[str], kinds: Collection[str]
) -> Mapping[tuple[str, int], str]:
    """By uid and revision, the digest of the statement that lists it under the earliest leaf.

    A revision is stated once. To state one again, with another file and other words, and to
    exchange the rows, changes nothing: the first counts (docs/formats/recording.md, 1).

    Reads every such statement once, however many recordings are asked for: 13 ms for one and 50 ms
    for hundreds, in a vault of 100,000 recordings.
    """
    wanted = {uid.encode() for uid in uids}
    first: dict[tuple[str, int], tuple[int, str]] = {}
    for seq, digest, body in _listing(connection, kinds):
        if len(wanted) <= _FEW and not any(uid in body for uid in wanted):
            continue
        for revision, uid in _LISTED.findall(body):
            if uid in wanted:
                listed = (uid.decode(), int(revision))
                first[listed] = min(first.get(listed, (seq, digest)), (seq, digest))
    return {listed: digest for listed, (_, digest) in first.items()}


def first_of_restated(
    connection: Connection, kinds: Collection[str]
) -> Mapping[tuple[str, int], str]:
    """`first_stated` of all that such statements list more than once, in one reading of them.

    Where nobody stated anything again, that is nothing, however many recordings there are: of each
    listing no more is held meanwhile than eight bytes.
    """
    shares = [array("q") for _ in range(_SHARES)]
    for _, _, body in _listing(connection, kinds):
        for mark in map(hash, _LISTED.findall(body)):
            shares[mark % _SHARES].append(mark)
    twice = {mark for share in shares for mark, next_ in pairwise(sorted(share)) if mark == next_}
    uids = {
        uid.decode()
        for _, _, body in (_listing(connection, kinds) if twice else ())
        for revision, uid in _LISTED.findall(body)
        if hash((revision, uid)) in twice
    }
    return first_stated(connection, uids, kinds) if uids else {}


def listed_in(body: bytes) -> frozenset[tuple[str, int]]:
    """What `first_stated` finds in one statement, by uid and revision."""
    return frozenset((uid.decode(), int(revision)) for revision, uid in _LISTED.findall(body))


def _listing(connection: Connection, kinds: Collection[str]) -> Iterable[Row[int, str, bytes]]:
    """Of each such statement that a leaf carries: the leaf's sequence, the digest and the body."""
    leaf, statement = tables.leaf.c, tables.statement.c
    query = select(leaf.seq, statement.digest, statement.body).where(
        leaf.statement == statement.digest, statement.kind.in_(kinds)
    )
    return connection.execute(query.execution_options(yield_per=100))


def attested_statement(
    practice: Practice, connection: Connection, digest: str, *, may: Power
) -> Statement:
    """A statement that counts: signed by its maker, who held the power, and carried by one leaf."""
    row = connection.execute(
        select(tables.statement).where(tables.statement.c.digest == digest)
    ).first()
    carrying = connection.execute(
        select(tables.leaf.c.seq).where(tables.leaf.c.statement == digest)
    ).scalars()
    seq, *others = [*carrying] or [None]
    if row is None or seq is None:
        raise Tampered("a statement is missing, or no leaf of the audit log carries it")
    if others:
        raise Tampered("two leaves of the audit log carry one statement")
    statement = read_statement(row.body, row.signature, practice.vault)
    leaf, body = audit.read_leaf(connection, seq)
    if statement.digest != digest or leaf.statement != digest or leaf.actor != statement.by:
        raise Tampered("a statement is not the one that its leaf carries")
    register = register_now(practice, connection)
    check_statement(statement, register.public_keys(statement.by, before=seq).act)
    head, read = audit.stored_head(connection), audit.node_reader(connection)
    proof = tree.inclusion_proof(seq, head.size, read)
    tree.check_inclusion(tree.leaf_hash(body), seq, head.size, proof, head.root)
    if may not in Powers(connection, register, practice.settings.time_zone).of(leaf):
        raise Tampered("a statement was made by somebody without the power to make it")
    return statement
