"""``restore``: a vault rebuilt from its volumes alone."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import bagit
import pytest
from sqlalchemy import Engine, event, func, select

from callrec.archive import copy as archive_copy
from callrec.archive.copy import write_copy
from callrec.archive.run import back_up
from callrec.archive.volumes import LossReport, report_lost
from callrec.audit.log import stored_head
from callrec.catalogue import tables
from callrec.catalogue.backup import catalogue_copy
from callrec.catalogue.engine import reading
from callrec.crypto.canonical import canonical, parse
from callrec.crypto.identity import Identity, LockedSeed, unlock
from callrec.crypto.kit import read_kit_words
from callrec.errors import Failed, Locked, Misconfigured, NotFound, Tampered, Unusable
from callrec.keys.rotating import count_to_reseal, reseal, rotate_keys
from callrec.people.powers import disable_person
from callrec.policy.role import VaultKey
from callrec.registers.verify import Verdict, Verification, check_vault
from callrec.restore import copy as restore_copy
from callrec.restore.copy import opener_by_kit, opener_by_password, read_copy
from callrec.restore.drill import RestoreDrill, run_restore_drill
from callrec.restore.rebuild import Rebuilt, actor_in_rebuilt, is_vault, open_volumes, rebuild
from callrec.restore.restore import Restored, repair_from_volumes, restore_from_volumes
from callrec.volume.bag import MANIFEST, RECORDINGS
from callrec.volume.drive import drive_errors
from callrec.volume.volume import Volume
from house import holds, practices
from house.drives import (
    acts,
    archive,
    contents,
    drive,
    flip,
    last,
    newest_alone,
    one_more_call,
    only,
    pulled_out,
    verify,
)
from house.forged_heads import RUN, forged_head, size_of_log
from house.practices import House, password_of
from house.requests import rows
from house.spool import originals_of


@pytest.fixture
def house(archived: House) -> House:
    return archived


def lose_vault(house: House) -> None:
    """The server died; its operator's own memory of the log too."""
    house.practice.engine.dispose()
    shutil.rmtree(house.folder / "vault")
    shutil.rmtree(house.folder / "state", ignore_errors=True)


def rebuilt(house: House, *drives: Path, login: str = "dora") -> Rebuilt:
    return rebuild(
        house.config,
        open_volumes(drives or (drive(house),)),
        opener_by_password(password_of(login)),
        now=house.now,
        environ=house.environ,
        check=check_vault,
    )


def restored(house: House, *drives: Path, login: str = "dora") -> Restored:
    """As one command does on a bare machine, or again where the vault is back."""
    volumes = open_volumes(drives or (drive(house),))
    if is_vault(house.config):
        return restore_from_volumes(
            house.open(), house.actor(login), volumes, advance=lambda _: None, check=check_vault
        )
    back = rebuilt(house, *drives, login=login)
    done = restore_from_volumes(
        back.practice, actor_in_rebuilt(back), volumes, advance=lambda _: None, check=check_vault
    )
    house.open()
    return done


def verified(house: House) -> Verification:
    house.open()
    return holds.verified(house, *(drive(house) / "heads").iterdir())


def people_and_requests(house: House) -> list[int | None]:
    with reading(house.practice.engine) as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (tables.person, tables.request, tables.recording, tables.share)
        ]


def test_every_original_comes_back_and_the_log_is_intact_and_anchored(house: House) -> None:
    originals, counted = originals_of(house), people_and_requests(house)
    lose_vault(house)
    done = restored(house)
    assert originals_of(house) == originals
    assert people_and_requests(house) == counted
    assert (done.fetched.recordings, done.fetched.damaged, done.missing) == (4, [], {})
    found = verified(house)
    assert (found.verdict, found.problems) == (Verdict.INTACT, ())
    assert [each.leaves_lost for each in found.resumed] == [1]
    assert len(found.anchors) > 1


