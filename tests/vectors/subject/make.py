"""Makes the known answers beside it: ``PYTHONPATH=tests python -m vectors.subject.make``.

The whole of docs/formats/subjects.md, 1 to 4, once more, by hashlib, hmac and json and nothing of
callrec.
"""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VAULT, SUBJECT = "0f" * 16, "5c" * 16
NONCE, LOG_NONCE, INDEX_KEY = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))

ADDED: dict[str, Any] = {
    "born_on": "1961-03-14",
    "names": ["Siân O'Neill", "Sian Davies"],
    "nhs_number": "4010232137",
    "number": 3,
    "numbers": ["+447700900123", "+441144960123"],
    "proof": "Driving licence and address, seen at the desk",
}

CASES: dict[str, dict[str, Any]] = {
    "added": {"why": "as it is entered"},
    "little": {"why": "no NHS number, no telephone", "nhs_number": "", "numbers": []},
    "changed": {"why": "another number", "numbers": ["+447700900456"], "version": 2},
    "second_part": {"why": "the first of its part of the index", "number": 256},
}

WORDS = {"Siân O'Neill": ["sian", "oneill"], "Sian Davies": ["sian", "davies"]}
"""Of these names, by hand."""


def canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def hkdf(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def tokens(body: dict[str, Any]) -> list[list[int]]:
    part = body["number"] // 256
    values = [(1, "subject-name", word) for name in body["names"] for word in WORDS[name]]
    values += [(2, "subject-born", body["born_on"])]
    values += [(3, "subject-nhs-number", body["nhs_number"])] if body["nhs_number"] else []
    values += [(4, "subject-number", number) for number in body["numbers"]]
    found = set()
    for kind, word, value in values:
        info = b"callrec/1 index\n" + canonical({"kind": word, "part": str(part), "vault": VAULT})
        found.add(
            (part, kind, hmac.digest(hkdf(INDEX_KEY, info), value.encode(), "sha256")[0] >> 4)
        )
    return [list(each) for each in sorted(found)]


def answers(case: dict[str, Any]) -> dict[str, Any]:
    """The case with what it comes to."""
    whole = {"version": 1, "seq": 41, **ADDED, **case}
    body = {name: whole[name] for name in ADDED}
    which = {"subject": SUBJECT, "vault": VAULT, "version": whole["version"]}
    digest = sha256(NONCE + canonical({**body, **which})).hexdigest()
    details = canonical({"digest": digest, "number": whole["number"]})
    head = b"callrec/1 detail\n" + canonical({"seq": whole["seq"], "vault": VAULT})
    return {
        **whole,
        **which,
        "nonce": NONCE.hex(),
        "log_nonce": LOG_NONCE.hex(),
        "index_key": INDEX_KEY.hex(),
        "plain": (NONCE + canonical({**body, "log_nonce": LOG_NONCE.hex()})).hex(),
        "digest": digest,
        "detail": sha256(head + LOG_NONCE + details).hexdigest(),
        "tokens": tokens(body),
    }


if __name__ == "__main__":
    for name, case in CASES.items():
        text = json.dumps(answers(case), ensure_ascii=False, indent=1)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
