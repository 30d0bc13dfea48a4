"""``statement``: who says what, signed (docs/formats/keys.md, 3).

HPKE in base mode proves no sender, so whatever was sealed counts only through the statement that
says who sealed it; and a statement counts only if a leaf of the audit log carries its SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, encode, format_instant, parse, parse_instant
from callrec.crypto.context import STATEMENT_KINDS, statement_context
from callrec.crypto.listed import paths_of, root_of
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
            folded = {**fields, "items": root_of([encode(item) for item in items]).hex()}
        case {"kind": "approval", "withheld": withheld, "salt": salt}:
            hidden = encode({"salt": salt, "withheld": withheld})
            folded = {**fields, "withheld": primitives.sha256(hidden).hex()}
            del folded["salt"]
        case _:
            return body
    return encode(folded)


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
