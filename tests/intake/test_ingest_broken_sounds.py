"""Files that broke off anywhere, or of which any byte is another, through the whole of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from callrec.audit.verify import verify_log
from callrec.catalogue.engine import reading
from house.practices import House
from house.spool import left_in, originals_of, take_in
from telephone.small_sounds import SOUNDS

ANYWHERE = 510
"""Bytes: of larger files only so many places are tried."""

PLACES, FEWER = 20, 4
"""Where a process is started for each, to decode it, they are fewer."""

DECODED = {".m4a", ".ogg", ".flac", ".webm", ".wma", ".aac"}


def written(spool: Path, files: Iterator[tuple[str, bytes]]) -> set[bytes]:
    """Each file, once for each content."""
    by_content = {data: name for name, data in files}
    for number, (data, name) in enumerate(by_content.items()):
        folder = spool / str(number // 500)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:05}-{name}").write_bytes(data)
    return set(by_content)


def step_through(name: str, whole: bytes) -> int:
    if Path(name).suffix in DECODED:
        return len(whole) // FEWER
    return 1 if len(whole) < ANYWHERE else len(whole) // PLACES


def prefixes() -> Iterator[tuple[str, bytes]]:
    for name, whole in SOUNDS.items():
        step = step_through(name, whole)
        for length in range(0, len(whole) + 1, step):
            yield name, whole[:length]


def changed() -> Iterator[tuple[str, bytes]]:
    for name, whole in SOUNDS.items():
        step = step_through(name, whole)
        for place in range(0, len(whole), step):
            yield name, whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]


def each_is_taken_in_or_left(house: House, spool: Path, contents: set[bytes]) -> None:
    files = left_in(spool)
    done = take_in(house, spool)
    assert done.recordings > len(contents) // 4
    assert done.recordings + len(done.quarantined) == len(contents) == len(files)
    assert done.unreadable == 0
    originals = originals_of(house)
    assert len(originals) == len(set(originals)) == done.recordings
    assert set(originals) <= contents
    assert left_in(spool) == files
    with reading(house.practice.engine) as connection:
        whole = verify_log(connection, house.practice.vault)
    assert (whole.problems, whole.unattested) == ((), 0)


def test_files_that_broke_off_anywhere_are_taken_in_or_left(house: House, tmp_path: Path) -> None:
    contents = written(tmp_path / "spool", prefixes())
    each_is_taken_in_or_left(house, tmp_path / "spool", contents)


def test_files_of_which_a_byte_is_another_are_taken_in_or_left(
    house: House, tmp_path: Path
) -> None:
    contents = written(tmp_path / "spool", changed())
    each_is_taken_in_or_left(house, tmp_path / "spool", contents)
