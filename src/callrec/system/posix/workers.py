"""Processes that are forked, so that they share the memory with what they need: on Linux.

They end with the process that they came from, however that ends.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from typing import Final

assert sys.platform != "win32"

_PR_SET_PDEATHSIG: Final = 1
"""prctl(2): the signal that a process gets when the one that forked it ends."""


_BEARS_FORKS: Final = sys.platform == "linux"
"""macOS forks, but its own libraries do not bear it."""


@contextmanager
def start_workers(
    count: int, serve: Callable[[Connection], None]
) -> Iterator[list[Connection] | None]:
    """Start so many, each of which serves what comes on its line, and end them.

    None: this system has no such processes.
    """
    if not _BEARS_FORKS:
        yield None
        return
    gc.collect(0)  # from which on each collects as ever (callrec.__main__)
    gc.freeze()  # what is there now is shared, and is nobody's to clear away in the others
    parent, lines, children = os.getpid(), list[Connection](), list[int]()
    try:
        for _ in range(count):
            here, there = Pipe()
            lines.append(here)
            child = os.fork()
            if child == 0:
                try:
                    for line in lines:
                        line.close()  # else it would not see that the parent's end is closed
                    if _ends_with(parent):
                        serve(there)
                finally:
                    os._exit(0)  # nothing of the parent's is to be closed or printed a second time
            there.close()
            children.append(child)
        yield lines
    finally:
        for line in lines:
            line.close()
        for child in children:
            os.waitpid(child, 0)
        gc.unfreeze()


def _ends_with(parent: int) -> bool:
    """Have this process end with its parent alone; returns whether that is still there."""
    for order in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The parent hears them too, and it ends when what is under way is done.
        signal.signal(order, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent
