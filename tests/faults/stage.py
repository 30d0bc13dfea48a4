"""Types one command again and again, each time with another fault, and looks at what is left.

A program of its own, started with the library of shim.c. Each case is in a child, and so is each
of its trials: Python and its modules are loaded once for all of them.

    python -m faults.stage TEMPLATE WORK FIRST/OF/MOST PATTERN

TEMPLATE is a practice that house/practices.py wrote down, WORK a folder. It plays the cases whose
names it reads, one a line. Of all trials that are called so the share is taken that house/steps.py
tells, and of these MOST, or all with 0. It prints a JSON object a line: what was counted, each
trial in which something was wrong, how many trials met no fault, and how the case ended.
"""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeAlias

import pytest

from callrec.catalogue.engine import FILE_NAME
from callrec.office.finding import Level
from callrec.paper import apart
from faults.alike import draw_alike, fingerprint
from faults.cases import CASES, Case
from faults.plan import Trial, place_of, share_of, trials_of
from faults.power import Disk, Outcome
from faults.shim import Fault, Operation, Shim
from house import once, practices
from house.commands import Answer, environment_of, type_in
from house.drives import stand_alone
from house.interrupted import (
    answer_of,
    begin_command,
    found,
    found_by_doctor,
    unfinished,
    wrong_with,
    wrong_with_vault,
)
from house.practices import House
from house.processes import in_a_child
from house.steps import Steps

Told: TypeAlias = dict[str, object]

SAME_DISK = {"vault", "config", "people"}
"""Folders of a practice that lie on the machine's own disk, with whatever lies beside them."""

LATER = timedelta(hours=1)

COLUMNS = "80"

MEMORY = "state"
"""Where what an operator was about to remember may be left: a few bytes that nobody misses."""


