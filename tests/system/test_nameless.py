"""A file appears whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from callrec.system import files as module
from callrec.system.files import atomic_write
from callrec.system.rights import read_private

OLD = b"what was there"

NEW = b"what comes"


@pytest.fixture(params=["nameless", "hidden"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, once on a drive that knows no files without a name."""
    if request.param == "hidden":
        monkeypatch.setattr(module, "open_unnamed", lambda _: None)
    return tmp_path


def write(target: Path, data: bytes = NEW, *, replaces: bool = False) -> None:
    with atomic_write(target, replaces=replaces) as file:
        file.write(data)


def test_what_was_written_is_there_in_the_end_and_its_owner_s_alone(folder: Path) -> None:
    write(folder / "file")
    assert [*folder.iterdir()] == [folder / "file"]
    assert read_private(folder / "file") == NEW


def test_what_was_there_is_replaced_at_the_end(folder: Path) -> None:
    (folder / "file").write_bytes(OLD)
    with atomic_write(folder / "file", replaces=True) as file:
        file.write(NEW)
        assert (folder / "file").read_bytes() == OLD
    assert [path.read_bytes() for path in folder.iterdir()] == [NEW]


def test_what_is_not_to_be_replaced_stays(folder: Path) -> None:
    (folder / "file").write_bytes(OLD)
    with pytest.raises(FileExistsError):
        write(folder / "file")
    assert [path.read_bytes() for path in folder.iterdir()] == [OLD]


def test_what_comes_meanwhile_stays(folder: Path) -> None:
    appears = atomic_write(folder / "file")
    appears.__enter__().write(NEW)
    (folder / "file").write_bytes(OLD)
    with pytest.raises(FileExistsError):
        appears.__exit__(None, None, None)
    assert [path.read_bytes() for path in folder.iterdir()] == [OLD]


@pytest.mark.parametrize("replaces", [False, True])
def test_nothing_is_left_of_what_was_broken_off(folder: Path, *, replaces: bool) -> None:
    appears = atomic_write(folder / "file", replaces=replaces)
    appears.__enter__().write(NEW)
    broken_off = KeyboardInterrupt()
    assert not appears.__exit__(KeyboardInterrupt, broken_off, None)
    assert [*folder.iterdir()] == []


def test_what_a_killed_run_of_the_same_number_left_is_no_hindrance(folder: Path) -> None:
    (folder / f".file.{os.getpid()}").write_bytes(OLD)
    write(folder / "file", replaces=True)
    write(folder / "file", replaces=True)
    assert [*folder.iterdir()] == [folder / "file"]


def test_a_disk_that_does_not_keep_it_is_told_of_and_nothing_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Any) -> None:
        raise OSError(errno.EIO, "it failed")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="it failed"):
        write(folder / "file")
    assert [*folder.iterdir()] == []
