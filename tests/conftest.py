"""What all tests share: a practice, made once and copied for each test that wants one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import once
import practices
import processes
from canaries import left_about
from procedures.drives import archived_twice
from steps import SHARE, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from practices import House


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--steps",
        choices=["share", "all"],
        default="share",
        help="where something is killed at each of its steps: at a share of them, or at all",
    )
    # For very many short runs, as breaking the code one thing at a time makes them.
    parser.addoption("--practice", type=Path, help="folder with the practice of an earlier run")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, for many tests wait for a program that they started."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def steps(request: pytest.FixtureRequest) -> Steps:
    """At which steps this test kills something."""
    all_of_them = request.config.getoption("--steps") == "all"
    return Steps(request.function.__name__, one_of=1 if all_of_them else SHARE)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left_about(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """At the end of a run no password, name or reason lies where callrec wrote."""
    yield
    assert left_about(tmp_path_factory.getbasetemp()) == []


@pytest.fixture(scope="session", autouse=True)
def _what_takes_long_is_done_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        once.remember(patch)
        yield


@pytest.fixture(autouse=True)
def _a_test_counts_its_own_processes() -> None:
    processes.count_from_here()


@pytest.fixture(scope="session")
def template(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The practice that is copied; nobody changes it."""
    kept: Path | None = pytestconfig.getoption("practice")
    if kept is None:
        return practices.build(tmp_path_factory.mktemp("practice"))
    return practices.kept(kept.resolve())


@pytest.fixture(scope="session")
def archived_template(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The same with four recordings; its drive-a holds two bags: all that is in the vault."""
    return archived_twice(template, tmp_path_factory.mktemp("archived"))


@pytest.fixture
def archived(archived_template: House, tmp_path: Path) -> House:
    """A practice of one's own with such a drive."""
    return practices.copy(archived_template, tmp_path / "house")


@pytest.fixture
def house(template: House, tmp_path: Path) -> House:
    """A practice of one's own, with dora, pat, max, mia, sam, ava and the intake service door."""
    return practices.copy(template, tmp_path / "house")
