"""``context``: what every sealing, derivation and signature is bound to (docs/formats/keys.md, 2).

A key sealed for one purpose can so never be opened for another, nor in another vault.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from callrec.crypto.canonical import canonical

PREFIX = b"callrec/1 "

CONTEXT_FIELDS: Final[dict[str, frozenset[str]]] = {
    # HPKE information
    "share": frozenset({"key", "version", "to"}),
    "batch": frozenset({"batch", "key", "version"}),
    "grant": frozenset({"request", "digest", "uid", "to", "lapses"}),
    "catalogue-copy": frozenset({"volume", "time", "to"}),
    "share-part": frozenset({"key", "version", "to"}),
    "catalogue-part": frozenset({"volume", "time", "to"}),
    "detail": frozenset({"seq"}),
    "hold": frozenset({"hold"}),
    "kept": frozenset({"volume"}),
    "desk draft": frozenset({"person"}),
    # associated data of AES-256-GCM; those of versions are HPKE information too
    "data-key": frozenset({"batch", "uid"}),
    "metadata": frozenset({"uid", "revision"}),
    "request": frozenset({"request", "version"}),
    "request-file": frozenset({"request", "version"}),
    "request-words": frozenset({"request", "seq"}),
    "incident": frozenset({"incident", "version"}),
    "complaint": frozenset({"complaint", "version"}),
    "subject": frozenset({"subject", "version"}),
    "note": frozenset({"note", "version"}),
    "locked-seed": frozenset({"person", "kdf"}),
    "session-keys": frozenset({"person", "public"}),
    # HKDF information and associated data of what that key seals
    "factor": frozenset({"id", "kind", "person", "public"}),
    "factored-lock": frozenset({"factors", "kdf", "person"}),
    # HKDF information; recording is a recording's associated data too
    "recording": frozenset({"uid"}),
    "identity act": frozenset(),
    "identity log": frozenset(),
    "identity kem": frozenset(),
    "session sign": frozenset(),
    "session lock": frozenset(),
    "session draft": frozenset(),  # associated data of what it seals, too
    "index": frozenset({"kind", "part"}),
    "duplicate": frozenset(),
    "key-check": frozenset({"key", "version"}),
    "volume-copy": frozenset({"volume", "time"}),
    "person": frozenset({"person", "version"}),
}
"""Every kind of context there is, with its fields besides ``vault``."""


def context(kind: str, /, vault: str, **fields: object) -> bytes:
    r"""``"callrec/1 " || kind || "\n" || canonical JSON of the fields and the vault``.

    Law: different kinds, vaults or fields give different bytes.

    Raises:
        ValueError: a kind that is not in the table, or fields that are not the kind's own: a
        programming error.
    """
    if fields.keys() != CONTEXT_FIELDS.get(kind):
        raise ValueError(f"there is no context {kind} with the fields {sorted(fields)}")
    uid = fields.get("uid")
    if isinstance(uid, str) and uid.isascii() and uid.isalnum():
        before, after = _around_uid(kind, vault, **fields | {"uid": ""})
        return before + uid.encode() + after
    return PREFIX + kind.encode() + b"\n" + canonical({"vault": vault, **fields})


@lru_cache(16, typed=True)  # a batch, or a search, has few contexts but for the uids in them
def _around_uid(kind: str, vault: str, **fields: object) -> tuple[bytes, bytes]:
    before, name, after = canonical({"vault": vault, **fields}).partition(b'"uid":"')
    return PREFIX + kind.encode() + b"\n" + before + name, after


STATEMENT_KINDS: Final = frozenset(
    {
        *("voucher", "key", "seal", "kit", "claim", "batch", "reencrypted", "approval", "volume"),
        *("destruction", "resumed", "reconciled", "intake", "session", "lock", "settings"),
        *("second", "cosigned"),
    }
)
"""Every kind of statement there is."""


def statement_context(kind: str, vault: str) -> bytes:
    """The context of a statement: its kind and vault; the fields stand in the statement itself."""
    if kind not in STATEMENT_KINDS:
        raise ValueError(f"{kind} is no kind of statement")
    return PREFIX + kind.encode() + b"\n" + canonical({"vault": vault})
