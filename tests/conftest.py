"""What all tests share: a practice, made once and copied for each test that wants one."""

from __future__ import annotations

import fcntl
import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from house import memory, once, practices, processes
from house.canaries import left_about
from house.drives import archived_twice, stand_alone
from house.holds import with_two_callers
from house.packages import a_package
from house.requests import approved, with_recordings
from house.steps import SHARE, Steps

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from house.packages import Package
    from house.practices import House

settings.register_profile("short", max_examples=20, deadline=None)
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        memory.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        memory.end()


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


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Twelve thousand tests stay to the end: no search for what is garbage goes through them."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


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


@pytest.fixture(scope="session", autouse=True)
def _a_folder_may_be_a_drive() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        stand_alone(patch)
        yield


@pytest.fixture(autouse=True)
def _a_test_counts_its_own_processes() -> None:
    processes.count_from_here()


@pytest.fixture(scope="session")
def template(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The practice that is copied, made once for all processes of a run; nobody changes it."""
    folder: Path | None = pytestconfig.getoption("practice")
    if folder is None:
        base = tmp_path_factory.getbasetemp()
        folder = (base.parent if hasattr(pytestconfig, "workerinput") else base) / "practice"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return practices.kept(folder.resolve())


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


@pytest.fixture(scope="session")
def stocked_template(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    return with_recordings(practices.copy(template, tmp_path_factory.mktemp("stocked")))


@pytest.fixture(scope="session")
def granted_template(stocked_template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = practices.copy(stocked_template, tmp_path_factory.mktemp("granted"))
    approved(house)
    return house


@pytest.fixture(scope="session")
def callers_template(template: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Ann's calls 1 and 2, and Bob's 3 and 4."""
    return with_two_callers(practices.copy(template, tmp_path_factory.mktemp("callers")))


@pytest.fixture
def stocked(stocked_template: House, tmp_path: Path) -> House:
    """A practice of one's own that holds recordings 1, 2 and 3."""
    return practices.copy(stocked_template, tmp_path / "house")


@pytest.fixture
def granted(granted_template: House, tmp_path: Path) -> House:
    """The same, where max has approved R-1, which sam made for recordings 1 and 2."""
    return practices.copy(granted_template, tmp_path / "house")


@pytest.fixture(scope="session")
def package(granted_template: House, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """R-1, released and opened; it is only looked at."""
    return a_package(practices.copy(granted_template, tmp_path_factory.mktemp("package")))
