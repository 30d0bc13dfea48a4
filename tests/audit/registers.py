"""Registers that grow statement by statement, without a vault: people by their first names."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.register import Founders, Register, apply_statement
from callrec.crypto.identity import Identity
from callrec.crypto.statement import Statement, sign_statement

VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def id_of(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()[:32]


def key_of(who: str) -> Identity:
    return Identity.from_seed(hashlib.sha256(who.encode()).digest(), VAULT)


FOUNDERS = Founders(
    VAULT,
    "The Surgery",
    id_of("dora"),
    key_of("dora").public,
    id_of("kit"),
    key_of("kit").public,
)


@dataclass
class Log:
    """A register that grows by statements, each under a leaf of its own, from leaf 1 on."""

    register: Register = field(default_factory=lambda: Register(FOUNDERS))
    seq: int = 0

    def say(self, kind: str, by: str, **fields: Any) -> int:
        """Take a statement; returns the leaf's sequence."""
        self.seq += 1
        apply_statement(self.register, leaf_at(self.seq), stated(kind, by, **fields))
        return self.seq

    def vouch(self, person: str, by: str = "dora", second: str = "", **other: Any) -> int:
        known = self.register.vouchers.get(id_of(person), [])
        previous = known[-1].digest if known else ""
        fields = voucher(person, **{"previous": previous, "serial": len(known) + 1, **other})
        if second:
            fields["second"] = id_of(second)
            self.say("second", second, voucher=stated("voucher", by, **fields).digest)
        return self.say("voucher", by, **fields)

    def name_kit(self, keys: str, by: str = "dora", **other: Any) -> int:
        known = self.register.kits
        previous = known[-1].digest if known else ""
        fields = {"previous": previous, "serial": len(known) + 2, **other}
        return self.say("kit", by, keys=key_of(keys).public.as_json(), **fields)


def stated(kind: str, by: str, *, signed_by: str = "", **fields: Any) -> Statement:
    seed = key_of(signed_by or by).act
    return sign_statement(kind, vault=VAULT, by=id_of(by), at=AT, seed=seed, fields=fields)


def voucher(who: str, /, **other: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "delegations": [],
        "keys": key_of(who).public.as_json(),
        "lock": "",
        "second": "",
        "name": "aa" * 32,
        "person": id_of(who),
        "powers": ["hear"],
        "previous": "",
        "role": "staff",
        "serial": 1,
        "standing": "confirmed",
    }
    return {**fields, **other}


GOVERNS: dict[str, Any] = {"role": "data-controller", "powers": ["govern", "hear"]}


def a_leaf(**other: Any) -> Leaf:
    leaf = Leaf(
        act="vault.founded",
        actor=id_of("dora"),
        at="2026-11-24T12:00:00.000Z",
        detail="",
        log=f"callrec/{VAULT}",
        outcome=Outcome.DONE,
        seq=0,
        statement="",
        subject=(),
        founders=FOUNDERS.as_json(),
    )
    return replace(leaf, **other)


def leaf_at(seq: int) -> Leaf:
    """A later leaf, which carries whatever statement."""
    return a_leaf(seq=seq, founders=None)
