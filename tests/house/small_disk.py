"""Disks that are small, full or read-only; without mounting, limits that come to the same."""

from __future__ import annotations

import os
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

SIZE = 2 << 20  # 2 MiB

FILES = 24

NOBODY = 65534


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
    with _mounted(disk, f"size={ROOMY}") as is_mounted:
        house = practices.copy(template, disk / "house")
        shutil.move(house.folder / "state", at / "state")
        (house.folder / "state").symlink_to(at / "state")
        if is_mounted:
            used = shutil.disk_usage(disk).used
            _mount(disk, f"remount,size={used + spare_bytes}")
            yield house, lambda: _mount(disk, f"remount,size={ROOMY}")
        else:
            largest = max(path.stat().st_size for path in disk.rglob("*"))
            with _small_files(largest) as allow_any:
                yield house, allow_any


@contextmanager
def small_disk(at: Path, *options: str) -> Iterator[str]:
    """Make ``at`` a disk of 2 MiB and 24 files; yields the word that says it is full.

    Options are of mount(8), such as another ``size=``.

    Where mounting is not allowed no file may grow over 64 KiB: that stops a write half-way too.
    """
    at.mkdir(exist_ok=True)
    with _mounted(at, f"size={SIZE}", f"nr_inodes={FILES}", *options) as is_mounted:
        if is_mounted:
            yield "full"
        else:
            with _small_files(1 << 16):
                yield "file too large"


@contextmanager
def read_only(at: Path) -> Iterator[None]:
    """Make the small disk ``at`` readable only; without mounting, its folder for us."""
    if _mount(at, "remount,ro"):
        yield
        return
    us = os.geteuid()
    at.chmod(0o500)
    os.seteuid(us or NOBODY)  # the administrator may write anywhere, and so may not be that account
    try:
        yield
    finally:
        os.seteuid(us)
        at.chmod(0o700)


@contextmanager
def _mounted(disk: Path, *options: str) -> Iterator[bool]:
    """Whether a disk of memory could be mounted there, in the block."""
    is_mounted = _mount(disk, "mode=0700", *options)
    try:
        yield is_mounted
    finally:
        if is_mounted:  # lazily: what was opened there may be open still
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _mount(disk: Path, *options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(disk)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@contextmanager
def _small_files(limit: int) -> Iterator[Callable[[], None]]:
    """No file may grow beyond it, until the block ends or what is yielded is called."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write then fails with EFBIG
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))

    def allow_any() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    try:
        yield allow_any
    finally:
        allow_any()
        signal.signal(signal.SIGXFSZ, ignored)
