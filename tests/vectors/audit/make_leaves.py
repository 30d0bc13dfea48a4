"""Makes the cases in ``leaves`` and ``proofs``: docs/formats/audit-log.md, c2sp.org/tlog-proof.

Like ``make_notes``, without callrec (README.md).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from vectors.audit.make_notes import (
    ORIGIN,
    OTHER,
    OTHER_SEED,
    ROOT,
    SEED,
    VAULT,
    b64,
    head_text,
    note,
    public_of,
    put,
)


def canonical(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


LEAF: dict[str, Any] = {
    "act": "release.prepared",
    "actor": "0123456789abcdef0123456789abcdef",
    "at": "2026-11-24T16:08:50.123Z",
    "detail": "aa" * 32,
    "log": ORIGIN,
    "outcome": "done",
    "seq": 5,
    "statement": "bb" * 32,
    "subject": ["00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"],
    "v": 1,
}
BARE = LEAF | {"detail": "", "statement": "", "subject": []}
FOUNDERS = {"practice": "The Surgery, Exampleton", "vault": VAULT}
FOUNDING = BARE | {"act": "log.founded", "seq": 0, "founders": FOUNDERS}

FAILED = BARE | {"act": "login", "actor": "-", "outcome": "failed"}

GOOD_LEAVES = {
    "founding": FOUNDING,
    "done": LEAF,
    "bare": BARE,
    "refused": LEAF | {"outcome": "refused", "statement": ""},
    "under_a_session": LEAF | {"act": "search", "session": "5e" * 32},
    "failed_without_a_key": FAILED,
}

BAD_LEAVES = {
    "not_json": ("cut short", canonical(LEAF)[:-1]),
    "no_object": ("a list", b"[]"),
    "not_utf8": ("not UTF-8", canonical(LEAF).replace(b"release", b"rele\xffse")),
    "nested_deeply": ("brackets without end", b"[" * 8000),
    "newline_at_the_end": ("a byte too many", canonical(LEAF) + b"\n"),
    "spaces": ("not canonical: spaces", json.dumps(LEAF, sort_keys=True).encode()),
    "order": ("not canonical: members not sorted", canonical(LEAF).replace(
        b'"outcome":"done","seq":5', b'"seq":5,"outcome":"done"')),
    "member_twice": ("a member twice", canonical(LEAF).replace(b'"v":1', b'"v":1,"v":1')),
    "escaped": ("not canonical: an escape", canonical(LEAF).replace(b"release", rb"\u0072elease")),
    "member_missing": ("no statement", canonical({k: LEAF[k] for k in LEAF if k != "statement"})),
    "outcome_missing": ("no outcome", canonical({k: LEAF[k] for k in LEAF if k != "outcome"})),
    "number_missing": ("no number", canonical({k: LEAF[k] for k in LEAF if k != "seq"})),
    "version_missing": ("no version", canonical({k: LEAF[k] for k in LEAF if k != "v"})),
    "member_unknown": ("a member of nobody's", canonical(LEAF | {"note": ""})),
    "number_of_another": ("the leaf of another place", canonical(LEAF | {"seq": 6})),
    "number_in_text": ("a number as text", canonical(LEAF | {"seq": "5"})),
    "version_two": ("another version", canonical(LEAF | {"v": 2})),
    "version_true": ("a boolean for the version", canonical(LEAF | {"v": True})),
    "outcome_unknown": ("an outcome that there is not", canonical(LEAF | {"outcome": "perhaps"})),
    "act_with_capital": ("an act in capitals", canonical(LEAF | {"act": "Release"})),
    "act_with_words": ("an act that says more", canonical(LEAF | {"act": "release to somebody"})),
    "act_empty": ("no act", canonical(LEAF | {"act": ""})),
    "actor_by_name": ("a name for the actor", canonical(LEAF | {"actor": "kim"})),
    "actor_is_null": ("null for the actor", canonical(LEAF | {"actor": None})),
    "detail_cut": ("a commitment of 31 bytes", canonical(LEAF | {"detail": "aa" * 31})),
    "detail_in_capitals": ("hex in capitals", canonical(LEAF | {"detail": "AA" * 32})),
    "statement_cut": ("a hash of 31 bytes", canonical(LEAF | {"statement": "bb" * 31})),
    "log_unnamed": ("no log", canonical(LEAF | {"log": "callrec/"})),
    "subject_by_number": ("a number for an id", canonical(LEAF | {"subject": ["01632960999"]})),
    "subject_is_text": ("text for the list of ids", canonical(BARE | {"subject": ""})),
    "time_in_seconds": ("no milliseconds", canonical(LEAF | {"at": "2026-11-24T16:08:50Z"})),
    "time_with_offset": ("not UTC", canonical(LEAF | {"at": "2026-11-24T16:08:50.123+00:00"})),
    "time_of_no_day": ("no such day", canonical(LEAF | {"at": "2026-02-30T16:08:50.123Z"})),
    "session_cut": ("a hash of 31 bytes", canonical(LEAF | {"session": "5e" * 31})),
    "session_empty": ("a session that is none", canonical(LEAF | {"session": ""})),
    "session_of_nobody": (
        "a session of nobody's", canonical(FAILED | {"seq": 5, "session": "5e" * 32})),
    "founders_later": ("founders after leaf 0", canonical(LEAF | {"founders": FOUNDERS})),
    "founders_null_later": ("founders after leaf 0", canonical(LEAF | {"founders": None})),
}  # fmt: skip

BAD_FOUNDING = {
    "founding_without_founders": ("leaf 0 without founders", canonical(BARE | {"seq": 0})),
    "founding_by_null": ("leaf 0 with null", canonical(FOUNDING | {"founders": None})),
    "founding_by_pairs": ("pairs", canonical(FOUNDING | {"founders": [["vault", VAULT]]})),
    "founding_too_long": (
        "64 KiB or more", canonical(FOUNDING | {"founders": {"practice": "x" * 65536}})),
}  # fmt: skip


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def make_leaves() -> None:
    for name, leaf in GOOD_LEAVES.items():
        body = canonical(leaf)
        put("leaves", name, body, expect="good", seq=leaf["seq"], hash=leaf_hash(body).hex())
    for name, (why, body) in BAD_LEAVES.items():
        put("leaves", name, body, expect="tampered", why=why, seq=5)
    for name, (why, body) in BAD_FOUNDING.items():
        put("leaves", name, body, expect="tampered", why=why, seq=0)


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, from leaf hashes on."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


SEVEN = [canonical(FOUNDING), *(canonical(BARE | {"seq": seq}) for seq in range(1, 7))]
HASHES = [leaf_hash(leaf) for leaf in SEVEN]
EXTRA = canonical({"leaf": SEVEN[4].decode()})


def proof_file(
    seq: int, size: int, extra: bytes = b"", name: str = ORIGIN, seed: bytes = SEED
) -> bytes:
    lines = ["c2sp.org/tlog-proof@v1", *([f"extra {b64(extra)}"] if extra else []), f"index {seq}"]
    lines += map(b64, path(seq, HASHES[:size]))
    head = note(head_text(str(size), b64(mth(HASHES[:size])), name), name, seed)
    return "".join(f"{text}\n" for text in lines).encode() + b"\n" + head


P = proof_file(4, 7, EXTRA)
H = [b64(node).encode() + b"\n" for node in path(4, HASHES)]

BAD_PROOFS = {
    "version_two": ("another version", P.replace(b"@v1", b"@v2")),
    "empty_file": ("nothing in it", b""),
    "not_ascii": ("a byte that is not ASCII", P.replace(b"index", b"\xff")),
    "extra_not_base64": ("extra is not base64", P.replace(b"extra ", b"extra !")),
    "extra_empty": ("nothing in extra", proof_file(4, 7).replace(b"@v1\n", b"@v1\nextra \n")),
    "extra_after_index": ("extra in the wrong place", proof_file(4, 7).replace(
        b"index 4\n", b"index 4\nextra eA==\n")),
    "extra_twice": ("extra twice", P.replace(b"extra ", b"extra eA==\nextra ")),
    "no_index": ("no index", P.replace(b"index 4\n", b"")),
    "index_unnamed": ("the number alone", P.replace(b"index 4", b"4")),
    "index_empty": ("no number", P.replace(b"index 4", b"index ")),
    "index_with_leading_zero": ("a leading zero", P.replace(b"index 4", b"index 04")),
    "index_of_neighbour": ("the number of another leaf", P.replace(b"index 4", b"index 5")),
    "index_beyond_the_tree": ("a number beyond the tree", P.replace(b"index 4", b"index 7")),
    "hash_changed": ("one hash is another", P.replace(H[1], b64(ROOT).encode() + b"\n")),
    "hash_left_out": ("one hash too few", P.replace(H[2], b"")),
    "hash_added": ("one hash too many", P.replace(H[2], H[2] * 2)),
    "hashes_exchanged": ("two hashes in each other's place", P.replace(H[0] + H[1], H[1] + H[0])),
    "hash_too_long": ("a hash of 33 bytes", P.replace(H[0], b64(b"?" * 33).encode() + b"\n")),
    "hash_not_base64": ("a hash is not base64", P.replace(H[0], b"#" + H[0][1:])),
    "no_empty_line": ("no empty line", P.replace(b"\n\ncallrec", b"\ncallrec")),
    "no_checkpoint": ("no checkpoint", P.partition(b"\n\n")[0] + b"\n\n"),
    "cut_after_the_hashes": ("no checkpoint", P.partition(b"\n\n")[0]),
    "newline_at_the_end": ("a byte too many", P + b"\n"),
    "other_origin": ("of another log", proof_file(4, 7, EXTRA, OTHER)),
    "other_key": ("a head signed by another key", proof_file(4, 7, EXTRA, ORIGIN, OTHER_SEED)),
    "other_leaf": ("proves another leaf", proof_file(3, 7, EXTRA)),
    "head_changed": ("the head says another size", P.replace(b"\n7\n", b"\n8\n")),
}  # fmt: skip


def make_proofs() -> None:
    ours = {"origin": ORIGIN, "public": public_of(SEED).hex()}
    for seq, size, extra in ((0, 1, b""), (0, 7, b""), (4, 7, EXTRA), (6, 7, b"")):
        name = f"leaf_{seq}_of_{size}"
        head = ours | {"seq": str(seq), "leaf": HASHES[seq].hex(), "extra": extra.hex() or "-"}
        put("proofs", name, proof_file(seq, size, extra), expect="good", **head)
    for name, (why, body) in BAD_PROOFS.items():
        assert body != P
        put("proofs", name, body, expect="tampered", why=why, **ours, leaf=HASHES[4].hex())


if __name__ == "__main__":
    make_leaves()
    make_proofs()
