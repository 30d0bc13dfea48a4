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


def drives() -> tuple[Path, ...]:
    """Where devices are mounted: external drives, and the machine's own; empty where untold."""
    mounts = Path("/proc/self/mounts")
    if not mounts.is_file():
        return ()
    lines = [line.split(" ") for line in mounts.read_text(errors="replace").splitlines()]
    points = (point for device, point, *_ in lines if device.startswith("/dev/"))
    return tuple(Path(each.replace("\\040", " ")) for each in dict.fromkeys(points))
