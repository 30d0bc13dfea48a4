"""Makes the stamps beside it, once: an authority's answers have its time in them.

``python tests/vectors/stamps/make.py`` from the project's root, with ``tests`` on the path. What
is there stays: a signer that has expired by now is one of the cases.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from datetime import timedelta
from pathlib import Path

from house.time_authority import make_authority, query, reply

HERE = Path(__file__).parent

NOTE = (
    "callrec/5f3a9c0e7b1d4826a0c4e8f21b6d9735\n7\n"
    f"{'A' * 43}=\n"
    "\n\u2014 callrec/5f3a9c0e7b1d4826a0c4e8f21b6d9735 "
    f"{'B' * 91}=\n"
).encode()


def main() -> None:
    """Write each file that is not there."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        first = make_authority(folder / "first", "First Root", lasts=timedelta(minutes=5))
        other = make_authority(folder / "other", "First Root", lasts=timedelta(days=1))
        by = folder / "first"
        good = reply(by, query(by, NOTE))
        at = good.index(b"\x18\x0f20") + 2
        made = {
            "checkpoint": NOTE,
            "cosigned": NOTE + "\u2014 witness.example/w ".encode() + b"C" * 91 + b"=\n",
            "root.pem": first,
            "other-root.pem": other,
            "good.tsr": good,
            "wrong-root.tsr": reply(folder / "other", query(folder / "other", NOTE)),
            "wrong-checkpoint.tsr": reply(by, query(by, b"another")),
            "sha512.tsr": reply(by, query(by, NOTE, "-sha512", "-cert")),
            "no-certificate.tsr": reply(by, query(by, NOTE, "-sha256")),
            "earlier.tsr": good[:at] + b"2019" + good[at + 4 :],
            "cut.tsr": good[:-1],
            "garbage.tsr": hashlib.sha256(b"garbage").digest() * 8,
        }
        cases = {
            "good.tsr": "",
            "wrong-root.tsr": "is a time stamp by nobody whose certificate is at hand",
            "wrong-checkpoint.tsr": "is a time stamp of something else",
            "sha512.tsr": "is a time stamp of something else",
            "no-certificate.tsr": "is a time stamp by nobody whose certificate is at hand",
            "earlier.tsr": "is a time stamp by nobody whose certificate is at hand",
            "cut.tsr": "is not a time stamp",
            "garbage.tsr": "is not a time stamp",
        }
        if (HERE / "cases.json").exists():
            return
        for name, data in made.items():
            (HERE / name).write_bytes(data)
        (HERE / "cases.json").write_text(f"{json.dumps(cases, indent=2)}\n")


if __name__ == "__main__":
    main()
