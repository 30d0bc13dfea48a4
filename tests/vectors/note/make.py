"""Makes the known answers beside it: ``PYTHONPATH=tests python -m vectors.note.make``.

The whole of docs/formats/notes.md, 1 to 3, once more, by hashlib and json and nothing of callrec.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VAULT, NOTE, RECORDING, WRITTEN_BY = "0f" * 16, "6c" * 16, "77" * 16, "a1" * 16
NONCE, LOG_NONCE = bytes(range(32)), bytes(range(32, 64))

IDENTIFIED: dict[str, Any] = {
    "number": 3,
    "person": "S-3",
    "text": "She gives her name and the first line of her address",
}

CASES: dict[str, dict[str, Any]] = {
    "identified": {"why": "who is heard"},
    "noted": {"why": "nobody is named", "person": "", "text": "The other voice is Siân's husband"},
    "changed": {"why": "written anew", "person": "S-4", "version": 2},
}


def canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def answers(case: dict[str, Any]) -> dict[str, Any]:
    """The case with what it comes to."""
    whole = {"version": 1, "seq": 41, **IDENTIFIED, **case}
    body = {name: whole[name] for name in IDENTIFIED}
    which = {
        "note": NOTE,
        "recording": RECORDING,
        "vault": VAULT,
        "version": whole["version"],
        "written_by": WRITTEN_BY,
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
