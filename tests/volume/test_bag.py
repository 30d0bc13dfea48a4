from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import overload
from weakref import WeakSet

import bagit
import pytest

from callrec.errors import Failed, Tampered
from callrec.volume.bag import BagItem, for_each_in_parallel, write_bag
from callrec.volume.drive import copy_file
from house.small_disk import read_only, small_disk
from volume.vault_files import INFO, snapshot, vault_files

CALLS = (b"one sealed call", b"another", b"", bytes(3_000_000))


def file_of(item: BagItem) -> Path:
    assert isinstance(item.source, Path)
    return item.source


@pytest.fixture(name="items")
def _items(tmp_path: Path) -> tuple[BagItem, ...]:
    return vault_files(tmp_path / "vault", *CALLS)


@pytest.fixture(name="drive")
def _drive(tmp_path: Path) -> Path:
    (tmp_path / "drive").mkdir()
    return tmp_path / "drive"


def test_bagit_finds_our_bag_valid(items: tuple[BagItem, ...], drive: Path) -> None:
    bag = write_bag(drive / "bag", items, INFO)
    judge = bagit.Bag(str(bag.path))
    judge.validate()
    assert judge.version_info == (1, 0)
    assert judge.info["External-Identifier"] == INFO["External-Identifier"]
    assert judge.info["Payload-Oxum"] == f"{sum(map(len, CALLS))}.{len(CALLS)}"


@pytest.mark.parametrize("part", ["bagit.txt", "bag-info.txt", "manifest-sha256.txt", "recording"])
def test_bagit_refuses_it_with_one_byte_changed(
    items: tuple[BagItem, ...], drive: Path, part: str
) -> None:
    bag = write_bag(drive / "bag", items, INFO)
    name = part if part != "recording" else f"data/recordings/{items[0].sha256}"
    file = bag.path / name
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(bagit.BagError):
        bagit.Bag(str(bag.path)).validate()


def test_a_bag_holds_the_vaults_bytes_under_their_hashes(
    items: tuple[BagItem, ...], drive: Path
) -> None:
    write_bag(drive / "bag", items, INFO)
    files = snapshot(drive / "bag")
    for item, call in zip(items, CALLS, strict=True):
        assert files.pop(f"data/recordings/{item.sha256}") == call
    assert files.keys() == {
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
    }


def test_writing_a_bag_tells_what_stands_for_all_of_it(
    items: tuple[BagItem, ...], drive: Path
) -> None:
    bag = write_bag(drive / "bag", items, INFO)
    manifest = (drive / "bag" / "manifest-sha256.txt").read_bytes()
    assert bag.manifest_sha256 == hashlib.sha256(manifest).hexdigest()
    assert bag.size_bytes == sum(map(len, CALLS))


def test_the_same_recordings_in_another_order_are_the_same_bag(
    items: tuple[BagItem, ...], drive: Path
) -> None:
    write_bag(drive / "one", items, INFO)
    write_bag(drive / "two", items[::-1], INFO)
    assert snapshot(drive / "one") == snapshot(drive / "two")


def test_a_bag_of_many_small_recordings_is_whole(tmp_path: Path, drive: Path) -> None:
    many = vault_files(tmp_path / "many", *(f"call {number}".encode() for number in range(100)))
    write_bag(drive / "bag", many, INFO)
    bagit.Bag(str(drive / "bag")).validate()


class Vault(Sequence[BagItem]):
    """Many recordings, each made as it is asked for; tells how many there were at a time."""

    def __init__(self, calls: int) -> None:
        self.calls, self.most = calls, 0
        self._there = WeakSet[InVault]()

    def __len__(self) -> int:
        return self.calls

    @overload
    def __getitem__(self, place: int) -> BagItem: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[BagItem]: ...

    def __getitem__(self, place: int | slice) -> BagItem | Sequence[BagItem]:
        where = range(self.calls)[place]
        if isinstance(where, range):
            return [self[each] for each in where]
        recording = InVault(f"call {where}".encode())
        self._there.add(recording)
        self.most = max(self.most, len(self._there))
        return BagItem(hashlib.sha256(recording.sealed).hexdigest(), recording)


