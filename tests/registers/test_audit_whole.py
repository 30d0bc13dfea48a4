"""A long log is read in stretches: called sound only if each leaf is."""

from __future__ import annotations

import gc
import io
import json
import os
from dataclasses import asdict, replace
from functools import partial

import pytest

from callrec.audit import from_the_end, stretch, whole
from callrec.audit.from_the_end import SecondProcess, verified_beside, verify_from_end
from callrec.audit.leaf import NOBODY, Leaf, Outcome
from callrec.audit.log import read_leaf, stored_size
from callrec.audit.remembered import Problem, VerificationResult
from callrec.audit.stretch import check_stretch
from callrec.audit.verify import verify_leaf_by_leaf
from callrec.audit.whole import verify_fast
from callrec.catalogue.engine import place_of, reading, sqlite_connection
from callrec.crypto.statement import Statement, sign_statement
from callrec.errors import Refused, Tampered
from callrec.login.people import list_people
from callrec.people.powers import disable_person
from callrec.policy.role import Power
from callrec.practice import writing
from callrec.record.statements import attested_statement
from callrec.registers.verify import Verdict
from house import holds
from house.practices import House
from registers.test_audit_verify import ATTACKS, BYTES, cut_tail, edit, flip, verified

OF_THE_LOG = [name for name in BYTES if name != "a share"]

ON_THE_LOG = [name for name in ATTACKS if "person is put" not in name and "share" not in name]


def short_stretches(patch: pytest.MonkeyPatch, level: int) -> None:
    for module in (stretch, whole):
        patch.setattr(module, "LEVEL", level)
    for module in (stretch, whole, from_the_end):
        patch.setattr(module, "STRETCH", 1 << level)
    patch.setattr(stretch, "CHUNK_LEAVES", 3)


