"""On what kind of file system something lies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mounts")
"""Linux alone has it (proc_pid_mounts(5))."""

_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def file_system_of(path: Path) -> str:
    """The kernel's word for it, such as ``tmpfs`` or ``nfs4``; empty if untold."""
    place = str(path.resolve())
    holding = [
        (len(point), number, kind)
        for number, (_, point, kind) in enumerate(_mounted())
        if place == point or place.startswith(f"{point.rstrip('/')}/")
    ]
    return max(holding)[2] if holding else ""


def drives() -> tuple[Path, ...]:
    """Where devices are mounted: external drives, and the machine's own; empty where untold."""
    points = (point for device, point, _ in _mounted() if device.startswith("/dev/"))
    return tuple(map(Path, dict.fromkeys(points)))


def _mounted() -> list[tuple[str, str, str]]:
    """Each mount's device, place and kind; a later one hides an earlier one at its place."""
    if not MOUNTS.is_file():
        return []
    lines = [line.split(" ") for line in MOUNTS.read_text("utf-8", "surrogateescape").splitlines()]
    return [(device, _unescaped(point), kind) for device, point, kind, *_ in lines]


def _unescaped(point: str) -> str:
    """A place as it is: the kernel writes spaces, tabs, line ends and backslashes in octal."""
    return _ESCAPED.sub(lambda digits: chr(int(digits[1], 8)), point)