class InVault:
    def __init__(self, sealed: bytes) -> None:
        self.sealed = sealed

    def size(self) -> int:
        return len(self.sealed)

    def open(self) -> BufferedReader:
        return BufferedReader(BytesIO(self.sealed))


def test_of_a_million_recordings_only_those_are_held_that_are_being_copied(drive: Path) -> None:
    vault = Vault(300)
    bagit.Bag(str(write_bag(drive / "bag", vault, INFO).path)).validate()
    assert vault.most < 30


def test_a_bag_that_is_there_is_not_written_over(items: tuple[BagItem, ...], drive: Path) -> None:
    write_bag(drive / "bag", items[:1], INFO)
    before = snapshot(drive)
    with pytest.raises(Failed, match="already"):
        write_bag(drive / "bag", items, INFO)
    assert snapshot(drive) == before


def changed(file: Path) -> None:
    file.write_bytes(b"anothEr")


@pytest.mark.parametrize("befall", [changed, Path.unlink])
def test_a_recording_damaged_or_missing_in_the_vault_is_left_out_and_the_others_come(
    items: tuple[BagItem, ...], drive: Path, befall: Callable[[Path], object]
) -> None:
    befall(file_of(items[1]))
    bag = write_bag(drive / "bag", items, INFO)
    assert bag.left_out == {items[1].sha256}
    bagit.Bag(str(bag.path)).validate()
    names = {path.name for path in (bag.path / "data" / "recordings").iterdir()}
    assert names == {item.sha256 for item in items} - bag.left_out


def test_a_bag_of_nothing_that_is_sound_does_not_appear(
    items: tuple[BagItem, ...], drive: Path
) -> None:
    changed(file_of(items[1]))
    assert write_bag(drive / "bag", items[1:2], INFO).left_out == {items[1].sha256}
    assert list(drive.iterdir()) == []


def test_a_name_that_is_no_hash_never_becomes_a_path(items: tuple[BagItem, ...]) -> None:
    with pytest.raises(Tampered):
        replace(items[0], sha256="../../vault")


def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    items = vault_files(tmp_path / "vault", bytes(3_000_000))
    with small_disk(tmp_path / "drive"):
        with pytest.raises(Failed, match=r"too little room: 3\.1 MB are needed|file too large"):
            write_bag(tmp_path / "drive" / "bag", items, INFO)
        assert list((tmp_path / "drive").iterdir()) == []


def test_a_drive_that_fills_up_half_way_is_said_and_left_as_it_was(tmp_path: Path) -> None:
    """It has the room for these bytes but not for so many files."""
    calls = (bytes(100_000), *(f"call {number}".encode() for number in range(40)))
    items = vault_files(tmp_path / "vault", *calls)
    with small_disk(tmp_path / "drive") as word:
        with pytest.raises(Failed, match=word):
            write_bag(tmp_path / "drive" / "bag", items, INFO)
        assert list((tmp_path / "drive").iterdir()) == []


def test_a_drive_that_can_only_be_read_is_said(tmp_path: Path) -> None:
    items = vault_files(tmp_path / "vault", b"a sealed call")
    drive = tmp_path / "drive"
    words = r"the drive can only be read|may not use that folder"
    with small_disk(drive), read_only(drive), pytest.raises(Failed, match=words):
        write_bag(drive / "bag", items, INFO)
    assert list(drive.iterdir()) == []


def test_a_drive_that_is_gone_is_said(items: tuple[BagItem, ...], drive: Path) -> None:
    shutil.rmtree(drive)
    with pytest.raises(Failed, match="the drive is gone"):
        write_bag(drive / "bag", items, INFO)


def test_the_first_error_stops_the_rest(tmp_path: Path) -> None:
    done: list[int] = []

    def act(number: int) -> None:
        if number == 0:
            raise Failed("stop")
        done.append(number)

    with pytest.raises(Failed, match="stop"):
        for_each_in_parallel(range(1000), act)
    assert len(done) < 999
    assert not list(tmp_path.iterdir())


def test_a_copy_is_a_copy_across_file_systems(tmp_path: Path) -> None:
    (item,) = vault_files(tmp_path / "vault", bytes(range(256)) * 200)
    with small_disk(tmp_path / "drive"):
        copy_file(item.source, tmp_path / "drive" / "copy")
        assert (tmp_path / "drive" / "copy").read_bytes() == file_of(item).read_bytes()
