"""Our own process, children and signals as Linux and macOS have them."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Event, Thread
from typing import IO, Final, NoReturn

assert sys.platform != "win32"

ENDING: Final = (signal.SIGINT, signal.SIGTERM)
"""The signals by which a person, or the system, asks a process to end."""

closing_waits = nullcontext
"""A block for whose end the closing of its window waits: here that is a signal as others are."""

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


@contextmanager
def graceful_shutdown() -> Iterator[Event]:
    """An event that is set once this process is told to end; work under way may finish.

    A second time the process ends there and then, whatever it is doing: a thread listens, as no
    handler of Python's runs while SQLite waits for a lock.

    Raises:
        KeyboardInterrupt: at the end of the block, if it was told by Ctrl-C.
    """
    stop, over = Event(), Event()
    by: list[signal.Signals] = []

    def listen() -> None:
        by.append(signal.Signals(signal.sigwait(ENDING)))
        stop.set()
        second = signal.sigwait(ENDING)
        if not over.is_set():
            os._exit(128 + second)  # the status that a shell gives for a signal

    # Threads that are made from here on leave the signals to the one that listens.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    listener = Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield stop
    finally:
        received = tuple(by)
        over.set()
        while listener.is_alive():
            signal.pthread_kill(listener.ident or 0, signal.SIGTERM)
            listener.join(0.01)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if signal.SIGINT in received:
        raise KeyboardInterrupt


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


def start_detached(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Start a command that outlives this process and that nobody has to wait for.

    Raises:
        OSError: it cannot be started.
    """
    # The shell ends at once and leaves it to itself.
    subprocess.run(  # noqa: S603 - our own program, and nothing that anybody typed
        ("/bin/sh", "-c", '"$@" &', "sh", *command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=environ,
        start_new_session=True,
        check=False,
    )


def become(command: tuple[str, ...], environ: Mapping[str, str]) -> NoReturn:
    """Have a command take this process's place, its streams and its terminal."""
    os.execve(command[0], command, environ)  # noqa: S606 - our own module


def read_available(pipe: IO[bytes]) -> bytes:
    """What can be read from a pipe now, without waiting; empty where that is nothing."""
    os.set_blocking(pipe.fileno(), False)
    return pipe.read() or b""


def usable_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_writer(descriptor: int) -> bool:
    """Whether it is certain that a process has the file open for writing: its telephone system.

    Linux is asked for a read lease on the file (fcntl(2), F_SETLEASE), which it refuses while any
    process has it open for writing, wherever that runs, as root or in a container. /proc would show
    only the user's own processes, and locks only those that take them. Other systems, network file
    systems without leases, and files of another user, whose leases are for root alone, do not tell.

    A lease that was given is given back at once. A process that opens the file for writing in
    between waits for that long; its signal is one that is ignored by default, and not SIGIO, which
    would end the process.
    """
    if sys.platform == "linux" and hasattr(fcntl, "F_SETLEASE"):
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as problem:
            return problem.errno == errno.EAGAIN
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
