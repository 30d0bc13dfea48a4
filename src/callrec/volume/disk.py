"""Which disk a folder lies on: what is on one disk is lost with it."""

from __future__ import annotations

import os
from pathlib import Path

from callrec.volume.drive import device_of, drive_errors


def disk_of(folder: Path, system: Path = Path("/")) -> str:
    """What tells the disk of a folder from every other that is attached now.

    The system's number of it; two partitions are one disk, and an encrypted one is what it lies on.
    Of what is no disk (a share, a file system in memory) it is the number of the file system.

    Args:
        folder: of the drive.
        system: where ``sys`` lies.

    Raises:
        Failed: the drive does not tell.
    """
    device = device_of(folder)
    with drive_errors():
        return _disk(system / "sys" / "dev" / "block", f"{os.major(device)}:{os.minor(device)}")


def _disk(blocks: Path, number: str) -> str:
    block = blocks / number
    for below in sorted((block / "slaves").glob("*/dev")):
        return _disk(blocks, below.read_text().strip())
    if (block / "partition").is_file():
        return (block.resolve().parent / "dev").read_text().strip()
    return number
