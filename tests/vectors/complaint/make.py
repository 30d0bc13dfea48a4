"""Makes the known answers beside it: ``PYTHONPATH=tests python -m vectors.complaint.make``.

The whole of docs/formats/complaints.md, 1 to 3, once more, by hashlib and json and nothing of
callrec.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VAULT, COMPLAINT, ENTERED_BY = "0f" * 16, "1c" * 16, "a1" * 16
NONCE, LOG_NONCE = bytes(range(32)), bytes(range(32, 64))

RECEIVED: dict[str, Any] = {
    "complainant": "Siân Roberts",
    "contact": "4 Mill Lane, Bangor",
    "finding": "",
    "how": "letter",
    "incident": "I-3",
    "number": 3,
    "on": "2026-11-23",
    "request": "R-17",
    "what": "You told my employer that I had called the surgery",
}
LATER = {"complainant": "", "contact": "", "incident": "", "request": ""}

CASES: dict[str, dict[str, Any]] = {
    "received": {"why": "as it is entered"},
    "about_nothing_here": {"why": "no request, no incident", "incident": "", "request": ""},
    "acknowledged": {"why": "nothing more is said", **LATER, "what": "", "version": 2},
    "progressed": {
        "why": "the complainant was not told",
        **LATER,
        "how": "",
        "on": "2028-02-29",
        "what": "We asked the receptionist who took the call",
        "version": 3,
    },
    "answered": {
        "why": "the outcome, and how it was told",
        **LATER,
        "finding": "partly-upheld",
        "how": "email",
        "what": "We should not have told the employer",
        "version": 4,
    },
}


def canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def answers(case: dict[str, Any]) -> dict[str, Any]:
    """The case with what it comes to."""
    whole = {"version": 1, "seq": 41, **RECEIVED, **case}
    body = {name: whole[name] for name in RECEIVED}
    which = {
        "complaint": COMPLAINT,
        "entered_by": ENTERED_BY,
        "vault": VAULT,
        "version": whole["version"],
    }
    digest = sha256(NONCE + canonical({**body, **which})).hexdigest()
    details = canonical({"digest": digest, "number": whole["number"]})
    head = b"callrec/1 detail\n" + canonical({"seq": whole["seq"], "vault": VAULT})
    return {
        **whole,
        **which,
        "nonce": NONCE.hex(),
        "log_nonce": LOG_NONCE.hex(),
        "plain": (NONCE + canonical({**body, "log_nonce": LOG_NONCE.hex()})).hex(),
        "digest": digest,
        "detail": sha256(head + LOG_NONCE + details).hexdigest(),
    }


if __name__ == "__main__":
    for name, case in CASES.items():
        text = json.dumps(answers(case), ensure_ascii=False, indent=1)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
