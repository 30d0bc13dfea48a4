"""What a process gives up on Linux and macOS; it does so itself.

It keeps what it has open and what it has loaded. On Linux a filter names the few system calls that
such a process needs; any other fails with EPERM: opening a file, a socket, a process, another's
memory. Reading is allowed from descriptor 0 alone and writing to 1 alone, and no memory can be made
executable.

Sources: Linux, Documentation/userspace-api/seccomp_filter.rst; include/uapi/linux/bpf_common.h,
seccomp.h and audit.h; arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import select
import struct
import sys
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

assert sys.platform != "win32"

from callrec.system.limits import Limits, Unconfined
from callrec.system.posix.processes import start_process

WHERE_IT_IS_CONFINED: Final = "release recordings of unknown origin on Linux"
"""What to do where this computer cannot confine."""

_SET_DUMPABLE, _SET_SECCOMP, _NO_NEW_PRIVILEGES = 4, 22, 38

_FILTER = 2
"""Numbers of prctl(2)."""


class ConfinedProcess:
    """A process that is to confine itself, and the two pipes through which it is spoken to.

    No pipe is waited for beyond a moment of `time.monotonic`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Raises:
            OSError: it cannot be started.
        """
        self._process = start_process(command)
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)

    def limit(self, limits: Limits) -> None:
        """Set what it may use up: here it does so itself, by `confine`."""

    def walls_were_too_high(self) -> bool:
        """Whether these may have kept it from starting; the next one is started with lower ones.

        Here it loads all that it needs before there are any.
        """
        return False

    def write(self, data: bytes, until: float) -> None:
        """Send all of it.

        Raises:
            TimeoutError: not until then.
            BrokenPipeError: it has ended.
        """
        left = memoryview(data)
        while left:
            _wait(self._to, select.POLLOUT, until)
            try:
                left = left[os.write(self._to, left) :]
            except BlockingIOError:
                continue

    def read(self, length: int, until: float) -> bytes:
        """So many bytes of what it says.

        Raises:
            TimeoutError: not until then.
            EOFError: it has ended.
        """
        read = bytearray()
        while len(read) < length:
            _wait(self._from, select.POLLIN, until)
            some = os.read(self._from, length - len(read))
            if not some:
                raise EOFError
            read += some
        return bytes(read)

    def end(self) -> None:
        """Whatever it does, it is gone afterwards."""
        with self._process:
            self._process.kill()


def _wait(descriptor: int, event: int, until: float) -> None:
    waiting = select.poll()
    waiting.register(descriptor, event)
    if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
        raise TimeoutError


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def can_confine() -> bool:
    """Whether this computer can take system calls away from a process: Linux on x86-64 or ARM.

    Where it cannot, there are still the limits and an empty environment, no more.
    """
    if sys.platform == "linux" and os.uname().machine in MACHINES:
        # Asked for a filter that lies nowhere, a kernel that has filters answers EFAULT.
        return _prctl(_SET_SECCOMP, _FILTER, None) == errno.EFAULT
    return False


def confine(limits: Limits) -> None:
    """Give up what is not needed for computing, for good."""
    if sys.platform == "linux":  # macOS takes no such limit of a process that has mapped more
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    for what, most in (
        (resource.RLIMIT_CPU, limits.cpu_seconds),
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


_INSTRUCTION = struct.Struct("HBBI")
"""``struct sock_filter``: what, how far to jump if so and if not, a number."""

_LOAD, _IF_EQUAL, _IF_ANY, _END = 0x20, 0x15, 0x45, 0x06

_KILL, _ALLOW, _FAIL = 0x8000_0000, 0x7FFF_0000, 0x0005_0001
"""What the filter answers; the last is EPERM."""

_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
"""Where ``struct seccomp_data`` has them."""

_EXECUTABLE = 4
"""PROT_EXEC."""

MACHINES: Final = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
"""AUDIT_ARCH_... by the name that ``uname -m`` gives."""


class _Call(NamedTuple):
    """The number of a system call on each machine, and with what it is allowed."""

    x86_64: int
    aarch64: int
    argument: int = 0
    """Which argument is looked at."""
    equal: int | None = None
    """What it must be."""
    lacks: int = 0
    """Which bits it must not have."""


_ALLOWED: Final = (
    _Call(0, 63, equal=0),  # read
    _Call(1, 64, equal=1),  # write
    _Call(9, 222, argument=2, lacks=_EXECUTABLE),  # mmap
    _Call(10, 226, argument=2, lacks=_EXECUTABLE),  # mprotect
    _Call(11, 215),  # munmap
    _Call(12, 214),  # brk
    _Call(13, 134),  # rt_sigaction
    _Call(14, 135),  # rt_sigprocmask
    _Call(15, 139),  # rt_sigreturn
    _Call(24, 124),  # sched_yield
    _Call(25, 216),  # mremap
    _Call(28, 233),  # madvise
    _Call(60, 93),  # exit
    _Call(96, 169),  # gettimeofday
    _Call(202, 98),  # futex
    _Call(228, 113),  # clock_gettime
    _Call(231, 94),  # exit_group
)


def filter_program(machine: str) -> bytes:
    """The filter for one kind of machine, an array of ``struct sock_filter``."""
    steps = [
        _step(_LOAD, _ARCH),
        _step(_IF_EQUAL, MACHINES[machine], so=1),
        _step(_END, _KILL),  # another architecture's numbers would mean other calls
        _step(_LOAD, _NUMBER),
    ]
    for call in _ALLOWED:
        answer = [_step(_END, _ALLOW)]
        if call.lacks:
            answer = [_step(_IF_ANY, call.lacks, so=1), *answer, _step(_END, _FAIL)]
        elif call.equal is not None:
            answer = [_step(_IF_EQUAL, call.equal, otherwise=1), *answer, _step(_END, _FAIL)]
        if len(answer) > 1:
            # The lower half of the argument: the kernel itself looks at no more of these.
            answer.insert(0, _step(_LOAD, _ARGUMENTS + 8 * call.argument))
        number: int = getattr(call, machine)
        steps += [_step(_IF_EQUAL, number, otherwise=len(answer)), *answer]
    return b"".join([*steps, _step(_END, _FAIL)])


def _step(what: int, number: int, *, so: int = 0, otherwise: int = 0) -> bytes:
    return _INSTRUCTION.pack(what, so, otherwise, number)
