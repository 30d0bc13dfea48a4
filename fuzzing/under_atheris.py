"""One target for some processor time, guided by coverage: ``python -m fuzzing`` starts this.

libFuzzer ends the process at the first finding and writes down what did it. What came of the run
stands in the file that was named, however it ended.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import atheris

with atheris.instrument_imports(include=["callrec", "pyzipper"]):
    from fuzzing.targets import TARGETS

if TYPE_CHECKING:
    from fuzzing.target import Target

PATIENCE_S: Final = 1.0
SECONDS_A_BYTE: Final = 50e-6
"""What is read so much slower than it came over a line that this is work for an enemy."""
MOST_MEMORY: Final = 4 << 30
"""Bytes of address space."""
LOOKED_AT: Final = 64
"""Inputs from one look at the clock to the next."""


@dataclass
class Run:
    """What came of it."""

    seconds: float = 0.0
    """Of processor time, getting started left out."""
    inputs: int = 0
    slowest_s: float = 0.0


class TooSlow(Exception):
    """An input took processor time out of proportion."""


class Fuzzed:
    """What libFuzzer calls."""

    def __init__(self, target: Target, seconds: float, told: Path) -> None:
        self._target, self._seconds, self._told = target, seconds, told
        self._began = time.process_time()
        self._run = Run()

    def __call__(self, data: bytes) -> None:
        before = time.process_time()
        try:
            self._target.one(data)
        except BaseException:
            self._tell()
            raise
        took = time.process_time() - before
        self._run.inputs += 1
        self._run.slowest_s = max(self._run.slowest_s, took)
        if took > PATIENCE_S + SECONDS_A_BYTE * len(data):
            self._tell()
            raise TooSlow(f"{took:.1f} s for {len(data)} bytes")
        if self._run.inputs % LOOKED_AT == 0 and before - self._began > self._seconds:
            self._tell()
            sys.stderr.flush()
            os._exit(0)  # libFuzzer knows no other way to be told

    def _tell(self) -> None:
        self._run.seconds = time.process_time() - self._began
        self._told.write_text(json.dumps(asdict(self._run)), encoding="utf-8")


def main() -> None:
    name, seconds, told, *options = sys.argv[1:]
    target = TARGETS[name]
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    fuzzed = Fuzzed(target, float(seconds), Path(told))
    atheris.Setup([sys.argv[0], f"-max_len={target.longest}", *options], fuzzed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
