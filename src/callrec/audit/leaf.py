"""A leaf: one entry of the log, canonical JSON of less than 64 KiB (docs/formats/audit-log.md, 1).

It is kept byte for byte and never written again, and holds ids and enumerations only: no name,
number or reason. The details are sealed beside it and bound to it by the commitment in ``detail``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Literal

from callrec.crypto.canonical import canonical, parse_instant
from callrec.crypto.context import context
from callrec.crypto.primitives import sha256
from callrec.dataclass import dataclass
from callrec.errors import Tampered

MAX_LEAF_BYTES: Final = (1 << 16) - 1
"""Size of a leaf in bytes: what c2sp.org/tlog-tiles lets an entry have."""

DETAIL_NONCE_BYTES: Final = 32

NOBODY: Final = "-"
"""The actor where no key was at hand."""

_ID = re.compile(r"[0-9a-f]{32}")

_FORMS: Final = {
    "act": re.compile(r"[a-z]+(?:[.-][a-z]+)*"),
    "actor": re.compile(r"-|[0-9a-f]{32}"),
    "detail": re.compile(r"(?:[0-9a-f]{64})?"),
    "log": re.compile(r"callrec/[0-9a-f]{32}"),
    "session": re.compile(r"(?:[0-9a-f]{64})?"),
    "statement": re.compile(r"(?:[0-9a-f]{64})?"),
}


class Outcome(StrEnum):
    """How an act ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


ACTS_WITHOUT_ACTOR: Final = frozenset(
    {
        ("login", Outcome.FAILED),
        ("recovery.drilled", Outcome.REFUSED),
        ("recovery.used", Outcome.REFUSED),
        ("vault.migrated", Outcome.DONE),
    }
)
"""All that happens where no key is at hand, and how it ends."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Who did what to what, when, and how it ended.

    A leaf that exists is in its form; making another is a ``ValueError``, a programming error: what
    once stands in the log cannot be mended.
    """

    act: str
    """What was done: lower-case words, ``release.prepared``."""
    actor: str
    """Id of the identity, or ``-``."""
    at: str
    """RFC 3339, UTC, milliseconds, as ``canonical.instant`` writes it."""
    detail: str
    """``detail_commitment`` of the details, or empty."""
    log: str
    """The log's origin: so that no leaf can stand in another log."""
    outcome: Outcome
    seq: int
    """Number of the leaf, from 0."""
    statement: str
    """SHA-256 of the statement that this leaf makes count, in hex, or empty."""
    subject: tuple[str, ...]
    """Ids of what it was done to."""
    v: Literal[1] = 1
    """Version of this format."""
    founders: Mapping[str, Any] | None = None
    """Leaf 0 alone: vault id, practice, public keys of the first Data Controller and the kit."""
    session: str = ""
    """SHA-256 in hex of the ``session`` statement whose key attests it; empty, and no member of the
    leaf: the actor's ``log`` key does."""

    def __post_init__(self) -> None:
        for name, form in _FORMS.items():
            if not form.fullmatch(getattr(self, name)):
                raise ValueError(f"a leaf's {name} is not in its form")
        if not all(map(_ID.fullmatch, self.subject)):
            raise ValueError("a leaf's subject holds something that is not an id")
        if (self.founders is None) != (self.seq != 0):
            raise ValueError("leaf 0 has founders, and no other leaf")
        if self.session and self.actor == NOBODY:
            raise ValueError("a session is somebody's")
        try:
            parse_instant(self.at)
        except Tampered as error:
            raise ValueError("a leaf's time is not in its form") from error

    @property
    def has_no_actor(self) -> bool:
        """Whether it names nobody, though someone's key is at hand for what it records.

        Anyone who can write the database can add it; so it is TAMPERED.
        """
        return self.actor == NOBODY and (self.act, self.outcome) not in ACTS_WITHOUT_ACTOR

    def encode(self) -> bytes:
        """The leaf's bytes, to be hashed and kept.

        Raises:
            ValueError: 64 KiB or more: a programming error.
        """
        optional = {"founders", "session"}
        members = {name: getattr(self, name) for name in self.__slots__ if name not in optional}
        if self.founders is not None:
            members["founders"] = dict(self.founders)
        if self.session:
            members["session"] = self.session
        data = canonical(members)
        if len(data) > MAX_LEAF_BYTES:
            raise ValueError("a leaf has 64 KiB or more")
        return data

    @classmethod
    def decode(cls, data: bytes, seq: int) -> Leaf:
        """Read the leaf that stands at ``seq``. Law: only what ``encode`` gave is read.

        Raises:
            Tampered: it is not a leaf to the last byte, or it is the leaf of another place.
        """
        try:
            members = json.loads(data)
            typed = {"outcome": Outcome(members["outcome"]), "subject": tuple(members["subject"])}
            leaf = cls(**{**members, **typed, "seq": seq, "v": 1})
            again = leaf.encode()
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise Tampered(f"leaf {seq} is not in its form") from error
        # What was left out, added, written otherwise or numbered otherwise differs here.
        if again != data:
            raise Tampered(f"leaf {seq} is not in its form")
        return leaf


def detail_commitment(vault: str, seq: int, nonce: bytes, details: bytes) -> str:
    """SHA-256(context detail || nonce[32] || details) in hex: binds the details to leaf ``seq``.

    The nonce keeps short details from being guessed from the commitment; it is sealed with them.

    Raises:
        Tampered: the nonce has not 32 bytes.
    """
    if len(nonce) != DETAIL_NONCE_BYTES:
        raise Tampered("a detail's nonce has 32 bytes")
    return sha256(context("detail", vault, seq=seq), nonce, details).hex()
