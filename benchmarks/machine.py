"""What the figures depend on besides the programs: caches, memory, compiled files, the disk."""

from __future__ import annotations

import mmap
import os
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DROP: Final = Path("/proc/sys/vm/drop_caches")
CHUNK: Final = 1 << 20  # 1 MiB
PAGE: Final = mmap.PAGESIZE
TICKS: Final = os.sysconf("SC_CLK_TCK")
KIND, USED, KERNEL_THREAD = 6, 11, 0x00200000
"""Fields of ``/proc/PID/stat`` after the name, user time being followed by that of the system; and
the flag that says so (proc_pid_stat(5))."""


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


@dataclass(frozen=True, slots=True)
class Busy:
    """Processor seconds since the machine began."""

    all_s: float
    """Of every program and of every thread of the kernel, and what the host took for others."""
    kernel_s: Mapping[int, float]
    """Of each thread of the kernel: writing back, journals, loops. They work for all."""
    ours_s: float

    @classmethod
    def now(cls) -> Busy:
        user, nice, system, _, _, _, _, steal, *_ = _numbers(Path("/proc/stat"), "cpu ")
        kernel_s = {}
        for each in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has just ended
                fields = _numbers(each / "stat", "", after=")")
                if fields[KIND] & KERNEL_THREAD:
                    kernel_s[int(each.name)] = (fields[USED] + fields[USED + 1]) / TICKS
        ours = resource.getrusage(resource.RUSAGE_SELF)
        all_s = (user + nice + system + steal) / TICKS
        return cls(all_s, kernel_s, ours.ru_utime + ours.ru_stime)

    def others_until(self, later: Busy) -> float:
        """What all other programs took from now to then, those that this one started included."""
        kernel_s = sum(
            each - self.kernel_s.get(thread, 0) for thread, each in later.kernel_s.items()
        )
        return later.all_s - self.all_s - kernel_s - (later.ours_s - self.ours_s)


def _numbers(file: Path, begins: str, *, after: str = "") -> list[int]:
    """Of the first line: a name may have spaces, and a state is a letter."""
    line, _, _ = file.read_text().partition("\n")
    words = line.removeprefix(begins).rpartition(after or begins)[2].split()
    return [int(word) if word.lstrip("-").isdigit() else 0 for word in words]


def has_journal(folder: Path) -> bool:
    """Whether the file system there is one of ext4 with a journal."""
    device = folder.stat().st_dev
    block = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve()
    return any(Path("/proc/fs/jbd2").glob(f"{block.name}-*"))


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
