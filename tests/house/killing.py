"""Something that is killed at each of its steps, each time in a copy of a practice.

A step is a statement that begins, changes or ends something in the catalogue, a change of a file
or folder that Python tells of, and each time that the clock is asked, which is around everything
that the log is told. It is done in a child of the test's own process, which has all modules.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import Engine, event

from callrec.practice import Actor, Practice
from house import practices
from house.practices import House
from house.processes import in_a_child
from house.steps import Steps

STATEMENTS: Final = (
    *("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "COMMIT"),
    *("SET LOCAL", "LOCK TABLE"),
    *("CREATE", "ALTER", "DROP", "VACUUM"),
)
"""How those begin that are steps."""

FILES: Final = {f"os.{name}" for name in ("link", "mkdir", "remove", "rename", "rmdir", "truncate")}
"""What Python tells of before it happens; besides, each opening of a file to be written."""

WRITING: Final = os.O_CREAT | os.O_WRONLY | os.O_RDWR

ALL: Final = frozenset({"statement", "file", "clock", "progress"})
"""Kinds of steps."""

NEVER: Final = 0

VARYING: Final = 3
"""Names are drawn anew in each run: where two of them lie in one folder, that takes a step less."""


class Death:
    """Comes before a chosen step; it has no power until it is told that the deed begins."""

    def __init__(self, comes_at: int, kinds: Collection[str]) -> None:
        self.steps: int | None = None
        """How many there were since then."""
        self._comes_at = comes_at
        self._kinds = kinds
        event.listen(Engine, "before_cursor_execute", self._before_statement)
        sys.addaudithook(self._before_file)

    def begins(self) -> None:
        """Count from here: what was before is the login's."""
        self.steps = 0

    def may_come(self, kind: str = "progress") -> None:
        """Another step, which has not been taken yet."""
        if self.steps is not None and kind in self._kinds:
            self.steps += 1
            if self.steps == self._comes_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def clock(self, house: House) -> Callable[[], datetime]:
        """The practice's, where each time that it is asked is a step."""

        def now() -> datetime:
            self.may_come("clock")
            return house.at

        return now

    def _before_statement(self, _connection: Any, _cursor: Any, said: str, *_rest: Any) -> None:
        if said.strip().startswith(STATEMENTS):
            self.may_come("statement")

    def _before_file(self, happening: str, given: tuple[Any, ...]) -> None:
        is_written = happening == "open" and isinstance(given[2], int) and given[2] & WRITING
        if happening in FILES or is_written:
            self.may_come("file")


Deed: TypeAlias = "Callable[[House, Death], object]"
"""Does it with a practice; it says when it begins."""


def by(login: str, do: Callable[[Practice, Actor], object]) -> Deed:
    """Somebody who gave their password does it."""

    def deed(house: House, death: Death) -> None:
        actor, now = house.actor(login), death.clock(house)
        practice = replace(house.practice, now=now, log=replace(house.practice.log, now=now))
        death.begins()
        do(practice, actor)

    return deed


Copy: TypeAlias = "Callable[[House, Path], House]"
"""Makes a copy of a practice in another folder."""


def each_left(
    house: House, folder: Path, steps: Steps, deed: Deed, *, least: int = 0
) -> Iterator[House]:
    """The practices that it left, killed at each step that was chosen; the last is the whole.

    Each but the last is removed once it was looked at: there are many. More than the ``least``
    number of steps are expected, so that none goes missing unseen.
    """
    folder.mkdir(exist_ok=True)
    last = count_steps(house, folder / "whole", deed)
    assert last > least
    for step in steps.of(last):
        there = folder / str(step)
        if left := killed_at(step, house, there, deed):
            yield left
            left.close()
        else:
            assert step >= last - VARYING, f"step {step} of {last} was not reached"
        shutil.rmtree(there)
    yield practices.moved(house, folder / "whole")


def count_steps(house: House, folder: Path, deed: Deed, *, copy: Copy = practices.copy) -> int:
    """How many it has, where it is not killed in a copy of the practice in this folder."""
    (steps, modules), _ = _lived(copy, house, folder, deed, NEVER)
    for name in modules:  # or each child would import it again
        import_module(name)
    return int(steps)


def killed_at(
    step: int,
    house: House,
    folder: Path,
    deed: Deed,
    *,
    kinds: Collection[str] = ALL,
    copy: Copy = practices.copy,
) -> House | None:
    """The copy in which it was killed at a step of these kinds; nothing, if it has fewer."""
    told, there = _lived(copy, house, folder, deed, step, kinds=kinds)
    if told:
        return None
    return practices.moved(house, folder) if copy is practices.copy else there


def _lived(
    copy: Copy,
    house: House,
    folder: Path,
    deed: Deed,
    step: int,
    *,
    kinds: Collection[str] = ALL,
) -> tuple[Any, House]:
    """The copy; if it was not killed: how many steps it took, and the modules that it needed."""
    house.close()
    there = copy(house, folder)

    def live() -> tuple[int | None, list[str]]:
        sys.dont_write_bytecode = True  # which would be a step of the first that imports a module
        death, before = Death(step, kinds), {*sys.modules}
        deed(there, death)
        return death.steps, [name for name in sys.modules if name not in before]

    ended = in_a_child(live)
    assert ended.status in {0, -signal.SIGKILL}, ended.failure
    return ended.told, there
