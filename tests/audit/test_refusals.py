"""What is told where a note, a checkpoint, a proof or a leaf is refused: each message once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from callrec.audit.checkpoint import (
    MAX_NOTE_BYTES,
    check_checkpoint,
    check_note,
    check_proof,
    decode_hash,
    read_proof,
)
from callrec.audit.leaf import Leaf
from callrec.audit.log import Head
from callrec.audit.remembered import VERIFIED_FILE, forget_seen_head, load_seen_head, save_seen_head
from callrec.audit.tree import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
)
from callrec.crypto.primitives import signing_public
from callrec.errors import Failed, Tampered
from vectors.audit.cases import Case, read_case

NOTES = {
    "no_signature": "a signed note has no signature",
    "no_final_newline": "a signed note has no signature",
    "other_key": "a signed note is not signed by the key expected",
    "not_utf8": "a signed note is not text",
    "tab_in_text": "a signed note has control characters",
    "two_spaces": "a signed note has a line that is not a signature",
    "name_with_plus": "a signed note has a line that is not a signature",
    "signature_of_key_id_alone": "a signed note has a signature without bytes",
    "signature_changed": "a signature does not verify",
    "base64_without_padding": "a line is not base64",
    "base64_with_loose_bits": "a line is not base64",
}

CHECKPOINTS = {
    "no_size": "a checkpoint is not in its form",
    "other_origin": "a checkpoint is of another log",
    "root_too_short": "a hash has the wrong length",
}

PROOFS = {
    "not_ascii": "a proof is not in its form",
    "no_index": "a proof is not in its form",
    "extra_empty": "a proof has an extra line without anything in it",
    "index_empty": "a proof has no number of a leaf",
    "index_of_neighbour": "a proof of inclusion does not lead to the root",
    "hash_left_out": "a proof of inclusion has the wrong length",
    "index_beyond_the_tree": "a proof names a leaf that its tree does not have",
}


def note(case: Case) -> None:
    check_note(case.body, case.head["name"], case.bytes_of("public"))


def checkpoint(case: Case) -> None:
    check_checkpoint(case.body, case.bytes_of("public"), case.head["origin"])


def proof(case: Case) -> None:
    trusted = (case.bytes_of("leaf"), case.bytes_of("public"), case.head["origin"])
    check_proof(read_proof(case.body), *trusted)


OF_A_FILE = [
    *((note, f"notes/{name}.txt", told) for name, told in NOTES.items()),
    *((checkpoint, f"checkpoints/{name}.txt", told) for name, told in CHECKPOINTS.items()),
    *((proof, f"proofs/{name}.txt", told) for name, told in PROOFS.items()),
]


@pytest.mark.parametrize(("check", "file", "told"), OF_A_FILE, ids=[each[1] for each in OF_A_FILE])
def test_each_file_is_refused_in_these_words(
    check: Callable[[Case], None], file: str, told: str
) -> None:
    with pytest.raises(Tampered) as refused:
        check(read_case(file))
    assert refused.value.message == told


ROOTS = leaf_hash(b"1"), leaf_hash(b"2")

KEY = signing_public(bytes(32))


def read(_level: int, _index: int) -> bytes:
    return bytes(32)


TOLD: dict[str, Callable[[], object]] = {
    "a signed note is too long": lambda: check_note(bytes(MAX_NOTE_BYTES + 1), "", KEY),
    "a line is not base64": lambda: decode_hash("é"),
    "a proof names a leaf that its tree does not have": lambda: check_inclusion(b"", 1, 1, (), b""),
    "a later tree is smaller than an earlier one": lambda: check_consistency(2, 1, (), *ROOTS),
    "what was seen of the record before is not its beginning": lambda: check_consistency(
        1, 1, (), *ROOTS
    ),
    "a proof of consistency has the wrong length": lambda: check_consistency(1, 2, (), *ROOTS),
    "a proof has an extra line without anything in it": lambda: read_proof(
        b"c2sp.org/tlog-proof@v1\nextra \n\n"
    ),
    "leaf 5 is not in its form": lambda: Leaf.decode(b"{}", 5),
}

A_MISTAKE_OF_OURS: dict[str, Callable[[], object]] = {
    "a tree of 7 leaves has no leaf 7": lambda: inclusion_proof(7, 7, read),
    "a tree of 7 leaves does not begin with 8": lambda: consistency_proof(8, 7, read),
}


@pytest.mark.parametrize(("told", "deed"), TOLD.items(), ids=TOLD)
def test_each_is_refused_in_these_words(told: str, deed: Callable[[], object]) -> None:
    with pytest.raises(Tampered) as refused:
        deed()
    assert refused.value.message == told


@pytest.mark.parametrize(("told", "deed"), A_MISTAKE_OF_OURS.items(), ids=A_MISTAKE_OF_OURS)
def test_a_mistake_of_this_program_says_which(told: str, deed: Callable[[], object]) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - all of its words are compared
        deed()
    assert str(refused.value) == told


# The head that an operator remembers.

HEAD = Head(10, bytes(32))


def test_a_damaged_memory_is_told_in_these_words(tmp_path: Path) -> None:
    for text in ("{", "{}"):
        (tmp_path / "head.json").write_text(text)
        with pytest.raises(Tampered) as refused:
            load_seen_head(tmp_path)
        assert refused.value.message == "this machine's note of the newest entry is damaged"


def told_of(deed: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Failed) as failed:
        deed()
    return failed.value.message, failed.value.hint


def test_a_memory_that_cannot_be_read_written_or_replaced_is_told_with_why(tmp_path: Path) -> None:
    (tmp_path / "head.json").mkdir()
    assert told_of(lambda: load_seen_head(tmp_path)) == (
        "this machine's note of the newest entry cannot be read: Is a directory",
        f'give yourself "{tmp_path}"',
    )
    assert told_of(lambda: forget_seen_head(tmp_path)) == (
        "this machine's note of the newest entry cannot be replaced: Is a directory",
        f'give yourself "{tmp_path}"',
    )
    (tmp_path / "new" / f".head.json.{os.getpid()}").mkdir(parents=True)
    assert told_of(lambda: save_seen_head(tmp_path / "new", HEAD, "")) == (
        "it is done and on record, but this machine could not note it: Is a directory",
        f'make room for, or give yourself, "{tmp_path / "new"}"',
    )


def test_with_the_head_it_is_forgotten_how_far_the_log_was_verified(tmp_path: Path) -> None:
    for name in ("head.json", VERIFIED_FILE, "another"):
        (tmp_path / name).write_text("")
    forget_seen_head(tmp_path)
    forget_seen_head(tmp_path)  # nothing is there any more, and that is all that was asked
    assert [path.name for path in tmp_path.iterdir()] == ["another"]