def test_what_is_lost_is_said_by_whoever_governs(house: House) -> None:
    lose_vault(house)
    done = restored(house)
    assert done.resumed
    assert done.leaves_lost == 1  # the statement of the run that made the copy
    assert verified(house).resumed[0].size == done.size


def test_another_approver_brings_everything_back_but_resumes_nothing(house: House) -> None:
    originals = originals_of(house)
    lose_vault(house)
    done = restored(house, login="max")
    assert not done.resumed
    assert originals_of(house) == originals
    assert restored(house, login="dora").resumed
    assert verified(house).verdict is Verdict.INTACT


def test_the_volume_goes_on_after_a_restore(house: House) -> None:
    lose_vault(house)
    restored(house)
    assert verify(house, drive(house)).faults == ()
    one_more_call(house)
    house.at = house.at.replace(day=27)
    assert archive(house, drive(house), by="dora").recordings == 1
    assert verify(house, drive(house)).faults == ()
    for bag in (drive(house) / "bags").iterdir():
        assert bagit.Bag(str(bag)).validate()


def test_a_vault_can_be_lost_and_restored_again_and_again(house: House) -> None:
    originals = originals_of(house)
    for day in (26, 27, 28):
        lose_vault(house)
        restored(house)
        house.at = house.at.replace(day=day)
        archive(house, drive(house), by="dora")
    lose_vault(house)
    restored(house)
    assert originals_of(house) == originals
    assert len(verified(house).resumed) == 4


def test_where_the_head_was_remembered_its_loss_is_named_too(house: House) -> None:
    one_more_call(house)
    with reading(house.practice.engine) as connection:
        size = stored_head(connection).size
    house.practice.engine.dispose()
    shutil.rmtree(house.folder / "vault")
    done = restored(house)
    assert done.size + done.leaves_lost == size
    found = verified(house)
    assert found.verdict is Verdict.INTACT
    assert "remembered here" in [anchor.name for anchor in found.anchors]


def test_the_recovery_kit_rebuilds_the_vault(house: House) -> None:
    lose_vault(house)
    back = rebuild(
        house.config,
        open_volumes([drive(house)]),
        opener_by_kit(read_kit_words(house.kit)),
        now=house.now,
        environ=house.environ,
        check=check_vault,
    )
    assert back.opener.person == back.practice.register.founders.kit
    house.open()


def test_of_two_volumes_one_is_enough(house: House) -> None:
    archive(house, drive(house, "drive-b"))
    originals = originals_of(house)
    lose_vault(house)
    shutil.rmtree(drive(house))
    done = restored(house, drive(house, "drive-b"))
    assert originals_of(house) == originals
    assert done.missing == {}


def test_several_volumes_one_after_another(house: House) -> None:
    shutil.copytree(drive(house), house.folder / "kept")
    one_more_call(house)
    house.at = house.at.replace(day=26)
    originals = originals_of(house)
    archive(house, drive(house, "drive-b"), started_before=house.at)
    for bag in (drive(house, "drive-b") / "bags").iterdir():
        for path in (bag / "data/recordings").iterdir():
            if any(path.name in str(kept) for kept in (house.folder / "kept").rglob("*")):
                path.unlink()
    lose_vault(house)
    first = restored(house, drive(house, "drive-b"))
    assert (first.fetched.recordings, first.missing) == (1, {"drive-a": 4})
    second = restored(house, drive(house))
    assert (second.fetched.recordings, second.missing) == (4, {})
    assert originals_of(house) == originals


def test_where_one_copy_is_damaged_another_serves_and_it_is_said(house: House) -> None:
    newest_alone(drive(house))
    house.at = house.at.replace(day=26)
    archive(house, drive(house, "drive-b"))
    lose_vault(house)
    flip(last(drive(house, "drive-b") / "catalogue", "*.sealed"))
    back = rebuilt(house, drive(house), drive(house, "drive-b"))
    assert back.label == "drive-a"
    assert [each.label for each in back.passed_over] == ["drive-b"]
    assert back.copied_at.startswith("20261125")


