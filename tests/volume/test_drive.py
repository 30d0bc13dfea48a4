from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from callrec.errors import Failed, NotFound, Tampered
from callrec.volume.drive import (
    atomic_file,
    check_read_back,
    copy_file,
    disk_of,
    drive_errors,
    hash_of_file,
    hash_on_medium,
    open_untrusted,
    read_small,
)


def test_a_copy_never_goes_through_a_link_that_lies_there(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"sealed")
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "copy").symlink_to(tmp_path / "precious")
    with pytest.raises(FileExistsError):
        copy_file(tmp_path / "source", tmp_path / "copy")
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_a_folder_that_is_gone_is_on_no_disk(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="the drive is gone"):
        disk_of(tmp_path / "gone")


def test_the_hash_is_of_what_lies_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"sealed")
    assert hash_on_medium(tmp_path / "file") == hashlib.sha256(b"sealed").hexdigest()
    check_read_back(tmp_path / "file", hashlib.sha256(b"sealed").hexdigest())
    with pytest.raises(Failed, match="does not give back what was written"):
        check_read_back(tmp_path / "file", hashlib.sha256(b"seaLed").hexdigest())


@pytest.mark.parametrize("size", [0, 1, 4096, (1 << 20) + 1], ids=str)
@pytest.mark.parametrize("past_the_cache", [False, True], ids=["cache", "past the cache"])
def test_either_way_to_read_gives_the_same_hash(
    tmp_path: Path, *, past_the_cache: bool, size: int
) -> None:
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    read = hash_of_file(tmp_path / "file", past_the_cache=past_the_cache)
    assert read == hashlib.sha256(data).hexdigest()


def test_a_file_system_that_is_always_read_through_its_cache_is_read_so() -> None:
    path = Path("/proc/sys/kernel/ostype")
    with pytest.raises(OSError, match="Invalid"):
        hash_of_file(path, past_the_cache=True)
    assert hash_on_medium(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_neither_a_link_nor_a_pipe_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"sealed")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=r"symbolic|Invalid"):
            hash_on_medium(tmp_path / name)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_of_a_drive_plain_files_are_opened_and_nothing_else(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "sealed")
    with pytest.raises(OSError, match=r"Invalid argument|symbolic links|Is a directory"):
        open_untrusted(tmp_path / "sealed")


def test_a_whole_file_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")
    with atomic_file(tmp_path / "file") as file:
        file.write(b"aft")
        assert (tmp_path / "file").read_bytes() == b"before"
        file.write(b"er")
    assert (tmp_path / "file").read_bytes() == b"after"
    assert file.sha256 == hashlib.sha256(b"after").hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_that_does_not_become_whole_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")
    with pytest.raises(TypeError), atomic_file(tmp_path / "file") as file:
        file.write("text")  # type: ignore[arg-type]  # to make it fail half-way
    assert (tmp_path / "file").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_whole_file_never_goes_through_a_link_that_lies_there(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    for name in ("file", ".file.partial"):
        (tmp_path / name).symlink_to(tmp_path / "precious")
    with atomic_file(tmp_path / "file") as file:
        file.write(b"after")
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / "file").is_symlink()


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="the drive holds no marker"):
        read_small(tmp_path / "marker")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_plain_file_is_neither_waited_for_nor_followed(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "marker")
    with pytest.raises(Tampered, match="marker on the drive is no plain file"):
        read_small(tmp_path / "marker")


def test_a_file_larger_than_it_can_be_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "marker").touch()
    os.truncate(tmp_path / "marker", 1 << 40)  # 1 TiB of nothing
    with pytest.raises(Tampered, match="larger than it can be"):
        read_small(tmp_path / "marker")


WORDS = {
    errno.ENOSPC: "the drive is full",
    errno.EDQUOT: "may keep no more",
    errno.EROFS: "can only be read",
    errno.EACCES: "may not use that folder",
    errno.EIO: "the drive failed",
    errno.EFBIG: "no file of that size",
    errno.ENODEV: "the drive is gone",
    errno.ENOENT: "the drive is gone",
    errno.EMFILE: "the drive: too many open files",
}


@pytest.mark.parametrize(("code", "words"), WORDS.items(), ids=errno.errorcode.get)
def test_what_the_system_says_becomes_our_words_without_a_path(code: int, words: str) -> None:
    with pytest.raises(Failed, match=words) as failed, drive_errors():
        raise OSError(code, "x", "/media/dr-smith")
    assert failed.value.hint
    assert "smith" not in failed.value.message + failed.value.hint
