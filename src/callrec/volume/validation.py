"""Whether a bag is as it was written. Needs no key (docs/formats/archive.md, 3).

Stricter than RFC 8493 asks: a manifest lists nothing but ``data/recordings/<sha256>`` under that
very hash, so it can lead nowhere else; the two manifests list all there is; no link is followed.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callrec.crypto.primitives import sha256
from callrec.errors import NotFound, Tampered
from callrec.volume.bag import (
    DECLARATION,
    DECLARED,
    INFO,
    MANIFEST,
    RECORDINGS,
    TAG_MANIFEST,
    for_each_in_parallel,
    iter_lines,
)
from callrec.volume.drive import SMALL_FILE_BYTES, drive_errors, hash_on_medium

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DECLARED = sha256(DECLARED.encode()).hex()

_TAGS = frozenset({DECLARATION, INFO, MANIFEST})

_LINES = {
    MANIFEST: re.compile(rf"([0-9a-f]{{64}})  ({RECORDINGS}/\1)\n"),
    TAG_MANIFEST: re.compile(rf"([0-9a-f]{{64}})  ({'|'.join(map(re.escape, sorted(_TAGS)))})\n"),
}
"""For each manifest the only lines that it may hold: a hash and a name."""


@dataclass(frozen=True, slots=True)
class BagReport:
    """What was found in a bag. Names are paths within it, sorted."""

    checked: int
    """How many recordings were read and compared with their names, whatever came of it."""
    damaged: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    """What no manifest lists."""
    manifest_sha256: str
    """SHA-256 of manifest-sha256.txt as it lies there, lower-case hex; empty if it is not listed.

    A bag can be exchanged whole, manifests and all: compare this with the bag's statement.
    """

    @property
    def ok(self) -> bool:
        return not (self.damaged or self.missing or self.extra)


def validate_bag(at: Path) -> BagReport:
    """Read all of a bag from the drive and compare it with its manifests.

    Raises:
        NotFound: there is no such folder.
        Failed: the drive does not tell.
    """
    with drive_errors():
        there = at.is_dir() and not at.is_symlink()
    if not there:
        raise NotFound("the drive holds no such bag")
    names = set(_names_in(at))
    plain = {name for name in names if stat.S_ISREG((at / name).lstat().st_mode)}
    listed: dict[str, str] = {}
    damaged = {name for name in _LINES if name in plain and not _read_manifest(at / name, listed)}
    large = {INFO, DECLARATION} & {
        name for name in plain if (at / name).lstat().st_size > SMALL_FILE_BYTES
    }
    found = _hashes(at, plain & listed.keys() - large)
    damaged |= large
    damaged |= {name for name in found if found[name] != listed[name]}
    if found.get(DECLARATION, _DECLARED) != _DECLARED:  # whatever the tag manifest says of it
        damaged.add(DECLARATION)
    required = {*_TAGS, TAG_MANIFEST, *listed}
    return BagReport(
        checked=sum(name.startswith(RECORDINGS) for name in found),
        damaged=tuple(sorted(damaged)),
        missing=tuple(sorted(required - plain)),
        extra=tuple(sorted(map(_printable, names - (required & plain)))),
        manifest_sha256=found.get(MANIFEST, ""),
    )


def _names_in(bag: Path) -> Iterator[str]:
    # all but folders; a link to a folder is named, not entered
    for folder, folders, files in os.walk(bag):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        within = "" if folder == str(bag) else f"{Path(folder).relative_to(bag).as_posix()}/"
        yield from (f"{within}{name}" for name in (*files, *links))


def _read_manifest(path: Path, listed: dict[str, str]) -> bool:
    # adds name -> SHA-256 of each good line; False if there are others, or some are wanting
    entries, lines = dict[str, str](), 0
    try:
        for line in iter_lines(path):
            lines += 1
            if match := _LINES[path.name].fullmatch(line):
                entries[match[2]] = match[1]
    except (OSError, Tampered):
        lines = -1
    listed.update(entries)
    return len(entries) == lines and (path.name == MANIFEST or entries.keys() == _TAGS)


def _printable(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _hashes(bag: Path, names: Iterable[str]) -> dict[str, str]:
    # what cannot be read is as damaged as what reads differently: it has no hash
    found: dict[str, str] = {}

    def look(name: str) -> None:
        try:
            found[name] = hash_on_medium(bag / name)
        except OSError:
            found[name] = ""

    for_each_in_parallel(sorted(names), look)
    return found
