"""Wherever a command meets a fault it says so, loses nothing, and goes on when typed again.

Of each command some trials are made here; ``make faults`` makes all of them (docs/faults.md).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from faults.__main__ import MEMORY, played
from faults.cases import CASES

if TYPE_CHECKING:
    from practices import House

SHARE = "0/1/6"


@pytest.mark.parametrize("name", CASES)
def test_a_command_that_meets_a_fault(name: str, template: House) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        counted, *wrong, ended = played(name, template, Path(folder), SHARE)
    assert wrong == []
    assert counted["tried"] >= 6
    assert ended["missed"] <= 3, "the faults do not come up"
