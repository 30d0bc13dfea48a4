"""Whether the files of a package are those on its manifest (docs/formats/release.md, 7).

The manifest's own signature is another question: ``sshsig.check_ssh``. A folder to be compared is
from outside: links are not followed, pipes and devices not opened.
"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from callrec.errors import NotFound, Unchecked
from callrec.release.manifest import parse_manifest
from callrec.release.package import BESIDE_RECORDINGS, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from callrec.release.manifest import ReleasedFile


class Fault(StrEnum):
    """What is wrong with a file of a package."""

    DAMAGED = "damaged"
    """Not the bytes that the manifest lists, or no plain file."""
    MISSING = "missing"
    EXTRA = "extra"
    """In the package, but not on its manifest."""


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One file that is not as the manifest says."""

    path: str
    fault: Fault


def compare(folder: Path) -> tuple[Difference, ...]:
    """Every difference between an opened package and its manifest, by path; none if all is right.

    Raises:
        NotFound: there is no manifest.json in the folder.
        Tampered: the manifest is not a manifest.
        Unchecked: the manifest is of a form that this version does not know, or the drive cannot
            be read.
    """
    try:
        return tuple(sorted(_differences(folder)))
    except OSError as error:
        raise Unchecked(
            f"the package could not be read: {error.strerror}", hint="copy it to another drive"
        ) from error


def _differences(folder: Path) -> Iterator[Difference]:
    present = _present(folder)
    if not present.get(MANIFEST):
        raise NotFound("there is no manifest.json in this folder", hint="open the package first")
    manifest = parse_manifest((folder / MANIFEST).read_bytes())
    listed = {file.path: file for file in manifest.files}
    expected = {*BESIDE_RECORDINGS, *listed}
    for path in expected - present.keys():
        yield Difference(path, Fault.MISSING)
    for path in present.keys() - expected:
        yield Difference(path, Fault.EXTRA)
    for path in expected & present.keys():
        is_right = present[path] and (path not in listed or _is_as_listed(folder, listed[path]))
        if not is_right:
            yield Difference(path, Fault.DAMAGED)


def _present(folder: Path) -> dict[str, bool]:
    """Each path in the folder that is no folder itself, and whether it is a plain file."""
    modes = {path: path.lstat().st_mode for path in folder.rglob("*")}
    return {
        path.relative_to(folder).as_posix(): stat.S_ISREG(mode)
        for path, mode in modes.items()
        if not stat.S_ISDIR(mode)
    }


def _is_as_listed(folder: Path, listed: ReleasedFile) -> bool:
    with (folder / listed.path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == listed.sha256
