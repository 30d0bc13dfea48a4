"""Makes the known answers beside it: ``PYTHONPATH=tests python -m vectors.request.make``.

The whole of docs/formats/grant.md, 1 to 3, once more, by hashlib and json and nothing of callrec.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VAULT, REQUEST, REQUESTER = "0f" * 16, "52" * 16, "a1" * 16
NONCE, LOG_NONCE = bytes(range(32)), bytes(range(32, 64))

KNOWN = {
    "reason": "The patient complains that nobody rang back",
    "date": "2024-07-04",
    "time": ["14:00", "14:30"],
    "extension": "201",
    "number": "+447700900123",
    "parties": ["Siân O'Neill", "Reception"],
    "about": "About a prescription",
    "further": {"complainant": "patient", "complaint": "C-2024-17"},
}
UNKNOWN = {
    **dict.fromkeys(KNOWN, "unknown"),
    "reason": "The patient complains that nobody rang back",
    "about": "",
    "further": {"complainant": "staff", "complaint": "C-2024-18"},
}
NOTHING_FURTHER = {**KNOWN, "further": {}}
AGREED = {
    **KNOWN,
    "further": {
        "agreement": f"application/pdf 48213 {'9f' * 32}",
        "allegation": "HR-2024-3",
        "consulted": "2024-07-08",
        "employee": "Robin Ashdown",
    },
}
TWO = [["1e" * 16, "c1" * 32], ["2e" * 16, "c2" * 32]]

CASES: dict[str, dict[str, Any]] = {
    "all_known": {"why": "each particular is known", "particulars": KNOWN, "recordings": TWO},
    "all_unknown": {
        "why": "each is said to be unknown, and no recording is named yet",
        "particulars": UNKNOWN,
        "recordings": [],
    },
    "second_version": {
        "why": "a recording was taken away: another version",
        "particulars": KNOWN,
        "recordings": TWO[:1],
        "version": 2,
    },
    "other_order": {
        "why": "the same recordings in another order are another request",
        "particulars": KNOWN,
        "recordings": TWO[::-1],
    },
    "nothing_further": {
        "why": "this purpose asks for nothing besides the six",
        "purpose": "protect-parties",
        "particulars": NOTHING_FURTHER,
        "recordings": TWO,
    },
    "agreement": {
        "why": "the agreement is a file with a key of its own, and the leaf has its hash",
        "agreement_key": "4b" * 32,
        "purpose": "disciplinary",
        "particulars": AGREED,
        "recordings": TWO,
    },
}


def canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def agreed(case: dict[str, Any]) -> dict[str, str]:
    """The hash of a written agreement, where there is one."""
    text = case["particulars"]["further"].get("agreement")
    return {} if text is None else {"agreement": text.split()[2]}


def answers(case: dict[str, Any]) -> dict[str, Any]:
    """The case with what it comes to."""
    whole = {"version": 1, "number": 17, "purpose": "complaint", "seq": 41, **case}
    members = ("agreement_key", "particulars", "purpose", "recordings")
    shared = {name: whole[name] for name in members if name in whole}
    which = {"request": REQUEST, "version": whole["version"], "vault": VAULT}
    digest = sha256(NONCE + canonical({**shared, **which, "requester": REQUESTER})).hexdigest()
    details = canonical({**agreed(whole), "digest": digest, "number": whole["number"]})
    head = b"callrec/1 detail\n" + canonical({"seq": whole["seq"], "vault": VAULT})
    body = {**shared, "number": whole["number"], "log_nonce": LOG_NONCE.hex()}
    return {
        **whole,
        **which,
        "requester": REQUESTER,
        "nonce": NONCE.hex(),
        "log_nonce": LOG_NONCE.hex(),
        "plain": (NONCE + canonical(body)).hex(),
        "digest": digest,
        "detail": sha256(head + LOG_NONCE + details).hexdigest(),
    }


if __name__ == "__main__":
    for name, case in CASES.items():
        text = json.dumps(answers(case), ensure_ascii=False, indent=1)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
