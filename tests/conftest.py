"""What all tests share: a practice, made once and copied for each test that wants one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import practices

if TYPE_CHECKING:
    from pathlib import Path

    from practices import House


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The practice that is copied; nobody changes it."""
    return practices.build(tmp_path_factory.mktemp("practice"))


@pytest.fixture
def house(template: House, tmp_path: Path) -> House:
    """A practice of one's own, with dora, pat, max, mia, sam, ava and the intake service door."""
    return practices.copy(template, tmp_path / "house")
