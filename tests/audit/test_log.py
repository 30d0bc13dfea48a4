"""The log in the catalogue: what is appended, read again, and told where it cannot be."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from itertools import compress, count
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select

from audit.registers import AT, id_of, stated
from callrec.audit.checkpoint import Checkpoint, check_checkpoint, origin
from callrec.audit.leaf import NOBODY, Leaf, Outcome, detail_commitment
from callrec.audit.log import (
    UNREADABLE_DETAILS,
    Head,
    Log,
    current_register,
    log_transaction,
    read_detail,
    read_founders,
    read_leaf,
    read_register,
    repeated_statements,
    rows_of_acts,
    stored_head,
    stored_size,
)
from callrec.audit.register import Register
from callrec.audit.tree import EMPTY_ROOT, leaf_hash
from callrec.catalogue import tables
from callrec.catalogue.engine import reading, transaction
from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.errors import Failed, NotFound, Tampered, Unusable
from callrec.policy.role import Power, Role
from house.people import lend_power
from house.practices import House
from registers.test_audit_verify import edit

AUDIT = bytes(range(32))

NONCE = b"n" * 32


def a_log(house: House) -> Log:
    """The log of the vault, to a version of the audit key whose secret is `AUDIT`."""
    return Log(house.practice.vault, 7, primitives.kem_public(AUDIT), lambda: AT)


def audit_key(version: int) -> bytes:
    return {7: AUDIT}[version]


def appended(house: House, **leaf: Any) -> Leaf:
    with log_transaction(house.practice.engine, a_log(house), None) as act:
        seq = act.leaf(leaf.pop("act", "login"), actor=NOBODY, **leaf)
    return read(house, seq)


def read(house: House, seq: int) -> Leaf:
    with reading(house.practice.engine) as connection:
        return read_leaf(connection, seq)[0]


def details_of(house: House, leaf: Leaf) -> object:
    with reading(house.practice.engine) as connection:
        return read_detail(connection, leaf, audit_key, house.practice.vault)


def told(house: House, read: Callable[[Connection], object]) -> str:
    with reading(house.practice.engine) as connection, pytest.raises(Tampered) as refused:
        read(connection)
    return refused.value.message


def head_of(house: House) -> Head:
    with reading(house.practice.engine) as connection:
        return stored_head(connection)


def test_a_leaf_says_what_was_given_and_when_it_was_written(house: House) -> None:
    size = head_of(house).size
    subject = (id_of("sam"), id_of("pat"))
    leaf = appended(house, subject=subject, outcome=Outcome.FAILED)
    assert leaf == Leaf(
        act="login",
        actor=NOBODY,
        at="2026-11-24T12:00:00.000Z",
        detail="",
        log=origin(house.practice.vault),
        outcome=Outcome.FAILED,
        seq=size,
        statement="",
        subject=subject,
    )
    assert appended(house).subject == ()


def test_a_leaf_carries_the_statement_that_counts_by_it(house: House) -> None:
    said = stated("batch", "dora", uid="aa")
    leaf = appended(house, statement=said)
    assert leaf.statement == said.digest
    with reading(house.practice.engine) as connection:
        where = tables.statement.c.digest == said.digest
        row = connection.execute(select(tables.statement).where(where)).one()
    assert (row.kind, row.body, row.signature) == ("batch", said.body, said.signature)


def test_leaf_0_says_who_founded_the_vault(house: House) -> None:
    founders = house.practice.register.founders
    edit(house, *(f"DELETE FROM {table}" for table in ("detail", "checkpoint", "leaf", "node")))
    with log_transaction(house.practice.engine, a_log(house), None) as act:
        assert act.head == Head(0, EMPTY_ROOT)
        assert act.leaf("vault.founded", actor=founders.controller, founders=founders) == 0
    with reading(house.practice.engine) as connection:
        assert read_founders(connection)[0] == founders


def test_details_are_sealed_beside_their_leaf_and_open_again(house: House) -> None:
    details = {"count": 3, "why": "Ann rang"}
    leaf = appended(house, details=details)
    assert details_of(house, leaf) == details
    detail = tables.detail
    with reading(house.practice.engine) as connection:
        row = connection.execute(select(detail).where(detail.c.seq == leaf.seq)).one()
    assert row.key_version == 7
    assert b"Ann" not in row.sealed


def test_a_nonce_that_is_given_binds_the_details_for_whoever_has_it(house: House) -> None:
    drawn, again = (appended(house, details={"count": 3}) for _ in range(2))
    given = appended(house, details={"count": 3}, nonce=NONCE)
    bound = detail_commitment(house.practice.vault, given.seq, NONCE, b'{"count":3}')
    assert given.detail == bound
    assert len({drawn.detail, again.detail, given.detail}) == 3


def test_where_there_are_no_details_none_are_read(house: House) -> None:
    without = appended(house)
    assert without.detail == ""
    assert details_of(house, without) is None
    erased = appended(house, details={"count": 3})
    edit(house, "DELETE FROM detail")
    assert details_of(house, erased) is None


def test_details_of_another_leaf_and_those_nobody_committed_to_are_refused(house: House) -> None:
    one, other = appended(house, details={"count": 3}), appended(house)
    edit(
        house,
        f"INSERT INTO detail SELECT {other.seq}, key_version, sealed FROM detail"
        f" WHERE seq = {one.seq}",
    )
    assert details_of(house, other) is None
    changed = replace(one, detail="aa" * 32)
    with pytest.raises(Tampered) as refused:
        details_of(house, changed)
    assert refused.value.message == f"the details of leaf {one.seq} are not those it commits to"


def test_a_checkpoint_covers_all_leaves_and_is_the_signers(house: House) -> None:
    mia = house.actor("mia")
    with log_transaction(house.practice.engine, a_log(house), mia.signer) as act:
        act.leaf("login", actor=mia.person.id)
        middle = act.head
        act.leaf("logout", actor=mia.person.id)
        end = act.head
    assert end == head_of(house)
    assert (end.size, end.root) != (middle.size, middle.root)
    assert end.size == middle.size + 1
    point = tables.checkpoint
    with reading(house.practice.engine) as connection:
        note = connection.execute(select(point.c.note).where(point.c.size == end.size)).scalar()
    public = primitives.signing_public(mia.signer.seed)
    name = origin(house.practice.vault)
    signed = check_checkpoint(bytes(note or b""), public, name)
    assert signed == Checkpoint(name, end.size, end.root)


def test_where_nothing_was_written_nothing_is_signed(house: House) -> None:
    before = head_of(house)
    with log_transaction(house.practice.engine, a_log(house), house.actor("mia").signer) as act:
        assert act.head == before
    with reading(house.practice.engine) as connection:
        sizes = connection.execute(select(tables.checkpoint.c.size)).scalars().all()
    assert max(sizes) == before.size


def test_an_entry_that_names_too_much_says_what_to_do(house: House) -> None:
    with (
        pytest.raises(Unusable) as refused,
        log_transaction(house.practice.engine, a_log(house), None) as act,
    ):
        act.leaf("login", actor=NOBODY, subject=[id_of("sam")] * 2000)
    assert refused.value.message == (
        "this concerns more recordings than one entry of the audit log can name"
    )
    assert refused.value.hint == "do it in several requests of 1500 recordings at most"


def test_the_vault_root_is_the_hash_of_leaf_0(house: House) -> None:
    with reading(house.practice.engine) as connection:
        founders, root = read_founders(connection)
        _, body = read_leaf(connection, 0)
    assert founders == house.practice.register.founders
    assert root == sha256(body).digest() == house.practice.root


@pytest.mark.parametrize("acts", [("login",), ("vault.founded", "login"), ("logout",)])
def test_leaves_are_found_by_their_acts(house: House, acts: tuple[str, ...]) -> None:
    for act in ("login", "login.late", "log", "login"):
        appended(house, act=act)
    with reading(house.practice.engine) as connection:
        bodies = connection.execute(select(tables.leaf.c.body).order_by(tables.leaf.c.seq))
        found = rows_of_acts(connection, acts).scalars("body").all()
    is_wanted = [Leaf.decode(body, body_seq(body)).act in acts for body in bodies.scalars()]
    assert [body_seq(body) for body in found] == [*compress(count(), is_wanted)]


def test_no_other_leaf_is_read_for_them(house: House) -> None:
    asked = []
    with reading(house.practice.engine) as connection:
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2:4]))
        rows_of_acts(connection, ["login"])
        query, values = asked[0]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
        assert plan.scalars("detail").all() == ["SEARCH leaf USING INDEX leaf_act (<expr>=?)"]


def body_seq(body: bytes) -> int:
    return int(body.partition(b'"seq":')[2].partition(b",")[0])


# What cannot be read.


def test_a_leaf_that_is_missing_is_told(house: House) -> None:
    assert told(house, lambda connection: read_leaf(connection, 999)) == (
        "leaf 999 of the audit log is missing"
    )


def test_a_node_that_is_missing_is_told(house: House) -> None:
    edit(house, "DELETE FROM node WHERE level = 4")
    for read in (stored_head, read_register):
        assert told(house, read) == "a node of the audit log's tree is missing"


def test_a_node_that_is_no_bytes_is_told(house: House) -> None:
    edit(house, "UPDATE node SET hash = 'text' WHERE level = 0 AND position = 5")
    assert told(house, read_register) == "a node of the audit log's tree is missing"


def test_a_log_without_leaves_is_empty_and_has_no_founders(house: House) -> None:
    edit(house, "DELETE FROM leaf")
    with reading(house.practice.engine) as connection:
        assert stored_size(connection) == 0
    assert told(house, read_founders) == "leaf 0 of the audit log is missing"


def test_a_statement_that_is_half_there_is_told(house: House) -> None:
    edit(
        house,
        "CREATE TABLE loose AS SELECT * FROM statement",
        "DROP TABLE statement",
        "ALTER TABLE loose RENAME TO statement",
        "UPDATE statement SET signature = NULL"
        " WHERE digest = (SELECT statement FROM leaf WHERE seq = 4)",
    )
    assert told(house, read_register) == "leaf 4 of the audit log is not whole"


def test_a_leaf_before_the_first_is_told(house: House) -> None:
    edit(house, "UPDATE leaf SET seq = -1 WHERE seq = 4")
    assert told(house, read_register) == "leaf -1 is not in its form"


def test_a_leaf_that_says_so_itself_is_told(house: House) -> None:
    with reading(house.practice.engine) as connection:
        leaf, _ = read_leaf(connection, 4)
    body = replace(leaf, seq=-1).encode().hex()
    edit(house, f"UPDATE leaf SET seq = -1, body = x'{body}' WHERE seq = 4")
    assert told(house, read_register) == "a leaf of the audit log has no number"


def test_a_leaf_that_has_a_word_for_its_number_is_told(house: House) -> None:
    edit(
        house,
        "CREATE TABLE loose AS SELECT * FROM leaf",
        "DROP TABLE leaf",
        "ALTER TABLE loose RENAME TO leaf",
        "UPDATE leaf SET seq = 'last' WHERE seq = 4",
    )
    assert told(house, stored_size) == "a leaf of the audit log has no number"


def test_a_leaf_that_is_not_in_the_tree_is_told(house: House) -> None:
    edit(
        house,
        f"UPDATE node SET hash = x'{leaf_hash(b'other').hex()}' WHERE level = 0 AND position = 5",
    )
    assert told(house, read_register) == "a proof of inclusion does not lead to the root"


def test_what_is_said_after_the_audit_key_was_renewed_is_sealed_to_the_new_one(
    house: House,
) -> None:
    secret = bytes(range(32, 64))
    with log_transaction(house.practice.engine, a_log(house), None) as act:
        act.seal_details_to(8, primitives.kem_public(secret))
        seq = act.leaf("login", actor=NOBODY, details={"tries": 2})
    with reading(house.practice.engine) as connection:
        leaf, _ = read_leaf(connection, seq)
        assert read_detail(connection, leaf, {8: secret}.__getitem__, house.practice.vault) == {
            "tries": 2
        }


def register_known(house: House) -> tuple[Register, int]:
    with reading(house.practice.engine) as connection:
        return read_register(connection), stored_size(connection)


def test_the_register_stands_where_nothing_of_people_or_keys_came_since(house: House) -> None:
    known, size = register_known(house)
    appended(house)
    with log_transaction(house.practice.engine, a_log(house), None) as act:
        act.leaf("ingest", actor=id_of("dora"), statement=stated("batch", "dora"))
    with reading(house.practice.engine) as connection:
        assert current_register(connection, known, size) is known


@pytest.mark.parametrize("before", [0, 1], ids=["next", "after another leaf"])
def test_what_came_of_them_is_in_it(house: House, before: int) -> None:
    known, size = register_known(house)
    for _ in range(before):
        appended(house, outcome=Outcome.FAILED)
    dora, until = house.actor("dora"), house.now().date()
    lend_power(house.practice, dora, login="sam", power=Power.ARCHIVE, until=until)
    sam = next(each.person.id for each in known.people() if each.person.role is Role.STAFF)
    with reading(house.practice.engine) as connection:
        now = current_register(connection, known, size)
        assert now == read_register(connection)
    assert (known.person(sam).delegations, len(now.person(sam).delegations)) == ((), 1)


def test_details_that_are_no_object_are_told_to_be_in_no_form(house: House) -> None:
    practice = house.practice
    seq = head_of(house).size
    body, info = b'["no object"]', context("detail", practice.vault, seq=seq)
    with log_transaction(practice.engine, a_log(house), None) as act:
        act.leaf("login", actor=NOBODY, details={}, nonce=NONCE)
    leaf = replace(read(house, seq), detail=detail_commitment(practice.vault, seq, NONCE, body))
    sealed = primitives.hpke_seal(primitives.kem_public(AUDIT), NONCE + body, info)
    edit(house, f"UPDATE detail SET sealed = x'{sealed.hex()}' WHERE seq = {seq}")
    assert details_of(house, leaf) == UNREADABLE_DETAILS


@pytest.mark.parametrize("begins", ["09", "af"], ids=["a digit", "a letter"])
def test_a_statement_that_two_leaves_carry_is_found_at_the_second(
    house: House, begins: str
) -> None:
    many = (stated("batch", "dora", batch=str(number)) for number in count())
    found = next(each for each in many if begins[0] <= each.digest[0] <= begins[1])
    with log_transaction(house.practice.engine, a_log(house), None) as act:
        act.leaf("ingest", actor=id_of("dora"), statement=found)
    second = appended(house).seq
    edit(house, f"UPDATE leaf SET statement = '{found.digest}' WHERE seq = {second}")
    with reading(house.practice.engine) as connection:
        assert repeated_statements(connection) == [second]


def failing(then: Callable[[], object], *, keeps: bool) -> Callable[[Engine], Any]:
    """A transaction whose commit fails, whether the disk keeps it or not; and what follows."""

    @contextmanager
    def at_the_end(engine: Engine) -> Iterator[Connection]:
        if keeps:
            with transaction(engine) as connection:
                yield connection
        else:
            with suppress(NotFound), transaction(engine) as connection:
                yield connection
                raise NotFound("undone")
        then()
        raise Failed("the disk cannot be written")

    return at_the_end


def appended_where_commits_fail(
    house: House, patch: pytest.MonkeyPatch, then: Callable[[], object], *, keeps: bool
) -> None:
    house.open()
    with patch.context() as failed:
        failed.setattr("callrec.audit.log.transaction", failing(then, keeps=keeps))
        with log_transaction(house.practice.engine, a_log(house), None) as act:
            act.leaf("login", actor=NOBODY)


def test_what_the_disk_keeps_is_done_whatever_it_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading(house.practice.engine) as connection:
        before = stored_size(connection)
    appended_where_commits_fail(house, monkeypatch, lambda: None, keeps=True)
    with reading(house.practice.engine) as connection:
        assert stored_size(connection) == before + 1


def test_it_is_so_where_another_has_gone_on_since(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended_where_commits_fail(house, monkeypatch, goes_on(house, monkeypatch), keeps=True)


def test_what_it_does_not_keep_is_not(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failed, match="cannot be written"):
        appended_where_commits_fail(house, monkeypatch, lambda: None, keeps=False)


def test_nor_where_another_has_written_in_its_place(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Failed, match="cannot be written"):
        appended_where_commits_fail(house, monkeypatch, goes_on(house, monkeypatch), keeps=False)


def test_nor_where_its_name_cannot_be_made_durable(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(_: object) -> None:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr("callrec.catalogue.engine.sync", sync)
    with pytest.raises(Failed, match="cannot be written"):
        appended_where_commits_fail(house, monkeypatch, lambda: None, keeps=True)


def test_nor_where_nobody_can_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def settled(_: Engine) -> None:
        raise Failed("the disk cannot be read")

    monkeypatch.setattr("callrec.audit.log.settled", settled)
    with pytest.raises(Failed, match="cannot be written"):
        appended_where_commits_fail(house, monkeypatch, lambda: None, keeps=True)


def goes_on(house: House, patch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Another process appends a leaf of its own."""

    def another() -> None:
        with patch.context() as well:
            well.setattr("callrec.audit.log.transaction", transaction)
            appended(house, subject=[id_of("another")])

    return another
