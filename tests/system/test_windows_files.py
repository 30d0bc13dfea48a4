"""What Windows alone has of files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

assert sys.platform == "win32"

from callrec.system.files import move_over, remove_file


def test_a_name_that_somebody_holds_for_a_moment_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what scans for viruses does, which lets nobody remove what it reads."""
    file, asked, unlink = tmp_path / "file", [], os.unlink
    file.write_bytes(b"new")
    holding = file.open("rb")

    def unlink_and_let_go(path: Path) -> None:
        asked.append(path)
        try:
            unlink(path)
        finally:
            holding.close()

    monkeypatch.setattr(os, "unlink", unlink_and_let_go)
    remove_file(file)
    assert len(asked) == 2
    assert not file.exists()


def test_what_is_held_for_good_is_said_to_be_and_stays(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"old")
    new.write_bytes(b"new")
    with new.open("rb"), pytest.raises(PermissionError):
        move_over(new, old)
    assert old.read_bytes() == b"old"
    assert new.read_bytes() == b"new"
