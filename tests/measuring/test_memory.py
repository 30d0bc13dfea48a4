"""What a command is said to hold is its own, whatever the program that watches it holds."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.memory import watch
from benchmarks.timing import Step

MEGABYTE = 1_000_000

WORKING = "sum(range(10_000_000))"

HOLDING = f"held = b'x' * {200 * MEGABYTE}; {WORKING}"


def test_what_the_watcher_holds_is_not_the_commands(tmp_path: Path) -> None:
    ours = b"x" * (300 * MEGABYTE)
    _, peak = watch("working", Step((sys.executable, "-c", WORKING)), tmp_path)
    assert 0 < peak < 100 * MEGABYTE < len(ours)


def test_what_the_command_holds_is_seen(tmp_path: Path) -> None:
    _, peak = watch("holding", Step((sys.executable, "-c", HOLDING)), tmp_path)
    assert 200 * MEGABYTE < peak < 300 * MEGABYTE
