"""Whoever edits the audit log is convicted by it; each attack has its verdict."""

from __future__ import annotations

import base64
import os
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from callrec.audit.checkpoint import Checkpoint, origin, sign_checkpoint
from callrec.audit.verify import require_sound_log
from callrec.catalogue.engine import reading
from callrec.crypto.statement import sign_statement
from callrec.errors import Refused, Tampered, Unusable
from callrec.login.people import list_people
from callrec.people.powers import disable_person
from callrec.people.vouching import voucher_fields
from callrec.policy.role import Power, Role
from callrec.practice import writing
from callrec.registers.audit import newest_checkpoint, prove_leaf
from callrec.registers.verify import Verdict
from house import holds
from house.practices import House
from house.recovery_kits import drill

verified = partial(holds.verified, full=False)


def edit(house: House, *statements: str) -> None:
    """What somebody who can write the database does."""
    house.practice.engine.dispose()
    connection = sqlite3.connect(house.config.vault / "catalogue.sqlite")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def flip(house: House, table: str, column: str, where: str, at: int) -> None:
    """Change one byte of a stored value."""
    house.practice.engine.dispose()
    connection = sqlite3.connect(house.config.vault / "catalogue.sqlite")
    with connection:
        (value,) = connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
        changed = bytes([*value[:at], value[at] ^ 1, *value[at + 1 :]])
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (changed,))
    connection.close()


def forget(house: House) -> None:
    """Another operator, or a new machine: no head is remembered."""
    shutil.rmtree(house.folder / "state")


def test_a_sound_log_is_intact_and_says_what_it_is_anchored_to(house: House) -> None:
    found = verified(house)
    assert (found.verdict, found.problems) == (Verdict.INTACT, ())
    assert [anchor.size for anchor in found.anchors] == [found.head.size]


def test_without_an_outside_head_it_is_intact_unanchored(house: House) -> None:
    forget(house)
    assert verified(house).verdict is Verdict.UNANCHORED


def test_without_a_trusted_root_it_is_never_intact(house: House) -> None:
    assert verified(house, root=None).verdict is Verdict.INCONCLUSIVE


def test_what_somebody_wrote_below_a_signature_is_not_printed(house: House) -> None:
    note = newest_checkpoint(house.practice)
    name = note.decode().splitlines()[0]
    other = base64.b64encode(bytes(68)).decode()
    junk = "".join(f"— {each} {other}\n" for each in (name, *("Sian.Roberts.rang.0770",) * 90))
    appended = f"note = CAST(note || '{junk}' AS BLOB)"
    edit(house, f"UPDATE checkpoint SET {appended} WHERE size = (SELECT max(size) FROM checkpoint)")
    assert newest_checkpoint(house.practice) == note


def test_another_beginning_than_the_trusted_one_is_tampering(house: House) -> None:
    assert verified(house, root=bytes(32)).verdict is Verdict.TAMPERED


def test_tampering_outranks_what_cannot_be_checked(house: House) -> None:
    flip(house, "leaf", "body", "seq = 5", 20)
    assert verified(house, root=None).verdict is Verdict.TAMPERED


OF_LEAF_4 = "digest = (SELECT statement FROM leaf WHERE seq = 4)"

BYTES = {
    "leaf 0": (("leaf", "body", "seq = 0", 20), 0),
    "a leaf": (("leaf", "body", "seq = 7", 20), 7),
    "the last leaf": (("leaf", "body", "seq = (SELECT max(seq) FROM leaf)", 20), None),
    "a statement": (("statement", "body", OF_LEAF_4, 20), 4),
    "a statement's signature": (("statement", "signature", OF_LEAF_4, 20), 4),
    "a share": (("share", "sealed", "version = 1", 20), None),
    "a checkpoint": (("checkpoint", "note", "size = 5", 20), 5),
    "a checkpoint's signature": (("checkpoint", "note", "size = 5", 190), 5),
    "a node of the tree": (("node", "hash", "level = 2 AND position = 1", 20), None),
    "a lowest node": (("node", "hash", "level = 0 AND position = 3", 20), 3),
}


