"""``ingest`` with everything on, beside copying and beside backup tools, warm and cold.

callrec is given by the intake service, as on every evening; its start is in the figures, as are
the peers'. What each does is made durable: by the tool itself (callrec, restic, borg), by an fsync
a file, or by ``sync`` at the end.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks import peers
from benchmarks.corpora import Corpus, corpus_folder
from benchmarks.goals import Goal, Quantity, Ratio
from benchmarks.measured import Contest, Result, growth
from benchmarks.practice import by_intake, settle_in
from benchmarks.timing import Contender, hold_contest

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench

FULL: Final = (
    Corpus("a", 4000, 250_000),
    Corpus("b", 400, 5_000_000),
    Corpus("c", 20_000, 20_000),
)
SMALL: Final = (
    Corpus("a", 1000, 250_000),
    Corpus("b", 100, 5_000_000),
    Corpus("c", 5000, 20_000),
)
PARTS: Final = (4, 2, 1)
"""Growth is seen from a quarter of a corpus to the whole."""

GOALS: Final = (
    *(
        goal
        for warmth in ("warm", "cold")
        for goal in (
            Goal(Ratio(f"ingest a, {warmth}", "restic"), 0.5),
            Goal(Ratio(f"ingest a, {warmth}", "borg"), 0.5),
            Goal(Ratio(f"ingest a, {warmth}", "cp, fsync each"), 1.0),
            Goal(Ratio(f"ingest b, {warmth}", "restic"), 0.3),
            Goal(Ratio(f"ingest b, {warmth}", "restic uncompressed"), 0.4),
            Goal(Ratio(f"ingest b, {warmth}", "cp -r, sync"), 1.5),
            Goal(Ratio(f"ingest c, {warmth}", "restic"), 0.9),
        )
    ),
    Goal(Quantity("ingest b: growth with bytes"), 1.1),
    Goal(Quantity("ingest c: growth with files"), 1.1),
)


def measure(bench: Bench) -> Result:
    contests: list[Contest] = []
    figures = []
    for corpus in FULL if bench.full else SMALL:
        source = corpus_folder(bench, corpus)
        contests += [
            _beside_peers(bench, corpus, source, cold=False),
            _beside_peers(bench, corpus, source, cold=True),
        ]
        if corpus.name != "a":
            what = "bytes" if corpus.name == "b" else "files"
            parts = [_alone(bench, corpus, corpus.files // part) for part in PARTS]
            start = _alone(bench, corpus, 1)
            figures.append(
                growth(f"ingest {corpus.name}: growth with {what}", parts, "callrec", start)
            )
            contests += [*parts, start]
    return Result(tuple(contests), tuple(figures))


def _beside_peers(bench: Bench, corpus: Corpus, source: Path, *, cold: bool) -> Contest:
    every = [
        callrec(bench, source),
        peers.copy_and_sync(source),
        peers.copy_with_fsync(source, bench.python),
        peers.rsync_and_sync(source),
        peers.restic(source),
        peers.restic(source, compressed=False),
        peers.borg(source),
        peers.borg(source, compressed=False),
        peers.tar_to_age(source),
    ]
    name = f"ingest {corpus.name}, {'cold' if cold else 'warm'}"
    size = corpus.size_bytes
    # What has no goal is there to be seen beside, and once is enough.
    is_shown = bench.full and corpus.name == "a" and not cold
    contenders = every if is_shown else [each for each in every if _has_goal(name, each.name)]
    return hold_contest(
        bench, name, contenders, size=size, unit="bytes", sources=[source], cold=cold
    )


def _has_goal(contest: str, contender: str) -> bool:
    return any(
        isinstance(goal.measure, Ratio)
        and goal.measure.contest == contest
        and contender in {goal.measure.contender, goal.measure.peer}
        for goal in GOALS
    )


def _alone(bench: Bench, corpus: Corpus, files: int) -> Contest:
    source = corpus_folder(bench, Corpus(corpus.name, files, corpus.file_bytes))
    name = f"ingest {corpus.name}, {files} files"
    ours = [callrec(bench, source)]
    return hold_contest(
        bench,
        name,
        ours,
        size=files,
        unit="files",
        sources=[source],
        rounds=bench.growth_rounds,
    )


def callrec(bench: Bench, source: Path) -> Contender:
    """The intake service takes everything in and leaves the sources where they are."""
    return Contender(
        "callrec",
        lambda place: [by_intake(bench, place, "ingest", "--json", source)],
        partial(settle_in, bench),
    )
