"""How Linux tells which drives there are, which disk one is, and its serial number."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from callrec.system.drives import copy_through_memory
from callrec.system.posix import drives as posix
from callrec.system.posix.drives import (
    COPY_METHODS,
    disk_of,
    drives,
    file_system_of,
    mounted,
    serial_of,
)


@pytest.fixture(name="system")
def _system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    at = tmp_path / "system"
    at.mkdir()
    monkeypatch.setattr(posix, "SYSTEM", at)
    return at


def number(folder: Path) -> str:
    device = folder.stat().st_dev
    return f"{os.major(device)}:{os.minor(device)}"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_udev_tells_it(tmp_path: Path, system: Path) -> None:
    said = "S:disk/by-id/x\nE:ID_SERIAL=Maker_Model_WX21\nE:ID_SERIAL_SHORT=WX21\n"
    put(system / "run/udev/data" / f"b{number(tmp_path)}", said)
    assert serial_of(tmp_path) == "WX21"


@pytest.mark.parametrize("place", ["serial", "device/serial", "part/../serial"])
def test_sysfs_tells_it_of_a_disk(tmp_path: Path, system: Path, place: str) -> None:
    (system / "devices" / "disk" / "part").mkdir(parents=True)
    put(system / "devices" / "disk" / place, "S3Z9NX0\n")
    link = system / "sys/dev/block" / number(tmp_path)
    link.parent.mkdir(parents=True)
    link.symlink_to(system / "devices" / "disk" / ("part" if "part" in place else ""))
    assert serial_of(tmp_path) == "S3Z9NX0"


def test_of_an_encrypted_drive_the_one_below_tells_it(tmp_path: Path, system: Path) -> None:
    put(system / "sys/dev/block" / number(tmp_path) / "slaves" / "sda1" / "dev", "8:1\n")
    put(system / "run/udev/data/b8:1", "E:ID_SERIAL_SHORT=WX21\n")
    assert serial_of(tmp_path) == "WX21"


@pytest.mark.parametrize("said", ["", "E:ID_SERIAL_SHORT=\n", f"E:ID_SERIAL_SHORT={'x' * 65}\n"])
def test_what_is_no_number_is_none(tmp_path: Path, system: Path, said: str) -> None:
    put(system / "run/udev/data" / f"b{number(tmp_path)}", said)
    assert serial_of(tmp_path) is None


@pytest.mark.usefixtures("system")
def test_a_folder_that_is_gone_has_none(tmp_path: Path) -> None:
    assert serial_of(tmp_path / "gone") is None


def partition(system: Path, of: str) -> None:
    """Make ``of`` the second partition of the disk 8:16."""
    put(system / "devices" / "sdb" / "dev", "8:16\n")
    put(system / "devices" / "sdb" / "sdb2" / "partition", "2\n")
    link = system / "sys/dev/block" / of
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(system / "devices" / "sdb" / "sdb2")


@pytest.mark.usefixtures("system")
def test_where_nothing_is_told_it_is_the_file_system(tmp_path: Path) -> None:
    assert disk_of(tmp_path) == number(tmp_path)


def test_a_partition_is_on_its_disk(tmp_path: Path, system: Path) -> None:
    partition(system, number(tmp_path))
    assert disk_of(tmp_path) == "8:16"


def test_an_encrypted_one_is_on_what_it_lies_on(tmp_path: Path, system: Path) -> None:
    put(system / "sys/dev/block" / number(tmp_path) / "slaves" / "sdb2" / "dev", "8:18\n")
    partition(system, "8:18")
    assert disk_of(tmp_path) == "8:16"


ENDS = {
    "a next line": b"\xc2\x85",
    "a line separator": b"\xe2\x80\xa8",
    "a paragraph separator": b"\xe2\x80\xa9",
    "a carriage return": b"\r",
    "a form feed": b"\f",
    "a separator of files": b"\x1c",
}
"""What Python takes for the end of a line, and the kernel writes as it is."""


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_folder_that_is_named_like_two_lines_is_on_one(end: bytes) -> None:
    told = b"fuse /home/m/a" + end + b"b fuse rw 0 0\n/dev/sdb1 /mnt ext4 rw 0 0\n"
    assert list(mounted(told)) == [
        ("fuse", f"/home/m/a{end.decode()}b", "fuse"),
        ("/dev/sdb1", "/mnt", "ext4"),
    ]


def test_a_name_is_read_as_the_kernel_writes_it() -> None:
    (found,) = mounted(b"x /media/GP\\040archive\\0111\\134\xff ext4 rw 0 0\n")
    assert found == ("x", "/media/GP archive\t1\\\udcff", "ext4")


def test_where_things_lie_is_told_by_this_machines_own_list() -> None:
    assert file_system_of(Path("/proc")) == "proc"
    assert all(os.path.ismount(drive) or not os.access(drive, os.X_OK) for drive in drives())


@pytest.mark.parametrize("size", [0, 1, (8 << 20) + 1], ids=["nothing", "a byte", "over a piece"])
@pytest.mark.parametrize(
    "way", [*COPY_METHODS, copy_through_memory], ids=lambda way: way.__name__.strip("_")
)
def test_every_way_to_copy_copies(
    tmp_path: Path, way: Callable[[int, int], None], size: int
) -> None:
    data = os.urandom(size)
    (tmp_path / "source").write_bytes(data)
    with (tmp_path / "source").open("rb") as source, (tmp_path / "target").open("xb") as target:
        way(source.fileno(), target.fileno())
    assert (tmp_path / "target").read_bytes() == data
