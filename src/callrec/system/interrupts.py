"""When Ctrl-C may come: not between what cannot be undone and what has to be told of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """A block that Ctrl-C ends, until what is yielded is called: from then on it waits for the end.

    For the main thread alone, which is the one that Python interrupts.
    """
    before = signal.getsignal(signal.SIGINT)
    pressed: list[int] = []

    def hold_back() -> None:
        signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))

    try:
        yield hold_back
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A block that Ctrl-C waits for."""
    with interruptible() as hold_back:
        hold_back()
        yield
