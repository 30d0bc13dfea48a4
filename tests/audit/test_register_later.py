"""What a volume's log says of people beyond the log that was restored: who counts, and who not."""

from __future__ import annotations

from typing import Any

import pytest

from audit.registers import GOVERNS, Log, id_of, key_of, stated, voucher
from callrec.audit.register import Register, read_newer_voucher
from callrec.crypto.statement import Statement
from callrec.errors import Tampered
from callrec.policy.role import Role

SIZE = 12


@pytest.fixture
def register() -> Register:
    """Dora governs; sam is of the staff, and max was shut out."""
    log = Log()
    log.vouch("dora", **GOVERNS)
    log.vouch("sam")
    log.vouch("max")
    log.vouch("max", standing="disabled", powers=[])
    return log.register


def later(who: str, *, by: str = "dora", **other: Any) -> Statement:
    signed_by = other.pop("signed_by", "")
    return stated("voucher", by, signed_by=signed_by, **voucher(who, **other))


def test_whoever_came_since_is_known(register: Register) -> None:
    found = read_newer_voucher(register, later("ann", role="partner"), SIZE)
    assert found is not None
    assert (found.person.id, found.person.role, found.seq) == (id_of("ann"), Role.PARTNER, SIZE)
    assert found.keys == key_of("ann").public


def test_so_is_whoever_was_given_other_powers_or_another_key_since(register: Register) -> None:
    found = read_newer_voucher(
        register, later("sam", serial=2, keys=key_of("new").public.as_json()), SIZE
    )
    assert found is not None
    assert found.keys == key_of("new").public


NOTHING_LATER = {
    "what the register knows": later("sam", serial=1),
    "of whom the register knows as shut out": later("max", serial=3),
    "by somebody who does not govern": later("ann", by="sam"),
    "by nobody who is known": later("ann", by="eve"),
    "of something else": stated("batch", "dora"),
}


@pytest.mark.parametrize("statement", NOTHING_LATER.values(), ids=NOTHING_LATER)
def test_nothing_else_is(register: Register, statement: Statement) -> None:
    assert read_newer_voucher(register, statement, SIZE) is None


FORGED = {
    "signed by another": (later("ann", signed_by="eve"), "a signature does not verify"),
    "of no role": (later("ann", role="owner"), "a voucher is not in its form"),
    "of no number": (later("sam", serial="2"), "a voucher is not in its form"),
    "without powers": (
        stated("voucher", "dora", **{k: v for k, v in voucher("ann").items() if k != "powers"}),
        "a voucher is not in its form",
    ),
}


@pytest.mark.parametrize(("statement", "told"), FORGED.values(), ids=FORGED)
def test_what_was_not_signed_so_is_tampering(
    register: Register, statement: Statement, told: str
) -> None:
    with pytest.raises(Tampered) as refused:
        read_newer_voucher(register, statement, SIZE)
    assert refused.value.message == told
