"""On what kind of file system a folder lies."""

from __future__ import annotations

from pathlib import Path


def file_system_of(folder: Path) -> str:
    """The kernel's word for it, such as ``tmpfs`` or ``nfs4``; empty if untold."""
    mounts = Path("/proc/self/mounts")  # Linux alone has it
    if not mounts.is_file():
        return ""
    place = str(folder.resolve())
    holding = [
        (len(point), number, kind)
        for number, line in enumerate(mounts.read_text(errors="replace").splitlines())
        for _, escaped, kind, *_ in [line.split(" ")]
        for point in [escaped.replace("\\040", " ").rstrip("/")]
        if place == point or place.startswith(point + "/")
    ]
    return max(holding)[2] if holding else ""