@pytest.mark.parametrize(("place", "seq"), BYTES.values(), ids=BYTES)
def test_one_changed_byte_is_found_and_named(
    house: House, place: tuple[str, str, str, int], seq: int | None
) -> None:
    assert verified(house).verdict is Verdict.INTACT  # and so remembered as verified
    flip(house, *place)
    found = verified(house)
    assert found.verdict is Verdict.TAMPERED
    if seq is not None:
        assert seq in {problem.seq for problem in found.problems}


ATTACKS = {
    "a leaf is taken out": ("DELETE FROM leaf WHERE seq = 6",),
    "two leaves change places": (
        "UPDATE leaf SET seq = -1 WHERE seq = 6",
        "UPDATE leaf SET seq = 6 WHERE seq = 7",
        "UPDATE leaf SET seq = 7 WHERE seq = -1",
    ),
    "the last leaf is taken out": ("DELETE FROM leaf WHERE seq = (SELECT max(seq) FROM leaf)",),
    "the last checkpoint is taken out": (
        "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)",
    ),
    "a statement is taken out": (
        "DELETE FROM statement WHERE digest = (SELECT statement FROM leaf WHERE seq = 4)",
    ),
    "a statement is hidden": ("UPDATE leaf SET statement = NULL WHERE seq = 4",),
    "a statement is called another": ("UPDATE statement SET kind = 'batch' WHERE kind = 'claim'",),
    "a statement that nothing carries": (
        (
            "INSERT INTO statement SELECT printf('%064d', 0), kind, body, signature"
            " FROM statement LIMIT 1"
        ),
    ),
    "details are taken out": ("DELETE FROM detail",),
    "a node is taken out": ("DELETE FROM node WHERE level = 1 AND position = 0",),
    "a person is put in": (
        (
            "INSERT INTO person (id, login, name_version, name_sealed, failures)"
            " SELECT lower(hex(randomblob(16))), 'eve', name_version, name_sealed, 0"
            " FROM person LIMIT 1"
        ),
    ),
    "a share is given to somebody else": (
        (
            "UPDATE share SET person = (SELECT id FROM person WHERE login = 'sam')"
            " WHERE key = 'recordings' AND person = (SELECT id FROM person WHERE login = 'max')"
        ),
    ),
}


@pytest.mark.parametrize("statements", ATTACKS.values(), ids=ATTACKS)
def test_an_edit_of_the_database_is_found(house: House, statements: tuple[str, ...]) -> None:
    with pytest.raises(Refused):  # a leaf with details
        disable_person(house.practice, house.actor("max"), login="pat")
    edit(house, *statements)
    assert verified(house).verdict is Verdict.TAMPERED


def cut_tail(house: House, size: int) -> None:
    """Drop everything after the first ``size`` leaves, leaving a log that is sound in itself."""
    edit(
        house,
        f"DELETE FROM detail WHERE seq >= {size}",
        "CREATE TEMP TABLE gone AS SELECT statement FROM leaf"
        f" WHERE seq >= {size} AND statement IS NOT NULL",
        f"DELETE FROM leaf WHERE seq >= {size}",
        "DELETE FROM statement WHERE digest IN (SELECT statement FROM gone)",
        f"DELETE FROM checkpoint WHERE size > {size}",
        f"DELETE FROM node WHERE ((position + 1) << level) > {size}",
    )


def test_a_cut_tail_is_shown_by_the_head_that_was_remembered(house: House) -> None:
    before = verified(house).head.size
    list_people(house.practice, house.actor("max"))
    cut_tail(house, before)
    assert verified(house).verdict is Verdict.TAMPERED


def test_a_cut_tail_without_an_outside_head_is_not_called_intact(house: House) -> None:
    before = verified(house).head.size
    list_people(house.practice, house.actor("max"))
    forget(house)
    cut_tail(house, before)
    assert verified(house).verdict is Verdict.UNANCHORED


def test_a_cut_tail_is_shown_by_a_proof_kept_elsewhere(house: House, tmp_path: Path) -> None:
    before = verified(house).head.size
    list_people(house.practice, house.actor("max"))
    proof = tmp_path / "release.tlog-proof"
    proof.write_bytes(prove_leaf(house.practice, before))
    forget(house)
    assert verified(house, proof).verdict is Verdict.INTACT
    cut_tail(house, before)
    assert verified(house, proof).verdict is Verdict.TAMPERED


