from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 2 << 20  # 2 MiB

FILES = 24

NOBODY = 65534


@contextmanager
def small_disk(at: Path, *options: str) -> Iterator[str]:
    """Make ``at`` a disk of 2 MiB and 24 files; yields the word that says it is full.

    Options are of mount(8), such as another ``size=``.

    Where mounting is not allowed no file may grow over 64 KiB: that stops a write half-way too.
    """
    at.mkdir(exist_ok=True)
    chosen = ",".join([f"size={SIZE}", f"nr_inodes={FILES}", "mode=0700", *options])
    mount = ["mount", "-t", "tmpfs", "-o", chosen, "tmpfs", str(at)]
    if subprocess.run(mount, check=False, capture_output=True).returncode == 0:
        try:
            yield "full"
        finally:
            # lazily: a test that fails may have left a file open
            subprocess.run(["umount", "--lazy", str(at)], check=True)
    else:
        with _small_files(1 << 16):
            yield "file too large"


@contextmanager
def read_only(at: Path) -> Iterator[None]:
    """Make the small disk ``at`` readable only; without mounting, its folder for us."""
    remount = ["mount", "-o", "remount,ro", str(at)]
    if subprocess.run(remount, check=False, capture_output=True).returncode == 0:
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
def _small_files(limit: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write then fails with EFBIG
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
