"""What is new is read alone only where it stands on just what was verified."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from callrec.audit import tree, whole
from callrec.audit.leaf import Leaf
from callrec.audit.log import read_leaf, stored_size
from callrec.audit.remembered import load_verified
from callrec.audit.stretch import StretchExpectations, check_stretch
from callrec.catalogue.engine import reading, sqlite_connection
from callrec.crypto.canonical import canonical
from callrec.crypto.primitives import signing_public
from callrec.crypto.statement import sign_statement
from callrec.errors import Tampered
from callrec.login.people import list_people
from callrec.people.powers import disable_person
from callrec.people.vouching import voucher_fields
from callrec.policy.role import Power, Role
from callrec.registers.verify import Verdict
from house.practices import House
from registers.test_audit_verify import edit, verified
from registers.test_audit_whole import newly, short_stretches


@pytest.fixture(autouse=True)
def _short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        short_stretches(patch, 2)
        yield


def put(database: sqlite3.Connection, seq: int, body: bytes) -> None:
    """Another leaf in the place of one, with the lowest node over it."""
    node = tree.leaf_hash(body)
    database.execute("UPDATE leaf SET body = ? WHERE seq = ?", (body, seq))
    database.execute("UPDATE node SET hash = ? WHERE level = 0 AND position = ?", (node, seq))


def long_ago(house: House) -> int:
    """Pat is disabled, which nothing later follows on; then much else happens, and is verified."""
    disable_person(house.practice, house.actor("dora"), login="pat")
    house.open()
    with reading(house.practice.engine) as connection:
        said = connection.exec_driver_sql("SELECT max(seq) FROM leaf WHERE statement NOT NULL")
        seq = int(said.scalar_one())
    for _ in range(12):
        list_people(house.practice, house.actor("max"))
    verified(house)
    list_people(house.practice, house.actor("max"))
    assert newly(house).verdict is Verdict.SINCE
    list_people(house.practice, house.actor("max"))
    return seq


def test_a_statement_hidden_long_before_what_is_new_is_found(house: House) -> None:
    edit(house, f"UPDATE leaf SET statement = NULL WHERE seq = {long_ago(house)}")
    assert newly(house).verdict is Verdict.TAMPERED


def test_a_statement_put_in_long_before_what_is_new_is_found(house: House) -> None:
    """Signatures of before are not checked again, so max needs none of a Data Controller's."""
    seq = long_ago(house) + 5
    max_, dora = house.actor("max"), house.actor("dora")
    mine = house.practice.register.voucher(max_.person.id)
    assert mine is not None
    assert max_.identity is not None
    forged = sign_statement(
        "voucher",
        vault=house.practice.vault,
        by=dora.person.id,
        at=house.now(),
        seed=max_.identity.act,
        fields=voucher_fields(
            replace(max_.person, role=Role.DATA_CONTROLLER, powers=frozenset(Power)),
            mine.keys,
            names_digest=mine.name,
            previous=mine,
        ),
    )
    with reading(house.practice.engine) as connection:
        leaf, _ = read_leaf(connection, seq)
    members = {name: getattr(leaf, name) for name in Leaf.__slots__ if name != "founders"}
    body = canonical({**members, "statement": forged.digest})
    house.practice.engine.dispose()
    with closing(sqlite3.connect(house.config.vault / "catalogue.sqlite")) as database:
        row = (forged.digest, "voucher", forged.body, forged.signature)
        database.execute("INSERT INTO statement VALUES (?, ?, ?, ?)", row)
        database.execute("UPDATE leaf SET statement = ? WHERE seq = ?", (forged.digest, seq))
        put(database, seq, body)
        database.commit()
    assert newly(house).verdict is Verdict.TAMPERED


def test_a_leaf_that_decided_something_long_before_what_is_new_is_not_another(house: House) -> None:
    """Its statement is the same; the tree has the hash of the leaf as it was."""
    seq = long_ago(house)
    seen = load_verified(house.practice.state_folder)
    assert seen is not None
    with reading(house.practice.engine) as connection:
        assert whole.verify_new_fast(connection, house.practice.vault, seen) is not None
        leaf, _ = read_leaf(connection, seq)
    body = replace(leaf, at=f"2025{leaf.at[4:]}").encode()
    edit(house, f"UPDATE leaf SET body = x'{body.hex()}' WHERE seq = {seq}")
    with reading(house.practice.engine) as connection:
        assert whole.verify_new_fast(connection, house.practice.vault, seen) is None


def test_other_founders_long_before_what_is_new_are_found(house: House) -> None:
    """Leaf 0 may be another here than where the vault root is taken from: there may be two."""
    long_ago(house)
    seen = load_verified(house.practice.state_folder)
    assert seen is not None
    with reading(house.practice.engine) as connection:
        assert whole.verify_new_fast(connection, house.practice.vault, seen) is not None
        leaf, _ = read_leaf(connection, 0)
    assert leaf.founders is not None
    founders = {
        **leaf.founders,
        "kit": {**leaf.founders["kit"], "log": leaf.founders["kit"]["act"]},
    }
    house.practice.engine.dispose()
    with closing(sqlite3.connect(house.config.vault / "catalogue.sqlite")) as database:
        put(database, 0, replace(leaf, founders=founders).encode())
        database.commit()
    with reading(house.practice.engine) as connection:
        assert whole.verify_new_fast(connection, house.practice.vault, seen) is None


def last_stretch(house: House, verified_size: int, replaced_at: int | None = None) -> None:
    """Check it as what is new since ``verified_size``, where max got another key at a leaf."""
    max_ = house.actor("max").person.id
    with reading(house.practice.engine) as connection:
        keys = dict(whole.log_keys(house.practice.register))
        if replaced_at is not None:
            keys[max_] = [*keys[max_], (replaced_at, signing_public(bytes(32)))]
        size = stored_size(connection)
        expected = StretchExpectations(house.practice.vault, size, keys, verified_size, {})
        check_stretch(sqlite_connection(connection), (size - 1) // 4 * 4, expected)


def checkpoints_gone(house: House) -> int:
    """Max has done much, and once more since it was verified; some checkpoints before are gone."""
    for _ in range(12):
        list_people(house.practice, house.actor("max"))
    size = verified(house).head.size
    list_people(house.practice, house.actor("max"))
    last_stretch(house, size)
    edit(house, f"DELETE FROM checkpoint WHERE size > {size - 8} AND size <= {size}")
    return size


def test_a_key_that_was_replaced_signs_nothing_new(house: House) -> None:
    """An act counts from when it was done, however far back the checkpoint before it was moved."""
    size = checkpoints_gone(house)
    last_stretch(house, size)
    with pytest.raises(Tampered):
        last_stretch(house, size, replaced_at=size - 6)


def test_leaves_missing_before_what_is_new_do_not_change_whose_it_is(house: House) -> None:
    size = checkpoints_gone(house)
    last = size // 4 * 4 - 1
    edit(house, "PRAGMA foreign_keys=OFF", f"UPDATE leaf SET seq = -1 WHERE seq = {last}")
    with pytest.raises(Tampered):
        last_stretch(house, size)
