"""Cosignatures and what a witness is asked: the published cases, and our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callrec.audit.cosignature import (
    WitnessRequest,
    check_cosignatures,
    cosignature_line,
    read_request,
    with_lines,
    write_request,
)
from callrec.crypto.verifier_key import (
    COSIGNATURE_KEY,
    NOTE_KEY,
    read_signing_key,
    read_verifier_key,
    write_signing_key,
)
from callrec.errors import Tampered
from callrec.package.callrec_verify import Wrong, read_proof, read_witness, witnesses_of
from vectors.witness.make import LOG, NAME, ORIGIN, TEXT, WITNESS, line, note, verifier
from vectors.witness.make import cases as made

VECTORS = Path(__file__).parents[1] / "vectors" / "witness"

OURS = json.loads((VECTORS / "cosignatures.json").read_text(encoding="utf-8"))

CASES = [pytest.param(case, id=case["name"]) for case in OURS["cases"]]


def published(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def test_the_file_is_what_its_script_makes() -> None:
    assert OURS["cases"] == made()
    assert OURS["witness"] == verifier(NAME, 4, WITNESS)


@pytest.mark.parametrize("case", CASES)
def test_a_cosignature_is_taken_or_refused_as_its_case_says(case: dict[str, Any]) -> None:
    key = read_verifier_key(OURS["witness"], COSIGNATURE_KEY)
    if "why" in case:
        with pytest.raises(Tampered):
            check_cosignatures(case["note"].encode(), [key])
    else:
        found = check_cosignatures(case["note"].encode(), [key])
        at = [int(each.at.timestamp()) for each in found]
        assert at == ([] if case["at"] is None else [case["at"]])


@pytest.mark.parametrize("case", CASES)
def test_the_checker_in_a_package_takes_and_refuses_the_same(case: dict[str, Any]) -> None:
    checkpoint = case["note"].encode()
    proof = read_proof(b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + note(TEXT).encode())
    file = b"callrec.cosigned/1\n\n" + checkpoint
    given = [read_witness(OURS["witness"])]
    if "why" in case:
        with pytest.raises(Wrong):
            witnesses_of(file, proof, given)
    else:
        seen, _ = witnesses_of(file, proof, given)
        assert len(seen) == (case["at"] is not None)


def test_torchwoods_own_cosignature_is_taken() -> None:
    case = published("torchwood")
    key = read_verifier_key(case["witness"], COSIGNATURE_KEY)
    (found,) = check_cosignatures(case["checkpoint"].encode(), [key])
    assert found.key.name == "judge.example/w1"


def test_a_line_of_ours_is_the_one_that_the_script_makes() -> None:
    key = read_verifier_key(OURS["witness"], COSIGNATURE_KEY)
    assert cosignature_line(TEXT, key, WITNESS, 1_795_521_600) == line(TEXT)


def test_of_an_answer_only_lines_by_the_known_key_are_kept_and_each_once() -> None:
    key = read_verifier_key(OURS["witness"], COSIGNATURE_KEY)
    other = "— other.example/w AAAAAAAA\n"
    answer = (other + line(TEXT)).encode()
    once = with_lines(note(TEXT).encode(), answer, [key])
    assert once == note(TEXT, line(TEXT)).encode()
    assert with_lines(once, answer, [key]) == once


def test_of_two_lines_by_one_key_the_newer_counts_and_alone_is_kept() -> None:
    key = read_verifier_key(OURS["witness"], COSIGNATURE_KEY)
    old, new = (cosignature_line(TEXT, key, WITNESS, at) for at in (1_700_000_000, 1_795_521_600))
    for answer in (old + new, new + old):
        kept = with_lines(note(TEXT).encode(), answer.encode(), [key])
        assert kept == note(TEXT, new).encode()
        (found,) = check_cosignatures(note(TEXT, answer).encode(), [key])
        assert found.at.timestamp() == 1_795_521_600


@pytest.mark.parametrize("answer", ["no line\n", "— other.example/w\n", line(TEXT, seed=LOG)])
def test_an_answer_that_is_none_is_refused(answer: str) -> None:
    key = read_verifier_key(OURS["witness"], COSIGNATURE_KEY)
    with pytest.raises(Tampered):
        with_lines(note(TEXT).encode(), answer.encode(), [key])


def test_the_specifications_request_is_read_and_written_to_the_byte() -> None:
    body = published("specification")["request"].encode()
    request = read_request(body)
    assert (request.old, len(request.proof)) == (20_852_014, 4)
    assert write_request(request) == body


BAD_REQUESTS = {
    "no old": b"20\n\n",
    "a sign": b"old +1\n\n",
    "a nought before": b"old 01\n\n",
    "no number": b"old \n\n",
    "a short hash": b"old 1\nAAAA\n\n",
    "no base64": b"old 1\n!\n\n",
    "no empty line": b"old 1\n",
    "too many hashes": b"old 1\n" + 64 * (b"A" * 43 + b"=\n") + b"\n",
}


@pytest.mark.parametrize("body", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_a_request_in_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(Tampered):
        read_request(body)


def test_sixty_three_hashes_are_read() -> None:
    request = WitnessRequest(1, (bytes(32),) * 63, note(TEXT).encode())
    assert read_request(write_request(request)) == request


def test_a_signing_key_is_kept_as_gos_note_package_keeps_one() -> None:
    text = published("omniwitness")["witness_key"]
    key, seed = read_signing_key(text, NOTE_KEY)
    assert str(key) == published("omniwitness")["witness"]
    assert write_signing_key(key.name, NOTE_KEY, seed) == text


BAD_KEYS = {
    "of a log": verifier(ORIGIN, 1, LOG),
    "of ML-DSA": verifier(NAME, 6, WITNESS),
    "a digit changed": OURS["witness"].replace("+d", "+e", 1),
    "a letter lost": OURS["witness"][:-1],
    "a space in it": OURS["witness"].replace("lmc", "l mc"),
    "empty": "",
}


@pytest.mark.parametrize("text", BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_what_is_no_key_of_a_witness_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it "):
        read_verifier_key(text, COSIGNATURE_KEY)
    with pytest.raises(ValueError, match="witness"):
        read_witness(text)
