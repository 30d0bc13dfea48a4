"""Heads of the log that witnesses saw, as the log keeps them [policy 4(a)].

    log.cosigning  a head for the witnesses: the log key of who asks signed it, and no more is in it
    log.cosigned   what they answered: its statement holds the head with their cosignatures;
                   where it is refused, the head that a witness has in place of this log's

A cosignature is proof by itself: who asked adds nothing to it, and may be anybody. One by a key
that the practice's settings do not name, or that does not verify, counts for nothing
(docs/formats/witness.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, encode_base64, origin, read_checkpoint
from callrec.audit.cosignature import check_cosignatures
from callrec.audit.evidence import Evidence
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import Head, node_reader, stored_size
from callrec.audit.register import Register
from callrec.audit.remembered import Problem
from callrec.crypto.statement import read_statement
from callrec.crypto.verifier_key import COSIGNATURE_KEY, VerifierKey, read_verifier_key
from callrec.dataclass import dataclass, replace
from callrec.errors import Tampered
from callrec.policy.words import listed
from callrec.practice import Practice
from callrec.record.statements import carried
from callrec.settings import Witness

ASKED: Final = "log.cosigning"

COSIGNED: Final = "log.cosigned"

COSIGNED_STATEMENT: Final = "cosigned"

COSIGNED_HEADER: Final = "callrec.cosigned/1"
"""First line of what a package has of it; then the proof of consistency from the cosigned head to
the package's, an empty line, and the cosigned checkpoint."""


@dataclass(frozen=True, slots=True)
class CosignedHead:
    """A head of the log, and which of the settings' witnesses saw it, when."""

    entry: int
    """The leaf that keeps it."""
    checkpoint: Checkpoint
    note: bytes
    by: Mapping[str, datetime]
    """Name of the witness in the settings, and when by its clock."""


@dataclass(frozen=True, slots=True)
class SeenBy:
    """What one witness saw of the log last."""

    witness: str
    """Its name in the settings."""
    size: int = 0
    """Leaves of the head; 0: it never saw one."""
    at: datetime | None = None
    """By its clock."""
    entry: int | None = None
    """The leaf that keeps it."""


def witness_key(witness: Witness) -> VerifierKey:
    """The key of a witness that the settings name."""
    return read_verifier_key(witness.key, COSIGNATURE_KEY)


def read_cosigned(
    connection: Connection, vault: str, witnesses: Sequence[Witness]
) -> Iterator[CosignedHead]:
    """The heads that one of these saw, newest first; whether they are this log's is not checked."""
    for outcome, head in _kept(connection, vault, witnesses):
        if outcome is Outcome.DONE:
            yield head


def contradicting(
    connection: Connection, register: Register, lost: AbstractSet[Head] = frozenset()
) -> Iterator[CosignedHead]:
    """The heads that a witness has in place of this log's, newest first, and has them still.

    One that cosigned this log since goes on from it; and what a restore has lost proves nothing
    (``lost``). Whom the settings named once counts as whom they name: nobody is rid of what a
    witness saw by naming another.

    Args:
        connection: the catalogue.
        register: of the log.
        lost: the heads that ``resumed`` statements name.
    """
    vault, read = register.founders.vault, node_reader(connection)
    size = stored_size(connection)
    named = {each.key: each for version in register.settings for each in version.settings.witness}
    later = set[str]()
    for outcome, head in _kept(connection, vault, [*named.values()]):
        if _is_beginning(head.checkpoint, size, read):
            later |= {*head.by}
        elif outcome is Outcome.REFUSED and not later.issuperset(head.by):
            theirs = Head(head.checkpoint.size, head.checkpoint.root)
            yield from () if theirs in lost else (head,)


def _kept(
    connection: Connection, vault: str, witnesses: Sequence[Witness]
) -> Iterator[tuple[Outcome, CosignedHead]]:
    names = {witness_key(each): each.name for each in witnesses}
    rows = [*carried(connection, COSIGNED_STATEMENT)] if names else []
    for row in reversed(rows):
        try:
            said = read_statement(bytes(row.body), bytes(row.signature), vault).fields
            outcome = Leaf.decode(bytes(row.leaf), row.seq).outcome
            note = str(said.get("checkpoint")).encode()
            head = read_checkpoint(note, origin(vault))
            found = check_cosignatures(note, names)
        except Tampered:  # who has a key may sign anything; it counts for nothing
            continue
        if found:
            by = {names[each.key]: each.at for each in found}
            yield outcome, CosignedHead(row.seq, head, note, by)


def seen_by(heads: Iterable[CosignedHead], witnesses: Sequence[Witness]) -> tuple[SeenBy, ...]:
    """What each of these saw last, in the order of the settings."""
    last = {each.name: SeenBy(each.name) for each in witnesses}
    for head in heads:
        for name, at in head.by.items():
            if last[name].at is None:
                last[name] = SeenBy(name, head.checkpoint.size, at, head.entry)
        if all(each.at for each in last.values()):
            break
    return tuple(last.values())


def newest_enough(heads: Iterable[CosignedHead], needed: int) -> CosignedHead | None:
    """The newest that as many saw as are needed; where there is none, the newest of all."""
    newest = None
    for head in heads:
        if len(head.by) >= needed:
            return head
        newest = newest or head
    return newest


def check_cosigned(connection: Connection, register: Register) -> Iterator[Problem]:
    """Each head that a witness saw is one that this log had by then; its nodes were checked."""
    settings, read = register.newest_settings().settings, node_reader(connection)
    for head in read_cosigned(connection, register.founders.vault, settings.witness):
        if not _is_beginning(head.checkpoint, head.entry, read):
            who, size = listed([*head.by]), head.checkpoint.size
            what = f"{who} saw {size} entries of this record that are not its first {size}"
            yield Problem(head.entry, what)


def _is_beginning(head: Checkpoint, size: int, read: tree.Read) -> bool:
    return head.size <= size and tree.root(head.size, read) == head.root


def with_cosigned(practice: Practice, connection: Connection, evidence: Evidence) -> Evidence:
    """The same, with what a package shows of the witnesses (docs/formats/witness.md, 4)."""
    named, needed = practice.settings.witness, practice.settings.cosigning.needed
    size, read = evidence.seq + 1, node_reader(connection)
    every = read_cosigned(connection, practice.vault, named)
    head = newest_enough(
        (each for each in every if _is_beginning(each.checkpoint, size, read)), needed
    )
    if head is None:
        return evidence
    proof = tree.consistency_proof(head.checkpoint.size, size, read)
    lines = "".join(f"{line}\n" for line in (COSIGNED_HEADER, *map(encode_base64, proof)))
    return replace(evidence, cosigned=lines.encode() + b"\n" + head.note)
