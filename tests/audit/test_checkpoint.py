"""Signed notes and checkpoints: the cases of C2SP's pages, of Go's, and our own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrec.audit.checkpoint import (
    MAX_NOTE_BYTES,
    Checkpoint,
    check_checkpoint,
    check_note,
    decode_base64,
    key_id,
    note_from_typed,
    origin,
    parse_note,
    read_checkpoint,
    sign_checkpoint,
    written_in,
)
from callrec.audit.tree import EMPTY_ROOT
from callrec.crypto.primitives import sha256, sign, signing_public
from callrec.errors import Tampered
from vectors.audit.cases import HERE, Case, cases, read_case

SEED = bytes(range(32))

PUBLIC = signing_public(SEED)

VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"

HEAD = Checkpoint(origin(VAULT), 1042, sha256(b"a root"))

PUBLISHED = ("notes/c2sp_example.txt", "notes/go_example.txt")


@pytest.mark.parametrize("case", cases("notes"), ids=str)
def test_notes_are_accepted_or_refused_as_their_files_say(case: Case) -> None:
    name, public = case.head["name"], case.bytes_of("public")
    if case.is_good:
        text = check_note(case.body, name, public)
        assert case.body.startswith(text.encode() + b"\n\xe2\x80\x94 ")
    else:
        with pytest.raises(Tampered):
            check_note(case.body, name, public)


@pytest.mark.parametrize("file", PUBLISHED)
def test_key_ids_are_those_published(file: str) -> None:
    case = read_case(file)
    computed = key_id(case.head["name"], case.bytes_of("public"))
    assert computed == case.bytes_of("key-id")
    assert parse_note(case.body).signatures[0].key_id == computed


@pytest.mark.parametrize("file", PUBLISHED)
def test_a_published_note_with_any_byte_changed_is_refused(file: str) -> None:
    case = read_case(file)
    name, public = case.head["name"], case.bytes_of("public")
    for place, byte in enumerate(case.body):
        changed = case.body[:place] + bytes([byte ^ 1]) + case.body[place + 1 :]
        with pytest.raises(Tampered):
            check_note(changed, name, public)


def test_signature_is_the_one_that_go_published() -> None:
    case = read_case("notes/go_example.txt")
    note = parse_note(case.body)
    assert sign(case.bytes_of("seed"), note.text.encode()) == note.signatures[0].signature


def test_a_note_of_a_megabyte_is_read_and_no_longer_one() -> None:
    lines = parse_note(sign_checkpoint(HEAD, SEED)).text.encode()
    tail = sign_checkpoint(HEAD, SEED)[len(lines) :]
    filling = b"x" * (MAX_NOTE_BYTES - len(tail) - 1) + b"\n"
    assert len(parse_note(filling + tail).text) == len(filling)
    with pytest.raises(Tampered):
        parse_note(b"x" + filling + tail)


@pytest.mark.parametrize("case", cases("checkpoints"), ids=str)
def test_checkpoints_are_accepted_or_refused_as_their_files_say(case: Case) -> None:
    name, public = case.head["origin"], case.bytes_of("public")
    if case.is_good:
        said = Checkpoint(name, int(case.head["size"]), case.bytes_of("root"))
        assert check_checkpoint(case.body, public, name) == said
    else:
        with pytest.raises(Tampered):
            check_checkpoint(case.body, public, name)


@pytest.mark.parametrize("file", ["checkpoints/signed.txt", "checkpoints/empty_tree.txt"])
def test_signing_gives_the_file_to_the_byte(file: str) -> None:
    case = read_case(file)
    head = Checkpoint(case.head["origin"], int(case.head["size"]), case.bytes_of("root"))
    assert sign_checkpoint(head, case.bytes_of("seed")) == case.body


def test_origin_is_also_the_name_of_the_key() -> None:
    note = parse_note(sign_checkpoint(HEAD, SEED))
    assert note.text == HEAD.text
    assert [(s.name, s.key_id) for s in note.signatures] == [
        (f"callrec/{VAULT}", key_id(f"callrec/{VAULT}", PUBLIC))
    ]


def test_a_checkpoint_is_read_without_its_key_but_for_its_own_log_only() -> None:
    case = read_case("notes/other_key.txt")
    unchecked = sign_checkpoint(HEAD, SEED).partition(b"\n\n")[0] + b"\n\n" + signature_of(case)
    assert read_checkpoint(unchecked, HEAD.origin) == HEAD
    with pytest.raises(Tampered):
        read_checkpoint(unchecked, origin(VAULT[::-1]))
    with pytest.raises(Tampered):
        check_checkpoint(unchecked, PUBLIC, HEAD.origin)


def test_the_checkpoint_on_the_page_of_c2sp_is_read() -> None:
    data = (HERE / "c2sp_checkpoint.txt").read_bytes()
    head = read_checkpoint(data, "example.com/behind-the-sofa")
    assert head.size == 20852163
    assert head.text.encode() == data.partition(b"\n\n")[0] + b"\n"
    with pytest.raises(Tampered):
        check_checkpoint(data, PUBLIC, "example.com/behind-the-sofa")


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "Q Q==", "QQ==QQ==", "é"])
def test_base64_has_one_form_only(text: str) -> None:
    assert decode_base64("QQ==") == b"A"
    with pytest.raises(Tampered):
        decode_base64(text)


def test_head_of_an_empty_log_can_be_signed() -> None:
    head = Checkpoint(origin(VAULT), 0, EMPTY_ROOT)
    assert check_checkpoint(sign_checkpoint(head, SEED), PUBLIC, head.origin) == head


def signature_of(case: Case) -> bytes:
    return case.body.rpartition(b"\n\n")[2]


def test_what_was_typed_from_paper_is_the_note_that_it_means() -> None:
    note = sign_checkpoint(HEAD, SEED).decode()
    head, _, signed = note.partition("\n\n— ")
    name, signature = signed.split()
    broken = f"- {name}\r\n{signature[:40]} \r\n {signature[40:]}"
    assert note_from_typed(f"{head}\n{broken}".encode()) == note.encode()
    assert note_from_typed(note.encode()) == note.encode()


def test_what_is_no_text_is_no_note_either() -> None:
    with pytest.raises(Tampered):
        check_checkpoint(
            note_from_typed(b"\xff" + sign_checkpoint(HEAD, SEED)), PUBLIC, origin(VAULT)
        )


def test_what_it_signs_for_rows_is_a_line_of_its_text_and_may_be_typed() -> None:
    head = replace(HEAD, written=sha256(b"rows"))
    note = sign_checkpoint(head, SEED)
    assert check_checkpoint(note, PUBLIC, origin(VAULT)).written == written_in(note)
    assert written_in(note) == sha256(b"rows")
    assert written_in(sign_checkpoint(HEAD, SEED)) == b""
    first, size, root, written, _, signed = note.decode().splitlines()
    typed = "\n".join([first, size, root, written[:20], written[20:], f"- {signed[2:]}"])
    assert note_from_typed(typed.encode()) == note
    with pytest.raises(Tampered):
        check_checkpoint(note.replace(b"written ", b"writtEn "), PUBLIC, origin(VAULT))
