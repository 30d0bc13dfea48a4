"""What the figures depend on besides the programs: caches, memory, compiled files, the disk."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DROP: Final = Path("/proc/sys/vm/drop_caches")
CHUNK: Final = 1 << 20  # 1 MiB
PAGE: Final = mmap.PAGESIZE


def files_below(sources: Iterable[Path]) -> Iterator[Path]:
    for source in sources:
        if source.is_file():
            yield source
        else:
            yield from (path for path in sorted(source.rglob("*")) if path.is_file())


def warm(sources: Iterable[Path]) -> str:
    """Read every file once, so that a run finds it in memory."""
    buffer = bytearray(CHUNK)
    for path in files_below(sources):
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
    return "warm"


def cold(sources: Iterable[Path]) -> str:
    """Have the system forget these files' contents; as root, names and inodes too.

    Not every cache: a program whose own files are no longer in memory takes seconds to start.
    """
    os.sync()
    for path in files_below(sources):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if os.access(DROP, os.W_OK):
        DROP.write_text("2\n")
        return "cold"
    return "cold contents, warm names"


def touch_memory(size_bytes: int) -> None:
    """Have the machine give so much memory for real, by a child that then returns it.

    A guest's first use of a page costs microseconds that a later run would not pay.
    """
    touch = "import mmap,sys; m=mmap.mmap(-1,int(sys.argv[1]));m[::4096]=bytes(len(m)//4096)"
    size_bytes = max(PAGE, min(size_bytes, _available_bytes() * 3 // 4) // PAGE * PAGE)
    subprocess.run([sys.executable, "-Sc", touch, str(size_bytes)], check=True)


def _available_bytes() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, value, *_ = line.split()
        if name == "MemAvailable:":
            return int(value) * 1024
    return 0


def compile_everything(*folders: Path) -> None:
    """Have Python's files compiled, so that no run pays for it."""
    subprocess.run([sys.executable, "-m", "compileall", "-qq", "-j2", *folders], check=False)


def empty(folder: Path) -> None:
    """Free what the files of a run take on the disk, without unlinking one.

    ext4 steps over inodes that were deleted in the last minutes one at a time, which made the next
    run up to ten times slower; a file of no bytes is no hindrance. All go at the very end.
    """
    for path in files_below([folder]):
        if not path.is_symlink():
            path.chmod(0o600)
            os.truncate(path, 0)
    os.sync()
