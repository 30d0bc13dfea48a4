"""A witness answers as the specification says, and keeps what it cosigned before it does."""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from callrec.audit.checkpoint import Checkpoint, parse_note, sign_checkpoint
from callrec.audit.cosignature import WitnessRequest, check_cosignatures, write_request
from callrec.audit.tree import EMPTY_ROOT, consistency_proof, leaf_hash, node_hash, root
from callrec.crypto.primitives import signing_public
from callrec.crypto.verifier_key import NOTE_KEY, VerifierKey, read_verifier_key
from callrec.errors import Failed, Misconfigured, Unusable
from callrec.witness.answering import Answer, add_checkpoint
from callrec.witness.keeping import FIRST_REFUSED, Witness, make_witness, open_witness

VECTORS = Path(__file__).parents[1] / "vectors" / "witness"

SEED = bytes(range(32))

ORIGIN = "log.example/one"

AT = 1_795_521_600


def published(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    made = make_witness(tmp_path / "witness", "w.example/w1")
    made.add_log(ORIGIN, VerifierKey(ORIGIN, NOTE_KEY, signing_public(SEED)))
    return made


def stored(level: int, index: int, kind: bytes) -> bytes:
    if level == 0:
        return leaf_hash(kind + str(index).encode())
    below = (stored(level - 1, 2 * index + right, kind) for right in (0, 1))
    return node_hash(*below)


def head(size: int, kind: bytes = b"", **changed: Any) -> bytes:
    made = root(size, lambda level, index: stored(level, index, kind))
    return sign_checkpoint(replace(Checkpoint(ORIGIN, size, made), **changed), SEED)


def asked(witness: Witness, old: int, size: int, **changed: Any) -> Answer:
    """What it answers to a head of this size; ``kind`` makes it of another log."""
    kind = changed.pop("kind", b"")
    proof = changed.pop("proof", None)
    if proof is None:
        proof = consistency_proof(min(old, size), size, lambda at, i: stored(at, i, kind))
    note = changed.pop("note", None) or head(size, kind, **changed)
    return add_checkpoint(witness, write_request(WitnessRequest(old, tuple(proof), note)), AT)


@pytest.mark.parametrize("name", ["litewitness", "sumdb"])
def test_it_answers_another_witnesss_requests_as_that_does(name: str, tmp_path: Path) -> None:
    case, witness = published(name), make_witness(tmp_path / "w", "w.example/w1")
    witness.add_log(case["origin"], read_verifier_key(case["log"], NOTE_KEY))
    for each in case["requests"]:
        answer = add_checkpoint(witness, each["body"].encode(), AT)
        unknown = case["origin"] not in each["body"]
        assert answer.status == (HTTPStatus.NOT_FOUND if unknown else each["status"]), answer


def test_it_goes_from_one_of_omniwitnesss_heads_to_the_next(tmp_path: Path) -> None:
    case, witness = published("omniwitness"), make_witness(tmp_path / "w", "w.example/w1")
    key = read_verifier_key(case["log"], NOTE_KEY)
    witness.add_log(key.name, key)
    first = f"old 0\n\n{case['first']}"
    proof = "".join(f"{each}\n" for each in case["proof"])
    assert add_checkpoint(witness, first.encode(), AT).status == HTTPStatus.OK
    answer = add_checkpoint(witness, f"old 5\n{proof}\n{case['next']}".encode(), AT)
    assert answer.status == HTTPStatus.OK
    (found,) = check_cosignatures(f"{case['next']}{answer.body}".encode(), [witness.key])
    assert found.at.timestamp() == AT


def test_it_cosigns_what_continues_the_head_before_and_nothing_else(witness: Witness) -> None:
    assert asked(witness, 0, 3).status == HTTPStatus.OK
    assert asked(witness, 3, 7).status == HTTPStatus.OK
    assert asked(witness, 7, 7).status == HTTPStatus.OK
    assert asked(witness, 7, 9, kind=b"fork").status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert asked(witness, 7, 7, kind=b"fork").status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert asked(witness, 7, 12).status == HTTPStatus.OK


@pytest.mark.parametrize("old", [0, 1, 4, 6])
def test_of_another_size_it_tells_the_one_that_it_saw(witness: Witness, old: int) -> None:
    assert asked(witness, 0, 5).status == HTTPStatus.OK
    answer = asked(witness, old, 9)
    assert (answer.status, answer.body) == (HTTPStatus.CONFLICT, "5\n")
    assert answer.content_type == "text/x.tlog.size"


def test_a_head_smaller_than_the_old_size_is_a_bad_request(witness: Witness) -> None:
    assert asked(witness, 0, 5).status == HTTPStatus.OK
    assert asked(witness, 5, 3, proof=[]).status == HTTPStatus.BAD_REQUEST


def test_an_empty_log_has_the_root_of_none(witness: Witness) -> None:
    wrong = asked(witness, 0, 0, root=bytes(32))
    assert wrong.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert asked(witness, 0, 0, root=EMPTY_ROOT).status == HTTPStatus.OK
    assert asked(witness, 0, 4).status == HTTPStatus.OK


def test_a_proof_where_none_is_needed_is_refused(witness: Witness) -> None:
    assert asked(witness, 0, 4, proof=[bytes(32)]).status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_false_signature_beside_a_good_one_is_refused(witness: Witness) -> None:
    """Of a known name and id; one of an unknown key is ignored."""
    note = head(3)
    line = parse_note(note).signatures[0]
    forged = note + line.text.replace("A", "B").encode()
    with_stranger = note + "— log.example/two AAAAAAAA\n".encode()
    if parse_note(forged).signatures[1].key_id == line.key_id:
        assert asked(witness, 0, 3, note=forged).status == HTTPStatus.FORBIDDEN
    assert asked(witness, 0, 3, note=with_stranger).status == HTTPStatus.OK
    kept = witness.head(ORIGIN)
    assert kept is not None
    assert b"log.example/two" not in kept[1]


def test_what_it_cosigned_is_there_before_it_answers(witness: Witness) -> None:
    answer = asked(witness, 0, 3)
    kept = open_witness(witness.folder).head(ORIGIN)
    assert kept is not None
    assert kept[1] == head(3) + answer.body.encode()


def test_what_cannot_be_kept_is_not_cosigned(witness: Witness) -> None:
    heads = witness.folder / "heads"
    heads.rmdir()
    heads.write_bytes(b"")
    with pytest.raises((Misconfigured, NotADirectoryError)):
        asked(witness, 0, 3)


def test_a_fork_is_kept_as_evidence(witness: Witness) -> None:
    asked(witness, 0, 3)
    asked(witness, 3, 5, kind=b"fork")
    assert refused(witness) == {head(5, b"fork")}


def refused(witness: Witness) -> set[bytes]:
    return {each.read_bytes() for each in (witness.folder / "refused").glob("*/*")}


def test_a_senseless_head_takes_no_evidence_away(witness: Witness) -> None:
    """Who forked the log has a key of it, and can have any head refused after the fork's."""
    asked(witness, 0, 3)
    asked(witness, 3, 5, kind=b"fork")
    endless = sign_checkpoint(Checkpoint(ORIGIN, 2**63, bytes(32)), SEED)
    for _ in range(2):
        answer = asked(witness, 3, 5, note=endless, proof=[])
        assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert refused(witness) == {head(5, b"fork"), endless}


def test_of_heads_without_end_the_first_and_the_newest_are_kept(witness: Witness) -> None:
    asked(witness, 0, 3)
    forks = [head(size, b"fork") for size in range(4, 4 + FIRST_REFUSED + 3)]
    for size, _ in enumerate(forks, 4):
        asked(witness, 3, size, kind=b"fork")
    assert refused(witness) == {*forks[:FIRST_REFUSED], forks[-1]}


@pytest.mark.parametrize("name", ["evil\nline", "evil\tlog", " log", "#log", "a+b", "", "x" * 256])
def test_no_log_is_known_under_a_name_that_breaks_the_list(witness: Witness, name: str) -> None:
    key = VerifierKey(ORIGIN, NOTE_KEY, signing_public(bytes(32)))
    before = (witness.folder / "logs").read_bytes()
    with pytest.raises(Unusable, match="a record's name is one line"):
        witness.add_log(name, key)
    assert (witness.folder / "logs").read_bytes() == before


@pytest.mark.parametrize("name", ["the LMC", "w ", "w+1", "w" * 5000, f"callrec/{'0' * 32}", ""])
def test_no_witness_is_made_under_a_name_that_is_none_or_a_logs(name: str, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="a witness's name has no space"):
        make_witness(tmp_path / "new", name)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "body", [b"", b"old 0\n\n", b"\xff\xfe", b"old 0\n\n\xff\n3\n\n", 70 * b"old 0\n"]
)
def test_garbage_is_a_bad_request(witness: Witness, body: bytes) -> None:
    assert add_checkpoint(witness, body, AT).status == HTTPStatus.BAD_REQUEST