def test_no_copy_that_is_sound_is_no_vault(house: House) -> None:
    newest_alone(drive(house))
    lose_vault(house)
    flip(last(drive(house) / "catalogue", "*.sealed"))
    with pytest.raises(Tampered, match="no drive holds a copy"):
        rebuilt(house)
    assert not (house.folder / "vault").exists()
    assert not [*house.folder.glob(".vault*")]


def test_a_copy_whose_statement_is_gone_is_not_taken(house: House) -> None:
    newest_alone(drive(house))
    heads = drive(house) / "heads"
    last(heads).unlink()
    lose_vault(house)
    with pytest.raises(Tampered, match="no statement on the drive vouches"):
        rebuilt(house)


def plant_copy(house: House, run: str) -> None:
    """It opens, as anybody can seal a catalogue of his own to public keys; nobody vouches for it.

    In his, mia has sam's login, so that sam could come to decide.
    """
    with house.practice.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE person SET login = 'x' WHERE login = 'sam'")
        connection.exec_driver_sql("UPDATE person SET login = 'sam' WHERE login = 'mia'")
    (volume,) = open_volumes([drive(house)])
    assert last(drive(house) / "heads").name.startswith("20261125T120000Z-1")
    newest_alone(drive(house))
    with catalogue_copy(house.practice.engine, house.folder / "vault" / "copying") as plain:
        write_copy(house.practice, None, volume, run, plain)
    lose_vault(house)


def test_a_copy_that_somebody_planted_is_not_taken(house: House) -> None:
    plant_copy(house, "20261125T120000Z-1")
    with pytest.raises(Tampered, match="not the one that was written there"):
        rebuilt(house)
    assert not (house.folder / "vault").exists()


@pytest.mark.parametrize("has_proof", [True, False])
def test_beside_a_copy_that_somebody_planted_the_one_that_was_written_serves(
    house: House, *, has_proof: bool
) -> None:
    plant_copy(house, "20261126T120000Z-1")
    if has_proof:
        proof = last(drive(house) / "heads")
        (proof.parent / "20261126T120000Z-1.tlog-proof").write_bytes(proof.read_bytes())
    back = rebuilt(house)
    house.open()
    assert back.copied_at == "20261125T120000Z"
    assert rows(house, "SELECT id FROM person WHERE login = 'x'") == []


