"""Paths that Windows would take for others are refused before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrec.system.paths import lies_in, path_problem


@pytest.mark.parametrize(
    "path", ["C:\\calls\\report:1.pdf", "D:\\nul", "out. \\a.zip", "\\\\server\\share\\com1.zip"]
)
def test_what_would_be_another_file_is_refused(path: str) -> None:
    assert path_problem(Path(path))[0].startswith("Windows has no file with")


@pytest.mark.parametrize(
    "path", ["C:\\", "E:", "\\\\server\\share\\calls", "\\\\?\\C:\\calls", "..\\x", "."]
)
def test_drives_shares_and_folders_pass(path: str) -> None:
    assert path_problem(Path(path)) == ("", "")


def test_room_is_left_for_what_comes_below() -> None:
    folder = Path("C:\\" + "f" * 200)
    assert path_problem(folder)[0] == ""
    assert path_problem(folder, below=120)[0] == "that path is too long for Windows"


def test_capitals_make_no_other_folder(tmp_path: Path) -> None:
    (tmp_path / "Vault" / "objects").mkdir(parents=True)
    assert lies_in(tmp_path / "VAULT" / "OBJECTS", tmp_path / "vault")
