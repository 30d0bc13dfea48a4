"""The few system calls that a process needs which only computes, as a filter that Linux enforces.

What the filter does not name fails with EPERM: opening a file, a socket, a process, another's
memory. Reading is allowed from descriptor 0 alone and writing to 1 alone, and no memory can be made
executable.

Sources: Linux, Documentation/userspace-api/seccomp_filter.rst; include/uapi/linux/bpf_common.h,
seccomp.h and audit.h; arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

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


_READ = _Call(0, 63, equal=0)
_WRITE = _Call(1, 64, equal=1)
_MMAP = _Call(9, 222, argument=2, lacks=_EXECUTABLE)
_MPROTECT = _Call(10, 226, argument=2, lacks=_EXECUTABLE)
_MUNMAP = _Call(11, 215)
_BRK = _Call(12, 214)
_RT_SIGACTION = _Call(13, 134)
_RT_SIGPROCMASK = _Call(14, 135)
_RT_SIGRETURN = _Call(15, 139)
_SCHED_YIELD = _Call(24, 124)
_MREMAP = _Call(25, 216)
_MADVISE = _Call(28, 233)
_EXIT = _Call(60, 93)
_GETTIMEOFDAY = _Call(96, 169)
_FUTEX = _Call(202, 98)
_CLOCK_GETTIME = _Call(228, 113)
_EXIT_GROUP = _Call(231, 94)
_ALLOWED: Final = (
    _READ, _WRITE, _MMAP, _MPROTECT, _MUNMAP, _BRK, _RT_SIGACTION, _RT_SIGPROCMASK, _RT_SIGRETURN,
    _SCHED_YIELD, _MREMAP, _MADVISE, _EXIT, _GETTIMEOFDAY, _FUTEX, _CLOCK_GETTIME, _EXIT_GROUP,
)  # fmt: skip


def filter_program(machine: str) -> bytes:
    """The filter for one kind of machine, an array of ``struct sock_filter``.

    Raises:
        KeyError: there is none for it.
    """
    steps = [
        _step(_LOAD, _ARCH),
        _step(_IF_EQUAL, MACHINES[machine], so=1),
        _step(_END, _KILL),  # another architecture's numbers would mean other calls
        _step(_LOAD, _NUMBER),
    ]
    for call in _ALLOWED:
        allowed = _allowed(call)
        number: int = getattr(call, machine)
        steps += [_step(_IF_EQUAL, number, otherwise=len(allowed)), *allowed]
    return b"".join([*steps, _step(_END, _FAIL)])


def _allowed(call: _Call) -> list[bytes]:
    if call.equal is None and not call.lacks:
        return [_step(_END, _ALLOW)]
    # The lower half of the argument: the kernel itself looks at no more of these.
    look = _step(_LOAD, _ARGUMENTS + 8 * call.argument)
    if call.lacks:
        test = _step(_IF_ANY, call.lacks, so=1)
    else:
        test = _step(_IF_EQUAL, call.equal or 0, otherwise=1)
    return [look, test, _step(_END, _ALLOW), _step(_END, _FAIL)]


def _step(what: int, number: int, *, so: int = 0, otherwise: int = 0) -> bytes:
    return _INSTRUCTION.pack(what, so, otherwise, number)