def test_a_copy_that_came_to_have_no_statement_keeps_no_other_on_its_drive_from_serving(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drive was pulled out, or the server died, between the copy and its proof."""
    house.at = house.at.replace(day=26)
    pulled_out(house, drive(house), house.folder / "away", monkeypatch)
    (house.folder / "away").rename(drive(house))
    assert len([*(drive(house) / "catalogue").glob("*.sealed")]) == 3
    lose_vault(house)
    done = restored(house)
    assert (done.fetched.recordings, done.undone) == (4, ())
    house.at = house.at.replace(day=27)
    archive(house, drive(house), by="dora")
    assert verify(house, drive(house)).faults == ()


@pytest.mark.parametrize("login", ["sam", "ava"])
def test_a_password_that_approves_nothing_opens_nothing(house: House, login: str) -> None:
    lose_vault(house)
    with pytest.raises(Locked, match="nobody who could approve"):
        rebuilt(house, login=login)
    assert not (house.folder / "vault").exists()


def test_a_newest_copy_that_does_not_open_is_named_and_can_be_left_out(house: House) -> None:
    """With an old password, for one, an older state of the vault must not come back unasked."""
    house.at = house.at.replace(day=26)
    archive(house, drive(house, "drive-b"))
    lose_vault(house)
    keys = last(drive(house, "drive-b") / "catalogue", "*.keys.json")
    keys.write_bytes(canonical({**parse(keys.read_bytes()), "people": []}))
    with pytest.raises(Locked, match="drive-b") as refused:
        rebuilt(house, drive(house), drive(house, "drive-b"))
    assert "leave that drive out" in refused.value.hint
    assert rebuilt(house, drive(house)).label == "drive-a"


def test_the_newest_copy_is_the_one_with_the_longest_log_whatever_a_clock_said(
    house: House,
) -> None:
    ahead, right = drive(house, "drive-b"), drive(house)
    now = house.at
    house.at = now.replace(year=2028)
    archive(house, ahead)
    house.at = now.replace(day=26)
    one_more_call(house)
    archive(house, right)
    lose_vault(house)
    restored(house, ahead, right)
    assert len(originals_of(house)) == 5
    assert verified(house).verdict is Verdict.INTACT


def test_a_copy_that_the_newest_one_states_need_not_open(house: House) -> None:
    """Its password was another then, say."""
    house.at = house.at.replace(day=26)
    archive(house, drive(house, "drive-b"))
    lose_vault(house)
    keys = last(drive(house) / "catalogue", "*.keys.json")
    keys.write_bytes(canonical({**parse(keys.read_bytes()), "people": []}))
    back = rebuilt(house, drive(house), drive(house, "drive-b"))
    assert (back.label, back.passed_over) == ("drive-b", ())


def test_a_copy_that_may_be_newer_and_does_not_open_is_named_whatever_a_clock_said(
    house: House,
) -> None:
    house.at = house.at.replace(year=2028)
    archive(house, drive(house, "drive-b"))
    house.at = house.at.replace(year=2026, day=26)
    archive(house, drive(house))
    lose_vault(house)
    keys = last(drive(house) / "catalogue", "*.keys.json")
    keys.write_bytes(canonical({**parse(keys.read_bytes()), "people": []}))
    with pytest.raises(Locked, match="drive-a"):
        rebuilt(house, drive(house), drive(house, "drive-b"))
    assert not [*house.folder.glob(".vault*")]


@pytest.mark.parametrize("what", ["*.sealed", "*.keys.json"])
@pytest.mark.parametrize("by", ["link", "pipe"])
def test_a_copy_that_leads_off_the_drive_is_not_followed(
    house: House, tmp_path: Path, what: str, by: str
) -> None:
    newest_alone(drive(house))
    file = only(drive(house) / "catalogue", what)
    file.rename(tmp_path / "elsewhere")
    if by == "link":
        file.symlink_to(tmp_path / "elsewhere")
    else:
        os.mkfifo(file)  # whoever opens it to read waits for a writer
    lose_vault(house)
    with pytest.raises(Tampered, match="no plain file"):
        rebuilt(house)
    assert not (house.folder / "vault").exists()


def with_people(house: House, *added: dict[str, Any]) -> None:
    """Write further people into who may open the copy on the drive."""
    keys = only(drive(house) / "catalogue", "*.keys.json")
    said = parse(keys.read_bytes())
    keys.write_bytes(canonical({**said, "people": [*added, *said["people"]]}))


def a_dear_lock(person: str) -> dict[str, Any]:
    """What costs whoever tries it a second, or ten."""
    kdf = {"lanes": 1, "memory_kib": 1 << 20, "passes": 10, "salt": "00" * 16}
    return {"locked": {"kdf": kdf, "person": person, "sealed": "AAAA"}, "person": person}


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose locks are tried, as they are."""
    tried: list[str] = []

    def noted(
        locked: LockedSeed, password: str, vault: str, factor_key: bytes
    ) -> tuple[Identity, bytes]:
        tried.append(locked.person)
        return unlock(locked, password, vault, factor_key)

    monkeypatch.setattr(restore_copy, "unlock", noted)
    return tried


def test_of_locks_that_cost_the_same_the_data_controller_s_is_tried_first(
    house: House, tried: list[str]
) -> None:
    (volume,) = open_volumes([drive(house)])
    found = read_copy(volume, volume.catalogue())
    assert len(found.locked) > 1
    assert [opener_by_password(password_of("dora"))(found).person] == tried


def test_of_more_locks_than_anybody_writes_none_is_tried(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest_alone(drive(house))
    with_people(house, *(a_dear_lock(f"{number:032x}") for number in range(64)))
    lose_vault(house)
    monkeypatch.setattr(restore_copy, "unlock", None)
    with pytest.raises(Tampered, match="keys on drive") as refused:
        rebuilt(house)
    assert "give another drive" in refused.value.hint


def test_dear_locks_that_somebody_added_keep_nobody_waiting(house: House, tried: list[str]) -> None:
    newest_alone(drive(house))
    with_people(house, a_dear_lock("00" * 16), a_dear_lock("01" * 16))
    (volume,) = open_volumes([drive(house)])
    found = read_copy(volume, volume.catalogue())
    opener_by_password(password_of("max"))(found)
    assert not {"00" * 16, "01" * 16} & {*tried}


def test_no_volume_names_more_people_than_a_reader_takes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_copy, "MAX_PEOPLE", 3)
    before = contents(drive(house))
    with pytest.raises(Unusable, match="4 people hold the recordings key"):
        archive(house, drive(house))
    assert contents(drive(house)) == before


def test_another_kit_opens_nothing(house: House) -> None:
    lose_vault(house)
    with pytest.raises(Locked, match="not the recovery kit"):
        rebuild(
            house.config,
            open_volumes([drive(house)]),
            opener_by_kit(bytes(32)),
            now=house.now,
            environ=house.environ,
            check=check_vault,
        )


def test_a_vault_that_is_there_is_not_written_over(house: House) -> None:
    with pytest.raises(Misconfigured, match="in use already"):
        rebuilt(house)


def test_a_file_is_no_place_for_a_vault(house: House) -> None:
    lose_vault(house)
    house.config.vault.write_text("a letter")
    with pytest.raises(Misconfigured, match="in use already"):
        rebuilt(house)


def test_a_folder_that_is_no_volume_is_refused(house: House) -> None:
    with pytest.raises(NotFound, match="not a callrec drive"):
        open_volumes([house.folder / "spool"])


def test_one_entry_at_least_is_lost_where_the_log_went_on_before_that_was_said(
    house: House,
) -> None:
    """A manager restores, who cannot say it, and the Data Controller after him."""
    lose_vault(house)
    restored(house, login="max")
    assert restored(house, login="dora").leaves_lost >= 1
    assert [each.leaves_lost >= 1 for each in verified(house).resumed] == [True]


def test_a_volume_of_another_practice_is_refused(
    house: House, another: House, tmp_path: Path
) -> None:
    other = practices.copy(another, tmp_path / "other")
    archive(other, drive(other), by="dora")
    with pytest.raises(Unusable, match="different vaults"):
        open_volumes([drive(house), drive(other)])
    with pytest.raises(Unusable, match="belongs to another vault"):
        restored(house, drive(other))


def test_a_recording_that_is_damaged_on_the_volume_is_told_and_the_others_come(
    house: House,
) -> None:
    lose_vault(house)
    flip(last(next((drive(house) / "bags").iterdir()) / "data/recordings"))
    done = restored(house)
    assert done.fetched.recordings == 3
    assert len(done.fetched.damaged) == 1
    assert done.missing == {"drive-a": 1}


@pytest.mark.parametrize("login", ["dora", "max"])
def test_a_bag_that_is_not_the_one_that_was_written_is_told_and_the_others_come(
    house: House, login: str
) -> None:
    """The last bag's run is always beyond the copy, so that it would be stated anew."""
    lose_vault(house)
    bag = last(drive(house) / "bags")
    flip(bag / MANIFEST, 3)
    for fetched in (3, 0):
        done = restored(house, login=login)
        assert (done.fetched.recordings, done.missing) == (fetched, {"": 1})
        assert done.resumed == (login == "dora")
        told = f"its bag {bag.name} is not the one that was written there"
        assert done.undone == ((("drive-a", told),) if login == "dora" else ())


def test_a_head_that_was_named_as_lost_contradicts_no_later_copy(house: House) -> None:
    flip(last(drive(house) / "bags") / MANIFEST, 3)
    lose_vault(house)
    restored(house)  # the last run is not stated anew, and its proof stays
    house.at = house.at.replace(day=26)
    back_up(
        house.practice, house.actor("dora"), drive(house, "backup"), label=None, check=check_vault
    )
    lose_vault(house)
    back = rebuilt(house, drive(house), drive(house, "backup"))
    assert (back.label, back.passed_over[1:]) == ("backup", ())


def test_a_drive_that_can_only_be_read_gives_all_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise Failed("the drive can only be read")

    lose_vault(house)
    with monkeypatch.context() as read_only:
        read_only.setattr(Volume, "write_head", refuses)
        done = restored(house)
    assert done.fetched.recordings == 4
    [(label, why)] = done.undone
    assert (label, "can only be read" in why) == ("drive-a", True)
    assert restored(house).undone == ()
    assert verify(house, drive(house)).faults == ()


@pytest.mark.parametrize("says", ["nothing", "what another says"])
def test_recordings_that_came_out_alike_take_nothing_from_the_others(
    house: House, says: str
) -> None:
    lose_vault(house)
    first, *others = sorted((min((drive(house) / "bags").iterdir()) / RECORDINGS).iterdir())
    for other in others:
        other.write_bytes(first.read_bytes() if says == "what another says" else b"")
    done = restored(house)
    assert sorted(done.fetched.damaged) == [
        other.relative_to(drive(house)).as_posix() for other in others
    ]
    assert done.fetched.recordings == 2
    assert done.missing == {"drive-a": 2}


# What is wrong with one drive keeps no other from giving the vault back.


def two_drives(house: House) -> tuple[Path, Path]:
    good, bad = drive(house), drive(house, "drive-b")
    house.at = house.at.replace(day=26)
    archive(house, bad)
    return good, bad


def of_a_later_format(at: Path) -> None:
    keys = only(at / "catalogue", "*.keys.json")
    keys.write_bytes(canonical({**parse(keys.read_bytes()), "format": 99}))


def test_a_later_format_on_one_drive_keeps_no_other_from_serving(house: House) -> None:
    good, bad = two_drives(house)
    of_a_later_format(bad)
    lose_vault(house)
    back = rebuilt(house, good, bad)
    assert (back.label, back.passed_over[0].label) == ("drive-a", "drive-b")
    assert "newer callrec" in back.passed_over[0].problem.message
    volumes = open_volumes([good, bad])
    done = restore_from_volumes(
        back.practice, actor_in_rebuilt(back), volumes, advance=lambda _: None, check=check_vault
    )
    assert (done.fetched.recordings, done.missing) == (4, {})


def test_where_all_are_of_a_later_format_it_is_said_what_to_do(house: House) -> None:
    newest_alone(drive(house))
    of_a_later_format(drive(house))
    lose_vault(house)
    with pytest.raises(Unusable, match="newer callrec") as refused:
        rebuilt(house)
    assert refused.value.hint == "install that one"


def refuses_below(at: Path, whole: Callable[..., Any]) -> Callable[..., Any]:
    """A drive with a bad sector in what lies below a folder."""

    def read(path: Path, *args: Any) -> Any:
        if path.is_relative_to(at):
            with drive_errors():
                raise OSError(errno.EIO, "bad sector")
        return whole(path, *args)

    return read


@pytest.mark.parametrize(
    ("reads", "folder", "where"),
    [
        ("callrec.restore.copy.read_small", "catalogue", "may be newer"),
        ("callrec.restore.copy.open_untrusted", "catalogue", "may be newer"),
        ("callrec.volume.volume.hash_on_medium", "catalogue", "may be newer"),
        ("callrec.volume.volume.read_small", "heads", "the drive failed"),
        ("callrec.volume.bag.open_untrusted", "bags", "the drive failed"),
    ],
)
def test_what_one_drive_does_not_give_keeps_no_other_from_serving(
    house: House, monkeypatch: pytest.MonkeyPatch, reads: str, folder: str, where: str
) -> None:
    good, bad = two_drives(house)
    lose_vault(house)
    monkeypatch.setattr(reads, refuses_below(bad / folder, resolve_name(reads)))
    done = restored(house, good, bad)
    assert (done.fetched.recordings, done.missing) == (4, {})
    assert {label for label, why in done.undone if where in why} == {"drive-b"}


def test_a_drive_that_does_not_give_its_proofs_was_not_tampered_with(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gave them a moment before, when it was asked which copies are stated."""
    newest_alone(drive(house))
    lose_vault(house)
    asked, heads = iter((True, False)), Volume.heads

    def once(volume: Volume) -> tuple[str, ...]:
        if next(asked):
            return heads(volume)
        raise Failed("the drive fails")

    monkeypatch.setattr(Volume, "heads", once)
    with pytest.raises(Failed, match="the drive fails"):
        rebuilt(house)


def gives_nothing(*_: object) -> Any:
    with drive_errors():
        raise OSError(errno.EIO, "bad sector")


def gives_the_beginning(*_: object) -> Iterator[bytes]:
    yield b"SQLite"
    raise OSError(errno.EIO, "bad sector")


@pytest.mark.parametrize(
    ("reads", "drive_"),
    [
        ("restore.copy.read_small", gives_nothing),
        ("restore.copy.open_untrusted", gives_nothing),
        ("restore.copy.open_stream", gives_the_beginning),
        ("volume.volume.hash_on_medium", gives_nothing),
    ],
)
def test_where_the_only_drive_does_not_give_its_copy_it_failed_and_nobody_has_tampered(
    house: House, monkeypatch: pytest.MonkeyPatch, reads: str, drive_: Callable[..., Any]
) -> None:
    lose_vault(house)
    monkeypatch.setattr(f"callrec.{reads}", drive_)
    with pytest.raises(Failed, match="the drive failed"):
        rebuilt(house)


# Somebody who was disabled keeps the key that signs, and has a drive in his hands for a minute.

NEVER = 1 << 40
"""Entries that no log has."""


@pytest.fixture
def planted(house: House) -> House:
    """A manager who is disabled says, as of when he was not, that all was erased; in a long log."""
    at = drive(house)
    uids = [row.uid for row in rows(house, "SELECT uid FROM recording ORDER BY uid")]
    seq = size_of_log(house) - 1
    plant = forged_head(house, at, login="mia", seq=seq, size=NEVER, erased=uids)
    house.at = house.at.replace(day=28)
    disable_person(house.practice, house.actor("dora"), login="mia")
    archive(house, at)  # the copy of the catalogue knows that she is disabled
    plant()
    lose_vault(house)
    return house


def test_what_somebody_who_was_disabled_says_of_a_volume_keeps_nothing_back(planted: House) -> None:
    done = restored(planted)
    assert (done.erased_since, done.fetched.recordings, done.missing) == ((), 4, {})
    [(label, told)] = done.undone
    assert label == "drive-a"
    assert f"its proof {RUN} counts for nothing: " in told


def test_nor_does_it_stand_in_the_record(planted: House) -> None:
    assert restored(planted).leaves_lost == 1
    said = rows(planted, "SELECT body FROM statement WHERE kind = 'volume'")
    assert not any(parse(bytes(row.body)).get("erased") for row in said)
    resumed = rows(planted, "SELECT body FROM statement WHERE kind = 'resumed'")
    assert [len(parse(bytes(row.body))["lost"]) for row in resumed] == [1]


def test_nor_does_it_let_him_choose_which_drive_the_vault_comes_back_from(house: House) -> None:
    """In the older copy he is in office yet."""
    older, newer = drive(house), drive(house, "drive-b")
    size = size_of_log(house)
    plant = forged_head(house, older, login="mia", seq=size - 1, size=size)
    house.at = house.at.replace(day=28)
    disable_person(house.practice, house.actor("dora"), login="mia")
    archive(house, newer)
    plant()
    lose_vault(house)
    back = rebuilt(house, older, newer)
    assert (back.label, back.passed_over) == ("drive-b", ())


def test_more_may_have_been_erased_than_sqlite_takes_in_one_question(house: House) -> None:
    uids = [row.uid for row in rows(house, "SELECT uid FROM recording ORDER BY id LIMIT 1")]
    uids += (f"{number:032x}" for number in range(2000))
    size = size_of_log(house)
    forged_head(house, drive(house), login="dora", seq=size, size=size + 1, erased=uids)()
    lose_vault(house)

    def narrow(connection: sqlite3.Connection, _: object) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 1000)

    event.listen(Engine, "connect", narrow)
    try:
        done = restored(house)
    finally:
        event.remove(Engine, "connect", narrow)
    assert (done.erased_since, done.fetched.recordings, done.missing) == ((1,), 3, {})


def test_the_index_is_written_anew_whatever_was_done_before_the_restore(house: House) -> None:
    """The second version of its key is another one then; the operator remembers the former."""
    index = [VaultKey.INDEX]

    def written_anew() -> tuple[int, int]:
        rotate_keys(house.open(), house.actor("dora"), index)
        to_do = count_to_reseal(house.open(), index)
        reseal(house.practice, house.actor("dora"), index, lambda _: None)
        return to_do, count_to_reseal(house.practice, index)

    assert written_anew() == (4, 0)
    house.practice.engine.dispose()
    shutil.rmtree(house.folder / "vault")
    restored(house)
    assert written_anew() == (4, 0)


# A drill, and a vault that lost only some of it.


def drilled(house: House, *drives: Path) -> RestoreDrill:
    return run_restore_drill(
        house.open(),
        house.actor("max"),
        open_volumes(drives or (drive(house),)),
        opener_by_password(password_of("max")),
        environ=house.environ,
        advance=lambda _: None,
        check=check_vault,
    )


def test_a_drill_proves_that_everything_comes_back_and_leaves_nothing(house: House) -> None:
    before = {path for path in house.folder.rglob("*") if "sqlite" not in path.name}
    done = drilled(house)
    assert (done.fetched.recordings, done.fetched.damaged, done.not_on_volumes) == (4, [], 0)
    left = {path for path in house.folder.rglob("*") if "sqlite" not in path.name} - before
    assert {path.name for path in left} <= {"sampled.json"}  # which recordings were opened
    house.open()
    assert acts(house, 1) == [("restore.drilled", "done")]


def test_a_drill_tells_what_would_not_come_back(house: House) -> None:
    flip(last(next((drive(house) / "bags").iterdir()) / "data/recordings"))
    done = drilled(house)
    assert (done.fetched.recordings, len(done.fetched.damaged), done.not_on_volumes) == (3, 1, 1)


def test_a_drill_that_fails_is_on_record_and_leaves_nothing(house: House) -> None:
    newest_alone(drive(house))
    flip(last(drive(house) / "catalogue", "*.sealed"))
    with pytest.raises(Tampered):
        drilled(house)
    house.open()
    assert acts(house, 1) == [("restore.drilled", "failed")]
    assert not [*house.folder.glob(".vault*")]


def test_there_is_no_drill_from_a_drive_that_was_reported_lost(house: House) -> None:
    loss = LossReport(label="drive-a", noticed_at=house.now())
    report_lost(house.practice, house.actor("max"), loss)
    with pytest.raises(Unusable, match="this drive was reported lost"):
        drilled(house)


def test_what_is_damaged_or_missing_is_fetched_back(house: House) -> None:
    originals = originals_of(house)
    paths = sorted((house.folder / "vault/recordings").rglob("??/*"))
    flip(paths[0])
    paths[1].unlink()
    volumes = open_volumes([drive(house)])
    done = repair_from_volumes(
        house.open(), house.actor("max"), volumes, advance=lambda _: None, check=check_vault
    )
    assert (done.fetched.recordings, done.missing) == (2, {})
    assert originals_of(house) == originals
