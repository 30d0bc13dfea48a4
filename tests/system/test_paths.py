"""What no drive of Windows holds is known everywhere, and a folder is known by whatever name."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.system.file_names import name_problem
from callrec.system.paths import lies_in, path_problem, plain_file

CANNOT_BE = [
    *("a:b", "a?b", "a*b", 'a"b', "a<b", "a>b", "a|b", "a\\b", "a/b", "a\x1fb"),
    *("a.", "a ", "a. .", "..."),
    *("CON", "con", "NUL.txt", "nul .txt", "COM1", "lpt9.tar.gz", "COM\u00b9", "CONIN$"),
]

CAN_BE = [
    *("R-17.zip", ".callrec.partial", "a b", "CONSOLE", "COM", "COM10", "NULL", "Zoë", "a.b.c"),
    *("..", "20261130T182808Z-1.tlog-proof", "c" * 64),
]


@pytest.mark.parametrize("name", CANNOT_BE)
def test_a_name_that_windows_takes_for_another_is_known(name: str) -> None:
    assert name_problem(name)


@pytest.mark.parametrize("name", CAN_BE)
def test_a_name_that_a_file_can_have_everywhere_passes(name: str) -> None:
    assert name_problem(name) == ""


def test_a_folder_that_is_there_can_be_used(tmp_path: Path) -> None:
    assert path_problem(tmp_path / "new.zip") == ("", "")


def test_a_folder_lies_in_itself_and_in_what_holds_it(tmp_path: Path) -> None:
    inside = tmp_path / "vault" / "objects"
    inside.mkdir(parents=True)
    assert lies_in(inside, inside)
    assert lies_in(inside / "not there yet", tmp_path / "vault")
    assert lies_in(tmp_path / "other" / ".." / "vault" / "objects", tmp_path / "vault")
    assert not lies_in(tmp_path / "vault", inside)
    assert not lies_in(tmp_path / "vault-2", tmp_path / "vault")


def test_only_a_file_of_its_own_is_plain(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "nowhere").symlink_to("none")
    found = {
        n: plain_file(f"{tmp_path}/{n}") for n in ("file", "folder", "link", "nowhere", "none")
    }
    assert [(name, status.st_size) for name, status in found.items() if status] == [("file", 3)]
    assert plain_file(f"{tmp_path}/{'long' * 100}") is None
