"""What all tests share: a practice, made once and copied for each test that wants one."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from house import memory, objects, once, postgres, practices, processes
from house.canaries import left_about
from house.drives import stand_alone
from house.packages import Package, a_package
from house.practices import House
from house.stages import ARCHIVED, BY_TWO, GRANTED, STOCKED, Stages, copied, locked
from house.steps import SHARE, Steps
from house.turns import FROM_A_PRACTICE, Turn

settings.register_profile("short", max_examples=20, deadline=None)

settings.register_profile("long", max_examples=2000, deadline=None)

settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:
    # Begun in the background it ignores Ctrl-C, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        memory.begin()
        postgres.begin()
        objects.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        memory.end()
        postgres.end()
        objects.end()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--steps",
        choices=["share", "all"],
        default="share",
        help="where something is killed at each of its steps: at a share of them, or at all",
    )
    parser.addoption("--people", default=30, help="made-up people whose calls are gathered")
    parser.addoption("--calls", default=70, help="calls that one letter asks for")
    parser.addoption(
        "--turn",
        metavar="COMMIT",
        type=Turn,
        help="of what begins from a practice, only the part whose turn it is at this commit",
    )
    # For very many short runs, as breaking the code one thing at a time makes them.
    parser.addoption("--practice", type=Path, help="folder with the practice of an earlier run")


@pytest.hookimpl(optionalhook=True)  # or a run without xdist ends at once
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    turn = config.getoption("--turn")
    if turn is None:
        return
    waiting = {
        item
        for item in items
        for fixtures in [getattr(item, "fixturenames", ())]
        if FROM_A_PRACTICE.intersection(fixtures) and not turn.of(fixtures).has(item.nodeid)
    }
    config.hook.pytest_deselected(items=waiting)
    items[:] = [item for item in items if item not in waiting]


@pytest.fixture
def steps(request: pytest.FixtureRequest) -> Steps:
    """At which steps this test kills something."""
    all_of_them = request.config.getoption("--steps") == "all"
    return Steps(request.function.__name__, one_of=1 if all_of_them else SHARE)


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(pytestconfig, "workerinput") else base


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
def template(pytestconfig: pytest.Config, shared: Path) -> House:
    """The practice that is copied, made once for all processes of a run; nobody changes it."""
    return _kept(pytestconfig.getoption("practice") or shared / "practice")


@pytest.fixture(scope="session")
def another(shared: Path) -> House:
    """The same people, in a vault with keys of its own; nobody changes it."""
    return _kept(shared / "another")


def _kept(folder: Path) -> House:
    folder.mkdir(exist_ok=True)
    with locked(folder / "lock"):
        return practices.kept(folder.resolve())


@pytest.fixture(scope="session")
def stages(shared: Path, template: House) -> Iterator[Stages]:
    """What becomes of it, likewise."""
    stages = Stages(shared / "stages", template)
    yield stages
    assert [left for folder in stages.made for left in left_about(folder)] == []


house = copied(None)
"""A practice of one's own, with dora, pat, max, mia, sam, ava and the intake service door."""

two = copied(BY_TWO)
stocked = copied(STOCKED)

granted = copied(GRANTED)

archived = copied(ARCHIVED)


@pytest.fixture(scope="session")
def package(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """R-1, released and opened; it is only looked at."""
    return a_package(stages.copy(GRANTED, tmp_path_factory.mktemp("package")))
