"""Something that is killed at each of its steps, in children of a program of its own.

A step is a statement that begins, changes or ends something in the catalogue, or a change of a file
or folder. Python and its modules are loaded once for all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TESTS = Path(__file__).parent.parent
CHANGES = (
    *("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "COMMIT"),
    *("CREATE", "ALTER", "DROP", "VACUUM"),
)
FILES = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir")
"""What Python tells of before it happens."""


class Death:
    """Comes before a chosen step; it has no power until it is called."""

    def __init__(self) -> None:
        self._left = 0
        event.listen(Engine, "before_cursor_execute", self._before_statement)
        sys.addaudithook(self._before_file)

    def comes_at(self, step: int) -> None:
        """Count from here."""
        self._left = step

    def _before_statement(self, _connection: Any, _cursor: Any, said: str, *_rest: Any) -> None:
        if said.strip().startswith(CHANGES):
            self._step()

    def _before_file(self, happening: str, given: tuple[Any, ...]) -> None:
        if happening in FILES and (happening != "open" or given[2] & os.O_CREAT):
            self._step()

    def _step(self) -> None:
        if self._left > 0:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def at_each_step(house: Path, folder: Path, live: Callable[[Path, Death, int], None]) -> None:
    """Leave what was killed at each step in a folder of its own: ``1``, ``2``, …; last the whole.

    ``live`` does it with the practice in a folder, and lets death come at the step once it begins.
    """
    sys.dont_write_bytecode = True  # which would be a step of the first child that imports a module
    step, killed = 0, True
    while killed:
        step += 1
        copy = folder / str(step)
        shutil.copytree(house, copy)
        child = os.fork()
        if child == 0:
            live(copy, Death(), step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        if not killed and os.WEXITSTATUS(status) != 0:
            sys.exit(f"step {step} failed")


def each_left(program: str, house: Path, folder: Path, *words: str) -> Iterator[Path]:
    """Run such a program, and yield the folders that it left, in order; the last is the whole.

    Each but the last is removed once it was looked at: there are many.
    """
    done = subprocess.run(
        [sys.executable, "-m", f"procedures.{program}", str(house), str(folder), *words],
        env={**os.environ, "PYTHONPATH": str(TESTS), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = sorted(int(each.name) for each in folder.iterdir() if each.name.isdigit())
    assert steps == list(range(1, len(steps) + 1))
    for step in steps:
        yield folder / str(step)
        if step < len(steps):
            shutil.rmtree(folder / str(step))
