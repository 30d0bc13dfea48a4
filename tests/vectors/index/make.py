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
    ("tail", "2024-01-01T00:00", "0123", 5),
    ("tail", "2024-01-01T01:59", "0123", 5),
    ("tail", "2024-01-01T02:00", "0123", 5),
    ("tail", "2024-01-02T00:00", "0123", 5),
    ("tail", "2024-02-01T00:00", "0123", 5),
    ("tail", "2024-01-31T23:59", "999", 5),
    ("tail", "2024-02-29T21:30", "0123", 19),
    ("party", "2024-01-15T12:00", "sian", 2),
    ("party", "2024-12-24T17:05", "oneill", 9),
    ("party", "2024-12-24T23:05", "oneill", 19),
    ("extension", "2024-03-31T08:00", "201", 9),
    ("extension", "2024-05-31T23:30", "201", 9),
)
"""Kind, start in UTC, value, and the width of the month."""


def token(kind: str, start: str, value: str, bits: int) -> int:
    """Of HMAC(HKDF(key, context), day | value); HKDF as RFC 5869 has it, one block."""
    part, day, hour = start[:7], start[8:10], int(start[11:13])
    fields = f'{{"kind":"{kind}","part":"{part}","vault":"{VAULT}"}}'
    info = b"callrec/1 index\n" + fields.encode()
    secret = hmac.digest(bytes(32), KEY, hashlib.sha256)
    key = hmac.digest(secret, info + b"\x01", hashlib.sha256)
    mac = hmac.digest(key, f"{day}|{value}".encode(), "sha256")
    written = "".join(f"{byte:08b}" for byte in mac)
    first = 21 * (hour // 2)
    wide = bits + 2 if kind == "party" else bits
    slot = (int(day) - 1) * 12 + hour // 2
    return slot * (1 << wide) + int(written[first : first + wide], 2)


def main() -> None:
    """Print them."""
    tokens = [
        {"kind": kind, "start": f"{start}:00Z", "value": value, "bits": bits, "token": token(*case)}
        for case in CASES
        for kind, start, value, bits in (case,)
    ]
    print(json.dumps({"index_key": KEY.hex(), "vault": VAULT, "tokens": tokens}, indent=1))  # noqa: T201 - its whole purpose


main()
