"""A process gives up everything but computing: no file, no network, no other process.

It keeps what it has open and what it has loaded. There is no way back, for it or for whatever takes
it over.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import sys
from dataclasses import dataclass

from callrec.sound.seccomp import MACHINES, filter_program

_SET_DUMPABLE, _SET_SECCOMP, _NO_NEW_PRIVILEGES = 4, 22, 38

_FILTER = 2
"""Numbers of prctl(2)."""


class Unconfined(Exception):
    """This computer has the walls, and they could not be put up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a confined process may use up; past it, it is ended or gets no more."""

    cpu_seconds: int
    memory_bytes: int
    """Of address space, with the programs in it."""


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def can_confine() -> bool:
    """Whether this computer can take system calls away from a process: Linux on x86-64 or ARM.

    Where it cannot, there are still the limits and an empty environment, no more.
    """
    if sys.platform != "linux" or os.uname().machine not in MACHINES:
        return False
    # Asked for a filter that lies nowhere, a kernel that has filters says so: EFAULT.
    return _prctl(_SET_SECCOMP, _FILTER, None) == errno.EFAULT


def confine(limits: Limits) -> None:
    """Give up what is not needed for computing, for good.

    Raises:
        Unconfined: it could not be done here although it should have been.
    """
    for what, most in (
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))
    if sys.platform == "linux":
        _prctl(_SET_DUMPABLE, 0, None)  # a crash handler that is a program is bound by no limit
    if not can_confine():
        return
    steps = filter_program(os.uname().machine)
    filled = _Program(len(steps) // 8, steps)
    if _prctl(_NO_NEW_PRIVILEGES, 1, None) or _prctl(_SET_SECCOMP, _FILTER, ctypes.byref(filled)):
        raise Unconfined


def _prctl(what: int, value: int, pointer: object) -> int:
    """The error's number, 0 where there was none."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (
        ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong,
    )  # fmt: skip
    return ctypes.get_errno() if prctl(what, value, pointer, 0, 0) else 0
