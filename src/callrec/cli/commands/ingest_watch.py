"""``callrec ingest --watch``: stay, and take in what comes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callrec.cli.commands.findings import findings_lines
from callrec.cli.commands.ingested import ingested_json, names_lines, summary_json, summary_lines
from callrec.cli.commands.stopping import graceful_shutdown
from callrec.cli.output import rfc3339
from callrec.cli.who import acting_service
from callrec.errors import Tampered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    from callrec.cli.invocation import Invocation
    from callrec.intake.clearing import AfterIntake
    from callrec.intake.summary import Ingested, Summary
    from callrec.intake.watching import FolderChanges
    from callrec.practice import Actor, Practice


def stay(
    invocation: Invocation,
    paths: Sequence[Path],
    *,
    after: AfterIntake,
    system: str | None,
    cdr: Sequence[Path],
) -> None:
    """Take in what comes into the folders, until the process is told to end.

    Raises:
        Tampered: at the end, where a sealed copy in the vault could not be read back.
    """
    from callrec.intake.watching import FolderChanges, watch_folders

    who, settle_seconds = acting_service(invocation), invocation.config.telephone.settle_seconds
    with graceful_shutdown() as stop:
        world = _World(invocation, who, FolderChanges(stop), stop.is_set)
        watch_folders(
            world,
            [path.absolute() for path in paths],
            after=after,
            settle_seconds=settle_seconds,
            system=system,
            cdr=cdr,
        )
    if world.damaged:
        raise Tampered(f"sealed copies in the vault that cannot be read back: {world.damaged}")


@dataclass(slots=True)
class _World:
    """What is around the watching: this process, its clock, its output."""

    invocation: Invocation
    who: Callable[[Practice], Actor]
    changes: FolderChanges
    stopped: Callable[[], bool]
    damaged: int = 0

    def today(self) -> date:
        return self.invocation.now().astimezone(self.invocation.config.time_zone).date()

    def enter(self) -> tuple[Practice, Actor]:
        from callrec.practice import open_practice

        invocation = self.invocation
        if invocation.practice is not None:
            for problem in invocation.practice.unsaved_head_errors:
                self.note(problem.message)
        practice = open_practice(invocation.config, invocation.now, invocation.environ)
        invocation.practice = practice  # a service has no mail sent
        return practice, self.who(practice)

    def passed(self) -> float:
        return time.monotonic()

    def follow(self, folders: Sequence[Path]) -> bool:
        self.changes.follow(folders)
        return self.changes.tells_all

    def wait(self) -> Sequence[Path]:
        return self.changes.wait()

    def note(self, text: str) -> None:
        self.invocation.out.note(f"{self._at()}  {text}")

    def tell(self, done: Ingested, waiting: int) -> None:
        self.damaged += done.damaged
        at, out = self._at(), self.invocation.out

        def text() -> None:
            before = f", {done.duplicates} known already" if done.duplicates else ""
            joined = f", {done.joined} joined to call records" if done.joined else ""
            out.say(f"{at}  {done.recordings} taken in{before}{joined}, {waiting} to come")
            for line in (*findings_lines(done.findings), *names_lines(done)):
                out.say(f"{at}  {line}")
            for each in done.quarantined:
                out.say(f"{at}  left where it is, {each.why}: {each.path}")

        out.show_line({"at": at, **ingested_json(done), "waiting": waiting}, text)

    def sum_up(self, summary: Summary) -> None:
        at, out, zone = self._at(), self.invocation.out, self.invocation.config.time_zone
        out.show_line(
            {"at": at, "summary": summary_json(summary)},
            lambda: out.say(f"{at}  {summary_lines(summary, zone)}"),
        )

    def _at(self) -> str:
        return rfc3339(self.invocation.now().replace(microsecond=0))
