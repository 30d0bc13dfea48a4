"""How a key came to be allowed to sign: leaf 0, and every voucher that it takes."""

from __future__ import annotations

import base64
from typing import Any

from audit.registers import voucher
from callrec.audit.evidence import write_signers
from callrec.audit.log import log_transaction, read_leaf, stored_head
from callrec.audit.tree import check_inclusion, leaf_hash
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import parse
from callrec.crypto.identity import Identity
from callrec.crypto.kit import read_kit
from callrec.crypto.statement import Statement, check_statement, read_statement, sign_statement
from house.practices import House


def written(house: House, person: str, *, less: int = 0) -> list[dict[str, Any]]:
    """The entries, each shown to stand in the tree at its place."""
    register = house.open().register
    with reading(house.practice.engine) as connection:
        head = stored_head(connection)
        data = write_signers(connection, register, person, head.size - less)
        leaves = [read_leaf(connection, entry["seq"]) for entry in parse(data)["entries"]]
    said = parse(data)
    assert said["schema"] == "callrec.signers/1"
    for entry, (leaf, body) in zip(said["entries"], leaves, strict=True):
        assert entry.keys() == {"head", "leaf", "proof", "seq", "statement"}
        assert base64.b64decode(entry["leaf"]) == body
        proof = [base64.b64decode(node) for node in entry["proof"]]
        if not less:
            check_inclusion(leaf_hash(body), leaf.seq, head.size, proof, head.root)
        if leaf.seq:
            assert statement_of(house, entry).digest == leaf.statement
        else:  # the practice's first settings, which show nobody's key
            assert entry["statement"] is None
    return list(said["entries"])


def statement_of(house: House, entry: dict[str, Any]) -> Statement:
    body, signature = (base64.b64decode(entry["statement"][name]) for name in ("body", "signature"))
    return read_statement(body, signature, house.practice.vault)


def seqs(house: House, person: str, *, less: int = 0) -> list[int]:
    return [entry["seq"] for entry in written(house, person, less=less)]


def id_of(house: House, login: str) -> str:
    return house.actor(login).person.id


def vouchers(house: House, person: str) -> list[int]:
    return [each.seq for each in house.open().register.vouchers[person]]


class Kit:
    """Somebody who acts with seeds that no vault has."""

    def __init__(self, house: House, seed: bytes, person: str) -> None:
        self.house = house
        self.identity = Identity.from_seed(seed, house.practice.vault)
        self.person = person

    def say(self, kind: str, **fields: Any) -> int:
        practice = self.house.practice
        seed, at = self.identity.act, self.house.now()
        statement = sign_statement(
            kind, vault=practice.vault, by=self.person, at=at, seed=seed, fields=fields
        )
        with log_transaction(practice.engine, practice.log, None) as act:
            return act.leaf("person.added", actor=self.person, statement=statement)


def test_whoever_founded_is_shown_by_leaf_0_and_his_vouchers(house: House) -> None:
    dora = id_of(house, "dora")
    assert seqs(house, dora) == [0, *vouchers(house, dora)]


def test_with_somebodys_vouchers_stand_those_of_who_made_them_and_signed_too(house: House) -> None:
    dora, pat, sam = (id_of(house, login) for login in ("dora", "pat", "sam"))
    people = [each for person in (dora, pat, sam) for each in vouchers(house, person)]
    register = house.practice.register
    newest = register.vouchers[sam][-1]
    seconded = register.seconds[newest.digest, pat]
    assert seqs(house, sam) == sorted([0, *people, seconded])
    entry = written(house, sam)[-1]
    keys = house.practice.register.public_keys(dora)
    check_statement(statement_of(house, entry), keys.act)


def test_a_later_voucher_about_the_maker_shows_nothing(house: House) -> None:
    dora, sam = id_of(house, "dora"), id_of(house, "sam")
    before = seqs(house, sam)
    newest = house.practice.register.vouchers[dora][-1]
    again = voucher(
        "dora",
        keys=newest.keys.as_json(),
        person=dora,
        powers=sorted(newest.person.powers),
        previous=newest.digest,
        role="data-controller",
        serial=newest.serial + 1,
    )
    seq = Kit(house, house.seeds["dora"], dora).say("voucher", **again)
    assert seqs(house, sam) == before
    assert seqs(house, dora) == [0, *vouchers(house, dora)]
    assert seqs(house, dora)[-1] == seq


def test_what_the_head_does_not_cover_is_not_shown(house: House) -> None:
    door = id_of(house, "door")
    last = vouchers(house, door)[-1]
    with reading(house.practice.engine) as connection:
        size = stored_head(connection).size
    assert seqs(house, door)[-1] == last
    assert last not in seqs(house, door, less=size - last)


def test_where_a_later_kit_made_a_voucher_what_named_that_kit_is_shown(house: House) -> None:
    founders, dora = house.practice.register.founders, id_of(house, "dora")
    seeds = {"kit 2": b"2" * 32, "nora": b"n" * 32}
    keys = {
        who: Identity.from_seed(seed, house.practice.vault).public for who, seed in seeds.items()
    }
    named = Kit(house, house.seeds["dora"], dora).say(
        "kit", keys=keys["kit 2"].as_json(), previous="", serial=2
    )
    house.open()
    nora = "ee" * 16
    made = Kit(house, seeds["kit 2"], founders.kit).say(
        "voucher",
        **voucher(
            "nora",
            person=nora,
            keys=keys["nora"].as_json(),
            role="data-controller",
            powers=["govern"],
        ),
    )
    assert seqs(house, nora) == [0, *vouchers(house, dora), named, made]
    assert named not in seqs(house, id_of(house, "sam"))


def test_the_first_kit_is_named_by_leaf_0_alone(house: House) -> None:
    kit = house.practice.register.founders.kit
    first = Kit(house, read_kit(house.kit), kit)
    made = first.say(
        "voucher",
        **voucher("nora", person="ee" * 16, role="data-controller", powers=["govern"]),
    )
    assert seqs(house, "ee" * 16) == [0, made]
