from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from callrec.errors import Failed, NotFound
from callrec.volume.bag import write_bag
from callrec.volume.drive import AtomicFile
from callrec.volume.volume import Volume, create_volume, stamp
from house.small_disk import small_disk
from volume.vault_files import INFO, snapshot, vault_files

TEN = datetime(2026, 8, 7, 10, 15, tzinfo=UTC)

ELEVEN = TEN + timedelta(hours=1)

BAG = "20260807T101500Z-1"


@pytest.fixture(name="volume")
def _volume(tmp_path: Path) -> Volume:
    (tmp_path / "drive").mkdir()
    return begin(tmp_path / "drive")


def begin(at: Path) -> Volume:
    return create_volume(at, volume="1e" * 16, vault="0f" * 16, label="archive-a")


def test_a_name_on_a_volume_is_the_time_in_utc(volume: Volume) -> None:
    summer = timezone(timedelta(hours=1))
    assert stamp(datetime(2026, 8, 7, 11, 15, tzinfo=summer)) == "20260807T101500Z"
    assert volume.bag_path(f"{stamp(TEN)}-1").name == BAG


def test_a_volume_lists_its_whole_bags_and_nothing_else(volume: Volume, tmp_path: Path) -> None:
    assert volume.bags() == ()
    items = vault_files(tmp_path / "vault", b"a sealed call")
    for bag in ("20260807T111500Z-1", BAG):
        write_bag(volume.bag_path(bag), items, INFO)
    for other in (".20260807T121500Z-1.partial", "System Volume Information"):
        (volume.at / "bags" / other).mkdir()
    assert volume.bags() == (BAG, "20260807T111500Z-1")


def test_a_head_is_read_as_it_was_written(volume: Volume) -> None:
    volume.write_head(BAG, b"c2sp.org/tlog-proof@v1\n")
    assert volume.head_of(BAG) == b"c2sp.org/tlog-proof@v1\n"
    assert (volume.at / "heads" / f"{BAG}.tlog-proof").is_file()


def test_a_bag_without_a_head_says_so(volume: Volume) -> None:
    with pytest.raises(NotFound, match=BAG):
        volume.head_of(BAG)


NO_BAGS = ("../../elsewhere", "", ".20260807T101500Z-1.partial", f"{BAG}\n", "20260807T101500Z")


@pytest.mark.parametrize("name", NO_BAGS)
def test_a_name_that_no_bag_has_leads_nowhere(volume: Volume, name: str) -> None:
    for use in (volume.bag_path, volume.head_of, lambda bag: volume.write_head(bag, b"")):
        with pytest.raises(NotFound):
            use(name)


def the_copy_of(hour: int) -> bytes:
    return b"sealed copy %d" % hour


def copy(volume: Volume, at: datetime) -> str:
    def fill(file: AtomicFile) -> None:
        file.write(memoryview(the_copy_of(at.hour)))

    sealed, _ = volume.write_copy(stamp(at), fill, b"keys %d" % at.hour)
    volume.drop_other_copies(stamp(at))
    return sealed


def test_a_copy_of_the_catalogue_is_found_with_its_keys(volume: Volume) -> None:
    written = copy(volume, TEN)
    found = volume.catalogue()
    assert found.time == "20260807T101500Z"
    assert found.sealed.read_bytes() == the_copy_of(10)
    assert found.keys.read_bytes() == b"keys 10"
    assert written == hashlib.sha256(the_copy_of(10)).hexdigest()


def test_a_new_copy_of_the_catalogue_does_away_with_all_older_ones(volume: Volume) -> None:
    copy(volume, TEN)
    (volume.at / "catalogue" / "20250101T000000Z.sealed").write_bytes(b"of a killed run")
    copy(volume, ELEVEN)
    names = {path.name for path in (volume.at / "catalogue").iterdir()}
    assert names == {"20260807T111500Z.sealed", "20260807T111500Z.keys.json"}


def test_a_new_copy_may_come_within_the_same_second(volume: Volume) -> None:
    copy(volume, TEN)
    copy(volume, TEN)
    assert volume.catalogue().sealed.read_bytes() == the_copy_of(10)


def test_what_is_not_ours_in_the_catalogues_folder_is_left_alone(volume: Volume) -> None:
    (volume.at / "catalogue" / "notes.txt").write_bytes(b"")
    copy(volume, TEN)
    assert (volume.at / "catalogue" / "notes.txt").exists()


def test_half_a_copy_is_no_copy(volume: Volume) -> None:
    copy(volume, TEN)
    (volume.at / "catalogue" / "20260807T121500Z.sealed").write_bytes(b"without its keys")
    assert volume.catalogue().time == "20260807T101500Z"


def test_a_volume_without_a_copy_says_so(volume: Volume) -> None:
    with pytest.raises(NotFound, match="no copy of the catalogue"):
        volume.catalogue()


def test_a_copy_that_does_not_fit_leaves_the_older_one(tmp_path: Path) -> None:
    with small_disk(tmp_path / "drive") as word:
        volume = begin(tmp_path / "drive")
        copy(volume, TEN)
        before = snapshot(volume.at)
        with pytest.raises(Failed, match=word):
            volume.write_copy(stamp(ELEVEN), lambda file: file.write(bytes(3 << 20)), b"keys")
        assert snapshot(volume.at) == before


def test_what_a_killed_run_left_half_written_is_cleared(volume: Volume, tmp_path: Path) -> None:
    copy(volume, TEN)
    before = snapshot(volume.at)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"")
    bag = volume.at / "bags" / ".20260807T101500Z-1.partial"
    (bag / "data").mkdir(parents=True)
    (bag / "data" / "half").write_bytes(b"half")
    (volume.at / "bags" / ".other.partial").symlink_to(precious)
    (volume.at / "heads" / f".{BAG}.tlog-proof.partial").write_bytes(b"half")
    volume.clear_unfinished()
    assert snapshot(volume.at) == before
    assert (precious / "file").exists()
