"""Real failures of a machine, by the system's own limits on this process."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def a_drive_that_takes_only(size_bytes: int) -> Iterator[None]:
    """Within it, no file can grow beyond ``size_bytes``: writing fails as on a full drive."""
    with _limit(resource.RLIMIT_FSIZE, size_bytes):
        yield


@contextmanager
def a_system_that_opens_nothing() -> Iterator[None]:
    """Within it, opening any file or folder fails."""
    with _limit(resource.RLIMIT_NOFILE, 0):
        yield


@contextmanager
def _limit(which: int, value: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(which)
    resource.setrlimit(which, (value, hard))
    try:
        yield
    finally:
        resource.setrlimit(which, (soft, hard))
