"""The library that stands between a program and libc (shim.c): built, told what to do, and read.

It is loaded with LD_PRELOAD when a program starts, and idle until it is armed.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("shim.c")

CONTROL: Final = "FAULTS_CONTROL"
"""The variable that names the file through which library and program speak."""

LOG_BYTES: Final = 256 << 20
"""More than any command of these tests writes, records of it included; the file has holes."""


class Kind(IntEnum):
    """What is done to a file or folder."""

    OPEN = 1
    OPEN_TO_WRITE = 2
    CREATE = 3
    """Opened, and made or emptied by that."""
    LIST = 4
    READ = 5
    WRITE = 6
    SYNC = 7
    SYNC_ALL = 8
    """Of a whole file system."""
    RENAME = 9
    LINK = 10
    UNLINK = 11
    MKDIR = 12
    RMDIR = 13
    TRUNCATE = 14
    CHMOD = 15


class Fault(IntEnum):
    """What happens when the number comes up."""

    NONE = 0
    ONCE = 1
    FROM_THEN_ON = 2
    """To all operations of some kinds, in the same one of the folders that are watched."""
    SHORT = 3
    """Half of it is written."""
    KILL = 4
    POWER_CUT = 5
    """Every process of the group is killed at once."""


class Flag(IntFlag):
    """More about an operation."""

    CREATED = 1
    EMPTIED = 2
    FAILED = 4
    LAST = 8
    """It was about to happen when death came."""
    EXCHANGED = 16
    """Two names changed places."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as the library tells of it."""

    number: int
    kind: Kind
    flags: Flag
    mode: int
    inode: int
    offset: int
    length: int
    path: Path
    path2: Path
    """The new name, of a renaming or a link."""
    data: bytes
    is_nameless: bool
    """Whether it made a file that has no name yet (O_TMPFILE)."""

    @property
    def is_done(self) -> bool:
        return not self.flags & (Flag.FAILED | Flag.LAST)


class _Control(ctypes.Structure):
    _fields_ = (
        ("armed", ctypes.c_uint32),
        ("fault", ctypes.c_uint32),
        ("error", ctypes.c_uint32),
        ("kinds", ctypes.c_uint32),
        ("at", ctypes.c_uint64),
        ("count", ctypes.c_uint64),
        ("struck", ctypes.c_uint64),
        ("log_used", ctypes.c_uint64),
        ("log_size", ctypes.c_uint64),
        ("disk", ctypes.c_int64),
        ("folders", ctypes.c_ubyte * 4096),
    )


class _Record(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_uint32),
        ("number", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("mode", ctypes.c_uint32),
        ("length1", ctypes.c_uint32),
        ("length2", ctypes.c_uint32),
        ("error", ctypes.c_uint32),
        ("inode", ctypes.c_uint64),
        ("offset", ctypes.c_uint64),
        ("length", ctypes.c_uint64),
    )


def build(folder: Path) -> Path:
    """Compile the library."""
    library = folder / "faults.so"
    command = ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", str(library), str(SOURCE)], check=True)
    return library


def environment(library: Path, control: Path) -> dict[str, str]:
    """What a program is started with, to have the library between it and libc."""
    with control.open("wb") as file:
        file.truncate(ctypes.sizeof(_Control) + LOG_BYTES)
    return {"LD_PRELOAD": str(library), CONTROL: str(control)}


class Shim:
    """The library, as the program in which it is loaded sees it."""

    def __init__(self) -> None:
        with Path(os.environ[CONTROL]).open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._control = _Control.from_buffer(self._map)
        self._control.log_size = LOG_BYTES

    def set(
        self,
        folders: Sequence[Path],
        fault: Fault = Fault.NONE,
        *,
        at: int = 0,
        error: int = 0,
        kinds: Sequence[Kind] = tuple(Kind),
    ) -> None:
        """Say what is to happen once it is armed.

        Args:
            folders: what lies in them and below is watched; each counts as a disk.
            fault: what happens
            at: to the operation of this number, from 1.
            error: the errno of a failure.
            kinds: what fails FROM_THEN_ON.
        """
        control = self._control
        control.armed = control.count = control.struck = control.log_used = 0
        control.fault, control.at, control.error, control.disk = fault, at, error, -1
        control.kinds = sum(1 << kind for kind in kinds)
        told = b"".join(os.fsencode(folder.resolve()) + b"\0" for folder in folders)
        control.folders[:] = told.ljust(len(control.folders), b"\0")

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Count from here on."""
        self._control.armed = 1
        try:
            yield
        finally:
            self._control.armed = 0

    def disarm(self) -> None:
        """Whoever was armed may have died of it."""
        self._control.armed = 0

    @property
    def struck(self) -> bool:
        """Whether the fault came up."""
        return bool(self._control.struck)

    def operations(self) -> Iterator[Operation]:
        """What was done since it was set, in its order."""
        at = ctypes.sizeof(_Control)
        end = at + self._control.log_used
        while at < end:
            record = _Record.from_buffer_copy(self._map, at)
            start = at + ctypes.sizeof(_Record)
            paths = [start, start + record.length1, start + record.length1 + record.length2]
            has_data = Kind(record.kind) is Kind.WRITE and not record.flags & Flag.FAILED
            length = record.length if has_data else 0
            path = os.fsdecode(self._map[paths[0] : paths[1]])
            yield Operation(
                number=record.number,
                kind=Kind(record.kind),
                flags=Flag(record.flags),
                mode=record.mode,
                inode=record.inode,
                offset=record.offset,
                length=record.length,
                path=Path(path),
                path2=Path(os.fsdecode(self._map[paths[1] : paths[2]])),
                data=self._map[paths[2] : paths[2] + length],
                is_nameless=path.endswith("/"),
            )
            at += record.size
