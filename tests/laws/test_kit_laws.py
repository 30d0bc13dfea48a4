"""Laws of the register of kits: whatever statements there are, in whatever order."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from audit.registers import AT, VAULT, id_of, key_of, leaf_at
from callrec.audit.register import Founders, Register, apply_statement
from callrec.crypto.statement import Statement, sign_statement
from callrec.errors import Tampered

KEYS = {who: key_of(who) for who in ("dora", "sam", "pat", "nora", "kit 1", "kit 2", "kit 3")}

DORA, KIT = id_of("dora"), id_of("kit")


def said(kind: str, by: str, **fields: Any) -> Statement:
    return sign_statement(kind, vault=VAULT, by=by, at=AT, seed=KEYS["dora"].act, fields=fields)


def voucher(register: Register, by: str, person: str, role: str) -> Statement:
    known = register.vouchers.get(id_of(person), [])
    governs = role == "data-controller"
    return said(
        "voucher",
        by,
        delegations=[],
        keys=KEYS[person].public.as_json(),
        lock="",
        name="aa" * 32,
        person=id_of(person),
        powers=["govern", "hear"] if governs else ["hear"],
        previous=known[-1].digest if known else "",
        role=role,
        second="",
        serial=len(known) + 1,
        standing="confirmed",
    )


def a_kit(register: Register, by: str) -> Statement:
    known = register.kits
    return said(
        "kit",
        by,
        keys=KEYS[f"kit {len(known) % 2 + 2}"].public.as_json(),
        previous=known[-1].digest if known else "",
        serial=len(known) + 2,
    )


makers = st.sampled_from([DORA, KIT, id_of("sam"), id_of("nora")])

people = st.sampled_from(["dora", "sam", "pat", "nora"])

roles = st.sampled_from(["data-controller", "staff"])

steps = st.lists(st.tuples(makers, st.none() | st.tuples(people, roles)), max_size=12)


def founded() -> Register:
    founders = Founders(VAULT, "The Surgery", DORA, KEYS["dora"].public, KIT, KEYS["kit 1"].public)
    register = Register(founders)
    apply_statement(register, leaf_at(1), voucher(register, DORA, "dora", "data-controller"))
    return register


def played(register: Register, what: list[Any]) -> None:
    for seq, (by, about) in enumerate(what, 2):
        made = voucher(register, by, *about) if about else a_kit(register, by)
        with suppress(Tampered):
            apply_statement(register, leaf_at(seq), made)


@given(steps)
@example([(KIT, ("sam", "data-controller")), (KIT, ("nora", "data-controller"))])
@example([(KIT, ("nora", "data-controller")), (id_of("nora"), None), (KIT, ("pat", "staff"))])
def test_each_kit_vouches_once_at_most_and_for_somebody_new_who_controls(what: list[Any]) -> None:
    register = founded()
    played(register, what)
    by_kit = [v for known in register.vouchers.values() for v in known if v.by == KIT]
    starts = [0, *(kit.seq for kit in register.kits)]
    of_each = [max(n for n, start in enumerate(starts) if start < v.seq) for v in by_kit]
    assert len(of_each) == len(set(of_each))
    assert all(v.serial == 1 and v.person.role == "data-controller" for v in by_kit)


@given(steps)
def test_only_who_governed_names_a_kit(what: list[Any]) -> None:
    register = founded()
    played(register, what)
    for kit in register.kits:
        maker = register.voucher(kit.by, before=kit.seq)
        assert maker is not None
        assert "govern" in maker.person.powers


@given(steps)
def test_at_every_sequence_one_kit_counts_and_it_was_named_before(what: list[Any]) -> None:
    register = founded()
    played(register, what)
    for seq in range(len(what) + 3):
        named = [kit.keys for kit in register.kits if kit.seq < seq]
        expected = named[-1] if named else register.founders.kit_keys
        assert register.public_keys(KIT, before=seq) == expected
    assert len(register.earlier_kits()) == len(register.kits)


@given(steps, steps)
def test_what_comes_later_changes_nothing_of_before(first: list[Any], then: list[Any]) -> None:
    short, long = founded(), founded()
    played(short, first)
    played(long, [*first, *then])
    for seq in range(len(first) + 2):
        assert short.public_keys(KIT, before=seq) == long.public_keys(KIT, before=seq)
