"""How Windows tells which drives there are, and what it says when one fails."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from callrec.errors import Failed
from callrec.system.drives import code_of, disk_of, drives, file_system_of, serial_of
from callrec.system.files import disk_errors
from callrec.system.windows import drives as windows
from callrec.volume.drive import drive_errors, is_full

assert sys.platform == "win32"

SAID = {
    2: "the drive is gone",  # ERROR_FILE_NOT_FOUND
    3: "the drive is gone",  # ERROR_PATH_NOT_FOUND
    5: "may not use that folder",  # ERROR_ACCESS_DENIED
    19: "can only be read",  # ERROR_WRITE_PROTECT
    21: "the drive is gone",  # ERROR_NOT_READY
    23: "the drive failed",  # ERROR_CRC
    39: "the drive is full",  # ERROR_HANDLE_DISK_FULL
    112: "the drive is full",  # ERROR_DISK_FULL
    223: "no file of that size",  # ERROR_FILE_TOO_LARGE
    1117: "the drive failed",  # ERROR_IO_DEVICE
    1167: "the drive is gone",  # ERROR_DEVICE_NOT_CONNECTED
    1295: "may keep no more",  # ERROR_DISK_QUOTA_EXCEEDED
}


@pytest.mark.parametrize(("number", "words"), SAID.items(), ids=str)
def test_what_windows_says_becomes_the_words_of_everywhere(number: int, words: str) -> None:
    with pytest.raises(Failed, match=words) as failed, drive_errors():
        raise OSError(None, "x", None, number)
    assert is_full(failed.value) == (number in {39, 112, 223, 1295})


def test_the_vaults_disk_is_asked_in_the_same_way() -> None:
    with pytest.raises(Failed, match="the vault's disk failed"), disk_errors():
        raise OSError(None, "x", None, 23)  # ERROR_CRC, which Python takes for a right


def test_what_the_runtime_took_for_a_right_is_asked_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a drive fails under an open file, Python has the number of the C runtime alone."""
    held = windows._MEANS | {32: errno.EIO}  # noqa: SLF001 - a drive that fails is not to be had
    monkeypatch.setattr(windows, "_MEANS", held)
    alone = windows.KERNEL.CreateFileW(str(tmp_path / "held"), 0x4000_0000, 0, None, 1, 0, None)
    try:
        with pytest.raises(PermissionError) as refused:
            os.open(tmp_path / "held", os.O_RDONLY)
    finally:
        windows.KERNEL.CloseHandle(alone)
    assert refused.value.winerror is None
    assert code_of(refused.value) == errno.EIO


@pytest.mark.parametrize("share", [r"\\server\share\vault", r"\\?\UNC\server\share\vault"])
def test_a_share_is_another_machines_even_where_that_does_not_answer(share: str) -> None:
    assert file_system_of(Path(share)) == "remote"
    assert serial_of(Path(share)) is None


def test_where_a_drive_tells_no_serial_number_it_is_said_whose_it_is(tmp_path: Path) -> None:
    serial = serial_of(tmp_path)
    assert serial is not None
    assert serial == serial_of(drives()[-1]) or not serial.startswith("file system")


def test_the_system_is_on_one_of_the_drives() -> None:
    system = Path(os.environ["SYSTEMROOT"])
    assert Path(system.anchor) in drives()
    assert file_system_of(system) == "NTFS"
    assert disk_of(system).startswith("disk ")
