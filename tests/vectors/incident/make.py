"""Makes the known answers beside it: ``PYTHONPATH=tests python -m vectors.incident.make``.

The whole of docs/formats/incidents.md, 1 to 3, once more, by hashlib and json and nothing of
callrec.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VAULT, INCIDENT, REPORTER, TOLD = "0f" * 16, "1c" * 16, "a1" * 16, "b2" * 16
NONCE, LOG_NONCE = bytes(range(32)), bytes(range(32, 64))

REPORTED: dict[str, Any] = {
    "closing": None,
    "findings": {},
    "noticed_at": "2026-11-24T09:30:00.000Z",
    "number": 3,
    "recordings": ["1e" * 16, "2e" * 16],
    "request": "R-17",
    "what": "Siân's recording was left playing in the waiting room",
}
FOUND: dict[str, Any] = {
    "nature": "Disclosure to people who were waiting",
    "people": "patients",
    "people_count": 1,
    "records": "recordings of calls",
    "record_count": 0,
    "contact": "Ann Hall, 01632 960000",
    "consequences": "embarrassment",
    "measures": "The patient was told",
    "facts": "It played for a minute",
    "effects": "Two people heard it",
    "remedy": "The player is in another room now",
    "people_told": 1,
    "people_told_on": "2026-11-25",
    "people_told_how": "by telephone, and then by letter",
    "not_told": "averted",
    "dspt_reference": "DSPT 4711",
    "likelihood": 3,
    "impact": 2,
}
CLOSED = {
    "at": "2026-11-27T09:31:00.000Z",
    "delay_reason": "Nobody at the office knew whom to tell",
    "on": "2026-11-27",
    "outcome": "reported",
    "reason": "The Commissioner was told by telephone",
}

CASES: dict[str, dict[str, Any]] = {
    "reported": {"why": "as it is reported: nothing is found out yet"},
    "nothing_named": {
        "why": "no recording and no request is concerned",
        "recordings": [],
        "request": "",
    },
    "found_out": {"why": "each finding is said", "findings": FOUND, "version": 2},
    "closed": {"why": "told too late", "findings": FOUND, "closing": CLOSED, "version": 3},
    "closed_on_a_day": {
        "why": "it need not be told, and no time of the day is said",
        "closing": {**CLOSED, "at": "", "delay_reason": "", "outcome": "not-reported"},
        "version": 2,
    },
}


def canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def answers(case: dict[str, Any]) -> dict[str, Any]:
    """The case with what it comes to."""
    whole = {"version": 1, "seq": 41, **REPORTED, **case}
    body = {name: whole[name] for name in REPORTED}
    which = {"incident": INCIDENT, "vault": VAULT, "version": whole["version"]}
    people = {"reporter": REPORTER, "told": TOLD}
    digest = sha256(NONCE + canonical({**body, **which, **people})).hexdigest()
    details = canonical({"digest": digest, "number": whole["number"]})
    head = b"callrec/1 detail\n" + canonical({"seq": whole["seq"], "vault": VAULT})
    return {
        **whole,
        **which,
        **people,
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
