"""Each test of sound counts its own processes only."""

from __future__ import annotations

import pytest

from sound.builders import OTHERS, all_children


@pytest.fixture(autouse=True)
def _others() -> None:
    OTHERS.clear()
    OTHERS.update(all_children())
