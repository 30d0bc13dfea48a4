"""Which of many inputs are worth keeping: those that reach what no smaller one reaches."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import callrec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType
    from typing import Any

    from fuzzing.target import Target

OURS: Final = str(callrec.__path__[0])
AT_MOST: Final = 40
"""Inputs that are kept of a target."""
LARGEST: Final = 4096
"""Bytes of one that is kept."""


def worth_keeping(target: Target, inputs: Iterable[bytes]) -> list[bytes]:
    """The smallest inputs that reach, beyond the seeds, as much as all of these, up to AT_MOST."""
    known: set[tuple[str, int, int]] = set()
    for seed in target.seeds():
        known |= reached(target, seed)
    return list(_new(target, sorted(inputs, key=lambda each: (len(each), each)), known))


def _new(target: Target, inputs: list[bytes], known: set[tuple[str, int, int]]) -> Iterator[bytes]:
    kept = 0
    for each in inputs:
        if len(each) > LARGEST or kept == AT_MOST:
            return
        new = reached(target, each) - known
        if new:
            known |= new
            kept += 1
            yield each


def reached(target: Target, data: bytes) -> set[tuple[str, int, int]]:
    """From which line to which line callrec goes when it reads this: file, line before, line."""
    steps: set[tuple[str, int, int]] = set()

    def follow(frame: FrameType, event: str, _argument: Any) -> Any:
        file, before = frame.f_code.co_filename, 0
        if event != "call" or not file.startswith(OURS):
            return None

        def step(frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal before
            if event == "line":
                steps.add((file, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step

    sys.settrace(follow)
    try:
        target.one(data)
    finally:
        sys.settrace(None)
    return steps
