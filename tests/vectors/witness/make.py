"""Makes ``cosignatures.json``: c2sp.org/tlog-cosignature with hashlib and Ed25519 alone.

Seeds: the bytes 00 to 1f for the log, 20 to 3f for the witness, 40 to 5f for another.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).parent
ORIGIN = "callrec/5f3a9c0e7b1d4826a0c4e8f21b6d9735"
ROOT = base64.b64encode(hashlib.sha256(b"a root").digest()).decode()
TEXT = f"{ORIGIN}\n1042\n{ROOT}\n"
WITH_ROWS = f"{TEXT}written {ROOT}\n"
LOG, WITNESS, ANOTHER = (bytes(range(at, at + 32)) for at in (0, 32, 64))
NAME = "lmc.example/witness"
AT = 1_795_521_600


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def public_of(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_id(name: str, kind: int, seed: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_of(seed)).digest()[:4]


def verifier(name: str, kind: int, seed: bytes) -> str:
    return f"{name}+{key_id(name, kind, seed).hex()}+{b64(bytes([kind]) + public_of(seed))}"


def log_line(text: str) -> str:
    signature = Ed25519PrivateKey.from_private_bytes(LOG).sign(text.encode())
    return f"— {ORIGIN} {b64(key_id(ORIGIN, 1, LOG) + signature)}\n"


def line(
    text: str,
    *,
    seed: bytes = WITNESS,
    under: bytes = WITNESS,
    kind: int = 4,
    at: int = AT,
    said: int | None = None,
    header: str = "cosignature/v1",
) -> str:
    message = f"{header}\ntime {at}\n{text}".encode()
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    time = (at if said is None else said).to_bytes(8, "big")
    return f"— {NAME} {b64(key_id(NAME, kind, under) + time + signature)}\n"


def note(text: str, *lines: str) -> str:
    return f"{text}\n{log_line(text)}{''.join(lines)}"


def cases() -> list[dict[str, Any]]:
    """Good ones have ``at``, none of theirs null; others ``why``."""
    none = {"at": None}
    return [
        {"name": "good", "note": note(TEXT, line(TEXT)), "at": AT},
        {"name": "every line", "note": note(WITH_ROWS, line(WITH_ROWS)), "at": AT},
        {"name": "before 1970 ended", "note": note(TEXT, line(TEXT, at=0)), "at": 0},
        {"name": "none", "note": note(TEXT), **none},
        {
            "name": "another key",
            "note": note(TEXT, line(TEXT, seed=ANOTHER, under=ANOTHER)),
            **none,
        },
        {"name": "as a log's key", "note": note(TEXT, line(TEXT, kind=1)), **none},
        {"name": "as ML-DSA", "note": note(TEXT, line(TEXT, kind=6)), **none},
        {
            "name": "three lines alone",
            "note": note(WITH_ROWS, line(TEXT)),
            "why": "what is cosigned is every line",
        },
        {"name": "forged", "note": note(TEXT, line(TEXT, seed=ANOTHER)), "why": "another seed"},
        {
            "name": "time changed",
            "note": note(TEXT, line(TEXT, said=AT - 1)),
            "why": "a second less",
        },
        {
            "name": "another header",
            "note": note(TEXT, line(TEXT, header="cosignature/v2")),
            "why": "v2",
        },
        {
            "name": "another text",
            "note": note(TEXT, line(WITH_ROWS)),
            "why": "of another checkpoint",
        },
        {
            "name": "beyond the calendar",
            "note": note(TEXT, line(TEXT, at=1 << 37)),
            "why": "in the year 6325",
        },
        {
            "name": "good and forged",
            "note": note(TEXT, line(TEXT), line(TEXT, seed=ANOTHER)),
            "why": "one under a known name and id is false",
        },
    ]


if __name__ == "__main__":
    value = {
        "witness": verifier(NAME, 4, WITNESS),
        "log": verifier(ORIGIN, 1, LOG),
        "cases": cases(),
    }
    text = json.dumps(value, indent=1, ensure_ascii=False)
    (HERE / "cosignatures.json").write_text(f"{text}\n", encoding="utf-8")
