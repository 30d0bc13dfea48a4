"""Two folders are on one disk where the system says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from callrec.errors import Failed
from callrec.volume.drive import disk_of


def number(folder: Path) -> str:
    device = folder.stat().st_dev
    return f"{os.major(device)}:{os.minor(device)}"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def partition(system: Path, of: str) -> None:
    """Make ``of`` the second partition of the disk 8:16."""
    put(system / "devices" / "sdb" / "dev", "8:16\n")
    put(system / "devices" / "sdb" / "sdb2" / "partition", "2\n")
    link = system / "sys/dev/block" / of
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(system / "devices" / "sdb" / "sdb2")


def test_where_nothing_is_told_it_is_the_file_system(tmp_path: Path) -> None:
    assert disk_of(tmp_path, tmp_path / "system") == number(tmp_path)


def test_a_partition_is_on_its_disk(tmp_path: Path) -> None:
    partition(tmp_path / "system", number(tmp_path))
    assert disk_of(tmp_path, tmp_path / "system") == "8:16"


def test_an_encrypted_one_is_on_what_it_lies_on(tmp_path: Path) -> None:
    system = tmp_path / "system"
    put(system / "sys/dev/block" / number(tmp_path) / "slaves" / "sdb2" / "dev", "8:18\n")
    partition(system, "8:18")
    assert disk_of(tmp_path, system) == "8:16"


def test_a_folder_that_is_gone_is_on_none(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="the drive is gone"):
        disk_of(tmp_path / "gone")