@pytest.fixture(params=[2, 13], ids=["stretches of four", "one stretch"])
def level(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    chosen = int(request.param)
    short_stretches(monkeypatch, chosen)
    return chosen


def sound(house: House) -> VerificationResult | None:
    with reading(house.practice.engine) as connection:
        return verify_fast(connection, house.practice.vault, None)


def each(house: House) -> VerificationResult:
    with reading(house.practice.engine) as connection:
        return verify_leaf_by_leaf(connection, house.practice.vault)


newly = partial(holds.verified, full=False, only_new=True)


def work_on(house: House) -> None:
    """Leaves of several kinds: with details, by nobody, several under one checkpoint."""
    max_ = house.actor("max")
    with pytest.raises(Refused):
        disable_person(house.practice, max_, login="pat")
    with writing(house.practice, None) as act:
        act.leaf("login", actor=NOBODY, details={"count": 1}, outcome=Outcome.FAILED)
    with writing(house.practice, max_.signer) as act:
        for _ in range(11):
            act.leaf("people.listed", actor=max_.person.id, subject=[max_.person.id] * 2)
    with writing(house.practice, None) as act:
        act.leaf("login", actor=NOBODY, details={"count": 2}, outcome=Outcome.FAILED)


@pytest.mark.usefixtures("level")
def test_stretches_say_of_a_sound_log_what_reading_each_leaf_says(house: House) -> None:
    work_on(house)
    found, named = sound(house), each(house)
    assert found is not None
    assert found.seen is not None
    ours, theirs = asdict(found), asdict(named)
    assert (ours.pop("seen"), theirs.pop("seen")) == (asdict(found.seen), None)
    assert ours == theirs
    assert not named.problems


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("place", OF_THE_LOG)
def test_stretches_do_not_call_a_log_sound_with_one_byte_changed(house: House, place: str) -> None:
    work_on(house)
    flip(house, *BYTES[place][0])
    assert sound(house) is None


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("attack", ON_THE_LOG)
def test_stretches_do_not_call_an_edited_log_sound(house: House, attack: str) -> None:
    work_on(house)
    edit(house, *ATTACKS[attack])
    assert sound(house) is None


MORE_EDITS = {
    "details that no leaf commits to": (
        "INSERT INTO detail SELECT 3, key_version, sealed FROM detail LIMIT 1"
    ),
    "a node that stands nowhere": "INSERT INTO node SELECT 40, 0, hash FROM node LIMIT 1",
    "a node of no number": "UPDATE node SET position = 5.5 WHERE level = 1 AND position = 5",
    "a node that is too short": (
        "UPDATE node SET hash = zeroblob(31) WHERE level = 0 AND position = 2"
    ),
    "a checkpoint beyond the end": "UPDATE checkpoint SET size = 900 WHERE size = 5",
    "the first leaf is gone": "DELETE FROM leaf WHERE seq = 0",
    "the log is empty": "DELETE FROM leaf",
    "a leaf that is text": "UPDATE leaf SET body = CAST(body AS TEXT) WHERE seq = 7",
}


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("change", MORE_EDITS.values(), ids=MORE_EDITS)
def test_nothing_strange_is_called_sound(house: House, change: str) -> None:
    work_on(house)
    edit(house, "PRAGMA foreign_keys=OFF", change)
    assert sound(house) is None


@pytest.mark.usefixtures("level")
def test_an_act_in_another_s_name_is_not_called_sound(house: House) -> None:
    pat, max_ = house.actor("pat"), house.actor("max")
    with writing(house.practice, max_.signer) as act:
        act.leaf("people.listed", actor=pat.person.id)
    assert sound(house) is None


@pytest.mark.usefixtures("level")
def test_two_people_s_acts_under_one_checkpoint_are_not_called_sound(house: House) -> None:
    pat, max_ = house.actor("pat"), house.actor("max")
    with writing(house.practice, max_.signer) as act:
        for person in (max_, pat, max_):
            act.leaf("people.listed", actor=person.person.id)
    assert sound(house) is None


def said_by_max(house: House) -> Statement:
    """A statement that he signed; no leaf carries it."""
    max_ = house.actor("max")
    assert max_.identity is not None
    vault, at = house.practice.vault, house.at
    fields = {"batch": "ab" * 16, "items": []}
    return sign_statement(
        "batch", vault=vault, by=max_.person.id, at=at, seed=max_.identity.act, fields=fields
    )


def carry(house: House, statement: Statement) -> int:
    """Let max put it under a leaf, be it one that a leaf carries already; returns its sequence."""
    max_ = house.actor("max")
    with writing(house.practice, max_.signer) as act:
        there = act.connection.exec_driver_sql(
            "DELETE FROM statement WHERE digest = ?", (statement.digest,)
        )
        assert there.rowcount < 2
        return act.leaf("ingest", actor=max_.person.id, statement=statement)


@pytest.mark.usefixtures("level")
def test_a_statement_that_two_leaves_carry_is_not_called_sound(house: House) -> None:
    said = said_by_max(house)
    carry(house, said)
    assert sound(house) is not None
    again = carry(house, said)
    assert sound(house) is None
    (problem,) = each(house).problems
    assert problem == Problem(
        again, f"leaf {again} carries a statement that an earlier leaf carries"
    )


def test_among_what_is_new_nor_is_one_that_an_older_leaf_carries(house: House) -> None:
    said = said_by_max(house)
    carry(house, said)
    assert newly(house).verdict is not Verdict.TAMPERED
    carry(house, said)
    assert newly(house).verdict is Verdict.TAMPERED


def test_what_two_leaves_carry_counts_for_nobody_who_opens_anything(house: House) -> None:
    said = said_by_max(house)
    carry(house, said)
    with reading(house.practice.engine) as connection:
        assert attested_statement(house.practice, connection, said.digest, may=Power.INGEST) == said
    carry(house, said)
    with (
        reading(house.practice.engine) as connection,
        pytest.raises(Tampered, match="two leaves of the audit log carry one statement"),
    ):
        attested_statement(house.practice, connection, said.digest, may=Power.INGEST)


@pytest.mark.parametrize("change", ["", "UPDATE leaf SET body = x'00' WHERE seq = 7"])
def test_python_looks_for_cycles_again_afterwards(house: House, change: str) -> None:
    edit(house, change)
    assert (sound(house) is None) == bool(change)
    assert gc.isenabled()


LEAVES = {
    "alone": Leaf(
        act="people.listed",
        actor="ab" * 16,
        at="2026-11-24T12:00:00.000Z",
        detail="",
        log="callrec/" + "cd" * 16,
        outcome=Outcome.DONE,
        seq=30,
        statement="",
        subject=(),
    )
}

LEAVES["with details"] = replace(
    LEAVES["alone"], act="login", actor=NOBODY, outcome=Outcome.FAILED, detail="5e" * 32
)

LEAVES["with a statement"] = replace(LEAVES["alone"], statement="0f" * 32, subject=("ef" * 16,) * 2)


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_a_stretch_reads_just_the_leaves_that_are_in_their_form(leaf: Leaf) -> None:
    """Each byte changed, or one put in, in some ways: it takes what ``Leaf.decode`` takes.

    But for what somebody did, and nobody is named.
    """
    body = leaf.encode()
    assert is_read(body, leaf.log)
    for at in range(len(body)):
        for other in (b"", b"0", b"3", b"f", b"-", b'"', b"\n", b" ", b"T", b"Z", b"\xc3"):
            for rest in (body[at:], body[at + 1 :]):
                changed = body[:at] + other + rest
                try:
                    read = Leaf.decode(changed, 30)
                    expected = read.log == leaf.log and not read.has_no_actor
                except Tampered:
                    expected = False
                assert is_read(changed, leaf.log) == expected, changed


def is_read(body: bytes, log: str) -> bool:
    try:
        stretch.decode_columns([body], 30, log)
    except Tampered:
        return False
    return True


def test_a_leaf_hidden_in_another_s_line_is_not_read(house: House) -> None:
    work_on(house)
    with reading(house.practice.engine) as connection:
        (leaf, one), (_, two) = read_leaf(connection, 30), read_leaf(connection, 31)
    with pytest.raises(Tampered):
        stretch.decode_columns([one + b"\n" + two, b"nothing"], 30, leaf.log)


@pytest.mark.usefixtures("level")
def test_the_other_process_finds_from_the_end_what_this_one_finds(house: House) -> None:
    work_on(house)
    with reading(house.practice.engine) as connection:
        database = sqlite_connection(connection)
        size = stored_size(connection)
        keys = whole.log_keys(house.open().register)
        expected = stretch.StretchExpectations(house.practice.vault, size, keys, 0, {})
        out = io.BytesIO()
        verify_from_end(place_of(database), expected, out)
        said = [json.loads(line) for line in out.getvalue().splitlines()]
        ours = [
            asdict(check_stretch(database, first, expected))
            for first in range(0, size, stretch.STRETCH)
        ]
    assert said[::-1] == json.loads(json.dumps(ours))


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has: with one alone there is no other process."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


@pytest.mark.usefixtures("two_processors")
def test_the_other_process_says_no_more_than_that_a_stretch_is_not_sound(house: House) -> None:
    work_on(house)
    with reading(house.practice.engine) as connection:
        database = sqlite_connection(connection)
        size = stored_size(connection)
        expected = stretch.StretchExpectations(house.practice.vault, size, {}, 0, {})
        out = io.BytesIO()
        verify_from_end(place_of(database), expected, out)
        assert out.getvalue() == b"null\n"
        with (
            verified_beside(database, expected, wanted=True) as other,
            pytest.raises(Tampered),
        ):
            _wait_for(other)


def _wait_for(other: SecondProcess) -> None:
    while other.found(0) is None:
        pass


@pytest.mark.usefixtures("two_processors")
def test_a_long_log_is_verified_by_two_processes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_on(house)
    alone = sound(house)
    monkeypatch.setattr(whole, "MIN_LEAVES_FOR_TWO_PROCESSES", 0)
    assert sound(house) == alone


@pytest.mark.usefixtures("two_processors")
def test_without_the_other_process_nothing_is_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_on(house)
    alone = sound(house)
    monkeypatch.setattr(whole, "MIN_LEAVES_FOR_TWO_PROCESSES", 0)
    monkeypatch.setattr(from_the_end, "SECOND_PROCESS_COMMAND", ("/nonexistent",))
    assert sound(house) == alone


@pytest.mark.usefixtures("level")
def test_what_is_new_is_read_on_from_what_was_verified(house: House) -> None:
    before = verified(house).head.size
    work_on(house)
    found = newly(house)
    assert (found.verdict, found.read_from) == (Verdict.SINCE, before)
    assert found.head == verified(house).head
    assert newly(house).read_from == found.head.size


def test_where_nothing_was_verified_yet_everything_is_read(house: House) -> None:
    found = newly(house)
    assert (found.verdict, found.read_from) == (Verdict.INTACT, 0)


NEW_BYTES = {
    "a leaf": ("leaf", "body", "seq = (SELECT max(seq) - 3 FROM leaf)", 20),
    "a checkpoint's signature": (
        "checkpoint",
        "note",
        "size = (SELECT max(size) FROM checkpoint)",
        190,
    ),
    "a lowest node": ("node", "hash", "level = 0 AND position = (SELECT max(seq) FROM leaf)", 3),
    "a voucher from before": (
        "statement",
        "body",
        "digest = (SELECT statement FROM leaf WHERE seq = 4)",
        20,
    ),
}


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("place", NEW_BYTES.values(), ids=NEW_BYTES)
def test_a_byte_changed_in_what_is_new_is_found(
    house: House, place: tuple[str, str, str, int]
) -> None:
    verified(house)
    work_on(house)
    flip(house, *place)
    assert newly(house).verdict is Verdict.TAMPERED


def test_a_byte_changed_before_is_found_by_all_but_the_reading_of_what_is_new(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not claim more: its verdict is another, and says from which entry on it read."""
    short_stretches(monkeypatch, 1)
    work_on(house)
    listed = verified(house).head.size - 5
    work_on(house)
    flip(house, "leaf", "body", f"seq = {listed}", 20)
    assert newly(house).verdict is Verdict.SINCE
    assert verified(house).verdict is Verdict.TAMPERED


@pytest.mark.usefixtures("level")
def test_a_statement_hidden_from_before_is_found_among_what_is_new(house: House) -> None:
    verified(house)
    work_on(house)
    last = "(SELECT max(seq) FROM leaf WHERE statement IS NOT NULL)"
    edit(house, f"UPDATE leaf SET statement = NULL WHERE seq = {last}")
    assert newly(house).verdict is Verdict.TAMPERED


def test_a_log_cut_behind_what_was_verified_is_found(house: House) -> None:
    before = verified(house).head.size
    list_people(house.practice, house.actor("max"))
    verified(house)
    cut_tail(house, before)
    (house.practice.state_folder / "head.json").unlink()
    assert newly(house).verdict is Verdict.TAMPERED


def test_a_log_that_went_on_otherwise_is_found(house: House) -> None:
    before = verified(house).head.size
    list_people(house.practice, house.actor("max"))
    verified(house)
    cut_tail(house, before)
    (house.practice.state_folder / "head.json").unlink()
    list_people(house.practice, house.actor("mia"))
    list_people(house.practice, house.actor("mia"))
    assert newly(house).verdict is Verdict.TAMPERED
