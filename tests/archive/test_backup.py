"""The catalogue is backed up, and gives the vault back with what is left of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta

import bagit
import pytest

from callrec.archive.run import BackedUp, back_up
from callrec.archive.volumes import list_volumes
from callrec.crypto.kit import read_kit
from callrec.errors import Failed, Locked, Misconfigured, NotFound, Refused, Tampered, Unusable
from callrec.keys.kit_use import NewController, use_kit
from callrec.office.status import read_status
from callrec.registers.verify import check_vault
from callrec.restore.copy import FoundCopy, Opener, opener_by_kit, opener_by_password
from callrec.restore.rebuild import Rebuilt, actor_in_rebuilt, open_volumes, rebuild
from callrec.restore.restore import restore_from_volumes
from house.drives import archive, contents, drive, faults, one_more_call, only, verify
from house.holds import is_intact
from house.practices import House, password_of
from house.recovery_kits import new_kit, nora, nowhere
from house.requests import grants_of
from house.small_disk import small_disk
from house.spool import originals_of

NOTHING_ARCHIVED = "nothing was ever archived: if this disk dies, the recordings are gone"


def backup(house: House, name: str = "backup", *, by: str = "max") -> BackedUp:
    done = back_up(
        house.practice, house.actor(by), drive(house, name), label=None, check=check_vault
    )
    house.open()
    return done


def rebuilt(
    house: House, opener: Callable[[FoundCopy], Opener], *names: str, forgotten: bool = True
) -> Rebuilt:
    if forgotten:
        shutil.rmtree(house.folder / "state", ignore_errors=True)
    volumes = open_volumes([drive(house, name) for name in names or ("backup",)])
    return rebuild(
        house.config, volumes, opener, now=house.now, environ=house.environ, check=check_vault
    )


def restore(house: House, *names: str) -> int:
    """Bring the vault back as the Data Controller; how many recordings were fetched."""
    back = rebuilt(house, opener_by_password(password_of("dora")), *names)
    volumes = open_volumes([drive(house, name) for name in names or ("backup",)])
    done = restore_from_volumes(
        back.practice, actor_in_rebuilt(back), volumes, advance=lambda _: None, check=check_vault
    )
    house.open()
    assert not done.missing
    return done.fetched.recordings


def lose_catalogue(house: House) -> None:
    house.practice.engine.dispose()
    (house.config.vault / "catalogue.sqlite").unlink()


def test_the_catalogue_comes_back_beside_the_recordings_that_are_still_there(
    granted: House,
) -> None:
    originals = originals_of(granted)
    backup(granted)
    lose_catalogue(granted)
    assert restore(granted) == 0
    assert originals_of(granted) == originals
    assert is_intact(granted)


def test_where_the_recordings_are_gone_too_they_come_from_a_volume(granted: House) -> None:
    archive(granted, drive(granted))
    granted.at += timedelta(hours=1)
    new_kit(granted)  # what the volume's own copy of the catalogue does not know
    backup(granted)
    originals = originals_of(granted)
    granted.practice.engine.dispose()
    shutil.rmtree(granted.config.vault)
    assert restore(granted, "drive-a", "backup") == len(originals)
    assert originals_of(granted) == originals
    assert len(granted.practice.register.kits) == 1
    assert is_intact(granted)


def test_it_is_sealed_and_holds_no_grant(granted: House) -> None:
    assert len(grants_of(granted, "R-1")) == 2
    done = backup(granted)
    at = drive(granted, "backup")
    assert b"SQLite format" not in only(at / "catalogue", "*.sealed").read_bytes()
    assert (done.label, done.size_bytes) == (
        "backup",
        only(at / "catalogue", "*.sealed").stat().st_size,
    )
    lose_catalogue(granted)
    restore(granted)
    with pytest.raises(Refused, match="nothing is granted"):
        grants_of(granted, "R-1")


def test_there_are_two_copies_the_newest(granted: House) -> None:
    times = []
    for _ in range(3):
        times.append(backup(granted).copied_at)
        granted.at += timedelta(minutes=1)
    assert sorted(times) == times
    there = sorted(path.name for path in drive(granted, "backup").glob("catalogue/*.sealed"))
    assert there == [f"{time}.sealed" for time in times[1:]]


def test_it_is_checked_like_a_volume_and_can_become_one(granted: House) -> None:
    backup(granted)
    assert faults(verify(granted, drive(granted, "backup"))) == []
    archive(granted, drive(granted, "backup"))
    assert faults(verify(granted, drive(granted, "backup"))) == []
    bag = only(drive(granted, "backup") / "bags", "*")
    bagit.Bag(str(bag)).validate()


def test_a_backup_is_no_archive(granted: House) -> None:
    backup(granted)
    found = read_status(granted.open(), None)
    assert found.last_archive is None
    assert NOTHING_ARCHIVED in found.warnings
    assert [(each.label, each.recordings) for each in list_volumes(granted.practice)] == [
        ("backup", 0)
    ]


@pytest.mark.parametrize("login", ["pat", "sam", "ava", "door"])
def test_only_who_may_archive_backs_up(granted: House, login: str) -> None:
    with pytest.raises(Refused):
        backup(granted, by=login)
    assert list(drive(granted, "backup").iterdir()) == []


def test_into_the_vault_itself_or_nowhere_is_refused(granted: House) -> None:
    for to in (granted.config.vault, granted.folder / "no-such-folder"):
        with pytest.raises(Unusable):
            back_up(granted.practice, granted.actor("max"), to, label="inside", check=check_vault)


def test_a_disk_without_room_is_told_of_and_holds_no_half_of_it(granted: House) -> None:
    at = drive(granted, "backup")
    with small_disk(at, "size=64k"):
        with pytest.raises(Failed):
            backup(granted)
        assert list(at.glob("catalogue/*")) == []
    backup(granted)


# --- where it may be put back -------------------------------------------------------------------


@pytest.mark.parametrize("beside", ["catalogue.sqlite", "catalogue.sqlite-wal"])
def test_what_is_left_of_a_catalogue_is_never_taken_for_the_new_one_s(
    granted: House, beside: str
) -> None:
    backup(granted)
    lose_catalogue(granted)
    left = granted.config.vault / beside
    left.write_bytes(b"whatever")
    with pytest.raises(Misconfigured, match="in use already") as refused:
        rebuilt(granted, opener_by_password(password_of("dora")))
    assert "move all that is called catalogue.sqlite out of it" in refused.value.hint
    assert left.read_bytes() == b"whatever"


def test_a_folder_that_holds_something_else_is_no_place_for_a_vault(granted: House) -> None:
    backup(granted)
    lose_catalogue(granted)
    for ours in ("recordings", "incoming"):
        shutil.rmtree(granted.config.vault / ours)
    (granted.config.vault / "letters").mkdir(exist_ok=True)
    with pytest.raises(Misconfigured, match="in use already"):
        rebuilt(granted, opener_by_password(password_of("dora")))


def test_a_damaged_backup_gives_nothing_back_and_leaves_nothing(granted: House) -> None:
    backup(granted)
    lose_catalogue(granted)
    sealed = only(drive(granted, "backup") / "catalogue", "*.sealed")
    sealed.write_bytes(sealed.read_bytes()[:-1])
    with pytest.raises(Tampered):
        rebuilt(granted, opener_by_password(password_of("dora")))
    assert not (granted.config.vault / "catalogue.sqlite").exists()
    assert list(granted.folder.glob(".vault*")) == []


def test_recordings_that_came_in_after_it_are_not_in_it(granted: House) -> None:
    backup(granted)
    one_more_call(granted)
    lose_catalogue(granted)
    restore(granted)
    assert read_status(granted.practice, None).recordings == 3


# --- with the recovery kit ------------------------------------------------------------------------


def test_the_kit_opens_it_and_makes_a_data_controller_there(granted: House) -> None:
    """A backup that she cannot open, and that may be newer, is told and stays as it is."""
    backup(granted)
    granted.at += timedelta(days=1)
    backup(granted, "later")
    lose_catalogue(granted)
    back = rebuilt(granted, opener_by_kit(read_kit(granted.kit)), "backup")
    controller = NewController("nora", "Nora Blythe", password_of("nora"))
    use_kit(back.practice, granted.kit, controller, split=False, keep=nowhere)
    volumes = open_volumes([drive(granted, "backup")])
    done = restore_from_volumes(
        granted.open(), nora(granted), volumes, advance=lambda _: None, check=check_vault
    )
    assert (done.resumed, done.undone) == (True, ())
    later = drive(granted, "later")
    before, volumes = contents(later), open_volumes([later])
    done = restore_from_volumes(
        granted.open(), nora(granted), volumes, advance=lambda _: None, check=check_vault
    )
    [(label, why)] = done.undone
    assert (label, "may be newer" in why) == ("later", True)
    assert contents(later) == before
    assert is_intact(granted)


def test_a_kit_made_anew_opens_what_is_backed_up_from_then_on_with_any_two_pages(
    granted: House,
) -> None:
    pages = new_kit(granted, split=True)
    backup(granted)
    lose_catalogue(granted)
    with pytest.raises(Locked, match="not the recovery kit"):
        rebuilt(granted, opener_by_kit(read_kit(granted.kit)))
    back = rebuilt(granted, opener_by_kit(read_kit(f"{pages[2]} {pages[1]}")))
    assert len(back.practice.register.kits) == 1


def test_the_kit_before_opens_what_was_backed_up_before(granted: House) -> None:
    """Said plainly in the threat model: an old copy is opened by the old page."""
    backup(granted)
    new_kit(granted)
    lose_catalogue(granted)
    assert rebuilt(granted, opener_by_kit(read_kit(granted.kit))).practice.register.kits == []


def test_without_a_backup_there_is_nothing_to_open(granted: House) -> None:
    with pytest.raises(NotFound):
        open_volumes([drive(granted, "backup")])
