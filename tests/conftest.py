"""What all tests share: a practice, made once and copied for each test that wants one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import practices
from canaries import left_about

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from practices import House


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left_about(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """At the end of a run no password, name or reason lies where callrec wrote."""
    yield
    assert left_about(tmp_path_factory.getbasetemp()) == []


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The practice that is copied; nobody changes it."""
    return practices.build(tmp_path_factory.mktemp("practice"))


@pytest.fixture
def house(template: House, tmp_path: Path) -> House:
    """A practice of one's own, with dora, pat, max, mia, sam, ava and the intake service door."""
    return practices.copy(template, tmp_path / "house")
