"""What a process opens to write, whom it starts and whom it calls, as Python itself tells of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT

MAKES = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}
"""What else makes a file or folder, and which of what is told is its path."""

CALLS = ("socket.connect", "socket.sendto", "syslog.openlog", "syslog.syslog")

STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn")


@dataclass
class Traces:
    """What was told while it was listened to."""

    written: set[Path] = field(default_factory=set)
    started: list[tuple[str, ...]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    def hear(self, event: str, told: tuple[Any, ...]) -> None:
        """Note what counts."""
        if event == "open" and isinstance(told[0], str) and told[2] & WRITES:
            self.written.add(Path(told[0]).absolute())
        elif event in MAKES:
            self.written.add(Path(os.fsdecode(told[MAKES[event]])).absolute())
        elif event in STARTS:
            self.started.append(tuple(map(str, told[1])))
        elif event in CALLS:
            self.called.append(event)


_listening: list[Traces] = []


@contextmanager
def listening() -> Iterator[Traces]:
    """Listen until the block ends."""
    _hook()
    traces = Traces()
    _listening.append(traces)
    try:
        yield traces
    finally:
        _listening.remove(traces)


@cache
def _hook() -> None:
    sys.addaudithook(_hear)  # for good: Python lets go of none


def _hear(event: str, told: tuple[Any, ...]) -> None:
    for traces in _listening:
        traces.hear(event, told)
