"""BagIt bags of sealed recordings (RFC 8493, version 1.0; docs/formats/archive.md, 2).

    bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
    data/recordings/<sha256>

A recording's name is the SHA-256 of its bytes: a copy that is read back and compared with its name
proves the vault's file and the drive's at once. A bag appears under its own name when all of it has
been read back from the drive.
"""

from __future__ import annotations

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from callrec.archive.drive import (
    PARTIAL,
    check_read_back,
    copy_file,
    drive_errors,
    hash_on_medium,
    require_space,
    sync_file,
)
from callrec.crypto.primitives import sha256
from callrec.errors import Failed, NotFound, Tampered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

_T = TypeVar("_T")

RECORDINGS: Final = "data/recordings"
DECLARATION: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
DECLARED: Final = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_HASH = re.compile(r"[0-9a-f]{64}")
_THREADS = 2
_CHUNK = 16  # recordings a task: handing them over one by one costs as much as a short call's work
_LINE_BYTES = 200  # more than a manifest's line and a folder's entry take
_TAG_BYTES = 64 << 10  # 64 KiB: more than the tag files and folders take besides


@dataclass(frozen=True, slots=True)
class Item:
    """A recording to be put into a bag."""

    sha256: str
    """SHA-256 of its sealed bytes, lower-case hex: its name in the bag."""
    source: Path
    """Where the vault keeps it."""

    def __post_init__(self) -> None:
        if not _HASH.fullmatch(self.sha256):  # it comes out of a row, and names a file of the drive
            raise Tampered("the name of a recording's file is no SHA-256")


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag that was written, and read back from the drive."""

    path: Path
    recordings: int
    size_bytes: int
    """Size of all its recordings, in bytes."""
    manifest_sha256: str
    """SHA-256 of manifest-sha256.txt, lower-case hex; stands for all that is in the bag."""


def write_bag(at: Path, items: Sequence[Item], info: Mapping[str, str]) -> Bag:
    """Copy recordings to a new bag, read them back from the drive, and only then let it appear.

    Args:
        at: the bag's own folder, not there yet; the folder around it is.
        items: no recording twice.
        info: lines of bag-info.txt, such as Bagging-Date and External-Identifier; nothing personal.

    Raises:
        Failed: the drive is full, cannot be written, or does not give back what was written.
        NotFound: the vault does not hold a recording's file.
        Tampered: a recording's file in the vault is not what its name says.
        In each case nothing is left on the drive.
    """
    with drive_errors():
        there = at.exists()
    if there:
        raise Failed("the drive holds a bag of that name already")
    require_space(at.parent, space_for(items, at.parent))
    partial = at.with_name(f".{at.name}{PARTIAL}")
    try:
        with drive_errors():
            size = _copy(partial, items)
            oxum = {"Payload-Oxum": f"{size}.{len(items)}"}
            tags = write_tags(partial, [item.sha256 for item in items], {**info, **oxum})
            # One sync costs less than one a file. It does not tell of errors: reading back does.
            os.sync()
            _read_back(partial, items, tags)
            partial.rename(at)
            sync_file(at.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Bag(at, len(items), size, tags[MANIFEST])


def space_for(items: Sequence[Item], drive: Path) -> int:
    """Bytes that a bag of these will take on a drive, at most.

    Raises:
        NotFound: the vault does not hold a recording's file.
    """
    with drive_errors():
        block = os.statvfs(drive).f_frsize
    taken = sum(-(-_size_of(item) // block) * block for item in items)
    return taken + len(items) * _LINE_BYTES + _TAG_BYTES


def _size_of(item: Item) -> int:
    try:
        return item.source.stat().st_size
    except FileNotFoundError as error:
        raise NotFound(f"the vault holds no file {item.sha256}") from error


def _copy(bag: Path, items: Sequence[Item]) -> int:
    recordings = bag / RECORDINGS
    recordings.mkdir(parents=True)
    each(items, lambda item: copy_file(item.source, recordings / item.sha256))
    return sum(_size_of(item) for item in items)


def write_tags(bag: Path, recordings: Collection[str], info: Mapping[str, str]) -> dict[str, str]:
    """Write a bag's tag files, and give the SHA-256 of each, in lower-case hex, by its name.

    Args:
        bag: the bag's folder.
        recordings: their names.
        info: the lines of bag-info.txt.

    Raises:
        OSError: the drive does not take them.
    """
    names = sorted(recordings)
    tags = {
        DECLARATION: DECLARED,
        INFO: "".join(f"{label}: {value}\n" for label, value in info.items()),
        MANIFEST: "".join(f"{name}  {RECORDINGS}/{name}\n" for name in names),
    }
    hashes = {name: sha256(text.encode()).hex() for name, text in tags.items()}
    tags[TAG_MANIFEST] = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
    for name, text in tags.items():
        (bag / name).write_bytes(text.encode())
    return {name: sha256(text.encode()).hex() for name, text in tags.items()}


def _read_back(bag: Path, items: Sequence[Item], tags: Mapping[str, str]) -> None:
    each(items, lambda item: _read_back_recording(bag / RECORDINGS / item.sha256, item))
    for name, digest in tags.items():
        check_read_back(bag / name, digest)


def _read_back_recording(copy: Path, item: Item) -> None:
    try:
        check_read_back(copy, item.sha256)
    except Failed as failed:
        # the drive may have given back, truly, what was wrong before it came there
        if hash_on_medium(item.source) != item.sha256:
            wrong = f"the recording's file {item.sha256} is not what its name says"
            raise Tampered(wrong) from failed
        raise


def each(items: Sequence[_T], act: Callable[[_T], object]) -> None:
    """Do ``act`` to all of them, two at once; the first error stops the rest."""
    chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(lambda chunk: [act(item) for item in chunk], chunks):
            pass
