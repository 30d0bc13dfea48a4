"""A disk with a journal, as a practice's is: an image of ext4 on the measured disk, by loop.

A machine that was made from an image often has a root without one, where making files is cheap or
dear for other reasons. Only root can mount; the loop goes past the cache of the file below it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench

SIZE_BYTES: Final = 12_000_000_000
SMALL_BYTES: Final = 4_000_000_000
BYTES_A_FILE: Final = 8192
NOTHING_LATER: Final = "lazy_itable_init=0,lazy_journal_init=0"


def hindrance() -> str:
    """Why it cannot be done here; empty: it can."""
    if os.geteuid():
        return "not measured, as only root may mount"
    if not (Path("/dev/loop-control").exists() and shutil.which("losetup")):
        return "not measured, as this machine has no loop devices"
    return ""


@contextmanager
def journaled(bench: Bench) -> Iterator[Bench | None]:
    """The same, its runs on such a disk; None where that cannot be."""
    if why := hindrance():
        bench.say(f"journaled: {why}")
        yield None
        return
    image, folder = bench.cache / "journaled.img", bench.cache / "journaled"
    folder.mkdir(exist_ok=True)
    with image.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, SIZE_BYTES if bench.full else SMALL_BYTES)
    try:
        _run("mkfs.ext4", "-q", "-F", "-i", str(BYTES_A_FILE), "-E", NOTHING_LATER, image)
        device = _run("losetup", "--find", "--show", "--direct-io=on", image)
        try:
            _run("mount", device, folder)
            try:
                yield replace(bench, disk=folder)
            finally:
                _run("umount", folder)
        finally:
            _run("losetup", "--detach", device)
    finally:
        image.unlink()


@contextmanager
def drive_without_room(bench: Bench) -> Iterator[Path | None]:
    """A folder of another file system on which next to nothing fits; None where that cannot be."""
    if os.geteuid():
        yield None
        return
    folder = bench.cache / "no-room"
    folder.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", "size=32k", "none", folder)
    try:
        yield folder
    finally:
        _run("umount", folder)


def _run(*words: str | Path) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
