"""Commands that Windows' Python runs, one after the other, for a test that runs beside it.

Each is a line of JSON on its input: the arguments, the folder, the environment and the time. The
answer is a line of JSON: what came on both outputs, the exit status, and how many steps it took.
With a step named, it is ended before that: a step is a statement that begins, changes or ends
something in the catalogue, a change of a file or folder, and each time that the clock is asked.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from functools import wraps
from io import StringIO
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from callrec.system.windows import files

STATEMENTS = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "COMMIT", "CREATE", "VACUUM")

CHANGES = (
    *("create_private", "hard_link", "move", "move_over", "open_or_create"),
    *("remove_file", "remove_folder", "sync", "sync_descriptor", "sync_tree"),
)


class Death:
    """Comes before a chosen step."""

    def __init__(self) -> None:
        self.steps = 0
        self.comes_at = 0

    def begins(self, comes_at: int) -> None:
        self.steps, self.comes_at = 0, comes_at

    def may_come(self) -> None:
        """Another step, which has not been taken yet."""
        self.steps += 1
        if self.steps == self.comes_at:
            os.kill(os.getpid(), 9)  # TerminateProcess

    def before(self, change: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(change)
        def or_die(*args: Any, **named: Any) -> Any:
            self.may_come()
            return change(*args, **named)

        return or_die

    def before_statement(self, _connection: Any, _cursor: Any, said: str, *_rest: Any) -> None:
        if said.strip().startswith(STATEMENTS):
            self.may_come()


def nothing(_: Path) -> None:
    """A drive that tells nothing of itself."""


def main() -> None:
    death, own, answers = Death(), dict(os.environ), sys.stdout
    for name in CHANGES:  # before anybody has taken them
        setattr(files, name, death.before(getattr(files, name)))
    event.listen(Engine, "before_cursor_execute", death.before_statement)
    from callrec.archive import attached  # noqa: PLC0415
    from callrec.archive import run as archiving  # noqa: PLC0415
    from callrec.cli.app import run  # noqa: PLC0415
    from callrec.system.drives import disk_of  # noqa: PLC0415

    def alone(folder: Path) -> str:
        return folder.name if folder.name.startswith("drive") else disk_of(folder)

    for module, name, told in ((attached, "disk_of", alone), (archiving, "serial_of", nothing)):
        setattr(module, name, told)  # as house.drives has it: a folder may be a drive

    for line in sys.stdin:
        asked = json.loads(line)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update({**own, **asked["environ"]})
        said, moment = StringIO(), datetime.fromisoformat(asked["clock"])

        def now(moment: datetime = moment) -> datetime:
            death.may_come()
            return moment

        keyboard, sys.stdin = sys.stdin, StringIO()
        death.begins(asked["dies_at"])
        try:
            with redirect_stdout(said), redirect_stderr(said):
                status = run(asked["arguments"], now=now)
        finally:
            sys.stdin = keyboard
        answers.write(json.dumps([said.getvalue(), status, death.steps]) + "\n")
        answers.flush()


main()
