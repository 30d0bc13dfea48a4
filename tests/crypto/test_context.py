"""Contexts: what every sealing, derivation and signature is bound to."""

from __future__ import annotations

import pytest

from callrec.crypto.canonical import canonical
from callrec.crypto.context import CONTEXT_FIELDS, STATEMENT_KINDS, context, statement_context
from callrec.crypto.primitives import derive, mac
from vectors.crypto.cases import Case, cases

VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"


@pytest.mark.parametrize("case", cases("contexts"), ids=str)
def test_a_context_is_the_bytes_that_its_file_says(case: Case) -> None:
    assert context(case.head["kind"], case.head["vault"], **case.fields) == case.body


def test_every_kind_of_context_has_a_file() -> None:
    assert {case.head["kind"] for case in cases("contexts")} == CONTEXT_FIELDS.keys()


def test_every_kind_of_statement_has_a_file() -> None:
    of_old = {"approval_before_edits"}
    assert {case.name for case in cases("statements", expect="good")} == STATEMENT_KINDS | of_old


@pytest.mark.parametrize("case", cases("derivations"), ids=str)
def test_a_derived_key_and_what_it_authenticates_are_as_their_file_says(case: Case) -> None:
    key, head = case.bytes_of("key"), context(case.head["kind"], case.head["vault"], **case.fields)
    if "derived" in case.head:
        key = derive(key, head)
        assert key == case.bytes_of("derived")
    assert mac(key, case.body) == case.bytes_of("mac")


NO_CONTEXTS = {
    "a kind that there is not": ("wish", {}),
    "a kind of statement": ("voucher", {}),
    "a field too few": ("share", {"key": "index", "version": 1}),
    "a field too many": ("recording", {"uid": "00" * 16, "revision": 1}),
    "the fields of another kind": ("recording", {"seq": 1}),
}


@pytest.mark.parametrize(("kind", "fields"), NO_CONTEXTS.values(), ids=NO_CONTEXTS.keys())
def test_there_is_no_context_with(kind: str, fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"no context {kind}"):
        context(kind, VAULT, **fields)


def test_a_statements_context_is_its_kind_and_vault() -> None:
    expected = b'callrec/1 voucher\n{"vault":"%s"}' % VAULT.encode()
    assert statement_context("voucher", VAULT) == expected


@pytest.mark.parametrize("kind", ["wish", "share", "metadata"])
def test_there_is_no_statement_of_another_kind(kind: str) -> None:
    with pytest.raises(ValueError, match="no kind of statement"):
        statement_context(kind, VAULT)


@pytest.mark.parametrize("uid", ["00" * 16, "ab" * 16, "", 'a "uid":"b', "é", "a\\"], ids=ascii)
@pytest.mark.parametrize("vault", [VAULT, '"uid":"', "%b"], ids=ascii)
def test_a_context_is_canonical_json_whatever_its_uid_is(uid: str, vault: str) -> None:
    fields = {"uid": uid, "revision": 1}
    expected = b"callrec/1 metadata\n" + canonical({"vault": vault, **fields})
    assert [context("metadata", vault, **fields) for _ in range(2)] == [expected] * 2


def test_a_context_tells_values_apart_that_python_takes_for_equal() -> None:
    whole, true = (context("metadata", VAULT, uid="00" * 16, revision=n) for n in (1, True))
    assert whole != true
