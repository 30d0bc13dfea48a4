"""Writes macs.json by the words of docs/formats/recording.md, 5, and Python's own hashes alone."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

VAULT = "0f" * 16
INDEX_KEY = bytes(range(32))
ORIGINAL = hashlib.sha256(b"abc").digest()
NAMES = {
    "plain": b"/var/spool/asterisk/monitor/in-201-07700900123.wav",
    "not_utf8": b"/spool/call-\xff.wav",
    "with_newline": "/spool/Zo\u00eb\n1.wav".encode(),
}
SIZE_BYTES = 2058
UID = "a5" * 16
INODE = 2**64 - 1
MODIFIED_NS = 1720098399123456789
CHANGED_NS = 1720098400987654321


def hkdf(key: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes: one block."""
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def told(name: bytes) -> str:
    """As it is in provenance."""
    try:
        return json.dumps(name.decode(), ensure_ascii=False)
    except UnicodeDecodeError:
        return '{"base64url":"L3Nwb29sL2NhbGwt_y53YXY="}'


def sight(name: bytes) -> bytes:
    """Canonical JSON: members sorted, nothing between; numbers that it does not hold are text."""
    return (
        f'{{"modified_ns":"{MODIFIED_NS}","name":{told(name)},"size_bytes":{SIZE_BYTES}}}'
    ).encode()


def mark(name: bytes, sidecar: str) -> bytes:
    """Likewise."""
    return (
        f'{{"changed_ns":"{CHANGED_NS}","inode":"{INODE}","modified_ns":"{MODIFIED_NS}",'
        f'"name":{told(name)},"sidecar":{sidecar},"size_bytes":{SIZE_BYTES}}}'
    ).encode()


SIDECAR = (
    f'{{"changed_ns":"{CHANGED_NS}","inode":"7","modified_ns":"{MODIFIED_NS}","size_bytes":96}}'
)

CALL = (
    '{"extension":"201","numbers":["+447700900123"],"parties":["Si\u00e2n Evans"],'
    '"timed":true,"unique_id":"1720098301.7"}'
)
"""An inbound call of which the time is known, canonical JSON; of no other is there a callee."""


def main() -> None:
    """Write the file beside this one."""
    info = b'callrec/1 duplicate\n{"vault":"' + VAULT.encode() + b'"}'
    key = hkdf(INDEX_KEY, info)

    def mac(data: bytes) -> str:
        return hmac.digest(key, data, "sha256")[:16].hex()

    value = {
        "vault": VAULT,
        "index_key": INDEX_KEY.hex(),
        "sha256": ORIGINAL.hex(),
        "size_bytes": SIZE_BYTES,
        "inode": INODE,
        "modified_ns": MODIFIED_NS,
        "changed_ns": CHANGED_NS,
        "uid": UID,
        "key": key.hex(),
        "sound": mac(ORIGINAL),
        "record": mac(b"record" + UID.encode()),
        "call": mac(b"call" + ORIGINAL + CALL.encode()),
        "nothing": mac(b"call" + ORIGINAL + b"{}"),
        "names": {
            case: {
                "path": name.hex(),
                "name": mac(b"name" + ORIGINAL + name),
                "sight": mac(b"sight" + sight(name)),
                "mark": mac(b"mark" + mark(name, "null")),
                "with_sidecar": mac(b"mark" + mark(name, SIDECAR)),
            }
            for case, name in NAMES.items()
        },
    }
    place = Path(__file__).with_name("macs.json")
    place.write_text(json.dumps(value, indent=2) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
