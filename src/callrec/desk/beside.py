"""What a login does beside its pages, in a thread of its process: a hearing, a release, a check."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, Final

from callrec.desk.telling import say_bug
from callrec.errors import CallrecError, Failed
from callrec.practice import Practice

ENDS_WITHIN_S: Final = 60
"""How long a login that ends waits for what goes on beside it to be put on record."""


class Beside:
    """One piece of work. It opens the vault for itself: SQLite is for one thread at a time."""

    def __init__(self, open_vault: Callable[[], Practice], work: Callable[[Practice], Any]) -> None:
        self._open_vault, self._work = open_vault, work
        self.result: Any = None
        """What came of it, once it is over."""
        self.problem: CallrecError | None = None
        """Why nothing came of it, once it is over."""
        self._thread = Thread(target=self._run)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float = ENDS_WITHIN_S) -> None:
        """Until it is over, or so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            practice = self._open_vault()
            try:
                self.result = self._work(practice)
            finally:
                practice.engine.dispose()
        except CallrecError as problem:
            self.problem = problem.with_traceback(None)  # which holds keys
        except Exception as bug:  # noqa: BLE001  # its text may hold what was typed
            self.problem = Failed(say_bug(bug), hint="please report the line above")
