"""Which details may be gone: those that are listed under an approval, by whoever decides."""

from __future__ import annotations

from typing import Any

import pytest

from audit.registers import GOVERNS, Log, a_leaf, id_of, stated
from callrec.audit.erased import Erasures, Said, read_destruction
from callrec.audit.leaf import Outcome
from callrec.errors import Tampered

UIDS = ("aa" * 16, "bb" * 16)


def approval(request: str = "r1", *uids: str, by: str = "dora") -> tuple[Any, Any]:
    items = [{"uid": uid} for uid in uids]
    return a_leaf(seq=4, founders=None, act="request.approved"), stated(
        "approval", by, request=request, items=items
    )


def destruction(*uids: str, by: str = "dora", **other: Any) -> tuple[Any, Any]:
    leaf: dict[str, Any] = {
        key: other.pop(key) for key in ("seq", "act", "outcome") if key in other
    }
    fields = {
        "certificate": "C-1",
        "number": 1,
        "request": "r1",
        "items": [{"uid": uid, "rule": "routine, 3 years"} for uid in uids],
        "kept": [{"uid": "cc" * 16, "code": "claims"}],
        "details": [2, 5],
        **other,
    }
    under = {"seq": 9, "founders": None, "act": "request.carried-out", **leaf}
    return a_leaf(actor=id_of(by), **under), stated("destruction", by, **fields)


@pytest.fixture
def log() -> Log:
    log = Log()
    log.vouch("dora", **GOVERNS)
    log.vouch("dora", role="data-controller", powers=["govern", "decide-reserved"])
    log.vouch("sam")
    return log


def taken(log: Log, *entries: tuple[Any, Any]) -> Erasures:
    erasures = Erasures()
    for leaf, statement in entries:
        erasures.take(log.register, leaf, statement)
    return erasures


def test_what_was_destroyed_under_an_approval_is_gone_with_its_details(log: Log) -> None:
    first, second = approval("r1", UIDS[0]), approval("r1", UIDS[1])
    found = taken(log, first, second, destruction(*UIDS), destruction(details=[7]))
    assert (found.uids, found.details) == ({*UIDS}, {2, 5, 7})
    assert found.approved == {"r1": {*UIDS}}


def test_no_other_statement_lets_anything_be_gone(log: Log) -> None:
    leaf, _ = destruction(*UIDS)
    found = taken(log, (leaf, stated("batch", "dora", items=[{"uid": UIDS[0]}])))
    assert (found.uids, found.details, found.approved) == (set(), set(), {})


def test_what_was_lent_lets_be_destroyed_too(log: Log) -> None:
    log.vouch("pat", delegations=[{"power": "decide-reserved", "until": "2026-01-01"}])
    assert taken(log, approval("r1", *UIDS), destruction(*UIDS, by="pat")).uids == {*UIDS}


REFUSED: dict[str, tuple[tuple[Any, Any], str]] = {
    "what nobody approved": (
        destruction(*UIDS, "cc" * 16),
        "it destroys what nobody approved",
    ),
    "under another request": (
        destruction(*UIDS, request="r2"),
        "it destroys what nobody approved",
    ),
    "its own details": (destruction(*UIDS, details=[2, 9]), "it erases what was written later"),
    "by another act": (destruction(*UIDS, act="release.prepared"), "its leaf is of another act"),
    "that was refused": (
        destruction(*UIDS, outcome=Outcome.REFUSED),
        "its leaf is of another act",
    ),
    "by staff": (
        destruction(*UIDS, by="sam"),
        "it destroys on the word of somebody who may not decide that",
    ),
    "before he might": (
        destruction(*UIDS, seq=2, details=[1]),
        "it destroys on the word of somebody who may not decide that",
    ),
    "without a form": (
        destruction(*UIDS, number="one"),
        "a statement of what was destroyed is not in its form",
    ),
    "without a uid": (
        destruction(items=[{}]),
        "a statement of what was destroyed is not in its form",
    ),
}


@pytest.mark.parametrize(("entry", "told"), REFUSED.values(), ids=REFUSED)
def test_nothing_is_destroyed(log: Log, entry: tuple[Any, Any], told: str) -> None:
    with pytest.raises(Tampered) as refused:
        taken(log, approval("r1", *UIDS), entry)
    assert refused.value.message == told


def test_a_destruction_is_read_as_it_was_said() -> None:
    _, statement = destruction(UIDS[0])
    assert read_destruction(statement) == Said(
        certificate="C-1",
        number=1,
        request="r1",
        items={UIDS[0]: {"uid": UIDS[0], "rule": "routine, 3 years"}},
        kept=(("cc" * 16, "claims"),),
        details=frozenset({2, 5}),
    )


NO_FORM: dict[str, dict[str, Any]] = {
    "no certificate": {"certificate": None},
    "no number": {"number": None},
    "no request": {"request": 1},
    "items that are none": {"items": "aa"},
    "an item that is none": {"items": [1]},
    "kept that are none": {"kept": "aa"},
    "kept without a code": {"kept": [{"uid": "aa"}]},
    "kept without a uid": {"kept": [{"code": "claims"}]},
    "details that are none": {"details": 2},
    "a detail that is none": {"details": ["two"]},
    "a detail that is nothing": {"details": [None]},
}


@pytest.mark.parametrize("fields", NO_FORM.values(), ids=NO_FORM)
def test_a_destruction_is_not_in_its_form_with(fields: dict[str, Any]) -> None:
    _, statement = destruction(UIDS[0], **fields)
    with pytest.raises(Tampered) as refused:
        read_destruction(statement)
    assert refused.value.message == "a statement of what was destroyed is not in its form"