def test_a_head_that_the_recovery_kit_signed_anchors_the_log(house: House, tmp_path: Path) -> None:
    drill(house)
    kept = tmp_path / "kept.tlog-proof"
    kept.write_bytes(prove_leaf(house.open(), 0))
    found = verified(house, kept)
    assert (found.verdict, found.problems) == (Verdict.INTACT, ())


def test_a_cut_tail_is_shown_by_a_head_that_was_typed_from_paper(
    house: House, tmp_path: Path
) -> None:
    before = verified(house).head.size
    list_people(house.practice, house.actor("max"))
    typed = tmp_path / "typed.txt"
    typed.write_text(newest_checkpoint(house.open()).decode().replace("\n\n\N{EM DASH}", "\n-"))
    forget(house)
    assert verified(house, typed).verdict is Verdict.INTACT
    cut_tail(house, before)
    assert verified(house, typed).verdict is Verdict.TAMPERED


@pytest.mark.parametrize(("ahead", "told"), [(timedelta(minutes=61), 1), (timedelta(hours=1), 0)])
def test_where_a_clock_was_set_back_is_told(house: House, ahead: timedelta, told: int) -> None:
    """What lapsed by it was let go of by nobody but the clock."""
    last, now = verified(house).head.size, house.at
    house.at = now + ahead
    list_people(house.practice, house.actor("max"))
    house.at = now
    list_people(house.practice, house.actor("max"))
    found = verified(house)
    assert found.verdict is Verdict.INTACT
    assert [each.seq for each in found.set_back] == [last] * told


def test_a_proof_of_another_log_is_tampering(house: House, tmp_path: Path) -> None:
    proof = tmp_path / "release.tlog-proof"
    text = prove_leaf(house.practice, 3).replace(house.practice.vault.encode(), b"0" * 32)
    proof.write_bytes(text)
    assert verified(house, proof).verdict is Verdict.TAMPERED


def test_an_outside_head_that_cannot_be_read_is_inconclusive(house: House, tmp_path: Path) -> None:
    assert verified(house, tmp_path / "none").verdict is Verdict.INCONCLUSIVE


def test_what_never_ends_is_no_outside_head(house: House, tmp_path: Path) -> None:
    pipe, large = tmp_path / "pipe", tmp_path / "large"
    os.mkfifo(pipe)
    large.write_bytes(newest_checkpoint(house.practice) + b"\n" * 1_000_000)
    for path in (pipe, Path("/dev/zero"), large):
        assert verified(house, path).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("slip", ["a line too many", "a wrong digit", "a letter left out"])
def test_a_slip_in_what_was_typed_does_not_convict_the_record(
    house: House, tmp_path: Path, slip: str
) -> None:
    first, size, root, *signed = newest_checkpoint(house.practice).decode().splitlines()
    slips = {
        "a line too many": [first, size, root, *signed, "rc=0"],
        "a wrong digit": [first, f"1{size}", root, *signed],
        "a letter left out": [first, size, root[1:], *signed],
    }
    typed = tmp_path / "typed.txt"
    typed.write_text("\n".join(slips[slip]))
    found = verified(house, typed)
    assert (found.verdict, found.problems) == (Verdict.INCONCLUSIVE, ())
    assert "typed.txt" in " ".join(found.unchecked)


