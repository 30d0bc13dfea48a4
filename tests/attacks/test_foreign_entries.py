"""What somebody wrote into the log without any key is named at the next command, and no more.

Nothing is written over it. Whoever governs puts on record what was found, and the practice works
again; what was found is never said to be intact, and nothing follows from it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from callrec.audit import tree
from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import log_transaction
from callrec.audit.resumed import resumed_fields
from callrec.catalogue import tables
from callrec.crypto.statement import sign_statement
from house.commands import Answer, done, type_in
from house.practices import House

TAMPERED = 5

REASON = "The computer in the back room was open to anyone. It is locked now."


def database(house: House) -> sqlite3.Connection:
    house.practice.engine.dispose()
    return sqlite3.connect(house.folder / "vault" / "catalogue.sqlite")


def size_of(house: House) -> int:
    with closing(database(house)) as catalogue:
        ((newest,),) = catalogue.execute("SELECT max(seq) FROM leaf")
        return int(newest) + 1


def append(house: House, body: bytes, statement: str | None = None) -> int:
    """What somebody does who can write the database: a leaf, and all nodes over it."""
    seq = size_of(house)
    with closing(database(house)) as catalogue, catalogue:

        def read(level: int, position: int) -> bytes:
            query = "SELECT hash FROM node WHERE level = ? AND position = ?"
            ((found,),) = catalogue.execute(query, (level, position))
            return bytes(found)

        nodes = tree.stored_nodes(seq, tree.leaf_hash(body), read)
        catalogue.execute("INSERT INTO leaf VALUES (?, ?, ?)", (seq, body, statement))
        catalogue.executemany("INSERT INTO node VALUES (?, ?, ?)", nodes)
    return seq


def leaf(house: House, act: str, *, actor: str = "-") -> bytes:
    made = Leaf(
        act=act,
        actor=actor,
        at="2026-11-24T09:05:00.000Z",
        detail="",
        log=f"callrec/{house.practice.vault}",
        outcome=Outcome.DONE,
        seq=size_of(house),
        statement="",
        subject=(),
    )
    return made.encode()


def by_nobody(house: House) -> None:
    append(house, leaf(house, "request.approved"))


def in_the_name_of_pat(house: House) -> None:
    append(house, leaf(house, "listen", actor=house.actor("pat").person.id))


def in_no_form(house: House) -> None:
    append(house, b"no leaf of ours")


def a_statement_in_no_form(house: House) -> None:
    body = json.loads(leaf(house, "person.vouched", actor=house.actor("dora").person.id))
    digest = "ab" * 32
    body["statement"] = digest
    text = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    append(house, text, digest)
    with closing(database(house)) as catalogue, catalogue:
        values = (digest, "voucher", b"rubbish", b"s" * 64)
        catalogue.execute("INSERT INTO statement VALUES (?, ?, ?, ?)", values)


def many(house: House) -> None:
    for _ in range(3):
        by_nobody(house)
        in_no_form(house)


def flip(house: House, table: str, column: str, where: str) -> None:
    with closing(database(house)) as catalogue, catalogue:
        ((value,),) = catalogue.execute(f"SELECT {column} FROM {table} WHERE {where}")
        changed = bytes([*value[:-9], value[-9] ^ 1, *value[-8:]])
        catalogue.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (changed,))


def the_newest_checkpoint(house: House) -> None:
    flip(house, "checkpoint", "note", "size = (SELECT max(size) FROM checkpoint)")


def a_forged_node(house: House) -> None:
    flip(house, "node", "hash", "level = 0 AND position = (SELECT max(seq) FROM leaf)")


def a_node_to_come(house: House) -> None:
    with closing(database(house)) as catalogue, catalogue:
        values = (0, size_of(house), b"n" * 32)
        catalogue.execute("INSERT INTO node VALUES (?, ?, ?)", values)


def a_checkpoint_to_come(house: House) -> None:
    with closing(database(house)) as catalogue, catalogue:
        values = (size_of(house) + 1, b"a checkpoint")
        catalogue.execute("INSERT INTO checkpoint VALUES (?, ?)", values)


def an_entry_far_ahead(house: House) -> None:
    with closing(database(house)) as catalogue, catalogue:
        values = (size_of(house) + 1000, b"far ahead")
        catalogue.execute("INSERT INTO leaf (seq, body) VALUES (?, ?)", values)


AT_THE_END: dict[str, Callable[[House], None]] = {
    "by nobody": by_nobody,
    "in the name of a partner": in_the_name_of_pat,
    "in no form": in_no_form,
    "a statement in no form": a_statement_in_no_form,
    "many": many,
    "the newest checkpoint": the_newest_checkpoint,
    "a forged node": a_forged_node,
    "a node to come": a_node_to_come,
    "a checkpoint to come": a_checkpoint_to_come,
    "an entry far ahead": an_entry_far_ahead,
}


def an_old_checkpoint(house: House) -> None:
    """Over an entry that states nothing of people or keys, after which others signed."""
    plain = "SELECT seq + 1 FROM leaf WHERE statement IS NULL"
    sizes = f"SELECT size FROM checkpoint WHERE size IN ({plain}) ORDER BY size LIMIT 1 OFFSET 4"
    flip(house, "checkpoint", "note", f"size = ({sizes})")


def an_old_node(house: House) -> None:
    flip(house, "node", "hash", "level = 1 AND position = 3")


def an_old_entry(house: House) -> None:
    """Of a login, or a search: one that nothing rests on."""
    flip(
        house,
        "leaf",
        "body",
        "seq = (SELECT max(seq) FROM leaf WHERE instr(body, x'22736561726368222c'))",
    )


def old_details_gone(house: House) -> None:
    with closing(database(house)) as catalogue, catalogue:
        catalogue.execute("DELETE FROM detail WHERE seq = (SELECT min(seq) FROM detail)")


def a_stray_statement(house: House) -> None:
    with closing(database(house)) as catalogue, catalogue:
        values = ("cd" * 32, "batch", b"rubbish", b"s" * 64)
        catalogue.execute("INSERT INTO statement VALUES (?, ?, ?, ?)", values)


def strange_details(house: House) -> None:
    with closing(database(house)) as catalogue, catalogue:
        query = "SELECT min(seq) FROM leaf WHERE seq NOT IN (SELECT seq FROM detail)"
        ((seq,),) = catalogue.execute(query)
        catalogue.execute("INSERT INTO detail VALUES (?, 1, ?)", (seq, b"strange"))


WITHIN: dict[str, Callable[[House], None]] = {
    "an old checkpoint": an_old_checkpoint,
    "an old node": an_old_node,
    "an old entry": an_old_entry,
    "old details gone": old_details_gone,
    "a stray statement": a_stray_statement,
    "strange details": strange_details,
}

SEARCH = ("search", "--party", "featherstonehaugh", "--reason", "A complaint about a call")

NEXT = (("pat", *SEARCH), ("dora", "user", "list"), ("sam", "login", "sam"))


@pytest.mark.parametrize("attack", AT_THE_END.values(), ids=AT_THE_END)
def test_what_was_added_without_a_key_is_named_at_the_next_command_and_nothing_written_over_it(
    attack: Callable[[House], None], worked: House
) -> None:
    attack(worked)
    before = size_of(worked)
    for login, *words in NEXT:
        answer = type_in(worked, login, *words)
        assert answer.status == TAMPERED, answer
        assert "callrec audit " in answer.err
    assert size_of(worked) == before


def resume(house: House, login: str = "dora") -> Answer:
    return type_in(house, login, "audit", "resume", "--reason", REASON, "--yes")


@pytest.mark.parametrize(
    "attack", [*AT_THE_END.values(), *WITHIN.values()], ids=[*AT_THE_END, *WITHIN]
)
def test_once_it_is_on_record_the_practice_works_again_and_is_never_plainly_intact(
    attack: Callable[[House], None], worked: House
) -> None:
    attack(worked)
    answer = resume(worked)
    assert answer.status == 0, answer
    verify = type_in(worked, "dora", "audit", "verify", "--full")
    assert verify.status == 0, verify
    first, *rest = verify.out.splitlines()
    assert first.startswith("INTACT, resumed at ")
    assert "INTACT" not in rest
    done(worked, "pat", *SEARCH)
    approve = type_in(worked, "max", "approve", "R-3", "--yes")
    assert approve.status == 0, approve
    again = type_in(worked, "dora", "audit", "verify")
    assert again.status == 0
    assert again.out.splitlines()[0] == first
    assert "resumed at" in done(worked, "dora", "status")


def test_nobody_else_puts_it_on_record(worked: House) -> None:
    by_nobody(worked)
    before = size_of(worked)
    for login in ("pat", "max", "sam", "ava"):
        answer = resume(worked, login)
        assert answer.status == 3, answer
    assert size_of(worked) == before


def test_nothing_follows_from_what_was_set_aside(worked: House) -> None:
    before = done(worked, "dora", "register", "holds")
    in_the_name_of_pat(worked)
    assert resume(worked).status == 0
    listed = json.loads(done(worked, "dora", "--json", "audit", "list", "--actor", "pat"))
    assert not [each for each in listed["items"] if each["at"] == "2026-11-24T09:05:00.000Z"]
    assert done(worked, "dora", "register", "holds") == before
    assert "entry" in done(worked, "dora", "register", "set-aside")


def test_an_entry_in_her_own_name_is_none_of_whoever_puts_it_on_record(worked: House) -> None:
    append(worked, leaf(worked, "hold.lifted", actor=worked.actor("dora").person.id))
    answer = resume(worked)
    assert answer.status == 0, answer
    assert "in your own name" in answer.out
    verify = done(worked, "dora", "audit", "verify", "--full")
    assert "hold.lifted" in verify


def test_where_nothing_is_wrong_there_is_nothing_to_resume(worked: House) -> None:
    before = size_of(worked)
    answer = resume(worked)
    assert answer.status == 2, answer
    assert "nothing" in answer.err
    assert size_of(worked) == before


def test_whoever_writes_the_database_alone_makes_no_such_entry(worked: House) -> None:
    """Its statement, taken from another place, counts for nothing."""
    by_nobody(worked)
    assert resume(worked).status == 0
    with closing(database(worked)) as catalogue, catalogue:
        ((digest,),) = catalogue.execute("SELECT digest FROM statement WHERE kind = 'resumed'")
    body = json.loads(leaf(worked, "log.resumed", actor=worked.actor("dora").person.id))
    body["statement"] = digest
    append(worked, json.dumps(body, separators=(",", ":"), sort_keys=True).encode(), digest)
    assert type_in(worked, "pat", *SEARCH).status == TAMPERED
    assert type_in(worked, "dora", "audit", "verify").status == TAMPERED


def test_a_manager_s_word_that_the_record_goes_on_stops_nothing(worked: House) -> None:
    """With a program of his own and his own key."""
    max_ = worked.actor("max")
    assert max_.identity is not None
    statement = sign_statement(
        "resumed",
        vault=worked.practice.vault,
        by=max_.person.id,
        at=worked.now(),
        seed=max_.identity.act,
        fields=resumed_fields(()),
    )
    practice = worked.practice
    with log_transaction(practice.engine, practice.log, max_.signer) as it:
        it.leaf("log.resumed", actor=max_.person.id, statement=statement)
    assert type_in(worked, "dora", "audit", "verify").status == TAMPERED
    assert resume(worked).status == 0
    assert done(worked, "dora", "audit", "verify").startswith("INTACT, resumed at ")
    done(worked, "max", "approve", "R-3", "--yes")


def test_what_was_set_aside_is_kept_but_its_loss_stops_nothing(worked: House) -> None:
    by_nobody(worked)
    assert resume(worked).status == 0
    with closing(database(worked)) as catalogue, catalogue:
        catalogue.execute(f"DELETE FROM {tables.set_aside.name}")
    verify = type_in(worked, "dora", "audit", "verify", "--full")
    assert verify.status == TAMPERED
    assert '"set_aside"' in verify.out
    done(worked, "pat", *SEARCH)
    assert resume(worked).status == 0
    assert done(worked, "dora", "audit", "verify").startswith("INTACT, resumed at ")
