"""Whether memory stays bounded: one very large file, and very many small ones, taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks import machine, peers
from benchmarks.cases.ingest import callrec
from benchmarks.corpora import Corpus, corpus_folder
from benchmarks.goals import Goal, Quantity
from benchmarks.measured import Figure, Result, Trace
from benchmarks.memory import watch

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.timing import Contender

MOST_BYTES: Final = 100e6
LARGE, MANY = "one large file", "many files"
FULL: Final = (Corpus(LARGE, 1, 4_000_000_000), Corpus(MANY, 100_000, 4000))
SMALL: Final = (Corpus(LARGE, 1, 1_000_000_000), Corpus(MANY, 20_000, 4000))
ROUNDS: Final = 3

GOALS: Final = (
    Goal(Quantity(f"memory, {LARGE}: callrec", "bytes"), MOST_BYTES),
    Goal(Quantity(f"memory, {MANY}: callrec", "bytes"), MOST_BYTES),
)


def measure(bench: Bench) -> Result:
    figures: list[Figure] = []
    traces: list[Trace] = []
    for corpus in FULL if bench.full else SMALL:
        source = corpus_folder(bench, corpus)
        contenders = {callrec(bench, source): ROUNDS}
        if bench.full:  # what has no goal is there to be seen beside, and once is enough
            contenders |= {peers.restic(source): 1, peers.borg(source): 1}
        for contender, rounds in contenders.items():
            name = f"memory, {corpus.name}: {contender.name}"
            bench.say(name)
            seen = [_watched(bench, name, contender, source) for _ in range(rounds)]
            figures.append(Figure(name, "bytes", tuple(float(peak) for _, peak in seen)))
            traces.append(seen[0][0])
    return Result(figures=tuple(figures), traces=tuple(traces))


def _watched(bench: Bench, name: str, contender: Contender, source: Path) -> tuple[Trace, int]:
    place = bench.fresh_place()
    contender.prepare(place)
    machine.cold([source])
    (step,) = contender.steps(place)
    seen = watch(name, step, place)
    bench.set_aside(place)
    return seen
