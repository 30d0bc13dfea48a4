"""The contract of callrec.system.drives: what holds on every system that callrec runs on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from callrec.system.drives import (
    NETWORK_FILE_SYSTEMS,
    block_size,
    code_of,
    copy_bytes,
    disk_of,
    drives,
    external_drives,
    file_system_of,
    serial_of,
)
from callrec.system.files import forget_cached, open_to_read, own_memory, sync

SIZES = (0, 1, 511, 512, 513, 4096, 4097, 1 << 20, (1 << 20) + 1, (8 << 20) + 1)


def test_two_folders_of_one_drive_are_on_one_disk_with_one_serial_number(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert disk_of(tmp_path) == disk_of(tmp_path / "below") != ""
    assert serial_of(tmp_path) == serial_of(tmp_path / "below")


def test_a_folder_that_is_gone_is_on_no_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        disk_of(tmp_path / "gone")


def test_what_is_not_there_yet_will_lie_where_its_folder_does(tmp_path: Path) -> None:
    assert file_system_of(tmp_path / "to come" / "vault") == file_system_of(tmp_path)


def test_where_a_test_runs_is_no_share(tmp_path: Path) -> None:
    assert file_system_of(tmp_path) not in NETWORK_FILE_SYSTEMS


def test_what_is_attached_can_be_looked_into() -> None:
    found = drives()
    assert all(each.is_absolute() for each in found)
    assert {*external_drives()} <= {*found}


def test_a_file_takes_whole_blocks(tmp_path: Path) -> None:
    size = block_size(tmp_path)
    assert size >= 512
    assert size & (size - 1) == 0


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_goes_on_from_where_both_files_stand(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "source").write_bytes(b"read before" + data)
    with (
        (tmp_path / "source").open("rb", buffering=0) as source,
        (tmp_path / "target").open("xb", buffering=0) as target,
    ):
        source.read(11)
        target.write(b"\r\n\x1a")
        copy_bytes(source.fileno(), target.fileno())
    assert (tmp_path / "target").read_bytes() == b"\r\n\x1a" + data


@pytest.mark.parametrize("size", SIZES)
def test_past_the_cache_a_file_is_what_it_is(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    sync(tmp_path / "file")
    piece, read = own_memory(1 << 20), b""
    with open_to_read(tmp_path / "file", past_the_cache=True) as file:
        forget_cached(file.fileno())
        while got := file.readinto(piece):
            read += piece[:got]
        assert file.readinto(piece) == 0
    assert read == data


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.ENOENT, errno.EFBIG])
def test_a_number_that_every_system_has_stays_what_it_is(code: int) -> None:
    assert code_of(OSError(code, "")) == code


def test_an_error_without_a_number_is_one_of_the_drive() -> None:
    assert code_of(OSError("no number")) == errno.EIO
