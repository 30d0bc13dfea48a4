"""Being told to end: a first time politely, a second time at once."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT})

_KILLED: Final = 128
"""Added to a signal's number, the status that a shell gives for it."""


@contextmanager
def graceful_shutdown() -> Iterator[Event]:
    """An event that is set once this process is told to end; what is being done may be finished.

    A second time the process ends there and then, whatever it is doing: a thread listens, as no
    handler of Python's runs while SQLite waits for a lock.

    Raises:
        KeyboardInterrupt: at the end, if it was a ctrl-C. SIGTERM is an order, and is carried out.
    """
    stop, over = Event(), Event()
    by: list[signal.Signals] = []

    def listen() -> None:
        by.append(signal.Signals(signal.sigwait(_SIGNALS)))
        stop.set()
        second = signal.sigwait(_SIGNALS)
        if not over.is_set():
            os._exit(_KILLED + second)

    # Threads that are made from here on leave the signals to the one that listens.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    listener = Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield stop
    finally:
        was_told = tuple(by)
        over.set()
        while listener.is_alive():
            signal.pthread_kill(listener.ident or 0, signal.SIGTERM)
            listener.join(0.01)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if signal.SIGINT in was_told:
        raise KeyboardInterrupt
