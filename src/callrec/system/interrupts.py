"""When Ctrl-C and SIGTERM may come: not between what cannot be undone and what is told of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """A block that these end, until what is yielded is called: from then on they wait for the end.

    For the main thread alone, which is the one that Python interrupts.
    """
    before = {each: signal.getsignal(each) for each in _ENDING}
    came: list[int] = []

    def hold_back() -> None:
        for each in _ENDING:
            signal.signal(each, lambda number, _: came.append(number))

    try:
        yield hold_back
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A block that these wait for."""
    with interruptible() as hold_back:
        hold_back()
        yield
