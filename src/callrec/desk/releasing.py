"""A package that is made for a browser.

`release.release.release_recordings` runs in a thread, as it does for a command, and writes to a
private folder in memory. It stops before it puts the package on record as delivered, until the
person says that they have saved it. So what never came to them is not on record as handed over, and
what was granted is still granted. Then its passphrase is shown. The folder goes with the package,
whichever way that ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

from callrec.dataclass import replace
from callrec.desk.beside import Beside
from callrec.desk.exchange import LONGEST
from callrec.desk.memory import folder_in_memory
from callrec.errors import CallrecError, Failed, NotFound, Unusable
from callrec.policy.handing_over import ReleaseInstructions
from callrec.practice import Actor, Practice
from callrec.release.preparing import preparing_release
from callrec.release.release import Released, release_recordings

MOST_BYTES: Final = LONGEST - (1 << 20)
"""The largest package that goes through a browser."""


class Making:
    """A release that was begun here."""

    def __init__(
        self,
        open_vault: Callable[[], Practice],
        actor: Actor,
        reference: str,
        directions: ReleaseInstructions,
        environ: Mapping[str, str],
    ) -> None:
        """Begin it. What is refused is its `problem`."""
        self.reference, self.done_steps = reference, 0
        self.was_sent = False
        """All of the package came to the browser's side, once at least (desk/arriving.py)."""
        self._environ = environ
        self._folder: Path | None = None
        self._written, self._settled, self._answered = Event(), Event(), Event()
        self._is_saved = False
        most = min(directions.max_bytes or MOST_BYTES, MOST_BYTES)
        make = partial(self._make, actor, replace(directions, max_bytes=most))
        self._work = Beside(open_vault, make)

    @property
    def is_ready(self) -> bool:
        """It is written, and waits to be saved."""
        return self._written.is_set() and not self._work.is_over

    @property
    def problem(self) -> CallrecError | None:
        """Why nothing came of it."""
        return self._work.problem if self._work.is_over else None

    @property
    def released(self) -> Released | None:
        """What came of it: on record as delivered."""
        done = self._work.result
        return done if isinstance(done, Released) else None

    def wait(self, seconds: float) -> None:
        """Until it is written or is over, or so long."""
        if self._settled.wait(seconds) and not self._written.is_set():
            self._work.wait(seconds)

    def package(self) -> tuple[str, bytes]:
        """Its name and its bytes, for the browser to save.

        Raises:
            NotFound: it is not there, or no longer.
        """
        files = [*self._folder.iterdir()] if self._folder and self.is_ready else []
        if not files:
            raise NotFound("there is no package to save", hint="see how far the release is")
        return files[0].name, files[0].read_bytes()

    def confirm_saved(self) -> None:
        """The person has saved the package: it is put on record as delivered.

        Raises:
            Unusable: not all of it came to them yet.
        """
        if not (self.is_ready and self.was_sent):
            raise Unusable(
                "you have not saved the package yet, or not all of it",
                hint="save it; if that broke off, save it again",
            )
        self._is_saved = True
        self._answered.set()
        self._work.wait(_DELIVERED_WITHIN_S)

    def end(self) -> None:
        """Give it up, unless it is delivered; what was granted is granted still."""
        self._answered.set()
        self._work.wait(_DELIVERED_WITHIN_S)

    def _make(self, actor: Actor, directions: ReleaseInstructions, practice: Practice) -> Released:
        try:
            with folder_in_memory(self._environ) as self._folder, preparing_release():
                return release_recordings(
                    practice,
                    actor,
                    self.reference,
                    to=self._folder,
                    directions=directions,
                    advance=self._advance,
                    hold_back=self._hold_back,
                )
        finally:
            self._settled.set()

    def _advance(self, steps: int) -> None:
        self.done_steps += steps

    def _hold_back(self) -> None:
        """Wait until the package was saved; as its login ends, nobody waits any longer."""
        self._written.set()
        self._settled.set()
        self._answered.wait()
        if not self._is_saved:
            raise Failed("nobody saved the package", hint="release it again: it is still granted")


_DELIVERED_WITHIN_S: Final = 60
