"""Our own process, when Ctrl-C and SIGTERM may end it, and children."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_SET_DUMPABLE: Final = 4
"""The number of prctl(2)."""


def harden_process() -> None:
    """Let nobody else read what this process writes, or what it has in memory.

    Files are its owner's alone whatever the caller's umask says. No core dump is written, of which
    a crash handler would keep a copy; on Linux no other process of the same account can trace this
    one or read its memory, where passwords and keys lie while they are used. Nor does the list of
    processes, which everybody on the machine can read, show any longer what was typed.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
        _hide_arguments()


def _hide_arguments() -> None:
    """Overwrite the arguments in the place where the system looks; Python has its own copies."""
    stat = Path("/proc/self/stat").read_text()  # proc_pid_stat(5): fields 48 and 49
    begin, end = map(int, stat.rpartition(") ")[2].split(" ")[45:47])
    if begin == 0:
        return  # the system does not tell
    programs = len(sys.orig_argv) - len(sys.argv) + 1
    arguments = ctypes.string_at(begin, end - begin).split(b"\0")
    hidden = begin + sum(len(each) + 1 for each in arguments[:programs])
    ctypes.memset(hidden, 0, max(0, end - hidden))


_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """A block that Ctrl-C and SIGTERM end, until what is yielded is called; then they wait for it.

    So they never come between what cannot be undone and what is told of it. Python interrupts the
    main thread alone, so in another there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
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
    """A block for whose end Ctrl-C and SIGTERM wait."""
    with interruptible() as hold_back:
        hold_back()
        yield


def python_command(module: str) -> tuple[str, ...]:
    """The command that runs a module of ours and looks at nothing of its caller's."""
    return (sys.executable, "-I", "-m", module)


def start_process(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process with two pipes: no environment, no folder, no terminal of its caller's."""
    return subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        env={},
        start_new_session=True,
    )


def kill_process(process: subprocess.Popen[bytes]) -> None:
    """Whatever it does, it is gone afterwards."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    process.wait()
