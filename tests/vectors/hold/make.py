"""Makes the known answers beside it: ``PYTHONPATH=tests python -m vectors.hold.make``.

The whole of docs/formats/holds.md, 1, once more, by hashlib and json and nothing of callrec.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VAULT, HOLD = "0f" * 16, "40" * 16
NONCE = bytes(range(32))

CASES: dict[str, dict[str, Any]] = {
    "by_hand": {
        "why": "whoever placed it says why",
        "number": 3,
        "reason": "Siân's solicitor announces a claim about this call",
        "seq": 41,
    },
    "by_a_request": {
        "why": "the request says why, and the hold nothing",
        "number": 17,
        "reason": "",
        "seq": 7,
    },
}


def canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def answers(case: dict[str, Any]) -> dict[str, Any]:
    details = canonical({"number": case["number"], "reason": case["reason"]})
    head = b"callrec/1 detail\n" + canonical({"seq": case["seq"], "vault": VAULT})
    return {
        **case,
        "vault": VAULT,
        "hold": HOLD,
        "nonce": NONCE.hex(),
        "plain": (NONCE + details).hex(),
        "info": (b"callrec/1 hold\n" + canonical({"hold": HOLD, "vault": VAULT})).hex(),
        "detail": sha256(head + NONCE + details).hexdigest(),
    }


if __name__ == "__main__":
    for name, case in CASES.items():
        text = json.dumps(answers(case), ensure_ascii=False, indent=1)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
