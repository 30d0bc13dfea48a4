"""A file for somebody else, written whole or not at all, and readable by its owner alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from callrec.errors import Failed, Unusable
from callrec.system.files import atomic_write


def check_new(to: Path, *, replace: bool) -> None:
    """Check where a file is to be written before anything is opened for it.

    Raises:
        Unusable: there is no such folder, something has that name and is not to be replaced, or no
            file can have it.
    """
    try:
        inside, is_folder = to.parent.is_dir(), to.is_dir()
    except OSError as error:
        said = f"a file of that name cannot be written there: {str(error.strerror).lower()}"
        raise Unusable(said, hint="name another") from error
    if not inside:
        raise Unusable("there is no such folder to write to", hint="make it, or name another")
    if is_folder or (os.path.lexists(to) and not replace):
        raise Unusable("a file of that name exists already", hint="name a new file")


def write_whole(to: Path, data: bytes, *, replace: bool) -> None:
    """Write a file, mode 0600, durably; what stood there before is replaced at the very end.

    Raises:
        Unusable: as `check_new`.
        Failed: it cannot be written; then whatever stood there still does.
    """
    with whole_file(to, replace=replace) as file:
        file.write(data)


@contextmanager
def whole_file(to: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Such a file, to be written in the block."""
    check_new(to, replace=replace)
    try:
        with atomic_write(to, replaces=replace) as file:
            yield file
    except FileExistsError:
        check_new(to, replace=replace)  # it came meanwhile
        raise
    except OSError as error:
        raise Failed(f"the file cannot be written: {error.strerror}") from error
