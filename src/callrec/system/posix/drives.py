"""Drives as Linux and macOS know them: which there are, what each is, how it is copied to.

Linux tells all of it in files. macOS tells what is mounted where, and through diskutil of which
disk that is a part; serial numbers it tells nobody in a form that is written down, so there they
are not known.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

assert sys.platform != "win32"

MOUNTS: Final = Path("/proc/self/mounts")
"""Linux alone has it (proc_pid_mounts(5))."""

SYSTEM: Final = Path("/")
"""Where what Linux tells of its devices lies: in ``sys`` and in ``run``."""

_OCTAL: Final = re.compile(r"\\([0-7]{3})")

_PIECE: Final = 8 << 20  # 8 MiB


def file_system_of(path: Path) -> str:
    """The kernel's word for it, such as ``tmpfs`` or ``nfs4``; empty if untold."""
    found = _mount_of(path)
    return found[1] if found else ""


def _mount_of(path: Path) -> tuple[str, str] | None:
    """Device and kind of the file system that a path lies on; None if untold."""
    place = str(path.resolve())
    holding = [
        (len(point), number, device, kind)
        for number, (device, whole, kind) in enumerate(_mounts())
        for point in [whole.rstrip("/")]
        if place == point or place.startswith(point + "/")
    ]
    return max(holding)[2:] if holding else None


def drives() -> tuple[Path, ...]:
    """Where devices are mounted: external drives, and the machine's own; empty where untold."""
    points = (point for device, point, _ in _mounts() if device.startswith("/dev/"))
    return tuple(Path(point) for point in dict.fromkeys(points))


def external_drives() -> tuple[Path, ...]:
    """Drives where systems attach those that somebody plugs in."""
    usual = ("/media/", "/run/media/", "/mnt/", "/Volumes/")
    return tuple(each for each in drives() if f"{each}/".startswith(usual))


def _mounts() -> Iterator[tuple[str, str, str]]:
    if sys.platform == "darwin":
        from callrec.system.posix.macos import mounts  # noqa: PLC0415 - it is there alone

        return mounts()
    else:  # noqa: RET505 - mypy takes no other form for another system
        return mounted(MOUNTS.read_bytes() if MOUNTS.is_file() else b"")


def mounted(mountinfo: bytes) -> Iterator[tuple[str, str, str]]:
    """Device, place and kind of each line of the kernel's list, in its order.

    Other users of the machine mount things, in folders with any name: the kernel writes a space, a
    tab, a line's end and a backslash as three octal digits, and every other character as it is,
    those as well that Python takes for the end of a line.
    """
    for line in os.fsdecode(mountinfo).split("\n"):
        match line.split(" "):
            case [device, point, kind, *_] if device:
                yield device, _OCTAL.sub(lambda digits: chr(int(digits[1], 8)), point), kind


def block_size(folder: Path) -> int:
    """Bytes in which a file system counts what a file takes."""
    return os.statvfs(folder).f_frsize


def disk_of(folder: Path) -> str:
    """What tells the disk of a folder from every other that is attached now.

    The system's number of it; two partitions are one disk, and an encrypted one is what it lies on.
    Of what is not a disk (a share, a file system in memory) it is the number of the file system.
    """
    device = folder.stat().st_dev
    if sys.platform == "darwin":
        from callrec.system.posix.macos import whole_disk  # noqa: PLC0415 - as above

        mount = _mount_of(folder)
        return (whole_disk(mount[0]) if mount else "") or str(device)
    else:  # noqa: RET505 - as above
        number = f"{os.major(device)}:{os.minor(device)}"
        return _disk(SYSTEM / "sys" / "dev" / "block", number)


def _disk(blocks: Path, number: str) -> str:
    block = blocks / number
    for below in sorted((block / "slaves").glob("*/dev")):
        return _disk(blocks, below.read_text().strip())
    if (block / "partition").is_file():
        return (block.resolve().parent / "dev").read_text().strip()
    return number


def serial_of(folder: Path) -> str | None:
    """The serial number of the drive that a folder lies on; None: it is not known.

    Linux tells it through udev and sysfs: of a partition, of an encrypted one too.
    """
    try:
        device = folder.stat().st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        for serial in _serials(number):
            if re.fullmatch(r"[!-~][ -~]{0,63}", serial):
                return serial
    except OSError:
        pass  # a drive without a number is a drive
    return None


def _serials(number: str) -> Iterator[str]:
    properties = SYSTEM / "run" / "udev" / "data" / f"b{number}"
    for line in properties.read_text(errors="replace").splitlines() if properties.is_file() else ():
        label, _, value = line.partition("=")
        if label == "E:ID_SERIAL_SHORT":
            yield value.strip()
    block = SYSTEM / "sys" / "dev" / "block" / number
    if not block.is_dir():
        return
    for at in (block.resolve(), block.resolve().parent):  # the partition, and the disk around it
        for place in (at / "serial", at / "device" / "serial"):
            if place.is_file():
                yield place.read_text(errors="replace").strip()
    for below in sorted((block / "slaves").glob("*/dev")):  # what an encrypted one lies on
        yield from _serials(below.read_text().strip())


def code_of(error: OSError) -> int:
    """What a drive said, as a number of `errno`."""
    return error.errno or errno.EIO


def _within_the_file_system(reading: int, writing: int) -> None:
    if sys.platform == "linux":
        while os.copy_file_range(reading, writing, _PIECE):
            pass


def _within_the_kernel(reading: int, writing: int) -> None:
    if sys.platform == "linux":
        while os.sendfile(writing, reading, None, _PIECE):
            pass


COPY_METHODS: Final[tuple[Callable[[int, int], None], ...]] = (
    (_within_the_file_system, _within_the_kernel) if sys.platform == "linux" else ()
)
"""Faster than through memory, by descriptors. macOS sends files to sockets alone (sendfile(2))."""

METHOD_UNSUPPORTED: Final = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
