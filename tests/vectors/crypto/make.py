"""Makes the cases in the folders beside it, without callrec: ``by_hand`` is all that they rest on.

What others published stands in ``outside``. Sealing by HPKE is random, so those cases were recorded
once; they are written only where they are missing.
"""

from __future__ import annotations

from itertools import chain

from vectors.crypto.cases import HERE, case_text
from vectors.crypto.made_cards import blocks, cards
from vectors.crypto.made_factors import factored_locks, factors, printed_words
from vectors.crypto.made_hpke import bad_hpke, sealed_once
from vectors.crypto.made_identities import identities, locked_seeds
from vectors.crypto.made_sealings import derivations, parts, sealings
from vectors.crypto.made_statements import statements
from vectors.crypto.made_streams import streams
from vectors.crypto.made_texts import canonical_json, contexts, kit
from vectors.crypto.outside import ARGON2ID, PBKDF2


def made() -> dict[str, bytes]:
    """Every case that comes out the same each time, by its path."""
    folders = {
        "argon2id": ((name, case_text(**head)) for name, head in ARGON2ID.items()),
        "canonical": canonical_json(),
        "cards": cards(),
        "contexts": contexts(),
        "derivations": derivations(),
        "factors": factors(),
        "hpke": bad_hpke(),
        "identities": identities(),
        "kit": kit(),
        "locked": chain(locked_seeds(), factored_locks()),
        "oaep": blocks(),
        "parts": parts(),
        "pbkdf2": ((name, case_text(**head)) for name, head in PBKDF2.items()),
        "printed": printed_words(),
        "sealings": sealings(),
        "statements": statements(),
        "streams": streams(),
    }
    return {
        f"{folder}/{name}.txt": case for folder, found in folders.items() for name, case in found
    }


def record() -> None:
    for name, case in sealed_once():
        path = HERE / "hpke" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(case)


def write() -> None:
    for name, case in made().items():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(case)


if __name__ == "__main__":
    record()
    write()
