"""What the cases are made of: ids, seeds and keys of nobody, and a context of every kind."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

Cases: TypeAlias = "Iterator[tuple[str, bytes]]"

VAULT: Final = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"

OTHER_VAULT: Final = VAULT[::-1]

PERSON: Final = "0123456789abcdef0123456789abcdef"

OTHER_PERSON: Final = PERSON[::-1]

UID: Final = "00112233445566778899aabbccddeeff"

OTHER_UID: Final = UID[::-1]

BATCH, REQUEST, VOLUME = "ba" * 16, "4e" * 16, "70" * 16

AT: Final = "2026-11-24T09:05:00.000Z"

RUN: Final = "20261124T090500Z"
"""The time that an archive volume's files are named by."""

SEED: Final = bytes(range(32))

OTHER_SEED: Final = bytes(range(32, 64))

KEY: Final = bytes(range(64, 96))

OTHER_KEY: Final = bytes(range(96, 128))

NONCE: Final = bytes(range(128, 140))

SALT: Final = bytes(range(140, 156))

ROOT: Final = bytes(range(156, 188))

STREAM_SALT: Final = bytes(range(188, 220))

PREFIX: Final = bytes(range(220, 227))

PASSWORD: Final = "caf\u00e9 au lait and a bicycle"

KDF: Final = {"lanes": 4, "memory_kib": 65536, "passes": 3}

HOLD: Final = "3b" * 16

INCIDENT: Final = "77" * 16

COMPLAINT: Final = "79" * 16

SUBJECT: Final = "7a" * 16

NOTE: Final = "7b" * 16

CONTEXTS: Final[Mapping[str, dict[str, Any]]] = {
    "share": {"key": "recordings", "version": 3, "to": PERSON},
    "batch": {"batch": BATCH, "key": "catalogue", "version": 1},
    "grant": {"request": REQUEST, "digest": "d1" * 32, "uid": UID, "to": PERSON, "lapses": AT},
    "catalogue-copy": {"volume": VOLUME, "time": RUN, "to": PERSON},
    "share-part": {"key": "recordings", "version": 3, "to": PERSON},
    "catalogue-part": {"volume": VOLUME, "time": RUN, "to": PERSON},
    "detail": {"seq": 17},
    "data-key": {"batch": BATCH, "uid": UID},
    "metadata": {"uid": UID, "revision": 2},
    "request": {"request": REQUEST, "version": 1},
    "request-file": {"request": REQUEST, "version": 1},
    "request-words": {"request": REQUEST, "seq": 17},
    "hold": {"hold": HOLD},
    "kept": {"volume": VOLUME},
    "incident": {"incident": INCIDENT, "version": 1},
    "complaint": {"complaint": COMPLAINT, "version": 1},
    "subject": {"subject": SUBJECT, "version": 1},
    "note": {"note": NOTE, "version": 1},
    "locked-seed": {"person": PERSON, "kdf": KDF | {"salt": SALT.hex()}},
    "factor": {"id": "0" * 31 + "1", "kind": "printed", "person": PERSON, "public": {}},
    "factored-lock": {
        "factors": [{"id": "0" * 31 + "1", "kind": "printed", "name": "paper", "sealed": "AA=="}],
        "kdf": KDF | {"salt": SALT.hex()},
        "person": PERSON,
    },
    "session-keys": {"person": PERSON, "public": base64.b64encode(bytes(range(32))).decode()},
    "recording": {"uid": UID},
    "identity act": {},
    "identity log": {},
    "identity kem": {},
    "session sign": {},
    "session lock": {},
    "session draft": {},
    "desk draft": {"person": PERSON},
    "index": {"kind": "extension-day", "part": "2026-11"},
    "duplicate": {},
    "key-check": {"key": "index", "version": 2},
    "volume-copy": {"volume": VOLUME, "time": RUN},
    "person": {"person": PERSON, "version": 1},
}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def under(kind: str, /, vault: str = VAULT, **changed: str) -> dict[str, Any]:
    """The head's lines that say which context something was sealed under."""
    return {"kind": kind, "vault": vault, "fields": CONTEXTS[kind] | changed}
