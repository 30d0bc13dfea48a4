"""Which details may be gone: those that are listed under an approval, by whoever decides."""

from __future__ import annotations

from typing import Any

import pytest

from audit.registers import GOVERNS, Log, a_leaf, id_of, stated
from callrec.audit.erased import DestructionStatement, Erasures, read_destruction
from callrec.audit.leaf import Outcome
from callrec.errors import Tampered

UIDS = ("aa" * 16, "bb" * 16)

DECIDES: dict[str, Any] = {"role": "partner", "powers": ["decide-reserved"]}


def approval(
    request: str = "r1", *uids: str, by: str = "dora", act: str = "request.approved", **other: Any
) -> tuple[Any, Any]:
    fields = {
        "break_glass": False,
        "countersigned": "",
        "items": [{"uid": uid} for uid in uids],
        "requester": id_of("sam"),
        **other,
    }
    leaf = a_leaf(seq=7, founders=None, act=act, actor=id_of(by))
    return leaf, stated("approval", by, request=request, **fields)


def under(*approvals: tuple[Any, Any]) -> list[str]:
    return [statement.digest for _, statement in approvals]


BOTH = approval("r1", *UIDS)


def destruction(*uids: str, by: str = "dora", **other: Any) -> tuple[Any, Any]:
    leaf: dict[str, Any] = {
        key: other.pop(key) for key in ("seq", "act", "outcome") if key in other
    }
    fields = {
        "approvals": under(BOTH),
        "certificate": "C-1",
        "number": 1,
        "request": "r1",
        "items": [{"uid": uid, "rule": "routine, 3 years"} for uid in uids],
        "kept": [{"uid": "cc" * 16, "code": "claims"}],
        "details": [2, 5],
        **other,
    }
    on = {"seq": 9, "founders": None, "act": "request.carried-out", **leaf}
    return a_leaf(actor=id_of(by), **on), stated("destruction", by, **fields)


@pytest.fixture
def log() -> Log:
    log = Log()
    log.vouch("dora", **GOVERNS)
    log.vouch("dora", role="data-controller", powers=["govern", "decide-reserved"])
    log.vouch("sam")
    log.vouch("mia", role="manager", powers=["decide-general"])
    return log


def taken(log: Log, *entries: tuple[Any, Any]) -> Erasures:
    erasures = Erasures()
    for leaf, statement in entries:
        erasures.take(log.register, leaf, statement)
    return erasures


@pytest.mark.parametrize(
    "kept_days",
    [{}, {"tape": 3}, {"database": 0}, {"objects": "3"}, {"database": 35, "x": None}, 3],
)
def test_how_long_it_is_kept_is_said_in_its_form_or_not_at_all(kept_days: Any) -> None:
    _, statement = destruction(UIDS[0], kept_days=kept_days)
    with pytest.raises(Tampered, match="not in its form"):
        read_destruction(statement)
    _, statement = destruction(UIDS[0], kept_days={"database": None, "objects": 31})
    assert read_destruction(statement).kept_days == {"database": None, "objects": 31}
    assert read_destruction(destruction(UIDS[0])[1]).kept_days == {}


def test_what_was_destroyed_under_an_approval_is_gone_with_its_details(log: Log) -> None:
    first, second = approval("r1", UIDS[0]), approval("r1", UIDS[1])
    both: dict[str, Any] = {"approvals": under(first, second)}
    found = taken(log, first, second, destruction(*UIDS, **both), destruction(**both, details=[7]))
    assert (found.uids, found.details) == ({*UIDS}, {2, 5, 7})
    assert [*found.approved["r1"].values()] == [{UIDS[0]}, {UIDS[1]}]


def test_no_other_statement_lets_anything_be_gone(log: Log) -> None:
    leaf, _ = destruction(*UIDS)
    found = taken(log, (leaf, stated("batch", "dora", items=[{"uid": UIDS[0]}])))
    assert (found.uids, found.details, found.approved) == (set(), set(), {})


def test_what_was_lent_lets_be_destroyed_too(log: Log) -> None:
    log.vouch(
        "pat", delegations=[{"power": "decide-reserved", "until": "2026-01-01"}], second="mia"
    )
    assert taken(log, BOTH, destruction(*UIDS, by="pat")).uids == {*UIDS}


def test_the_data_controller_who_broke_the_glass_decides_what_she_asked_for(log: Log) -> None:
    own = approval("r1", *UIDS, requester=id_of("dora"), break_glass=True)
    assert taken(log, own, destruction(*UIDS, approvals=under(own))).uids == {*UIDS}


def test_what_she_did_as_such_stays_done_when_another_takes_her_place(log: Log) -> None:
    own = approval("r1", *UIDS, requester=id_of("dora"), break_glass=True)
    log.seq = 20
    log.vouch("dora", **DECIDES)
    assert taken(log, own, destruction(*UIDS, approvals=under(own))).uids == {*UIDS}


def test_nor_does_who_takes_her_place_later_make_good_what_he_did_before(log: Log) -> None:
    own = approval("r1", *UIDS, by="pat", requester=id_of("pat"), break_glass=True)
    log.vouch("pat", **DECIDES)
    log.seq = 20
    log.vouch("pat", role="data-controller", powers=["govern", "decide-reserved"])
    with pytest.raises(Tampered):
        taken(log, own, destruction(*UIDS, approvals=under(own)))


NO_WARRANTS: dict[str, tuple[Any, Any]] = {
    "by whoever decides who may hear": approval("r1", *UIDS, by="mia"),
    "by whoever asked": approval("r1", *UIDS, requester=id_of("dora")),
    "by whoever asked, and is no Data Controller": approval(
        "r1", *UIDS, by="pat", requester=id_of("pat"), break_glass=True
    ),
    "the second signature": approval("r1", *UIDS, by="pat", countersigned=id_of("pat")),
    "under a leaf of another act": approval("r1", *UIDS, act="request.amended"),
    "by the recovery kit": approval("r1", *UIDS, by="kit"),
    "of another request": approval("r2", *UIDS),
    "of another recording": approval("r1", UIDS[0]),
}


@pytest.mark.parametrize("warrant", NO_WARRANTS.values(), ids=NO_WARRANTS)
def test_nothing_is_destroyed_under_an_approval_that_is_none_for_that(
    log: Log, warrant: tuple[Any, Any]
) -> None:
    log.vouch("pat", **DECIDES)
    with pytest.raises(Tampered, match="it destroys what nobody approved"):
        taken(log, warrant, destruction(*UIDS, approvals=under(warrant)))
    with pytest.raises(Tampered, match="it destroys what nobody approved"):
        taken(log, BOTH, warrant, destruction(UIDS[0], approvals=["ee" * 32, *under(BOTH)]))


REFUSED: dict[str, tuple[tuple[Any, Any], str]] = {
    "what nobody approved": (
        destruction(*UIDS, "cc" * 16),
        "it destroys what nobody approved",
    ),
    "under no approval": (
        destruction(*UIDS, approvals=[]),
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
        taken(log, BOTH, entry)
    assert refused.value.message == told


def test_a_destruction_is_read_as_it_was_said() -> None:
    _, statement = destruction(UIDS[0])
    assert read_destruction(statement) == DestructionStatement(
        certificate="C-1",
        number=1,
        request="r1",
        items={UIDS[0]: {"uid": UIDS[0], "rule": "routine, 3 years"}},
        kept=(("cc" * 16, "claims"),),
        details=frozenset({2, 5}),
        approvals=frozenset(under(BOTH)),
        kept_days={},
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
    "approvals that are none": {"approvals": 2},
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
