"""What no test may leave about, or be told: looked for in all that was written when a run ends.

The people of the tests have passwords that end alike, and they, their callers and what they ask for
have names that occur nowhere else. Whatever test it was, in whatever form a program may have
written them, they lie in no vault, on no volume and in nothing that callrec keeps of an operator.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from bisect import bisect
from collections.abc import Iterator, Sequence
from pathlib import Path

from callrec.catalogue.engine import FILE_NAME
from callrec.volume.volume import MARKER
from house.practices import password_of
from house.raw_bytes import forms, forms_of_bytes, spellings

PASSWORDS = (password_of("").strip(), "seven purple otters dance slowly")

NAMES = ("Whitlock", "Lindqvist", "Turnbull", "Agnes Underhill", "Ashdown", "Siân O'Neill")

REASONS = ("nobody rang back", "passport seen by reception", "caller in distress")

PAGE_BYTES = 4096
"""As SQLite has them, in the files that are most of it."""

OURS = frozenset({FILE_NAME, MARKER, "head.json"})
"""A folder that holds one of these is a vault, a volume or what is kept of an operator."""


def left_about(folder: Path) -> list[str]:
    """What tells one of these in any form: files in folders of ours, in this one or below."""
    words = (*PASSWORDS, *NAMES, *REASONS)
    return what_tells(words, list(_ours(folder)))


def what_tells(canaries: Sequence[str | bytes], folders: Sequence[Path]) -> list[str]:
    """What tells one of some words, or of pieces of sound or of files, in any form: the files in
    these folders, and any name in them."""
    needles = sorted(set(_needles(canaries)))
    with tempfile.TemporaryDirectory() as work:
        patterns, pieces = Path(work, "patterns"), Path(work, "pieces")
        patterns.write_bytes(b"\n".join(needles))
        ends, files = _collect(folders, pieces, longest=max(map(len, needles)))
        # Python would take minutes for what thousands of tests leave.
        done = subprocess.run(
            ["grep", "-obaF", f"--file={patterns}", "--", str(pieces)],
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            check=False,
        )
    assert done.stderr == b""
    at = {int(line.partition(b":")[0]) for line in done.stdout.splitlines()}
    names = b"\n".join(_names(folders))
    told = [f"a file is called {needle!r}" for needle in needles if needle in names]
    return [*sorted({str(files[bisect(ends, each)]) for each in at}), *told]


def _collect(folders: Sequence[Path], to: Path, *, longest: int) -> tuple[list[int], list[Path]]:
    """Write down what lies in them, a page at a time, but for what lay elsewhere before.

    Most of what tests leave are copies of a few vaults. Returns where each file's pages end, and
    the files.
    """
    seen: set[int] = set()
    ends, files = list[int](), list[Path]()
    with to.open("wb") as written:
        for path in (path for folder in folders for path in folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            data = path.read_bytes()
            for start in range(0, len(data), PAGE_BYTES):
                piece = data[start : start + PAGE_BYTES + longest]
                if hash(piece) not in seen:
                    seen.add(hash(piece))
                    written.write(piece + b"\n")
            ends.append(written.tell())
            files.append(path)
    return ends, files


def says_no_password(text: str) -> bool:
    """Whether a command kept to itself what it was given."""
    return not any(password in text for password in PASSWORDS)


def _needles(canaries: Sequence[str | bytes]) -> Iterator[bytes]:
    for each in canaries:
        if isinstance(each, bytes):
            found = [forms_of_bytes(each)]
        else:
            found = [forms(spelt) for spelt in spellings(each)]
        yield from (data for said in found for data in said.values() if b"\n" not in data)


def _names(folders: Sequence[Path]) -> Iterator[bytes]:
    for folder in folders:
        for _, inner, files in os.walk(folder):
            yield from map(os.fsencode, (*inner, *files))


def _ours(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        if OURS.intersection(files):
            folders.clear()
            yield Path(place)
