"""A release at which somebody presses Ctrl-C: delivered and its passphrase shown, or given back."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from house import practices
from house.commands import Answer, type_in
from house.interrupted import wrong_with_vault
from house.killing import FILES
from house.packages import acts_of, outbox, release
from house.practices import House
from house.processes import in_a_child
from house.requests import grants_of
from house.stages import Stage, looked_at
from house.steps import Steps
from release.test_release_cut_off import grant_long_call

granted_call = looked_at(Stage("granted-call-interrupted", grant_long_call))

NEVER = 0

PASSPHRASE = re.compile(r"Passphrase, shown this once:\n  (\S+ ){5}\S+\n")


class CtrlC:
    """Is pressed at a chosen point once the log says that the release is prepared.

    Points are the end of each statement, which the signal then comes into, and what Python tells of
    a file before it is done.
    """

    def __init__(self, at: int) -> None:
        self.points: int | None = None
        self._at = at
        event.listen(Engine, "after_cursor_execute", self._after_statement)
        sys.addaudithook(self._before_file)

    def _point(self) -> None:
        if self.points is not None:
            self.points += 1
            if self.points == self._at:
                os.kill(os.getpid(), signal.SIGINT)

    def _after_statement(self, _: Any, __: Any, said: str, given: Any, *_rest: Any) -> None:
        if self.points is None and said.startswith("INSERT INTO leaf") and PREPARED in repr(given):
            self.points = 0
        self._point()

    def _before_file(self, happening: str, _: tuple[Any, ...]) -> None:
        if happening in FILES:
            self._point()


PREPARED = "release.prepared"


def pressed(house: House, folder: Path, at: int) -> tuple[House, Answer, int]:
    """What is left of a release in a copy of the practice, what it said, how many points it has."""
    house.close()
    there = practices.copy(house, folder)
    outbox(there)

    def command() -> dict[str, Any]:
        ctrl_c = CtrlC(at)
        answer = type_in(there, "sam", "release", "R-1", "--to", str(outbox(there)))
        return {"answer": asdict(answer), "points": ctrl_c.points}

    ended = in_a_child(command)
    assert ended.status == 0, ended.failure
    return practices.moved(house, folder), Answer(**ended.told["answer"]), ended.told["points"]


def test_ctrl_c_at_any_point_delivers_or_gives_back(
    granted_call: House, tmp_path: Path, steps: Steps
) -> None:
    _, answer, last = pressed(granted_call, tmp_path / "whole", NEVER)
    assert answer.status == 0, answer
    assert last > 20
    delivered = []
    for at in Steps(steps.test, min(steps.one_of, 16)).of(last):
        there = tmp_path / str(at)
        house, answer, _ = pressed(granted_call, there, at)
        assert answer.status == 130, (at, answer)
        assert answer.err.count("callrec: error: ") == 1, (at, answer)
        packages, acts = [*outbox(house).iterdir()], acts_of(house)
        delivered.append(acts[-1] == "release.delivered")
        assert bool(PASSPHRASE.search(answer.out)) == delivered[-1], (at, answer)
        assert len(packages) == delivered[-1], (at, packages)
        if not delivered[-1]:
            assert acts[-1] in {"request.approved", "release.failed"}, (at, acts)
            assert len(grants_of(house, "R-1")) == 1, at
            release(house)
        assert [*wrong_with_vault(house)] == [], at
        house.close()
        shutil.rmtree(there)
    assert delivered == sorted(delivered)
    assert {*delivered} == {False, True}
