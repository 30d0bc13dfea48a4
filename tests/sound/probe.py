"""Run as a child in the decoder's place: tries what it is told to, and says how that went."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callrec.sound.child import MessageKind, ask_for_bytes, send, serve_job

LIBC = ctypes.CDLL(None, use_errno=True)

PARENT = os.getppid()

NOBODY = 2**22 - 1
"""No process: a free attempt to trace its parent would stop it."""

EXECUTABLE = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC


def called(name: str, *arguments: object) -> None:
    """A function of the C library; raises OSError as Python's own would."""
    if getattr(LIBC, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def fork() -> None:
    if not os.fork():
        os._exit(0)
    os.wait()


def thread() -> None:
    import _thread  # noqa: PLC0415  # built in: nothing is opened

    try:
        _thread.start_new_thread(int, ())
    except RuntimeError as error:
        raise OSError(errno.EPERM, "thread") from error


ATTEMPTS: dict[str, Callable[[], object]] = {
    "open a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "make a file": lambda: os.open("/tmp", os.O_TMPFILE | os.O_RDWR),  # noqa: S108
    "list a folder": lambda: list(Path("/").iterdir()),
    "look at a file": lambda: Path("/").stat(),
    "make a socket": socket.socket,
    "make a local socket": lambda: socket.socket(socket.AF_UNIX),
    "fork": fork,
    "start a thread": thread,
    "become another program": lambda: os.execv("/nowhere", ["x"]),  # noqa: S606
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "trace a process": lambda: called("ptrace", 16, NOBODY, None, None),
    "read its parent's memory": lambda: called(
        "process_vm_readv", PARENT, ctypes.create_string_buffer(16), 0, None, 0, 0
    ),
    "make memory executable": lambda: mmap.mmap(-1, 4096, prot=EXECUTABLE),
    "write to its errors": lambda: os.write(2, b"x"),
    "copy a descriptor": lambda: os.dup(0),
    "touch its limits": lambda: called("prlimit", 0, 4, None, None),
    "name itself": lambda: called("prctl", 15, b"x", 0, 0, 0),
    "make a pipe": os.pipe,
}


def outcome(attempt: str) -> str:
    """EPERM and the like; "done" where it was possible, "other" where it failed otherwise."""
    try:
        ATTEMPTS[attempt]()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "other")
    return "done"


def hoard() -> None:
    held = []
    while True:
        held.append(bytearray(1 << 20))


def spin() -> None:
    while True:
        pass


def fail() -> None:
    sys.stderr.write("not for anybody's eyes")
    raise RuntimeError("nor this")


def work(job: dict[str, Any]) -> None:
    deeds: dict[str, Callable[[], object]] = {
        "try": lambda: send(MessageKind.PIECE, "\n".join(map(outcome, ATTEMPTS)).encode()),
        "wait": lambda: ask_for_bytes(0, 1),
        "babble": lambda: os.write(1, bytes.fromhex(job["bytes"])),
        "hoard": hoard,
        "spin": spin,
        "fail": fail,
    }
    deeds[job["what"]]()


if __name__ == "__main__":
    if sys.argv[1:]:
        print("\n".join(map(outcome, ATTEMPTS)))  # noqa: T201  # free, to compare with
    else:
        serve_job(work)
