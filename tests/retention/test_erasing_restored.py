"""What was erased does not come back: not with a password, not with the kit, not from a volume."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from callrec.archive.run import back_up
from callrec.crypto.kit import read_kit_words
from callrec.errors import Locked, NotFound, Refused, Unusable
from callrec.keys.reencrypting import reencrypt
from callrec.keys.rotating import rotate_keys
from callrec.policy.role import VaultKey
from callrec.registers.verify import Verdict, check_vault
from callrec.restore import restore as restore_procedure
from callrec.restore.copy import opener_by_kit, opener_by_password
from callrec.restore.rebuild import actor_in_rebuilt, open_volumes, rebuild
from callrec.restore.restore import Repaired, Restored, repair_from_volumes, restore_from_volumes
from callrec.search.show import show_recording
from house import practices
from house.drives import archive, drive, faults, flip, give_up_copy, newest_alone, only, verify
from house.erasures import (
    approved_erasure,
    bags_of,
    erase,
    found_in,
    keys_in_copy,
    secrets_of,
    tokens_of,
)
from house.holds import verified
from house.newcomers import nell_comes
from house.practices import House, password_of
from house.requests import grants_of, rows, signed_in
from house.stages import CALLERS, Stage, copied


def on_two_volumes(house: House) -> None:
    """Ann's calls 1 and 2, and Bob's 3 and 4."""
    for name in ("drive-a", "drive-b"):
        archive(house, drive(house, name))


house = copied(Stage("callers-on-two", on_two_volumes, after=CALLERS))


def both(house: House) -> tuple[Path, Path]:
    return drive(house, "drive-a"), drive(house, "drive-b")


def lose_vault(house: House) -> None:
    house.practice.engine.dispose()
    shutil.rmtree(house.config.vault)
    shutil.rmtree(house.folder / "state", ignore_errors=True)


def restored(house: House, *volumes: Path, login: str = "dora") -> Restored:
    opened = open_volumes(volumes)
    opener = opener_by_password(password_of(login))
    back = rebuild(
        house.config, opened, opener, now=house.now, environ=house.environ, check=check_vault
    )
    done = restore_from_volumes(
        back.practice, actor_in_rebuilt(back), opened, advance=lambda _: None, check=check_vault
    )
    house.open()
    return done


def test_nobody_opens_what_was_erased(house: House) -> None:
    reference = approved_erasure(house, 1, 2)
    erase(house, reference, *both(house))
    for login in practices.PEOPLE:
        with pytest.raises((NotFound, Refused)):
            show_recording(house.practice, signed_in(house, login), 1)
        with pytest.raises(Refused):
            grants_of(house, reference, login)


@pytest.mark.parametrize("login", ["dora", "pat", "max", "mia", "kit"])
def test_neither_a_password_nor_the_kit_brings_it_back(house: House, login: str) -> None:
    secrets = secrets_of(house, 1, 2)
    erase(house, approved_erasure(house, 1, 2), *both(house))
    lose_vault(house)
    opener = (
        opener_by_kit(read_kit_words(house.kit))
        if login == "kit"
        else opener_by_password(password_of(login))
    )
    rebuild(
        house.config,
        open_volumes(both(house)),
        opener,
        now=house.now,
        environ=house.environ,
        check=check_vault,
    )
    house.open()
    gone = rows(house, "SELECT data_key, state FROM recording WHERE id IN (1, 2)")
    assert [tuple(row) for row in gone] == [(None, "destroyed")] * 2
    assert rows(house, "SELECT * FROM metadata WHERE recording IN (1, 2)") == []
    assert found_in(secrets, house.folder) == []


@pytest.mark.parametrize("login", ["sam", "ava"])
def test_who_approves_nothing_opens_no_copy(house: House, login: str) -> None:
    erase(house, approved_erasure(house, 1), *both(house))
    lose_vault(house)
    with pytest.raises(Locked):
        restored(house, *both(house), login=login)


def test_a_restored_vault_owes_nothing_and_is_intact(house: House) -> None:
    erase(house, approved_erasure(house, 1, 2), *both(house))
    lose_vault(house)
    done = restored(house, *both(house))
    assert (done.missing, done.erased_since) == ({}, ())
    assert tokens_of(house, 1, 2) == 0
    assert [row.done_at is not None for row in rows(house, "SELECT * FROM certificate")] == [True]
    assert verified(house).verdict is Verdict.INTACT
    assert [faults(verify(house, each)) for each in both(house)] == [[], []]
    assert len(bags_of(*both(house))) == 2


def test_restoring_does_what_is_owed_first(house: House) -> None:
    erase(house, approved_erasure(house, 1), drive(house, "drive-a"))
    lose_vault(house)
    restored(house, *both(house))
    assert rows(house, "SELECT * FROM archived WHERE recording = 1") == []
    assert [faults(verify(house, each)) for each in both(house)] == [[], []]


def test_from_an_older_copy_it_is_not_fetched_and_its_erasure_is_decided_again(
    house: House,
) -> None:
    erase(house, approved_erasure(house, 1), drive(house, "drive-a"))
    flip(only(drive(house, "drive-a") / "catalogue", "*.sealed"))
    lose_vault(house)
    done = restored(house, *both(house))
    assert (done.erased_since, done.missing) == ((1,), {})
    assert verified(house).verdict is Verdict.INTACT
    (row,) = rows(house, "SELECT ciphertext FROM recording WHERE id = 1")
    assert not house.practice.store.has(row.ciphertext)
    assert erase(house, approved_erasure(house, 1), *both(house)).is_done
    archive(house, drive(house, "drive-a"))  # whose copy of the catalogue was damaged
    assert [faults(verify(house, each)) for each in both(house)] == [[], []]


def test_what_somebody_erased_whom_the_copy_does_not_know_is_not_fetched(house: House) -> None:
    """The voucher that comes with the damaged copy says who she is, and its maker is known."""
    (row,) = rows(house, "SELECT ciphertext FROM recording WHERE id = 1")
    nell_comes(house)
    erase(house, approved_erasure(house, 1))
    archive(house, drive(house, "drive-b"), by="nell")  # erases it there first
    newest_alone(drive(house, "drive-b"))
    flip(only(drive(house, "drive-b") / "catalogue", "*.sealed"))
    lose_vault(house)
    done = restored(house, *both(house))
    assert (done.erased_since, done.missing) == ((1,), {})
    assert not house.practice.store.has(row.ciphertext)
    assert verified(house).verdict is Verdict.INTACT


def test_what_was_fetched_from_a_drive_that_did_not_know_of_its_erasure_is_said_to_be_here(
    house: House,
) -> None:
    first, second = both(house)
    (row,) = rows(house, "SELECT ciphertext FROM recording WHERE id = 1")
    erase(house, approved_erasure(house, 1), second)
    give_up_copy(second)
    lose_vault(house)
    restored(house, first)
    assert house.practice.store.has(row.ciphertext)
    opened, actor = open_volumes([second]), signed_in(house, "dora")
    done = restore_from_volumes(
        house.practice, actor, opened, advance=lambda _: None, check=check_vault
    )
    assert (done.erased_since, done.erased_and_here, done.missing) == ((), (1,), {})


def test_a_former_file_is_whose_it_was_after_a_restore_and_goes_with_it(house: House) -> None:
    (former,) = rows(house, "SELECT ciphertext FROM recording WHERE id = 2")
    rotate_keys(house.practice, house.actor("dora"), [VaultKey.RECORDINGS])
    house.open()
    reencrypt(house.practice, house.actor("dora"), lambda _: None)
    assert erase(house, approved_erasure(house, 1), *both(house)).is_done  # states each bag anew
    lose_vault(house)
    restored(house, *both(house))
    assert erase(house, approved_erasure(house, 2), *both(house)).is_done
    assert [each for at in both(house) for each in at.rglob(former.ciphertext)] == []
    assert [faults(verify(house, each)) for each in both(house)] == [[], []]
    assert verified(house).verdict is Verdict.INTACT


def a_file_is_gone(at: Path, owed: str) -> None:
    names = (only(at / "bags") / "data/recordings").iterdir()
    min(path for path in names if path.name != owed).unlink()


def a_proof_has_a_bad_byte(at: Path, _: str) -> None:
    flip(only(at / "heads"), 400)


def a_desktop_left_a_file(at: Path, _: str) -> None:
    (at / "bags" / "desktop.ini").touch()


@pytest.mark.parametrize(
    ("hurt", "why", "lost"),
    [
        (a_file_is_gone, "is gone", 1),
        (a_proof_has_a_bad_byte, "heads/", 0),
        (a_desktop_left_a_file, "bags/desktop.ini", 0),
    ],
)
def test_what_is_owed_on_a_drive_that_is_not_as_it_was_written_is_told_and_the_others_come(
    house: House, hurt: Callable[[Path, str], None], why: str, lost: int
) -> None:
    at, backup = drive(house, "drive-a"), drive(house, "backup")
    gone = rows(house, "SELECT ciphertext FROM recording WHERE id = 1")[0].ciphertext
    erase(house, approved_erasure(house, 1))
    back_up(house.practice, signed_in(house, "dora"), backup, label=None, check=check_vault)
    hurt(at, gone)
    lose_vault(house)
    for done in (restored(house, backup, at), repaired(house, at)):
        assert {label for label, _ in done.undone} == {"drive-a"}
        assert why in done.undone[-1][1]
        assert sum(done.missing.values()) == lost
    names = {*house.practice.store.names()}
    assert len(names) == 3 - lost
    assert gone not in names


def repaired(house: House, *volumes: Path) -> Repaired:
    """As the doctor does where files are missing."""
    for name in [*house.practice.store.names()]:
        house.practice.store.path(name).unlink()
    opened = open_volumes(volumes)
    done = repair_from_volumes(
        house.practice, house.actor("dora"), opened, advance=lambda _: None, check=check_vault
    )
    house.open()
    return done


def come_later(house: House, *volumes: Path) -> None:
    """Volumes that are attached once the vault is there again."""
    actor = signed_in(house, "dora")
    restore_from_volumes(
        house.practice, actor, open_volumes(volumes), advance=lambda _: None, check=check_vault
    )
    house.open()


def backed_up(house: House) -> Path:
    at = drive(house, "backup")
    back_up(house.practice, house.actor("dora"), at, label=None, check=check_vault)
    house.open()
    return at


def backup_of_a_log_that_was_lost(house: House) -> Path:
    """The vault was restored from a drive that was written to before it."""
    backed_up(house)
    archive(house, drive(house, "drive-b"))
    house.at += timedelta(days=1)
    backup = backed_up(house)
    lose_vault(house)
    restored(house, drive(house, "drive-b"))
    return backup


def pay(house: House, reference: str, backup: Path, tmp_path: Path) -> None:
    """A backup of a log that was lost gets a copy of this one, without what was erased on it."""
    assert erase(house, reference, *both(house)).owed == {"backup": 1}
    come_later(house, backup)
    assert keys_in_copy(backup, tmp_path) == {2, 3, 4}
    assert erase(house, reference).is_done
    assert faults(verify(house, backup)) == []
    assert verified(house).verdict is Verdict.INTACT


def test_a_backup_of_a_log_that_was_lost_owes_what_was_erased_after_the_restore(
    house: House, tmp_path: Path
) -> None:
    backup, reference = backup_of_a_log_that_was_lost(house), approved_erasure(house, 1)
    assert erase(house, reference, *both(house)).owed == {"backup": 1}
    with pytest.raises(Unusable, match="newer copy"):
        come_later(house, backup)
    assert 1 in keys_in_copy(backup, tmp_path)
    give_up_copy(backup)
    pay(house, reference, backup, tmp_path)


def test_a_backup_that_is_stated_anew_owes_it_until_another_copy_is_there(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, reference = backup_of_a_log_that_was_lost(house), approved_erasure(house, 1)
    erase(house, reference, *both(house))
    give_up_copy(backup)
    with monkeypatch.context() as patched:
        patched.setattr(restore_procedure, "_erase_owed", lambda *_: ())  # as if it was cut off
        come_later(house, backup)
    pay(house, reference, backup, tmp_path)