class Stage:
    """One case, and where it is played: always in the same folder, put in order before each."""

    def __init__(self, case: Case, template: House, work: Path) -> None:
        self._case = case
        self._work = work
        self._place = work / "house"
        self._ready = work / "ready"
        self._kept = work / "kept"
        self._kept.mkdir(parents=True)
        self._shim = Shim()
        house = practices.copy(template, self._place)
        case.prepare(house)
        house.close()
        self._house = practices.moved(house, self._place)
        environment_of(self._house, case.who)  # the password is at hand
        shutil.copytree(self._place, self._ready)
        self._disk = Disk(self._ready)
        self._usual: list[str] = []
        self._looked_at: dict[tuple[bool, bytes], list[str]] = {}
        self._missed = 0

    def play(self, share: Callable[[Sequence[Trial]], Sequence[Trial]]) -> Iterator[Told]:
        """What was counted, each trial in which something was wrong, and how many met a fault."""
        self._learn()
        operations, cuts = self._count()
        every = [*trials_of(operations, self._place), *cuts]
        chosen = share(every)
        yield {"operations": len(operations), "trials": len(every), "tried": len(chosen)}
        for trial in chosen:
            problems = [
                wrong
                for wrong in self._try(trial, operations)
                if not re.search(self._case.by_nature, f"{trial}: {wrong}")
            ]
            if problems:
                yield {"trial": str(trial), "problems": problems}
        yield {"missed": self._missed, "looked at": len(self._looked_at)}

    def _learn(self) -> None:
        """Do it all here, so that each child has all modules and what is done once."""
        self._type(self._house)
        problems = [*self._wrong_at_any_time()]
        assert not problems, problems
        [*found_by_doctor(self._house, Level.WARNING)]
        self._house.close()
        gc.freeze()  # what each child would else copy to go through it

    def _count(self) -> tuple[list[Operation], list[Trial]]:
        """Type the command once, and nothing happens to it."""
        self._put_in_order()
        self._disk = Disk(self._place)
        answer = self._meet(None)
        assert answer.status == 0, answer.err
        operations = [*self._shim.operations()]
        cuts = [*self._cuts(operations)]
        problems = found(lambda: self._wrong_at_first(answer))
        assert not problems, problems
        self._usual = found(self._warnings)
        return operations, cuts

    def _cuts(self, operations: Sequence[Operation]) -> Iterator[Trial]:
        """Power cuts after each operation that leave something else than those before."""
        disk, seen = deepcopy(self._disk), set[object]()
        changing = [done for done in operations if disk.changes(done)]
        for done in changing:
            disk.apply(done)
            for outcome in (Outcome.NOTHING, Outcome.NAMES, Outcome.SOME):
                left = outcome, disk.fingerprint(outcome)
                if left not in seen or done is changing[-1]:
                    seen.add(left)
                    path = place_of(done, self._place)
                    way = f"power cut, {outcome} left"
                    yield Trial(way, done.number, done.kind, path, Fault.NONE, outcome=outcome)
        told, there = (each.left(Outcome.ALL) for each in (disk, Disk(self._place)))
        differing = [path for path in {*told, *there} if told.get(path) != there.get(path)]
        assert not differing, f"the record does not tell what became of {differing}"

    def _try(self, trial: Trial, operations: Sequence[Operation]) -> list[str]:
        self._put_in_order()
        if trial.outcome is None:
            answer = self._meet(trial)
            if not self._shim.struck:  # no two runs are quite the same
                self._missed += 1
                return []
            if answer.status < 0 and trial.fault is not Fault.KILL:
                return [f"it was ended by signal {-answer.status}"]
        else:
            disk = deepcopy(self._disk)
            for done in operations[: trial.number]:
                disk.apply(done)
            shutil.rmtree(self._place)
            disk.lay_out(self._place, trial.outcome)
            whole = not any(map(disk.changes, operations[trial.number :]))
            answer = Answer(0 if whole else -signal.SIGKILL)
        return [*self._wrong_with_what_is_left(answer), *wrong_with(answer)]

    def _wrong_with_what_is_left(self, answer: Answer) -> list[str]:
        """What is left is looked at once, however many faults leave it so."""
        left = answer.status == 0, fingerprint(self._place, self._place / "vault" / FILE_NAME)
        if left not in self._looked_at:
            self._looked_at[left] = found(lambda: self._wrong(answer))
        return self._looked_at[left]

    def _wrong(self, answer: Answer) -> Iterator[str]:
        yield from self._wrong_at_first(answer)
        done = self._case.is_done(self._house)
        self._house.at += LATER
        self._case.before_again(self._house)
        again = self._type(self._house)
        if again.status != 0 and not (done and again.status in self._case.done_already):
            yield f"typed again: {again.status}, {again.err.strip()}"
        for wrong in (*self._wrong_at_any_time(), *self._warnings()):
            is_halfway = again.status and re.search(self._case.halfway, wrong)
            if not is_halfway and wrong not in self._usual:
                yield wrong
        if not self._case.is_done(self._house):
            yield "typed again, and it is not done"
        for path in unfinished(self._place):
            if path.parts[0] != MEMORY:
                yield f"left lying about: {path}"

    def _wrong_at_first(self, answer: Answer) -> Iterator[str]:
        for wrong in self._wrong_at_any_time():
            if not re.search(self._case.halfway, wrong):
                yield wrong
        if answer.status == 0 and not self._case.is_done(self._house):
            yield "it said that it was done, and it is not"

    def _wrong_at_any_time(self) -> Iterator[str]:
        if self._case.opens(self._house):
            yield from wrong_with_vault(self._house)
        yield from self._case.kept(self._house)

    def _warnings(self) -> Iterator[str]:
        self._house.open()
        yield from (f"doctor: {what}" for what in found_by_doctor(self._house, Level.WARNING))

    def _put_in_order(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
        shutil.copytree(self._ready, self._place)

    def _meet(self, trial: Trial | None) -> Answer:
        """Type the command in a child, and let it meet the fault."""
        places = sorted(path for path in self._place.iterdir() if path.is_dir())
        disks = [*(each for each in places if each.name not in SAME_DISK), self._place]
        if trial is None:
            self._shim.set(disks)
        else:
            self._shim.set(
                *(disks, trial.fault), at=trial.number, error=trial.error, kinds=trial.kinds
            )
        house, who, words = self._house, self._case.who, self._case.words(self._house)
        ended = begin_command(house, who, *words, within=self._struck(), COLUMNS=COLUMNS).ended()
        self._shim.disarm()
        return answer_of(ended)

    @contextmanager
    def _struck(self) -> Iterator[None]:
        draw_alike(self._kept)
        with self._shim.armed():
            yield

    def _type(self, house: House) -> Answer:
        return type_in(house, self._case.who, *self._case.words(house), COLUMNS=COLUMNS)


def play(name: str, template: Path, work: Path, share: str, only: str) -> None:
    """Play a case."""
    first, of, most = map(int, share.split("/"))
    case = CASES[name]
    steps = Steps(name, one_of=of, first=first)

    def chosen(every: Sequence[Trial]) -> Sequence[Trial]:
        called = [trial for trial in every if re.search(only, str(trial))]
        some = share_of(steps.some(called), most, turn=[*CASES].index(name))
        failed = [trial for trial in called if re.search(case.once_failed, str(trial))]
        return [*some, *(trial for trial in failed if trial not in some)]

    for line in Stage(case, practices.written_down(template), work / name).play(chosen):
        tell(line)


def tell(what: Told) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - for who started this


def start_none(_: object) -> NoReturn:
    """Let a release make its papers itself: the process beside it touches nothing that fails."""
    raise OSError


def main(template: Path, work: Path, share: str, only: str) -> None:
    """Play the cases that are asked for, until no more are."""
    sys.dont_write_bytecode = True
    os.umask(0o077)  # as callrec's own process has it
    patch = pytest.MonkeyPatch()
    once.remember(patch)
    stand_alone(patch)
    patch.setattr(apart, "start_process", start_none)
    house = practices.copy(practices.written_down(template), work / "warm")
    assert [*wrong_with_vault(house)] == []  # done here, it is done sooner in each case
    assert type_in(house, "dora", "status").status == 0
    house.close()
    gc.freeze()
    for name in map(str.strip, sys.stdin):
        ended = in_a_child(partial(play, name, template, work, share, only))
        tell({"status": ended.status, "failure": ended.failure})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
