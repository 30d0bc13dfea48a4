"""A file that is written whole or not at all."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from callrec.errors import Failed, Unusable
from callrec.system.files import check_new, write_whole


def test_its_owner_alone_reads_it(tmp_path: Path) -> None:
    to = tmp_path / "register.csv"
    write_whole(to, b"one", replace=False)
    assert to.read_bytes() == b"one"
    assert to.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [to]


def test_nothing_is_written_over_unless_that_was_said(tmp_path: Path) -> None:
    to = tmp_path / "register.csv"
    to.write_bytes(b"old")
    with pytest.raises(Unusable, match="exists already"):
        write_whole(to, b"new", replace=False)
    assert to.read_bytes() == b"old"
    write_whole(to, b"new", replace=True)
    assert to.read_bytes() == b"new"


@pytest.mark.parametrize("replace", [True, False])
def test_a_name_that_no_file_can_have_is_told_beforehand(tmp_path: Path, replace: bool) -> None:  # noqa: FBT001
    for to in (tmp_path / ("n" * 300), tmp_path / ("n" * 300) / "register.csv"):
        with pytest.raises(Unusable, match="cannot be written there: file name too long"):
            check_new(to, replace=replace)


def test_what_is_replaced_is_its_owners_alone_too(tmp_path: Path) -> None:
    to = tmp_path / "register.csv"
    to.touch(mode=0o644)
    write_whole(to, b"new", replace=True)
    assert to.stat().st_mode & 0o777 == 0o600


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere, to = tmp_path / "elsewhere", tmp_path / "register.csv"
    elsewhere.write_bytes(b"old")
    to.symlink_to(elsewhere)
    with pytest.raises(Unusable):
        check_new(to, replace=False)
    write_whole(to, b"new", replace=True)
    assert (elsewhere.read_bytes(), to.is_symlink()) == (b"old", False)


@pytest.mark.parametrize("name", ["no/such/folder.csv", "."])
def test_it_takes_a_folder_that_there_is(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unusable):
        check_new(tmp_path / name, replace=True)


def test_a_full_disk_leaves_what_stood_there(tmp_path: Path) -> None:
    to = tmp_path / "register.csv"
    to.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(Failed, match="cannot be written"):
            write_whole(to, b"x" * 100_000, replace=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == [to]
    assert to.read_bytes() == b"old"
