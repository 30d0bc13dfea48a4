"""Processes beside this one that have what it has loaded, to share its work.

Linux alone has them. macOS forks, but its own libraries do not bear it; Windows would have to load
all of it anew and be sent what is set up, which takes longer than most folders of recordings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

if sys.platform == "linux":
    from callrec.system.posix.workers import start_workers
else:

    @contextmanager
    def start_workers(
        count: int, serve: Callable[[Connection], None]
    ) -> Iterator[list[Connection] | None]:
        """None: this system has no such processes."""
        del count, serve
        yield None


__all__ = ["start_workers"]
