"""The serial number of a drive, where the system tells it: what the practice registers it by."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN: Final = re.compile(r"[!-~][ -~]{0,63}")

_UDEV: Final = "E:ID_SERIAL_SHORT="


def serial_of(folder: Path, system: Path = Path("/")) -> str | None:
    """The serial number of the drive that a folder lies on; None: it is not told.

    Linux tells it through udev and sysfs: of a partition, of an encrypted one too.

    Args:
        folder: of the drive.
        system: where ``run`` and ``sys`` lie.
    """
    try:
        device = folder.stat().st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        for said in _said(system, number):
            if _PLAIN.fullmatch(said):
                return said
    except OSError:
        pass  # a drive without a number is a drive
    return None


def _said(system: Path, number: str) -> Iterator[str]:
    yield from _told_by_udev(system / "run" / "udev" / "data" / f"b{number}")
    block = system / "sys" / "dev" / "block" / number
    if not block.is_dir():
        return
    for at in (block.resolve(), block.resolve().parent):  # the partition, and the disk around it
        for place in (at / "serial", at / "device" / "serial"):
            if place.is_file():
                yield place.read_text(errors="replace").strip()
    for below in sorted((block / "slaves").glob("*/dev")):  # what an encrypted one lies on
        yield from _said(system, below.read_text().strip())


def _told_by_udev(device: Path) -> Iterator[str]:
    if device.is_file():
        for line in device.read_text(errors="replace").splitlines():
            if line.startswith(_UDEV):
                yield line.removeprefix(_UDEV).strip()
