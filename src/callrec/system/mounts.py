"""On what kind of file system something lies."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOUNTS: Final = Path("/proc/self/mounts")
"""Linux alone has it (proc_pid_mounts(5))."""

_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def file_system_of(path: Path) -> str:
    """The kernel's word for it, such as ``tmpfs`` or ``nfs4``; empty if untold."""
    place = str(path.resolve())
    holding = [
        (len(point), number, kind)
        for number, (_, whole, kind) in enumerate(mounted(_told()))
        for point in [whole.rstrip("/")]
        if place == point or place.startswith(point + "/")
    ]
    return max(holding)[2] if holding else ""


def drives() -> tuple[Path, ...]:
    """Where devices are mounted: external drives, and the machine's own; empty where untold."""
    points = (point for device, point, _ in mounted(_told()) if device.startswith("/dev/"))
    return tuple(Path(point) for point in dict.fromkeys(points))


def mounted(told: bytes) -> Iterator[tuple[str, str, str]]:
    """Device, place and kind of each line of the kernel's list, in its order.

    Other users of the machine mount things, in folders with any name: the kernel writes a space, a
    tab, a line's end and a backslash as three octal digits, and every other character as it is,
    those as well that Python takes for the end of a line.
    """
    for line in os.fsdecode(told).split("\n"):
        match line.split(" "):
            case [device, point, kind, *_] if device:
                yield device, _OCTAL.sub(lambda digits: chr(int(digits[1], 8)), point), kind


def _told() -> bytes:
    return MOUNTS.read_bytes() if MOUNTS.is_file() else b""
