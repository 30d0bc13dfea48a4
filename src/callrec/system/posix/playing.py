"""A player beside us, fed through a pipe (select(2), setpgid(2))."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from select import select
from typing import IO, Final

assert sys.platform != "win32"

OWN_PLAYER: Final[Sequence[str]] = ()
"""What plays WAVE files where no program for that is installed; empty: nothing does."""


def start_player(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a player in a group of its own, so that Ctrl-C is said to us alone.

    Raises:
        OSError: it cannot be run.
    """
    return subprocess.Popen(  # noqa: S603 - the practice's own command
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0, process_group=0
    )


def kill_player(player: subprocess.Popen[bytes]) -> None:
    """End it, with what it has started."""
    os.killpg(player.pid, signal.SIGKILL)


def feed(pipe: IO[bytes], data: memoryview) -> None:
    """Write all of it.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    while data:
        data = data[pipe.write(data) :]


def feed_some(pipe: IO[bytes], data: memoryview) -> int:
    """Write as much as is taken at once; returns how many bytes.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    os.set_blocking(pipe.fileno(), False)
    with suppress(BlockingIOError):
        return os.write(pipe.fileno(), data)
    return 0


def wait_for(terminal: int, pipe: IO[bytes] | None, seconds: float) -> tuple[bool, bool]:
    """Wait until a key is pressed or a pipe takes more; returns which of them."""
    typed, takes, _ = select((terminal,), () if pipe is None else (pipe,), (), seconds)
    return bool(typed), bool(takes)
