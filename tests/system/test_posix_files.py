"""What Linux and macOS promise of files beyond the contract of all systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.system.files import (
    create_private,
    exchange_names,
    has_name,
    move_over,
    open_or_create,
    open_to_read,
    remove_file,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"bytes")
    return tmp_path / "file"


def test_two_folders_change_places_in_one_step(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert exchange_names(tmp_path / "one", tmp_path / "other")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["other"]


def test_no_link_is_followed_unless_that_is_asked_for(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    for opens in (open_to_read, open_or_create):
        with pytest.raises(OSError, match="symbolic links"):
            opens(link)
    with pytest.raises(FileExistsError):
        create_private(link)
    with open_to_read(link, follows_links=True) as read:
        assert read.read() == b"bytes"


def test_who_has_the_old_file_open_keeps_it(file: Path) -> None:
    with open_to_read(file) as read:
        file.with_name("new").write_bytes(b"new")
        move_over(file.with_name("new"), file)
        assert read.read() == b"bytes"
    assert file.read_bytes() == b"new"


def test_what_was_removed_has_no_name_while_it_is_open_yet(file: Path) -> None:
    with open_to_read(file) as read:
        assert has_name(read.fileno(), file)
        remove_file(file)
        assert not has_name(read.fileno(), file)
        file.write_bytes(b"another")
        assert not has_name(read.fileno(), file)
