"""The memory of a running command, sampled: its own and that of every process that it started."""

from __future__ import annotations

import os
import re
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.measured import Trace
from benchmarks.timing import KIBIBYTE, check_ended_well, start

if TYPE_CHECKING:
    from benchmarks.timing import Step

EVERY_S: Final = 0.05


def watch(name: str, step: Step, place: Path) -> tuple[Trace, int]:
    """Run a step and sample its memory.

    Returns:
        What the tree of processes held over time, pages that some share counted once; and the
        peak in bytes: the most of the samples, or what the system says of the largest process,
        which misses no moment.
    """
    begun = time.perf_counter()
    child = start(step, place)
    seconds: list[float] = []
    held: list[int] = []
    ended, status, used = 0, 0, None
    while not ended:
        time.sleep(EVERY_S)
        seconds.append(round(time.perf_counter() - begun, 3))
        held.append(held_bytes(child.pid))
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
    child.returncode = os.waitstatus_to_exitcode(status)
    check_ended_well(child, step, place)
    # A process begins as a copy of this one, which counts as its own: less than this says nothing.
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest = used.ru_maxrss * KIBIBYTE if used and used.ru_maxrss > ours else 0
    return Trace(name, tuple(seconds), tuple(held)), max(*held, largest)


def held_bytes(process: int) -> int:
    """Of a process and its children; 0 of one that has just ended."""
    here = Path(f"/proc/{process}")
    try:
        rollup = (here / "smaps_rollup").read_text()
        children = " ".join(each.read_text() for each in here.glob("task/*/children"))
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB$", rollup, re.MULTILINE)
    own = int(found[1]) * KIBIBYTE if found else 0
    return own + sum(held_bytes(int(child)) for child in children.split())
