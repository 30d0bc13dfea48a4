"""What a power cut leaves: what was synced."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sync(*paths: Path) -> None:
    """Make the bytes of each of these files, and the names in each of these folders, durable.

    A file's name is its folder's, which the sync of the file does not make durable (fsync(2)).

    Raises:
        OSError: something could not be written.
    """
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
