"""Our own process, when Ctrl-C and SIGTERM may end it, and children."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

if sys.platform == "win32":
    from callrec.system.windows.processes import *
else:
    from callrec.system.posix.processes import *


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """A block that Ctrl-C and SIGTERM end, until what is yielded is called; then they wait for it.

    So they never come between what cannot be undone and what is told of it. Python interrupts the
    main thread alone, so in another there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = {each: signal.getsignal(each) for each in ENDING}
    came: list[int] = []

    with ExitStack() as until_the_end:

        def hold_back() -> None:
            for each in ENDING:
                signal.signal(each, lambda number, _: came.append(number))
            until_the_end.enter_context(closing_waits())

        try:
            yield hold_back
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
            if came:
                signal.raise_signal(came[0])


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A block for whose end Ctrl-C and SIGTERM wait."""
    with interruptible() as hold_back:
        hold_back()
        yield


def kill_process(process: subprocess.Popen[bytes]) -> None:
    """Whatever it does, it is gone afterwards."""
    with process:
        process.kill()
