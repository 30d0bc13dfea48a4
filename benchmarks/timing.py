"""Contenders run in turn, each as child processes in a fresh place: A B C, B C A, C A B."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from benchmarks import machine
from benchmarks.measured import Contest, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.bench import Bench

KIBIBYTE: Final = 1024
NO_VARIABLES: Final[Mapping[str, str]] = MappingProxyType({})
SPARE_BYTES: Final = 512_000_000
"""Memory that a run may want besides twice what it reads."""


class WentWrong(Exception):
    """A contender did not do its work."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a contender.

    ``cold``: the system forgets what the place holds before it, untimed, as where it is to read
    back from the medium what the step before wrote. ``ends``: with which exit status.
    """

    argv: Sequence[str | Path]
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    cold: bool = False
    ends: int = 0


def shell(script: str, *words: str | Path, environ: Mapping[str, str] = NO_VARIABLES) -> Step:
    """A step in the shell's language; ``words`` are ``$1``, ``$2`` … in it."""
    return Step(("sh", "-ec", script, "sh", *words), environ)


def nothing(_: Path) -> None:
    """The preparation of a contender that needs none."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Who does the work: ``prepare`` makes its place ready, untimed; then its steps are timed."""

    name: str
    steps: Callable[[Path], Sequence[Step]]
    prepare: Callable[[Path], None] = nothing


def hold_contest(
    bench: Bench,
    name: str,
    contenders: Sequence[Contender],
    *,
    size: float,
    unit: str,
    sources: Sequence[Path] = (),
    cold: bool = False,
    rounds: int | None = None,
) -> Contest:
    """Every contender in every round, each in a place of its own, the caches alike before each.

    A run that others on this machine disturbed is repeated once, and the calmer of the two counts.

    Args:
        bench: where places are, and how many rounds there are where ``rounds`` does not say.
        name: of the contest, as goals call it.
        contenders: in the order in which they are shown; each round begins with the next of them.
        size: how much work it is, in ``unit``.
        unit: "files", "bytes", "recordings", "leaves" …
        sources: read once before each run.
        cold: whether they, and what is in the place, are forgotten before each run instead.
        rounds: how many, where the case needs others than usual.

    Raises:
        WentWrong: a contender ended with another status than it should.
    """
    bench.say(f"{name}: {', '.join(each.name for each in contenders)}")
    touched = 2 * sum(path.stat().st_size for path in machine.files_below(sources)) + SPARE_BYTES
    runs: dict[str, list[Run]] = {each.name: [] for each in contenders}
    caches = ""

    def once(contender: Contender) -> Run:
        nonlocal caches
        place = bench.fresh_place()
        contender.prepare(place)
        os.sync()
        machine.touch_memory(touched)
        caches = machine.cold([*sources, place]) if cold else machine.warm(sources)
        run = _run(contender, place)
        bench.set_aside(place)
        return run

    for number in range(rounds or bench.rounds):
        first = number % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            run = once(contender)
            if run.is_disturbed and bench.repeats:
                run = min(run, once(contender), key=lambda each: (each.others_s or 0) / each.wall_s)
            runs[contender.name].append(run)
        bench.say_round(number, {each: times[-1].wall_s for each, times in runs.items()})
    return Contest(name, size, unit, caches, {each: tuple(times) for each, times in runs.items()})


def _run(contender: Contender, place: Path) -> Run:
    done = [_timed(step, place) for step in contender.steps(place)]
    return Run(
        wall_s=sum(run.wall_s for run in done),
        cpu_s=sum(run.cpu_s for run in done),
        peak_bytes=max(run.peak_bytes for run in done),
        user_s=sum(run.user_s for run in done),
        others_s=sum(run.others_s or 0 for run in done),
    )


def _timed(step: Step, place: Path) -> Run:
    if step.cold:
        machine.cold([place])
    before = machine.Busy.now()
    begun = time.perf_counter()
    child = start(step, place)
    _, status, used = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    check_ended_well(child, step, place)
    cpu_s = used.ru_utime + used.ru_stime
    others_s = max(0, before.others_until(machine.Busy.now()) - cpu_s)
    return Run(wall_s, cpu_s, used.ru_maxrss * KIBIBYTE, used.ru_utime, round(others_s, 2))


def start(step: Step, place: Path) -> subprocess.Popen[bytes]:
    """The step's process; what it says stands in ``place``, beside the rest."""
    with (place / "said").open("ab") as said:
        return subprocess.Popen(
            step.argv,
            env=environ_of(step, place),
            cwd=step.cwd or place,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )


def environ_of(step: Step, place: Path) -> dict[str, str]:
    """As little as a program needs: nobody's own settings, every cache in the place."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(place),
        "XDG_CACHE_HOME": str(place / "cache"),
        "XDG_STATE_HOME": str(place / "state"),
        "NO_COLOR": "1",
        **step.environ,
    }


def check_ended_well(child: subprocess.Popen[bytes], step: Step, place: Path) -> None:
    if child.returncode != step.ends:
        said = (place / "said").read_text(errors="replace")[-2000:]
        words = " ".join(map(str, step.argv))
        raise WentWrong(f"{words}: exit status {child.returncode}\n{said}")


def run_untimed(step: Step, place: Path) -> str:
    """A step of a preparation; returns all that the place's steps have said so far."""
    child = start(step, place)
    child.wait()
    check_ended_well(child, step, place)
    return (place / "said").read_text()
