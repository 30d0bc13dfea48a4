"""The copy of the catalogue on a volume: who opens it, what is in it, what is not."""

from __future__ import annotations

import base64
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from callrec.archive.erase import erase_owed
from callrec.archive.run import archive_recordings
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue import tables
from callrec.catalogue.backup import catalogue_copy
from callrec.catalogue.engine import reading
from callrec.catalogue.sqlite import connect
from callrec.crypto import primitives
from callrec.crypto.canonical import parse
from callrec.crypto.context import context
from callrec.crypto.identity import Identity, LockedSeed, unlock
from callrec.crypto.kit import read_kit, read_kit_words
from callrec.crypto.statement import check_statement, read_statement
from callrec.errors import Failed, Tampered
from callrec.people.powers import disable_person
from callrec.registers.verify import Verdict, check_vault
from callrec.store.sealing import open_stream
from house.drives import archive, drive, flip, last, meanwhile, verify
from house.erasures import approved_erasure, erase
from house.holds import verified
from house.practices import House, password_of
from house.recovery_kits import new_kit
from house.requests import signed_in
from house.small_disk import small_disk
from house.stages import CALLERS, copied


@pytest.fixture
def archived(granted: House) -> House:
    """A practice with grants, whose drive-a holds all that is in the vault."""
    archive(granted, drive(granted))
    return granted


callers = copied(CALLERS)


def keys_of(at: Path) -> dict[str, Any]:
    """What keys.json says."""
    said: dict[str, Any] = parse(last(at / "catalogue", "*.keys.json").read_bytes())
    return said


def opened_with(house: House, at: Path, kem: bytes, to: str) -> bytes:
    """The copy as a bare machine opens it: with nothing but the drive and a secret."""
    said = keys_of(at)
    (sealed,) = [base64.b64decode(key["sealed"]) for key in said["keys"] if key["to"] == to]
    where = {"volume": said["volume"], "time": said["time"]}
    info = context("catalogue-copy", house.practice.vault, to=to, **where)
    key = primitives.hpke_open(kem, sealed, info)
    with last(at / "catalogue", "*.sealed").open("rb", buffering=0) as file:
        associated = context("volume-copy", house.practice.vault, **where)
        return b"".join(open_stream(file, key, associated))


def person_id(house: House, login: str) -> str:
    return house.actor(login).person.id


def opened_by(house: House, login: str) -> bytes:
    return opened_with(
        house,
        drive(house),
        Identity.from_seed(house.seeds[login], house.practice.vault).kem,
        person_id(house, login),
    )


def test_the_recovery_kit_opens_the_copy(archived: House) -> None:
    kit = Identity.from_seed(read_kit_words(archived.kit), archived.practice.vault)
    to = archived.practice.register.founders.kit
    assert opened_with(archived, drive(archived), kit.kem, to).startswith(b"SQLite format 3\0")


@pytest.mark.parametrize("login", ["dora", "pat", "max"])
def test_each_approver_opens_the_copy(archived: House, login: str) -> None:
    assert opened_by(archived, login).startswith(b"SQLite format 3\0")


def test_nobody_else_has_a_key_to_it(archived: House) -> None:
    kit = archived.practice.register.founders.kit
    approvers = {person_id(archived, login) for login in ("dora", "pat", "max", "mia")}
    assert {key["to"] for key in keys_of(drive(archived))["keys"]} == {*approvers, kit}


def test_a_disabled_approver_has_no_key_to_the_next_copy(archived: House) -> None:
    mia = person_id(archived, "mia")
    disable_person(archived.practice, archived.actor("dora"), login="mia")
    archived.open()
    archive(archived, drive(archived))
    said = keys_of(drive(archived))
    assert mia not in {key["to"] for key in said["keys"]}
    assert mia not in {each["person"] for each in said["people"]}


def test_a_password_alone_opens_it_on_a_bare_machine(archived: House) -> None:
    people = {each["person"]: each for each in keys_of(drive(archived))["people"]}
    max_ = people[person_id(archived, "max")]
    locked = LockedSeed.from_json(max_["locked"])
    identity, root = unlock(locked, password_of("max"), archived.practice.vault)
    assert root == archived.practice.root
    assert opened_with(archived, drive(archived), identity.kem, locked.person)


def test_each_persons_newest_voucher_lies_beside_his_seed(archived: House) -> None:
    register = archived.practice.register
    for each in keys_of(drive(archived))["people"]:
        body, signature = (base64.b64decode(each["voucher"][n]) for n in ("body", "signature"))
        voucher = read_statement(body, signature, archived.practice.vault)
        check_statement(voucher, register.public_keys(voucher.by).act)
        assert voucher.digest == register.vouchers[each["person"]][-1].digest


def test_the_copy_of_another_time_or_volume_does_not_open(archived: House) -> None:
    sealed = last(drive(archived) / "catalogue", "*.sealed").read_bytes()
    archive(archived, drive(archived))
    last(drive(archived) / "catalogue", "*.sealed").write_bytes(sealed)
    with pytest.raises(Tampered):
        opened_by(archived, "max")


