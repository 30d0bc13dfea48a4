"""Make tokens.json by the formula of docs/formats/index.md, with Python's own hashlib and hmac.

python tests/vectors/index/make.py > tests/vectors/index/tokens.json
"""

from __future__ import annotations

import hashlib
import hmac
import json

KEY = bytes(range(32))
VAULT = "00112233445566778899aabbccddeeff"
CASES = (
    ("number", "2024-01", "+442079460123", 5),
    ("number", "2024-02", "+442079460123", 5),
    ("number", "2024-01", "999", 5),
    ("tail", "2024-01", "0123", 4),
    ("party", "2024-01", "sian", 2),
    ("party", "2024-12", "oneill", 9),
    ("extension-day", "2024-03", "201|2024-03-31", 9),
    ("extension-day", "2024-05", "201|2024-06-01", 9),
)


def token(kind: str, part: str, value: str, bits: int) -> int:
    """First bits of HMAC(HKDF(key, context), value); HKDF as RFC 5869 has it, one block."""
    fields = f'{{"kind":"{kind}","part":"{part}","vault":"{VAULT}"}}'
    info = b"callrec/1 index\n" + fields.encode()
    secret = hmac.digest(bytes(32), KEY, hashlib.sha256)
    key = hmac.digest(secret, info + b"\x01", hashlib.sha256)
    return int(f"{int.from_bytes(hmac.digest(key, value.encode(), 'sha256')):0256b}"[:bits], 2)


def main() -> None:
    """Print them."""
    tokens = [
        {"kind": kind, "part": part, "value": value, "bits": bits, "token": token(*case)}
        for case in CASES
        for kind, part, value, bits in (case,)
    ]
    print(json.dumps({"index_key": KEY.hex(), "vault": VAULT, "tokens": tokens}, indent=1))  # noqa: T201 - its whole purpose


main()
