"""Files that are made for a browser: in memory, and gone at once."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from callrec.errors import Misconfigured
from callrec.login.keyring import runtime_folder


@contextmanager
def folder_in_memory(environ: Mapping[str, str]) -> Iterator[Path]:
    """A private folder on a memory file system, which goes with all that is in it.

    Raises:
        Misconfigured: this machine has no such file system.
    """
    place = runtime_folder(environ)
    if place is None:
        raise Misconfigured(
            "this machine has no memory file system in which a file could be made",
            hint="the person who administers callrec writes it to a folder, by the same command",
        )
    folder = Path(tempfile.mkdtemp(prefix="release-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def zipped(folder: Path) -> bytes:
    """A folder as one file, under its own name."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{folder.name}/{file.name}")
    return data.getvalue()
