"""What is typed in a shell means what it says, and a name calls what is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from callrec.system.quoting import quoted_for_windows
from callrec.system.shell import find_program, quoted, split_line

WORDS = [
    "R-17",
    "E:\\",
    "/mnt/drive",
    "C:\\Users\\Dr Mary\\My drive\\",
    "D:\\calls & notes (old)",
    "a b\\\\",
    "50%off",
    "x=y,z;w",
    "",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_is_typed_as_quoted_arrives_as_it_was(word: str, tmp_path: Path) -> None:
    program = tmp_path / "say.py"
    program.write_text("import sys; print(ascii(sys.argv[1:]))", encoding="utf-8")
    line = f"{quoted(sys.executable)} {quoted(program)} {quoted(word)} end"
    said = subprocess.run(line, shell=True, check=True, capture_output=True, text=True)  # noqa: S602
    assert said.stdout.strip() == ascii([word, "end"])


@pytest.mark.parametrize("word", [*WORDS, 'say "so"', "O'Brien", "it's 50$"])
def test_the_words_of_a_line_are_those_that_were_quoted(word: str) -> None:
    if "$" not in word or os.name != "nt":  # PowerShell alone reads that
        assert split_line(f"edit --wait {quoted(word)}") == ["edit", "--wait", word]


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("E:\\", "E:\\"),
        ("C:\\My drive", '"C:\\My drive"'),
        ("C:\\My drive\\", '"C:\\My drive\\\\"'),
        ("\\\\server\\calls", "\\\\server\\calls"),
        ("Dr O'Brien", '"Dr O\'Brien"'),
        ('say "so"', '"say \\"so\\""'),
        ("C:\\$backup", "'C:\\$backup'"),
        ("it's $5", "'it''s $5'"),
        ("", '""'),
    ],
)
def test_a_word_is_quoted_as_both_shells_of_windows_read_it(word: str, typed: str) -> None:
    assert quoted_for_windows(word) == typed


def a_program(folder: Path, name: str) -> Path:
    folder.mkdir()
    target = folder / (f"{name}.exe" if sys.platform == "win32" else name)
    shutil.copy(sys.executable, target)
    return target


def test_a_name_calls_what_is_on_the_path_and_nothing_beside_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_program(tmp_path / "drive", "ffplay")
    installed = a_program(tmp_path / "programs", "ffplay")
    monkeypatch.chdir(tmp_path / "drive")
    assert find_program("ffplay", {"PATH": str(tmp_path / "none")}) is None
    found = find_program("ffplay", {"PATH": str(tmp_path / "programs")})
    assert found is not None
    assert Path(found) == installed or Path(found).samefile(installed)
