"""Wherever a command meets a fault it says so, loses nothing, and goes on when typed again.

Of each command some trials are made here; ``make faults`` makes all of them (docs/faults.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults.__main__ import played
from faults.cases import CASES

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House

SHARE = "0/1/6"


@pytest.mark.parametrize("name", CASES)
def test_a_command_that_meets_a_fault(name: str, template: House, tmp_path: Path) -> None:
    counted, *wrong, ended = played(name, template, tmp_path, SHARE)
    assert wrong == []
    assert counted["tried"] >= 6
    assert ended["missed"] <= 3, "the faults do not come up"
