"""A practice on a disk with little room left."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from house import practices
from house.practices import House

ROOMY = 64 << 20  # 64 MiB


@contextmanager
def little_room(
    template: House, at: Path, spare_bytes: int
) -> Iterator[tuple[House, Callable[[], object]]]:
    """A copy of the practice where only so much fits, and a function that makes room.

    The vault is on a small file system of its own. Where mounting is not allowed, no file may grow
    beyond what the largest, the catalogue, has now: that stops its transaction half-way. What the
    operator remembers lies on another disk.
    """
    disk = at / "disk"
    disk.mkdir()
    if _mount(disk, ROOMY):
        house = _copy(template, at)
        try:
            used = shutil.disk_usage(disk).used
            _mount(disk, used + spare_bytes, again=True)
            yield house, lambda: _mount(disk, ROOMY, again=True)
        finally:
            # Lazily: the practice was opened several times, and its catalogue is open still.
            subprocess.run(["umount", "--lazy", str(disk)], check=True)
    else:
        house = _copy(template, at)
        largest = max(path.stat().st_size for path in disk.rglob("*"))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write then fails with EFBIG
        _limit(largest, before[1])
        try:
            yield house, lambda: _limit(*before)
        finally:
            _limit(*before)
            signal.signal(signal.SIGXFSZ, ignored)


def _copy(template: House, at: Path) -> House:
    house = practices.copy(template, at / "disk" / "house")
    shutil.move(house.folder / "state", at / "state")
    (house.folder / "state").symlink_to(at / "state")
    return house


def _mount(disk: Path, size_bytes: int, *, again: bool = False) -> bool:
    options = f"size={size_bytes},mode=0700{',remount' if again else ''}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _limit(soft: int, hard: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
