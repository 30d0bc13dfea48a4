"""Processes that share this one's memory: Windows has none.

One that is started would have to load all anew and be sent what is set up, which takes longer than
most folders of recordings do in threads.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

assert sys.platform == "win32"


@contextmanager
def start_workers(
    count: int, serve: Callable[[Connection], None]
) -> Iterator[list[Connection] | None]:
    """None: this system has no such processes."""
    del count, serve
    yield None
