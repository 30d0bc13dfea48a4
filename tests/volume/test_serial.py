"""The serial number of a drive is read where the system tells it, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from callrec.volume.drive import serial_of


@pytest.fixture(name="system")
def _system(tmp_path: Path) -> Path:
    at = tmp_path / "system"
    at.mkdir()
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
    assert serial_of(tmp_path, system) == "WX21"


@pytest.mark.parametrize("place", ["serial", "device/serial", "part/../serial"])
def test_sysfs_tells_it_of_a_disk(tmp_path: Path, system: Path, place: str) -> None:
    (system / "devices" / "disk" / "part").mkdir(parents=True)
    put(system / "devices" / "disk" / place, "S3Z9NX0\n")
    link = system / "sys/dev/block" / number(tmp_path)
    link.parent.mkdir(parents=True)
    link.symlink_to(system / "devices" / "disk" / ("part" if "part" in place else ""))
    assert serial_of(tmp_path, system) == "S3Z9NX0"


def test_of_an_encrypted_drive_the_one_below_tells_it(tmp_path: Path, system: Path) -> None:
    put(system / "sys/dev/block" / number(tmp_path) / "slaves" / "sda1" / "dev", "8:1\n")
    put(system / "run/udev/data/b8:1", "E:ID_SERIAL_SHORT=WX21\n")
    assert serial_of(tmp_path, system) == "WX21"


@pytest.mark.parametrize("said", ["", "E:ID_SERIAL_SHORT=\n", f"E:ID_SERIAL_SHORT={'x' * 65}\n"])
def test_what_is_no_number_is_none(tmp_path: Path, system: Path, said: str) -> None:
    put(system / "run/udev/data" / f"b{number(tmp_path)}", said)
    assert serial_of(tmp_path, system) is None


def test_a_folder_that_is_gone_has_none(tmp_path: Path, system: Path) -> None:
    assert serial_of(tmp_path / "gone", system) is None
