"""What a release's checker reads is bounded, before it is in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest

from callrec.errors import Unusable
from callrec.package import callrec_verify as checker
from callrec.package.open import open_package
from package.offices import an_office


class Endless(io.RawIOBase):
    """A file of a petabyte; it counts what is read of it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        assert self.taken < 1 << 26
        return len(buffer)


@pytest.mark.parametrize("path", checker.LOOKED_INTO)
def test_of_a_file_without_end_no_more_is_read_than_any_release_has(path: str) -> None:
    file = Endless()
    result = checker.check({path: lambda: cast("IO[bytes]", file)})
    found = [problem.what for problem in result.problems if problem.path == path]
    assert "is larger than it is in any release; it was not read on" in found
    assert file.taken <= checker.LARGEST + (2 << 20)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_what_is_nested_without_end_is_not_in_its_form(opening: bytes) -> None:
    with pytest.raises(checker.Wrong, match="canonical form"):
        checker.parse(opening * 1_000_000)


def test_more_entries_than_any_release_has_are_not_looked_into() -> None:
    many: dict[str, Any] = {"entries": [None] * (checker.MOST_ENTRIES + 1), "recordings": []}
    head = checker.Head(b"", "callrec/x", 1, b"")
    with pytest.raises(checker.Wrong, match="has more than 1000 entries"):
        checker.replay(many, head)


def test_a_folder_of_more_files_than_any_release_has_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def files() -> Iterator[Path]:
        for number in range(12):
            (tmp_path / f"{number % 3}").mkdir(exist_ok=True)
            yield tmp_path / f"{number % 3}" / str(number)

    for file in files():
        file.touch()
    assert len(checker.files_in(str(tmp_path))) == 12
    monkeypatch.setattr(checker, "MOST_FILES", 8)
    with pytest.raises(checker.TooMany, match="more than 8 files; this is not a release"):
        checker.files_in(str(tmp_path))
    with pytest.raises(SystemExit, match="2"):
        checker.main([str(tmp_path)])
    with (
        pytest.raises(Unusable, match="more than 8 files; this is not a release"),
        open_package(tmp_path, lambda: ""),
    ):
        pass


def test_a_note_with_more_signatures_than_anybody_asks_for_is_none() -> None:
    office = an_office()
    note, key = office.head(1, "dora"), office.keys["dora"].public.log
    name = note.decode().split("\n")[0]
    assert checker.is_note(note, name, key)
    text, line = note.rstrip(b"\n").rsplit(b"\n", 1)
    repeated = b"\n".join([text, *[line] * (checker.MOST_SIGNATURES + 1), b""])
    assert not checker.is_note(repeated, name, key)


def test_what_is_nested_where_a_day_stands_is_no_day() -> None:
    nested: Any = []
    for _ in range(5000):
        nested = [nested]
    assert not checker.fits(nested, "date")
