"""Wherever a command meets a fault it says so, loses nothing, and goes on when typed again.

Of each command in which something once was wrong a few trials are made here; ``make faults`` makes
all of them of every command (docs/evidence/faults.md).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.__main__ import MEMORY, Theatre
from faults.cases import CASES, NOTHING
from house.practices import House

SHARE = "0/1/1"
"""One trial, and those that are like what once went wrong."""

ONCE_FAILED = [name for name, case in CASES.items() if case.once_failed != NOTHING]


@pytest.fixture(scope="module")
def theatre(template: House) -> Iterator[Theatre]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        theatre = Theatre(template, Path(folder), SHARE)
        yield theatre
        theatre.close()


@pytest.mark.parametrize("name", ONCE_FAILED)
def test_a_command_that_meets_a_fault(name: str, theatre: Theatre) -> None:
    counted, *wrong, ended = theatre.played(name)
    assert wrong == []
    assert counted["tried"] >= 1
    assert ended["missed"] <= 3, "the faults do not come up"