def test_a_head_by_a_person_whom_a_log_set_back_does_not_know_yet_is_tampering(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "head.txt"
    head = Checkpoint(origin(house.practice.vault), 10_000, bytes(32))
    file.write_bytes(sign_checkpoint(head, bytes(32)))
    assert verified(house, file).verdict is Verdict.TAMPERED


def test_an_act_in_another_s_name_is_found(house: House) -> None:
    """Max writes a leaf as pat: the checkpoint that covers it is not pat's."""
    pat, max_ = house.actor("pat"), house.actor("max")
    with writing(house.practice, max_.signer) as act:
        act.leaf("people.listed", actor=pat.person.id)
    assert verified(house).verdict is Verdict.TAMPERED


def test_nobody_promotes_himself_with_a_voucher_of_his_own(house: House) -> None:
    """Max signs that he is Data Controller: it stands in the log, and counts for nothing."""
    max_ = house.actor("max")
    assert max_.identity is not None
    mine = house.practice.register.voucher(max_.person.id)
    assert mine is not None
    fields = voucher_fields(
        replace(max_.person, role=Role.DATA_CONTROLLER, powers=frozenset(Power)),
        mine.keys,
        names_digest=mine.name,
        previous=mine,
    )
    forged = sign_statement(
        "voucher",
        vault=house.practice.vault,
        by=max_.person.id,
        at=house.now(),
        seed=max_.identity.act,
        fields=fields,
    )
    with writing(house.practice, max_.signer) as act:
        act.leaf("person.role", actor=max_.person.id, statement=forged)
    assert house.open().register.person(max_.person.id).role is Role.MANAGER
    assert len(verified(house).without_power) == 1


NO_ITEMS: dict[str, Mapping[str, object]] = {
    "none": {},
    "a word": {"items": "none at all"},
    "a number": {"items": 7},
    "words": {"items": ["none at all"]},
    "nothing in them": {"items": [{}]},
    "another type": {"items": [{"ciphertext": "", "revision": [], "uid": [], "was": ""}]},
}


@pytest.mark.parametrize("kind", ["approval", "batch", "reencrypted"])
@pytest.mark.parametrize("fields", NO_ITEMS.values(), ids=NO_ITEMS)
def test_a_statement_that_lists_nothing_of_its_kind_is_tampered(
    house: House, kind: str, fields: Mapping[str, object]
) -> None:
    """Whoever has a key may sign anything; the verdict is on that, not an error of ours."""
    sign(house, kind, {"request": "", **fields})
    assert verified(house).verdict is Verdict.TAMPERED


@pytest.mark.parametrize("said", [{}, {"for": "p", "items": [{"uid": "u"}]}], ids=["none", "some"])
def test_a_grant_of_an_approval_that_lists_none_is_tampered(
    house: House, said: Mapping[str, object]
) -> None:
    approval = sign(house, "approval", {"request": "r", "items": [], **said})
    edit(house, f"INSERT INTO grant_ VALUES ('r', 'u', 'p', '{approval}', 0, x'00', 'live')")
    assert verified(house).verdict is Verdict.TAMPERED


NO_SUMMARY: dict[str, Mapping[str, object]] = {
    "none": {},
    "words": {"batches": "none", "recordings": "none", "since": "ever"},
    "lists": {"batches": [], "recordings": [], "since": []},
}


@pytest.mark.parametrize("fields", NO_SUMMARY.values(), ids=NO_SUMMARY)
def test_a_summary_that_counts_nothing_is_tampered(
    house: House, fields: Mapping[str, object]
) -> None:
    sign(house, "intake", fields)
    assert verified(house).verdict is Verdict.TAMPERED


def sign(house: House, kind: str, fields: Mapping[str, object]) -> str:
    """Put a statement on the log by somebody with a key, whatever it says; returns its SHA-256."""
    max_ = house.actor("max")
    assert max_.identity is not None
    said = sign_statement(
        kind,
        vault=house.practice.vault,
        by=max_.person.id,
        at=house.now(),
        seed=max_.identity.act,
        fields=fields,
    )
    with writing(house.practice, max_.signer) as act:
        act.leaf("ingest", actor=max_.person.id, statement=said)
    return said.digest


def test_an_old_voucher_put_back_is_older(house: House) -> None:
    """The demotion's leaf is hidden: whoever acts on the whole log sees that."""
    disable_person(house.practice, house.actor("dora"), login="max")
    edit(
        house,
        "UPDATE leaf SET statement = NULL WHERE seq = (SELECT max(seq) - 2 FROM leaf)",
    )
    house.open()
    with reading(house.practice.engine) as connection, pytest.raises(Tampered):
        require_sound_log(connection, house.practice.vault)


def test_full_checks_every_signature_again(house: House) -> None:
    verified(house)
    assert verified(house, full=True).verdict is Verdict.INTACT


def test_an_entry_that_would_name_too_much_is_refused_and_nothing_is_written(house: House) -> None:
    before = verified(house).head
    dora = house.actor("dora")
    with pytest.raises(Unusable, match="more recordings"), writing(house.practice, None) as act:
        act.leaf("request.created", actor=dora.person.id, subject=[dora.person.id] * 2000)
    assert verified(house).head == before
