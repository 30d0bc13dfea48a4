"""The kernel's list of what is mounted, in which other users of the machine name the folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from callrec.system.files import drives, file_system_of, mounted

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
