"""What no test may leave about, or be told: looked for in all that was written when a run ends.

The people of the tests have passwords that end alike, and they, their callers and what they ask for
have names that occur nowhere else. Whatever test it was, in whatever form a program may have
written them, they lie in no vault, on no volume and in nothing that callrec keeps of an operator.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from attacks.raw_bytes import forms, spellings
from callrec.archive.marker import MARKER
from callrec.catalogue.engine import FILE_NAME
from cli.transcript import password_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PASSWORDS = (password_of("").strip(), "seven purple otters dance slowly")
NAMES = ("Whitlock", "Lindqvist", "Turnbull", "Agnes Underhill", "Ashdown", "Siân O'Neill")
REASONS = ("nobody rang back", "passport seen by reception", "caller in distress")
OURS = frozenset({FILE_NAME, MARKER, "head.json"})
"""A folder that holds one of these is a vault, a volume or what is kept of an operator."""


def left_about(folder: Path) -> list[str]:
    """What tells one of these in any form: files in folders of ours, in this one or below."""
    needles = sorted(_needles())
    ours = list(_ours(folder))
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\n".join(needles))
        file.flush()
        # Python would take minutes for what thousands of tests leave.
        done = subprocess.run(
            ["xargs", "-0", "--no-run-if-empty", "grep", "-rlaF", f"--file={file.name}", "--"],
            env={**os.environ, "LC_ALL": "C"},
            input=b"".join(os.fsencode(place) + b"\0" for place in ours),
            capture_output=True,
            check=False,
        )
    assert done.stderr == b""
    names = b"\n".join(_names(ours))
    told = [f"a file is called {needle!r}" for needle in needles if needle in names]
    return [*sorted(os.fsdecode(done.stdout).splitlines()), *told]


def says_no_password(text: str) -> bool:
    """Whether a command kept to itself what it was given."""
    return not any(password in text for password in PASSWORDS)


def _needles() -> set[bytes]:
    words = (*PASSWORDS, *NAMES, *REASONS)
    found = {form for word in words for spelt in spellings(word) for form in forms(spelt).values()}
    return {needle for needle in found if b"\n" not in needle}


def _names(folders: Sequence[Path]) -> Iterator[bytes]:
    for folder in folders:
        for _, inner, files in os.walk(folder):
            yield from map(os.fsencode, (*inner, *files))


def _ours(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        if OURS.intersection(files):
            folders.clear()
            yield Path(place)
