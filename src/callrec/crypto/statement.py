"""``statement``: who says what, signed (docs/formats/keys.md, 3).

HPKE in base mode proves no sender, so whatever was sealed counts only through the statement that
says who sealed it; and a statement counts only if a leaf of the audit log carries its SHA-256.

A list in it counts by the root of a Merkle tree over its entries (RFC 6962, 2.1), so that one entry
can be shown without the others: the entry and its path. Who has no more learns of the others only
how deep the tree is, since each entry holds something that nobody guesses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice, starmap
from typing import Any

from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, encode, format_instant, parse, parse_instant
from callrec.crypto.context import STATEMENT_KINDS, statement_context
from callrec.dataclass import dataclass
from callrec.errors import Tampered


@dataclass(frozen=True, slots=True)
class Statement:
    """A signed statement: its bytes, its signature, and what the bytes say."""

    body: bytes
    """Canonical JSON: kind, vault, by, at and the kind's own fields."""
    signed: bytes
    """What of it is signed: the same, but for lists that not everybody may see."""
    signature: bytes
    """Ed25519 by the ``act`` key of the person it names, 64 bytes."""
    fields: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.fields["kind"])

    @property
    def by(self) -> str:
        """Id of the person who says it."""
        return str(self.fields["by"])

    @property
    def at(self) -> datetime:
        return parse_instant(self.fields["at"])

    @property
    def digest(self) -> str:
        """SHA-256 of what is signed, in hex: what the leaf carries."""
        return primitives.sha256(self.signed).hex()


def sign_statement(
    kind: str, *, vault: str, by: str, at: datetime, seed: bytes, fields: Mapping[str, Any]
) -> Statement:
    """Make and sign a statement with the ``act`` seed (32 bytes) of ``by``."""
    whole = {**fields, "kind": kind, "vault": vault, "by": by, "at": format_instant(at)}
    body = canonical(whole)
    signed = _signed(body, whole)
    signature = primitives.sign(seed, statement_context(kind, vault) + signed)
    # As a reader will have it; that it is canonical need not be asked of what was written just now.
    return Statement(body, signed, signature, json.loads(body))


def read_statement(body: bytes, signature: bytes, vault: str) -> Statement:
    """What a stored statement says; checking its signature takes its maker's key.

    Raises:
        Tampered: not canonical, without its head, of no known kind, or of another vault.
    """
    fields = parse(body)
    match fields:
        case {"kind": str(kind), "vault": str(of), "by": str(), "at": str(at)}:
            parse_instant(at)
        case _:
            raise Tampered("a statement lacks its head")
    if kind not in STATEMENT_KINDS or of != vault:
        raise Tampered("a statement is of another kind or vault")
    return Statement(body, _signed(body, fields), signature, fields)


def shown_items(
    fields: Mapping[str, Any], wanted: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int], dict[str, Any]]:
    """Items of a ``batch`` statement by uid and revision, each with its path.

    They go to who may not see the others. What the statement does not list is left out.
    """
    items = fields["items"]
    places = {(item["uid"], item["revision"]): place for place, item in enumerate(items)}
    found = [each for each in wanted if each in places]
    paths = paths_of([encode(item) for item in items], [places[each] for each in found])
    return {
        each: {
            "item": items[places[each]],
            "path": [{"hash": node.hex(), "side": side} for side, node in path],
        }
        for each, path in zip(found, paths, strict=True)
    }


def _signed(body: bytes, fields: Mapping[str, Any]) -> bytes:
    """What is signed of a statement; of what is in no form, all of it."""
    match fields:
        case {"kind": "batch", "items": list(items)}:
            folded = {**fields, "items": root_of(_encoded(body, fields, items)).hex()}
        case {"kind": "approval", "withheld": withheld, "salt": salt}:
            hidden = encode({"salt": salt, "withheld": withheld})
            folded = {**fields, "withheld": primitives.sha256(hidden).hex()}
            del folded["salt"]
        case _:
            return body
    return encode(folded)


def _encoded(body: bytes, fields: Mapping[str, Any], items: Sequence[Any]) -> list[bytes]:
    """Each item's bytes: those of the body, which is canonical, where it can be cut between them.

    It can if all are objects, and nothing else in it looks like the place where two of them meet.
    """
    before = encode({name: fields[name] for name in fields if name < "items"})
    after = encode({name: fields[name] for name in fields if name > "items"})
    listed = body[len(before) + len('"items":[{') : -len(after) - len("}]")]
    found = [b"{" + each + b"}" for each in listed.split(b"},{")]
    is_cut = len(found) == len(items) and all(isinstance(item, dict) for item in items)
    return found if is_cut else [encode(item) for item in items]


def entries_in(fields: Mapping[str, Any], name: str, *members: str) -> list[tuple[Any, ...]]:
    """These members of each entry of a list in a statement: a revision's number, else text.

    A person who has a key may sign anything, so a signature says nothing of the form. Tampered if
    there is no such list, or an entry lacks a member.
    """
    entries = fields.get(name)
    if type(entries) is not list or any(type(entry) is not dict for entry in entries):
        raise Tampered("a statement does not list what one of its kind lists")
    types = tuple(int if member == "revision" else str for member in members)
    found = [tuple(map(entry.get, members)) for entry in entries]
    if any(tuple(map(type, each)) != types for each in found):
        raise Tampered("a statement does not list what one of its kind lists")
    return found


def check_statement(statement: Statement, public: bytes) -> None:
    """Check the signature under the maker's ``act`` public key (32 bytes).

    Raises:
        Tampered: it is not that key's signature.
    """
    head = statement_context(statement.kind, statement.fields["vault"])
    primitives.verify(public, head + statement.signed, statement.signature)


def root_of(entries: Sequence[bytes]) -> bytes:
    """MTH of the entries, 32 bytes (RFC 6962, 2.1)."""
    *_, level = _levels(entries)
    return level[0]


def paths_of(entries: Sequence[bytes], places: Iterable[int]) -> list[list[tuple[str, bytes]]]:
    """Of each entry the siblings up to the root, each ``left`` or ``right`` of what it meets.

    Law: hashed together in this order they lead to `root_of`.
    """
    levels = [*_levels(entries)]
    return [[*_path(levels, place)] for place in places]


def _path(levels: Sequence[Sequence[bytes]], place: int) -> Iterator[tuple[str, bytes]]:
    for level in levels:
        if (sibling := place ^ 1) < len(level):
            yield "left" if place & 1 else "right", level[sibling]
        place >>= 1


def _levels(entries: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The nodes of each level, the entries' first; what has no sibling goes up as it is."""
    sha256 = hashlib.sha256
    level = [sha256(b"\0" + entry).digest() for entry in entries] or [sha256().digest()]
    yield level
    while len(level) > 1:
        odd = level[len(level) & ~1 :]
        pairs = zip(islice(level, 0, None, 2), islice(level, 1, None, 2), strict=False)
        level = [*starmap(_node, pairs), *odd]
        yield level


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
