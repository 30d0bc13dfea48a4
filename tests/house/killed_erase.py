"""An erasure that is killed at a chosen point, in a process of its own.

Python tells of everything that it does to files: each opening for writing, each folder made, each
link, renaming and removal. Each is a point, and so is each time that the clock is asked, which is
around everything that the log is told. SQLite's own writing is one step: it is done or not.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from callrec.procedures.erasing import erase
from house.requests import signed_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from house.practices import House

NEVER: Final = 10**6
_WRITING: Final = os.O_WRONLY | os.O_RDWR
_TOLD: Final = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.truncate"}


def killed(
    house: House,
    reference: str,
    *volumes: Path,
    point: int = NEVER,
    carry_out: Callable[..., object] = erase,
) -> int:
    """Erase in another process, or do what is given, and kill that when it reaches a point.

    Returns how many points there were; 0 if it was killed.
    """
    house.practice.engine.dispose()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, str(_erase(house, reference, volumes, point, carry_out)).encode())
        finally:
            os._exit(1)  # whatever it says, the parent's tests do not run twice
    os.close(writing)
    with open(reading, "rb") as said:  # noqa: PTH123 - of a descriptor
        told = said.read()
    _, status = os.waitpid(child, 0)
    assert told or os.WTERMSIG(status) == signal.SIGKILL
    return int(told or b"0")


def _erase(
    house: House,
    reference: str,
    volumes: tuple[Path, ...],
    last: int,
    carry_out: Callable[..., object],
) -> int:
    count, counting = 0, False

    def reach() -> None:
        nonlocal count
        count += counting
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def told(event: str, arguments: tuple[Any, ...]) -> None:
        is_written = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if event in _TOLD or is_written:
            reach()

    def now() -> datetime:
        reach()
        return house.at

    practice = replace(house.open(), now=now)
    practice = replace(practice, log=replace(practice.log, now=now))
    actor = signed_in(house, "dora")
    sys.addaudithook(told)
    counting = True
    carry_out(practice, actor, reference, volumes=volumes, advance=lambda _: None)
    counting = False
    return count
