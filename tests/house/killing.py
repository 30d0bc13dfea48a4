"""Something that is killed at each of its steps, in children of a program of its own.

A step is a statement that begins, changes or ends something in the catalogue, or a change of a file
or folder. Python and its modules are loaded once for all of them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from house.processes import environment, program
from house.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHANGES = (
    *("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "COMMIT"),
    *("CREATE", "ALTER", "DROP", "VACUUM"),
)
FILES = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir")
"""What Python tells of before it happens."""
NEVER = 0
VARYING = 3
"""Names are drawn anew in each run: where two of them lie in one folder, that takes a step less."""


class Death:
    """Comes before a chosen step; it has no power until it is called."""

    def __init__(self) -> None:
        self.step: int | None = None
        """The latest, from 1, since it was called."""
        self._comes_at = NEVER
        event.listen(Engine, "before_cursor_execute", self._before_statement)
        sys.addaudithook(self._before_file)

    def comes_at(self, step: int) -> None:
        """Count from here."""
        self.step, self._comes_at = 0, step

    def may_come(self) -> None:
        """Another step, which has not been taken yet."""
        if self.step is not None:
            self.step += 1
            if self.step == self._comes_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def _before_statement(self, _connection: Any, _cursor: Any, said: str, *_rest: Any) -> None:
        if said.strip().startswith(CHANGES):
            self.may_come()

    def _before_file(self, happening: str, given: tuple[Any, ...]) -> None:
        if happening in FILES and (happening != "open" or given[2] & os.O_CREAT):
            self.may_come()


def at_each_step(house: Path, folder: Path, live: Callable[[Path, Death, int], None]) -> None:
    """Leave what was killed at each step in a folder of its own: ``1``, ``2``, …; last the whole.

    ``live`` does it with the practice in a folder, and lets death come at the step once it begins.
    The steps are those that ``each_left`` chose, of as many as there are.
    """
    sys.dont_write_bytecode = True  # which would be a step of the first child that imports a module
    last, modules = json.loads(_told(house, folder / "whole", live, NEVER))
    (folder / "whole").rename(folder / str(last + 1))
    for name in modules:  # or each child would do it again
        import_module(name)
    one_of, test = os.environ["STEPS"].split()
    for step in Steps(test, int(one_of)).of(last):
        if _told(house, folder / str(step), live, step):
            if step < last - VARYING:
                sys.exit(f"step {step} of {last} was not reached")
            shutil.rmtree(folder / str(step))


def _told(house: Path, copy: Path, live: Callable[[Path, Death, int], None], step: int) -> bytes:
    """If it was not killed: how many steps it took, and the modules that it needed, as JSON."""
    shutil.copytree(house, copy)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        death, before = Death(), [*sys.modules]
        live(copy, death, step)
        with open(writing, "w", encoding="utf-8") as pipe:  # noqa: PTH123 - of a descriptor
            json.dump([death.step, [name for name in sys.modules if name not in before]], pipe)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - of a descriptor
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if not told and not os.WIFSIGNALED(status):
        sys.exit(f"step {step} failed")
    return told


def each_left(
    module: str, house: Path, folder: Path, steps: Steps, *words: str, least: int = 0
) -> Iterator[Path]:
    """Run such a program, and yield the folders that it left, in order; the last is the whole.

    Each but the last is removed once it was looked at: there are many. More than the ``least``
    number of steps are expected, so that none goes missing unseen.
    """
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        program(f"house.{module}", house, folder, *words),
        env=environment(HOME=str(folder), STEPS=f"{steps.one_of} {steps.test}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    left = sorted(int(each.name) for each in folder.iterdir() if each.name.isdigit())
    last = left[-1] - 1
    assert last > least
    assert {step for step in steps.of(last) if step < last - VARYING} <= {*left}
    for step in left:
        yield folder / str(step)
        if step <= last:
            shutil.rmtree(folder / str(step))
