"""A leaf counts as its actor's only if the first checkpoint over it is his."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from callrec.audit.attested import attested_leaves
from callrec.audit.leaf import NOBODY, Leaf, Outcome
from callrec.audit.log import log_transaction, stored_head
from callrec.catalogue.engine import reading, transaction
from callrec.errors import Tampered
from callrec.practice import record, writing
from house.practices import House


def attested(house: House, *seqs: int) -> tuple[Leaf, ...]:
    with reading(house.practice.engine) as connection:
        return attested_leaves(connection, house.practice.register, seqs)


def size(house: House) -> int:
    with reading(house.practice.engine) as connection:
        return stored_head(connection).size


def by_sql(house: House, statement: str, **values: object) -> None:
    with transaction(house.practice.engine) as connection:
        assert connection.execute(text(statement), values).rowcount > 0


def test_a_leaf_under_its_actors_checkpoint_is_his(house: House) -> None:
    sam = house.session("sam")
    seq = record(house.practice, sam, "people.listed")
    assert [leaf.actor for leaf in attested(house, seq)] == [sam.person.id]


def test_every_leaf_that_made_the_practice_is_attested(house: House) -> None:
    assert len(attested(house, *range(size(house)))) == size(house)


def test_nobody_puts_an_act_in_anothers_name(house: House) -> None:
    sam, dora = house.session("sam"), house.session("dora")
    with writing(house.practice, sam.signer) as act:
        seq = act.leaf("person.role", actor=dora.person.id)
    with pytest.raises(Tampered, match="signed"):
        attested(house, seq)


def test_a_later_checkpoint_of_the_actor_does_not_attest_it(house: House) -> None:
    sam, dora = house.session("sam"), house.session("dora")
    with writing(house.practice, sam.signer) as act:
        seq = act.leaf("person.role", actor=dora.person.id)
    with log_transaction(house.practice.engine, house.practice.log, dora.signer) as act:
        act.leaf(
            "people.listed", actor=dora.person.id
        )  # by a program of their own, without a check
    with pytest.raises(Tampered):
        attested(house, seq)


def test_a_leaf_without_a_key_is_nobodys(house: House) -> None:
    with writing(house.practice, None) as act:
        seq = act.leaf("login", actor=NOBODY, outcome=Outcome.FAILED)
    with pytest.raises(Tampered, match=f"^no checkpoint covers leaf {seq} of the audit log$"):
        attested(house, seq)
    record(house.practice, house.session("sam"), "people.listed")
    with pytest.raises(Tampered, match=f"^nobody vouched for the actor of leaf {seq}$"):
        attested(house, seq)


def test_a_changed_leaf_is_found(house: House) -> None:
    seq = record(house.practice, house.session("sam"), "people.listed")
    changed = (
        "UPDATE leaf SET body = CAST(replace(body, 'people.listed', 'people.lasted') AS BLOB)"
        " WHERE seq = :seq"
    )
    by_sql(house, changed, seq=seq)
    with pytest.raises(Tampered):
        attested(house, seq)


def test_a_checkpoint_of_another_size_is_found(house: House) -> None:
    seq = record(house.practice, house.session("sam"), "people.listed")
    record(house.practice, house.session("sam"), "people.listed")
    by_sql(house, "DELETE FROM checkpoint WHERE size = :size", size=seq + 1)
    by_sql(house, "UPDATE checkpoint SET size = size - 1 WHERE size = :size", size=seq + 2)
    with pytest.raises(Tampered, match=f"^the checkpoint over leaf {seq} signs another log$"):
        attested(house, seq)
