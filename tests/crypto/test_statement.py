"""Statements: who says what, signed."""

from __future__ import annotations

import json

import pytest

from callrec.crypto.canonical import parse_instant
from callrec.crypto.statement import (
    Statement,
    check_statement,
    entries_in,
    read_statement,
    sign_statement,
)
from callrec.errors import Tampered
from vectors.crypto.cases import Case, cases

HEAD = ("kind", "vault", "by", "at")


def said_by(case: Case) -> Statement:
    """The statement of a good case, made again from what it says."""
    said = json.loads(case.body)
    return sign_statement(
        said["kind"],
        vault=said["vault"],
        by=said["by"],
        at=parse_instant(said["at"]),
        seed=case.bytes_of("seed"),
        fields={name: value for name, value in said.items() if name not in HEAD},
    )


@pytest.mark.parametrize("case", cases("statements", expect="good"), ids=str)
def test_a_statement_is_made_and_signed_as_its_file_says(case: Case) -> None:
    made = said_by(case)
    assert made.body == case.body
    assert made.signature == case.bytes_of("signature")
    assert made.digest == case.head["digest"]


@pytest.mark.parametrize("case", cases("statements", expect="good"), ids=str)
def test_a_statement_is_read_as_it_was_made(case: Case) -> None:
    read = read_statement(case.body, case.bytes_of("signature"), case.head["vault"])
    check_statement(read, case.bytes_of("public"))
    assert read == said_by(case)


def bad(wrong: str) -> list[Case]:
    return [case for case in cases("statements") if case.head.get("wrong") == wrong]


@pytest.mark.parametrize("case", bad("form"), ids=str)
def test_a_statement_that_is_none_is_refused_before_its_signature_is_looked_at(case: Case) -> None:
    with pytest.raises(Tampered):
        read_statement(case.body, case.bytes_of("signature"), case.head["vault"])


@pytest.mark.parametrize("case", bad("signature"), ids=str)
def test_a_statement_is_refused_if_its_maker_did_not_sign_it(case: Case) -> None:
    read = read_statement(case.body, case.bytes_of("signature"), case.head["vault"])
    with pytest.raises(Tampered):
        check_statement(read, case.bytes_of("public"))


def test_a_statement_tells_its_kind_its_maker_and_its_time() -> None:
    made = said_by(next(iter(cases("statements", expect="good"))))
    said = json.loads(made.body)
    assert (made.kind, made.by) == (said["kind"], said["by"])
    assert made.at == parse_instant(said["at"])


def test_what_a_statement_says_cannot_take_the_place_of_its_head() -> None:
    at = parse_instant("2026-11-24T09:05:00.000Z")
    fields = {"kind": "voucher", "by": "somebody else", "vault": "another", "at": "then"}
    made = sign_statement("claim", vault="v", by="me", at=at, seed=bytes(32), fields=fields)
    assert made.body == b'{"at":"2026-11-24T09:05:00.000Z","by":"me","kind":"claim","vault":"v"}'


def test_a_statement_of_no_known_kind_is_not_made() -> None:
    with pytest.raises(ValueError, match="no kind of statement"):
        sign_statement(
            "wish",
            vault="v",
            by="me",
            at=parse_instant("2026-11-24T09:05:00.000Z"),
            seed=bytes(32),
            fields={},
        )


LISTS: dict[str, object] = {
    "none": None,
    "a word": "items",
    "of words": ["uid"],
    "of what lacks a member": [{"uid": "a"}],
    "of a number for a text": [{"uid": 1, "revision": 1}],
    "of a text for a number": [{"uid": "a", "revision": "1"}],
}


def test_a_list_in_a_statement_is_read_member_by_member() -> None:
    items = [{"uid": "a", "revision": 1, "more": ""}, {"uid": "b", "revision": 2}]
    assert entries_in({"items": items}, "items", "uid", "revision") == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
def test_a_list_in_another_form_is_tampering(items: object) -> None:
    with pytest.raises(Tampered) as refused:
        entries_in({"items": items}, "items", "uid", "revision")
    assert refused.value.message == "a statement does not list what one of its kind lists"
