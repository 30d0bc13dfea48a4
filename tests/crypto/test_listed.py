"""A list counts by the root of its tree, and one entry is shown without the others."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callrec.audit import tree
from callrec.crypto.canonical import canonical, parse_instant
from callrec.crypto.statement import paths_of, root_of, shown_items, sign_statement

ENTRIES = st.lists(st.binary(max_size=40), max_size=40)


def climbed(entry: bytes, path: list[tuple[str, bytes]]) -> bytes:
    node = hashlib.sha256(b"\0" + entry).digest()
    for side, sibling in path:
        pair = sibling + node if side == "left" else node + sibling
        node = hashlib.sha256(b"\1" + pair).digest()
    return node


@given(ENTRIES)
def test_the_root_is_that_of_the_audit_logs_tree(entries: list[bytes]) -> None:
    def node(level: int, index: int) -> bytes:
        if level == 0:
            return tree.leaf_hash(entries[index])
        return tree.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    assert root_of(entries) == tree.root(len(entries), node)


@given(ENTRIES)
def test_each_entry_leads_to_the_root_by_its_path(entries: list[bytes]) -> None:
    paths = paths_of(entries, range(len(entries)))
    for entry, path in zip(entries, paths, strict=True):
        assert climbed(entry, path) == root_of(entries)
        assert climbed(entry + b"!", path) != root_of(entries)


def test_what_is_shown_of_a_batch_tells_nothing_of_its_other_recordings() -> None:
    items: list[dict[str, Any]] = [
        {"ciphertext": f"{n:064x}", "revision": 1, "shown": f"{n + 9:064x}", "uid": f"{n:032x}"}
        for n in range(1, 8)
    ]
    made = sign_statement(
        "batch",
        vault="22" * 16,
        by="11" * 16,
        at=parse_instant("2026-11-24T09:05:00.000Z"),
        seed=bytes(32),
        fields={"batch": "33" * 16, "items": items},
    )
    wanted = (items[2]["uid"], 1)
    (shown,) = shown_items(made.fields, [wanted, ("ff" * 16, 1)]).values()
    path = [(step["side"], bytes.fromhex(step["hash"])) for step in shown["path"]]
    assert shown["item"] == items[2]
    assert json.loads(made.signed)["items"] == climbed(canonical(items[2]), path).hex()
    given_away = made.signed + canonical(shown)
    others = [each for each in items if each is not items[2]]
    assert not any(
        each[name].encode() in given_away for each in others for name in each if name != "revision"
    )


def test_an_approval_is_shown_without_what_was_withheld() -> None:
    said = {"items": [], "salt": "5a" * 32, "withheld": [{"code": "crime", "uid": "44" * 16}]}
    at = parse_instant("2026-11-24T09:05:00.000Z")
    made = sign_statement("approval", vault="v", by="me", at=at, seed=bytes(32), fields=said)
    hidden = canonical({"salt": said["salt"], "withheld": said["withheld"]})
    assert json.loads(made.signed)["withheld"] == hashlib.sha256(hidden).hexdigest()
    assert not any(each in made.signed for each in (b"salt", b"crime", b"44444444"))