def test_the_copy_is_the_catalogue_without_grants(archived: House, tmp_path: Path) -> None:
    path = tmp_path / "copy.sqlite"
    path.write_bytes(opened_by(archived, "max"))
    with reading(archived.practice.engine) as live:
        grants = live.execute(select(tables.grant)).all()
        recordings = live.execute(select(tables.recording)).all()
    assert len(grants) == 2
    assert all(grant.sealed not in path.read_bytes() for grant in grants)
    engine = connect(path, mode="rw")
    with reading(engine) as copy:
        assert copy.execute(select(tables.grant)).all() == []
        assert copy.execute(select(tables.recording)).all() == recordings
        assert copy.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        leaf, _ = read_leaf(copy, stored_head(copy).size - 1)
    engine.dispose()
    assert leaf.act == "archive.begun"


def test_others_may_write_to_the_catalogue_afterwards(archived: House, tmp_path: Path) -> None:
    with catalogue_copy(archived.practice.engine, tmp_path / "work") as path:
        archive(archived, drive(archived, "drive-b"))
        assert path.is_file()
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("copies", [0.5, 1.5])
def test_a_disk_without_room_for_the_copy_is_said_and_holds_none_of_it(
    house: House, tmp_path: Path, copies: float
) -> None:
    size_bytes = (house.practice.folder / "catalogue.sqlite").stat().st_size
    with small_disk(tmp_path / "disk", f"size={int(copies * size_bytes)}"):
        work = tmp_path / "disk" / "work"
        with (
            pytest.raises(Failed, match="could not be copied"),
            catalogue_copy(house.practice.engine, work),
        ):
            pass
        assert not work.exists()


def test_a_damaged_catalogue_takes_no_sound_copys_place(archived: House) -> None:
    before = last(drive(archived) / "catalogue", "*.sealed").read_bytes()
    path = archived.practice.folder / "catalogue.sqlite"
    archived.practice.engine.dispose()
    flip(path, page_of(path, "token"))  # which is for searching: archiving reads nothing there
    archived.open()
    with pytest.raises(Tampered, match="the catalogue is damaged"):
        archive(archived, drive(archived))
    assert last(drive(archived) / "catalogue", "*.sealed").read_bytes() == before


def page_of(path: Path, table: str) -> int:
    """Where the root page of a table begins, in bytes."""
    connection = sqlite3.connect(path)
    query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    (number,) = connection.execute(query, (table,)).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    return int((number - 1) * size)


# What is changed about people and keys while a copy is written.


def a_new_kit(house: House) -> str:
    """Another kit; the words of it."""
    practice = house.practice
    (words,) = new_kit(house)
    house.practice = practice  # the run that goes on has it as it was
    return words


def opens_by_kit(house: House, at: Path, words: str) -> bool:
    kit = Identity.from_seed(read_kit(words), house.practice.vault)
    to = house.practice.register.founders.kit
    try:
        return bool(opened_with(house, at, kit.kem, to))
    except Tampered:
        return False


def test_a_run_that_began_before_a_new_kit_writes_what_that_opens(stocked: House) -> None:
    max_, before = signed_in(stocked, "max"), stocked.practice
    words = a_new_kit(stocked)
    archive_recordings(before, max_, drive(stocked), check=check_vault)
    assert opens_by_kit(stocked, drive(stocked), words)
    assert not opens_by_kit(stocked, drive(stocked), stocked.kit)


def test_a_kit_that_comes_while_the_copy_is_written_opens_it(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    kits = list[str]()
    meanwhile(monkeypatch, lambda: kits.append(a_new_kit(stocked)))
    archive_recordings(stocked.practice, stocked.actor("max"), drive(stocked), check=check_vault)
    assert opens_by_kit(stocked, drive(stocked), kits[0])
    assert verify(stocked, drive(stocked)).faults == ()
    assert verified(stocked).verdict is Verdict.INTACT


def test_whoever_was_shut_out_while_the_copy_was_written_opens_none(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice, max_, dora = stocked.practice, stocked.actor("max"), stocked.actor("dora")
    mia = person_id(stocked, "mia")
    meanwhile(monkeypatch, lambda: disable_person(practice, dora, login="mia"))
    archive_recordings(practice, max_, drive(stocked), check=check_vault)
    assert mia not in {key["to"] for key in keys_of(drive(stocked))["keys"]}


def test_what_an_erasure_leaves_on_a_drive_opens_with_the_kit_that_came_meanwhile(
    callers: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, kits = drive(callers), list[str]()
    archive(callers, at)
    assert not erase(callers, approved_erasure(callers, 1)).is_done
    meanwhile(monkeypatch, lambda: kits.append(a_new_kit(callers)))
    erase_owed(
        callers.practice, callers.actor("max"), at, advance=lambda _: None, check=check_vault
    )
    assert opens_by_kit(callers, at, kits[0])
    assert verify(callers, at).faults == ()
