"""Statements as a log's readers take them: the one that the leaf carries, and its actor's."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from audit.registers import GOVERNS, VAULT, a_leaf, id_of, stated, voucher
from callrec.audit.erased import StatementReplay
from callrec.audit.leaf import Leaf
from callrec.crypto.canonical import canonical
from callrec.crypto.statement import Statement
from callrec.errors import Tampered

DECIDES = {"powers": ["govern", "decide-reserved"]}

NOTHING = SimpleNamespace(statement=None, kind=None, signed=None, signature=None)


def founded(trusted_up_to: int = 0) -> StatementReplay:
    """Leaf 0 was taken, and dora's voucher under leaf 1."""
    stated_so_far = StatementReplay(VAULT, trusted_up_to)
    stated_so_far.take(a_leaf(), NOTHING)
    said = stated("voucher", "dora", **voucher("dora", **GOVERNS | DECIDES))
    stated_so_far.take(under(said, 1), row_of(said))
    return stated_so_far


def under(said: Statement, seq: int) -> Leaf:
    return a_leaf(seq=seq, founders=None, statement=said.digest)


def row_of(of: Statement, /, **other: Any) -> SimpleNamespace:
    row = {
        "statement": of.digest,
        "kind": of.kind,
        "signed": of.body,
        "signature": of.signature,
    }
    return SimpleNamespace(**{**row, **other})


def told(so_far: StatementReplay, leaf: Leaf, row: SimpleNamespace) -> str:
    with pytest.raises(Tampered) as refused:
        so_far.take(leaf, row)
    return refused.value.message


SAM = stated("voucher", "dora", **voucher("sam"))

FORGED = stated("voucher", "dora", signed_by="eve", **voucher("sam"))


def test_statements_are_taken_in_order_and_leaves_without_one_say_nothing() -> None:
    so_far = founded()
    so_far.take(a_leaf(seq=2, founders=None), NOTHING)
    so_far.take(under(SAM, 3), row_of(SAM))
    assert so_far.register is not None
    assert [each.person.id for each in so_far.register.people()] == [id_of("dora"), id_of("sam")]
    assert so_far.register.founders.vault == VAULT


def test_what_was_destroyed_is_taken_with_who_is_who() -> None:
    so_far = founded()
    who: dict[str, Any] = {"requester": id_of("sam"), "countersigned": "", "break_glass": False}
    said = stated("approval", "dora", request="r1", items=[{"uid": "aa"}], **who)
    so_far.take(replace(under(said, 2), act="request.approved"), row_of(said))
    assert so_far.erasures.approved == {"r1": {said.digest: {"aa"}}}


def test_a_signature_is_checked_from_where_on_none_is_trusted() -> None:
    row = row_of(FORGED)
    wrong = "the statement of leaf 5: a signature does not verify"
    assert told(founded(5), under(FORGED, 5), row) == wrong
    founded(6).take(under(FORGED, 5), row)


def test_where_signatures_are_trusted_it_is_still_the_one_that_the_leaf_carries() -> None:
    """Whoever can write the database could else change what a voucher says."""
    said = canonical({**json.loads(SAM.body), "role": "data-controller"})
    wrong = "the statement of leaf 5: it is not the one that the leaf carries"
    assert told(founded(6), under(SAM, 5), row_of(SAM, signed=said)) == wrong
    anothers = "the statement of leaf 5: the statement of leaf 5 is not its actor's"
    assert told(founded(5), under(SAM, 5), row_of(SAM, signed=said)) == anothers


COLUMNS: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({"statement": None}, "the column beside leaf 5 names another statement"),
    "another": ({"statement": "aa" * 32}, "the column beside leaf 5 names another statement"),
    "no body": ({"signed": None}, "the statement of leaf 5 is missing"),
    "no signature": ({"signature": None}, "the statement of leaf 5 is missing"),
    "neither": ({"signed": None, "signature": None}, "the statement of leaf 5 is missing"),
    "text": ({"signed": SAM.body.decode()}, "the statement of leaf 5 is missing"),
    "another kind": (
        {"kind": "batch"},
        "the statement of leaf 5: the column beside a statement names another kind",
    ),
}


@pytest.mark.parametrize(("columns", "wrong"), COLUMNS.values(), ids=COLUMNS)
@pytest.mark.parametrize("trusted_up_to", [0, 6])
def test_the_columns_beside_say_the_same(
    columns: dict[str, Any], wrong: str, trusted_up_to: int
) -> None:
    assert told(founded(trusted_up_to), under(SAM, 5), row_of(SAM, **columns)) == wrong


def test_a_column_that_names_a_statement_beside_a_leaf_without_one_is_told() -> None:
    wrong = "the column beside leaf 5 names another statement"
    assert told(founded(), a_leaf(seq=5, founders=None), row_of(SAM)) == wrong


def test_nothing_is_stated_before_there_are_founders() -> None:
    wrong = "the statement of leaf 5 is missing"
    assert told(StatementReplay(VAULT, 0), under(SAM, 5), row_of(SAM)) == wrong


def test_a_leaf_of_another_log_is_told() -> None:
    leaf = a_leaf(seq=5, founders=None, log=f"callrec/{VAULT[::-1]}")
    assert told(founded(), leaf, NOTHING) == "leaf 5 is of another log"


@pytest.mark.parametrize(
    "fields",
    [{"delegations": [{}]}, {"powers": 7}, {"role": "king"}],
    ids=["a member that is missing", "another type", "a word that is none"],
)
def test_what_its_maker_signed_in_no_form_is_told(fields: dict[str, Any]) -> None:
    said = stated("voucher", "dora", **voucher("sam", **fields))
    wrong = "the statement of leaf 5 is not in its form"
    assert told(founded(), under(said, 5), row_of(said)) == wrong