def test_a_log_is_known_by_each_of_its_keys_and_added_once(witness: Witness) -> None:
    other = VerifierKey(ORIGIN, NOTE_KEY, signing_public(bytes(32)))
    witness.add_log(ORIGIN, other)
    assert len(witness.keys_of(ORIGIN)) == 2
    with pytest.raises(Unusable, match="already"):
        witness.add_log(ORIGIN, other)


def test_its_list_may_be_written_by_hand_and_a_false_line_is_named(witness: Witness) -> None:
    logs = witness.folder / "logs"
    logs.write_text(f"# a remark\n\n{logs.read_text()}")
    assert len(witness.logs()) == 1
    logs.write_text(f"{logs.read_text()}no key\n")
    with pytest.raises(Misconfigured, match="line 4"):
        witness.logs()


def test_one_process_serves_it_at_a_time(witness: Witness) -> None:
    with (
        witness.held(),
        pytest.raises(Failed, match="another process"),
        open_witness(witness.folder).held(),
    ):
        pass


def test_it_is_made_in_an_empty_folder_and_is_found_there(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"")
    with pytest.raises(Unusable, match="something lies"):
        make_witness(tmp_path, "w.example/w1")
    with pytest.raises(Misconfigured, match="no witness"):
        open_witness(tmp_path)
