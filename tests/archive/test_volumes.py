"""Volumes as things the practice owns: kept, asked for by label, lost, found, let go of for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from callrec.archive import attached as elsewhere
from callrec.archive.attached import (
    OnlyOnVolumes,
    attached_volumes,
    mounted_volumes,
    open_recording,
)
from callrec.archive.fetch import count_files
from callrec.archive.run import archive_recordings
from callrec.archive.survey import longest_unverified_first
from callrec.archive.volumes import (
    ListedVolume,
    LossReport,
    VolumeKeeper,
    keepers_of_volumes,
    list_volumes,
    record_volume_keeper,
    report_found,
    report_lost,
)
from callrec.catalogue.engine import reading
from callrec.catalogue.volumes import volume_labelled
from callrec.errors import Failed, NotFound, Refused, Tampered, Unusable
from callrec.incidents.show import show_incident
from callrec.keys.rotating import reseal, rotate_keys
from callrec.office.status import read_status
from callrec.policy.role import VaultKey
from callrec.policy.search import Criteria
from callrec.practice import open_practice
from callrec.registers.verify import check_vault
from callrec.search.search import search_recordings
from callrec.search.show import show_recording
from callrec.system.posix import drives as mounts_of
from callrec.volume.volume import MARKER, create_volume, open_volume
from house import practices
from house.drives import (
    archive,
    come_back,
    contents,
    drive,
    flip,
    last,
    one_more_call,
    remove_local,
    tight_drive,
    vanish,
    verify,
)
from house.holds import verified
from house.practices import House
from house.requests import by_sql, rows
from house.spool import NUMBER, a_call, take_in
from house.stages import ON_TWO_DRIVES, Stages
from volume.vault_files import taking_no_memory


@pytest.fixture
def house(stages: Stages, tmp_path: Path) -> House:
    """Four recordings, all of them on two drives."""
    copied = stages.copy(ON_TWO_DRIVES, tmp_path / "house")
    places = copied.practice.state_folder / "places.json"
    places.write_text(
        places.read_text().replace(str(stages.at(ON_TWO_DRIVES).folder), str(copied.folder))
    )
    return copied


@pytest.fixture
def let_go(house: House) -> House:
    """A practice whose recordings are on drive-a and drive-b, and no more in the vault."""
    assert remove_local(house, drive(house, "drive-b")).recordings == 4
    return house


def listed(house: House, label: str) -> ListedVolume:
    (found,) = (each for each in list_volumes(house.open()) if each.label == label)
    return found


def lose(house: House, label: str) -> None:
    report_lost(house.practice, house.actor("max"), LossReport(label=label, noticed_at=house.now()))
    house.open()


def take_away(house: House, *names: str) -> Path:
    away = house.folder / "away"
    away.mkdir(exist_ok=True)
    for name in names:
        drive(house, name).rename(away / name)
    return away


def row_of(house: House, number: int = 1) -> object:
    return rows(house, f"SELECT id, ciphertext, state FROM recording WHERE id = {number}")[0]


# Removing what is on enough volumes.


def test_one_copy_is_too_few_and_nothing_is_removed(house: House) -> None:
    one_more_call(house)
    done = remove_local(house, drive(house))
    assert (done.recordings, done.too_few_copies) == (4, 1)
    assert len([*house.practice.store.names()]) == 1


def test_the_practice_says_how_many_copies_are_enough(house: House) -> None:
    house.decide(archive={"copies": 3})
    assert remove_local(house, drive(house)).recordings == 0
    archive(house, drive(house, "drive-c"))
    assert remove_local(house, drive(house)).recordings == 4


def test_what_was_let_go_of_is_archived_and_that_follows_from_the_log(let_go: House) -> None:
    assert {row.state for row in rows(let_go, "SELECT state FROM recording")} == {"archived"}
    assert verified(let_go).problems == ()


def test_a_state_that_somebody_wrote_is_found(house: House) -> None:
    by_sql(house, "UPDATE recording SET state = 'archived' WHERE id = 2")
    assert "the state of recording 2" in str(verified(house).problems)


def test_a_copy_on_a_lost_volume_does_not_count(house: House) -> None:
    lose(house, "drive-a")
    assert remove_local(house, drive(house, "drive-b")).too_few_copies == 4


def test_a_lost_volume_that_somebody_wrote_back_into_use_is_found(house: House) -> None:
    lose(house, "drive-a")
    by_sql(house, "UPDATE volume SET standing = 'in-use'")
    with pytest.raises(Tampered, match="does not stand as the log says"):
        remove_local(house, drive(house, "drive-b"))
    assert len([*house.practice.store.names()]) == 4
    assert "does not stand" in str(verified(house).problems)


def test_a_copy_that_somebody_claimed_in_the_catalogue_is_found(house: House) -> None:
    one_more_call(house)
    archive(house, drive(house))
    volume = "(SELECT id FROM volume WHERE label = 'drive-b')"
    by_sql(house, f"INSERT INTO archived SELECT 5, {volume}, bag FROM archived LIMIT 1")
    with pytest.raises(Tampered):
        remove_local(house, drive(house))
    assert len([*house.practice.store.names()]) == 5


def test_a_copy_that_does_not_read_back_is_not_relied_on(house: House) -> None:
    for copy in (last(drive(house, "drive-b") / "bags") / "data" / "recordings").iterdir():
        flip(copy)
    with pytest.raises(Tampered, match="is not what was written there"):
        remove_local(house, drive(house, "drive-b"))
    assert len([*house.practice.store.names()]) == 4


def test_later_calls_stay_where_a_limit_is_given(house: House) -> None:
    begun = house.at.replace(year=1990)
    done = archive_recordings(
        house.practice,
        house.actor("max"),
        drive(house),
        started_before=begun,
        removes=True,
        check=check_vault,
    )
    assert done.removed is not None
    assert done.removed.recordings == 0


# Copies elsewhere.


def test_no_file_goes_for_a_copy_on_the_vaults_own_disk(house: House) -> None:
    here = drive(house, "external1")
    with pytest.raises(Unusable, match="the vault's own disk"):
        remove_local(house, here)
    assert contents(here) == {}
    assert len([*house.practice.store.names()]) == 4


def test_a_volume_on_the_vaults_own_disk_is_not_counted_attached_or_away(house: House) -> None:
    one_more_call(house)
    archive(house, drive(house, "external1"))
    archive(house, drive(house))
    for _ in "here", "away":
        done = remove_local(house, drive(house))
        assert (done.too_few_copies, done.not_counted) == (1, ("external1",))
        assert listed(house, "external1").on_vaults_disk
        if (house.folder / "external1").is_dir():
            take_away(house, "external1")


def test_what_lies_on_this_disk_only_was_not_archived(template: House, tmp_path: Path) -> None:
    house = practices.copy(template, tmp_path / "house")
    take_in(house, a_call(house.folder / "spool", 1))
    archive(house, drive(house, "external1"))
    status = read_status(house.open(), None)
    assert status.last_archive is None
    assert "nothing was archived to another disk" in str(status.warnings)
    archive(house, drive(house))
    assert "nothing was" not in str(read_status(house.open(), None).warnings)


def test_two_volumes_on_one_drive_are_one_copy(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        elsewhere, "disk_of", lambda at: "8:16" if at.name.startswith("drive") else "8:0"
    )
    assert remove_local(house, drive(house, "drive-b")).too_few_copies == 4


def test_two_that_are_away_are_one_drive_where_their_number_is_one(let_go: House) -> None:
    take_away(let_go, "drive-a", "drive-b")
    assert "on fewer than 2" not in str(read_status(let_go.open(), None).warnings)
    by_sql(let_go, "UPDATE volume SET serial = 'WX21'")
    assert "4 recordings are only on drives, and on fewer than 2" in str(
        read_status(let_go.open(), None).warnings
    )


def test_a_volume_that_was_moved_to_a_drive_counts_from_its_next_run_on(house: House) -> None:
    archive(house, drive(house, "external1"))
    (house.folder / "external1").rename(house.folder / "drive-x")
    archive(house, drive(house, "drive-x"))
    assert not listed(house, "external1").on_vaults_disk


# What is only on a volume.


def test_a_recording_is_read_from_whichever_volume_is_attached(let_go: House) -> None:
    for here, gone in (("drive-a", "drive-b"), ("drive-b", "drive-a")):
        away = take_away(let_go, gone)
        with open_recording(let_go.practice, row_of(let_go)) as sealed:  # type: ignore[arg-type]
            assert sealed.read(1) == b"\x28"
        assert show_recording(let_go.practice, let_go.actor("max"), 1).file_checked
        (away / gone).rename(let_go.folder / gone)
        assert (let_go.folder / here).is_dir()


def test_a_damaged_copy_gives_way_to_a_sound_one(let_go: House) -> None:
    for copy in (drive(let_go) / "bags").glob("*/data/recordings/*"):
        flip(copy)
    with open_recording(let_go.practice, row_of(let_go)) as sealed:  # type: ignore[arg-type]
        assert sealed.read(1) == b"\x28"
    take_away(let_go, "drive-b")
    with (
        pytest.raises(Tampered, match="is not what was written there"),
        open_recording(let_go.practice, row_of(let_go)),  # type: ignore[arg-type]
    ):
        pass


def test_away_it_is_asked_for_by_label(let_go: House) -> None:
    take_away(let_go, "drive-a", "drive-b")
    with (
        pytest.raises(OnlyOnVolumes, match='only on the drive "drive-a" or "drive-b"') as asked,
        open_recording(let_go.practice, row_of(let_go)),  # type: ignore[arg-type]
    ):
        pass
    assert "--from DIR" in asked.value.hint
    shown = show_recording(let_go.practice, let_go.actor("max"), 1)
    assert (shown.file_checked, shown.call.volumes) == (False, ("drive-a", "drive-b"))
    lose(let_go, "drive-a")
    assert show_recording(let_go.practice, let_go.actor("max"), 1).call.volumes == ("drive-b",)
    lose(let_go, "drive-b")
    with (
        pytest.raises(OnlyOnVolumes, match="reported lost"),
        open_recording(let_go.practice, row_of(let_go)),  # type: ignore[arg-type]
    ):
        pass


def test_a_search_says_on_which_volumes_a_call_is(let_go: House) -> None:
    found = search_recordings(
        let_go.practice,
        let_go.actor("max"),
        criteria=[Criteria(number=NUMBER.replace("0", "+44", 1))],
        reason="The patient complains that nobody rang back",
        request=None,
        limit=None,
    )
    assert {call.volumes for call in found.items} == {("drive-a", "drive-b")}


def test_a_file_that_is_missing_though_the_vault_should_have_it_is_damage(house: House) -> None:
    for name in house.practice.store.names():
        house.practice.store.remove(name)
    with pytest.raises(Tampered, match="missing"):
        show_recording(house.practice, house.actor("max"), 1)


def test_a_third_volume_is_filled_from_those_that_are_attached(let_go: House) -> None:
    assert archive(let_go, drive(let_go, "drive-c")).recordings == 4
    assert verify(let_go, drive(let_go, "drive-c")).faults == ()
    take_away(let_go, "drive-a", "drive-b", "drive-c")
    done = archive(let_go, drive(let_go, "drive-d"))
    assert (done.recordings, done.out_of_reach) == (0, 4)


def test_a_volume_of_another_practice_is_not_taken_for_ours(let_go: House) -> None:
    take_away(let_go, "drive-a", "drive-b")
    marker = let_go.folder / "away" / "drive-a" / "CALLREC-VOLUME.json"
    marker.write_text(marker.read_text().replace(let_go.practice.vault, "0" * 32))
    practice = open_practice(let_go.config, let_go.now, let_go.environ)
    assert attached_volumes(practice) == {}


# Who has it, and where it lies.


def test_who_has_a_volume_is_sealed_and_read_by_who_may_search(house: House) -> None:
    kept = VolumeKeeper("Pat Ellison", "the fire safe")
    record_volume_keeper(house.practice, house.actor("max"), "drive-a", kept)
    house.open()
    assert [*keepers_of_volumes(house.practice, house.actor("pat")).values()] == [kept]
    assert keepers_of_volumes(house.practice, house.actor("sam")) == {}
    house.practice.engine.dispose()
    raw = b"".join(contents(house.practice.folder).values())
    assert b"Ellison" not in raw
    assert b"fire safe" not in raw


def test_who_has_a_volume_is_what_was_written_down_last(house: House) -> None:
    record_volume_keeper(house.practice, house.actor("max"), "drive-a", VolumeKeeper("Pat", "home"))
    before = rows(house, "SELECT kept_sealed FROM volume WHERE label = 'drive-a'")[0].kept_sealed
    record_volume_keeper(
        house.practice, house.actor("max"), "drive-a", VolumeKeeper("Max", "the fire safe")
    )
    by_sql(house, f"UPDATE volume SET kept_sealed = x'{before.hex()}' WHERE label = 'drive-a'")
    with pytest.raises(Tampered, match="not what was written down last"):
        keepers_of_volumes(house.practice, house.actor("pat"))
    by_sql(house, "UPDATE volume SET kept_sealed = NULL")
    with pytest.raises(Tampered, match="not what was written down last"):
        keepers_of_volumes(house.practice, house.actor("pat"))


def test_it_is_sealed_anew_with_everything_else(house: House) -> None:
    kept = VolumeKeeper("Pat Ellison", "the fire safe")
    record_volume_keeper(house.practice, house.actor("max"), "drive-a", kept)
    rotate_keys(house.open(), house.actor("dora"), (VaultKey.CATALOGUE,))
    reseal(house.open(), house.actor("dora"), (VaultKey.CATALOGUE,), lambda _: None)
    assert rows(house, "SELECT kept_version FROM volume WHERE label = 'drive-a'")[0][0] == 2
    assert [*keepers_of_volumes(house.open(), house.actor("pat")).values()] == [kept]


@pytest.mark.parametrize("said", [("", "home"), ("Pat", " "), ("P" * 201, "home")])
def test_both_are_said(house: House, said: tuple[str, str]) -> None:
    with pytest.raises(Unusable):
        record_volume_keeper(house.practice, house.actor("max"), "drive-a", VolumeKeeper(*said))


def test_only_who_may_archive_says_it_and_of_a_volume_that_there_is(house: House) -> None:
    with pytest.raises(Refused):
        record_volume_keeper(
            house.practice, house.actor("sam"), "drive-a", VolumeKeeper("Sam", "home")
        )
    with pytest.raises(NotFound):
        record_volume_keeper(
            house.practice, house.actor("max"), "drive-x", VolumeKeeper("Max", "home")
        )


# Lost, and found.


def test_a_lost_volume_makes_an_incident_with_the_calls_on_it(let_go: House) -> None:
    loss = LossReport(label="drive-a", noticed_at=let_go.now())
    done = report_lost(let_go.practice, let_go.actor("max"), loss)
    assert (done.recordings, done.without_copy) == ((1, 2, 3, 4), ())
    let_go.open()
    shown = show_incident(let_go.practice, let_go.actor("dora"), done.incident.reference)
    assert shown.recordings == (1, 2, 3, 4)
    assert shown.findings.record_count == 4
    assert 'the archive drive "drive-a" is lost' in shown.what
    let_go.open()
    again = LossReport(label="drive-b", noticed_at=let_go.now())
    assert report_lost(let_go.practice, let_go.actor("max"), again).without_copy == (1, 2, 3, 4)
    assert verified(let_go).problems == ()


def test_more_calls_than_one_entry_names_are_counted(house: House) -> None:
    columns = "uid, batch, data_key, ciphertext, started_at, duration_ms, direction, size_bytes"
    values = columns.replace("uid", "lower(hex(randomblob(16)))")
    values = values.replace("ciphertext", "lower(hex(randomblob(32)))")
    for _ in range(9):  # 4, 8, …, 2048
        copied = f"SELECT {values}, format, state FROM recording"
        by_sql(house, f"INSERT INTO recording ({columns}, format, state) {copied}")
    place = "SELECT volume, bag FROM archived LIMIT 1"
    by_sql(
        house,
        "INSERT INTO archived (recording, volume, bag)"
        f" SELECT id, volume, bag FROM recording, ({place}) WHERE id > 4",
    )
    done = report_lost(
        house.open(), house.actor("max"), LossReport(label="drive-a", noticed_at=house.now())
    )
    shown = show_incident(house.open(), house.actor("dora"), done.incident.reference)
    assert (len(done.recordings), shown.recordings) == (2048, ())
    assert shown.findings.record_count == 2048
    assert "2048 sealed recordings, of calls from" in shown.what


def test_nobody_else_reports_it_and_it_is_lost_once(house: House) -> None:
    loss = LossReport(label="drive-a", noticed_at=house.now())
    with pytest.raises(Refused):
        report_lost(house.practice, house.actor("sam"), loss)
    with pytest.raises(NotFound):
        report_lost(
            house.practice, house.actor("max"), LossReport(label="x", noticed_at=house.now())
        )
    lose(house, "drive-a")
    with pytest.raises(Refused, match="already"):
        report_lost(house.practice, house.actor("max"), loss)


def test_what_is_lost_is_not_written_to_until_all_of_it_was_read_back(house: House) -> None:
    lose(house, "drive-a")
    with pytest.raises(Unusable, match="reported lost"):
        archive(house, drive(house))
    copy = next((drive(house) / "bags").glob("*/data/recordings/*"))
    flip(copy)
    with pytest.raises(Tampered):
        report_found(house.practice, house.actor("max"), drive(house), lambda _: None)
    assert listed(house, "drive-a").is_lost
    flip(copy)
    report_found(house.practice, house.actor("max"), drive(house), lambda _: None)
    assert not listed(house, "drive-a").is_lost
    archive(house, drive(house))
    with pytest.raises(Unusable, match="not reported lost"):
        report_found(house.practice, house.actor("max"), drive(house), lambda _: None)
    assert verified(house).problems == ()


@pytest.mark.parametrize("label", ["drive-b", "drive-z"])
def test_an_empty_folder_with_a_marker_is_no_volume_that_was_lost_or_is_sound(
    house: House, label: str
) -> None:
    take_away(house, "drive-b")
    lose(house, "drive-b")
    impostor = drive(house, "impostor")
    create_volume(impostor, volume="ab" * 16, vault=house.practice.vault, label=label)
    with pytest.raises(NotFound, match="nothing was ever written"):
        report_found(house.practice, house.actor("max"), impostor, lambda _: None)
    assert listed(house, "drive-b").is_lost
    assert [fault.path for fault in verify(house, impostor).faults] == [MARKER]


def test_a_bag_that_somebody_put_there_takes_no_memory_and_hides_no_other(house: House) -> None:
    planted = drive(house) / "bags" / "20991231T120000Z-1"
    planted.mkdir()
    (planted / "manifest-sha256.txt").touch()
    os.truncate(planted / "manifest-sha256.txt", 64 << 20)  # no line ends there
    with taking_no_memory():
        assert count_files(open_volume(drive(house))) == 4


# When it was looked at.


def test_the_most_neglected_comes_first(house: House) -> None:
    a, b = drive(house), drive(house, "drive-b")
    assert longest_unverified_first(house.practice, [b, a]) == (b, a)
    verify(house, b)
    assert longest_unverified_first(house.practice, [b, a]) == (a, b)
    house.at = house.at.replace(day=26)
    verify(house, a)
    assert longest_unverified_first(house.practice, [a, b]) == (b, a)
    status = read_status(house.open(), None)
    assert [each.label for each in status.volumes] == ["drive-b", "drive-a"]


def test_a_volume_is_listed_as_attached_where_it_was_last_used(house: House) -> None:
    assert listed(house, "drive-a").at == drive(house).absolute()
    take_away(house, "drive-a")
    away = listed(house, "drive-a")
    assert (away.at, away.seen_at) == (None, house.at)


def test_too_few_copies_of_what_is_on_volumes_only_is_a_warning(let_go: House) -> None:
    assert "only on drives" not in str(read_status(let_go.open(), None).warnings)
    lose(let_go, "drive-a")
    assert "4 recordings are only on drives, and on fewer than 2" in str(
        read_status(let_go.open(), None).warnings
    )


# A drive that is taken away while it is written to.


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    at = tmp_path / "mounted"
    with tight_drive(at, 64 << 20):
        yield at


@pytest.mark.parametrize("point", [4, 5, 6])
def test_a_drive_that_vanishes_midway_is_said_and_the_next_run_goes_on(
    house: House, mounted: Path, point: int
) -> None:
    """Its mount is taken away for a while: what was written there is there when it is back."""
    asked = 0
    kept = mounted.with_name("kept")
    kept.mkdir()
    bind = subprocess.run(
        ["mount", "--bind", str(mounted), str(kept)], check=False, capture_output=True
    ).returncode
    house.at = house.at.replace(day=26)
    actor = house.actor("max")

    def now() -> datetime:
        nonlocal asked
        asked += 1
        if asked == point:
            vanish(mounted, kept, bound=bind == 0)
        return house.at

    practice = open_practice(house.config, now, house.environ)
    with pytest.raises(Failed, match="the drive is gone"):
        archive_recordings(practice, actor, mounted, label="new", check=check_vault)
    assert not any(mounted.glob("*"))
    come_back(mounted, kept, bound=bind == 0)
    house.at = house.at.replace(day=27)
    house.open()
    archive(house, mounted, label=None if (mounted / "CALLREC-VOLUME.json").exists() else "new")
    assert verify(house, mounted).faults == ()
    assert verified(house).problems == ()


def test_a_row_of_a_volume_is_found_by_its_label_alone(house: House) -> None:
    with reading(house.practice.engine) as connection:
        assert volume_labelled(connection, "drive-a").label == "drive-a"
        with pytest.raises(NotFound):
            volume_labelled(connection, "drive-x")


def test_on_a_machine_without_a_vault_drives_are_found_by_what_is_mounted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = house.folder / "mounts"
    mounts.write_bytes(b"/dev/sdx1 %s ext4 rw 0 0\n" % bytes(house.folder))
    monkeypatch.setattr(mounts_of, "MOUNTS", mounts)
    assert [volume.label for volume in mounted_volumes()] == ["drive-a", "drive-b"]
    mounts.write_bytes(b"")
    assert mounted_volumes() == ()
