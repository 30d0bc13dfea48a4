"""Being told to end: a first time politely, a second time at once."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_to_stop() -> Iterator[Event]:
    """An event that is set once this process is told to end; what runs may finish what it does.

    A second time the process ends there and then.

    Raises:
        KeyboardInterrupt: afterwards, if it was a ctrl-C; SIGTERM is an order carried out.
    """
    stop, by = Event(), []

    def note(number: int, _: FrameType | None) -> None:
        by.append(number)
        stop.set()
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)

    before = {each: signal.signal(each, note) for each in _SIGNALS}
    try:
        yield stop
    finally:
        for each, was in before.items():
            signal.signal(each, was)
    if signal.SIGINT in by:
        raise KeyboardInterrupt
