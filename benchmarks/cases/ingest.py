"""``ingest`` with everything on, beside copying and beside backup tools, warm and cold.

callrec is given by the intake service, as on every evening; its start is in the figures, as are
the peers', and is told apart too. What each does is made durable: by the tool itself (callrec,
restic, borg), by an fsync a file, or by ``sync`` at the end.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks import peers
from benchmarks.corpora import Corpus, corpus_folder
from benchmarks.goals import Goal, Quantity, Ratio
from benchmarks.journaled import journaled
from benchmarks.machine import files_below
from benchmarks.measured import Contest, Result, growth, without_starts
from benchmarks.practice import by_intake, settle_in
from benchmarks.timing import Contender, hold_contest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.measured import Figure

FULL: Final = (
    Corpus("real", 4000, None),
    Corpus("a", 4000, 250_000),
    Corpus("b", 400, 5_000_000),
    Corpus("c", 20_000, 20_000),
)
SMALL: Final = (
    Corpus("real", 1000, None),
    Corpus("a", 1000, 250_000),
    Corpus("b", 100, 5_000_000),
    Corpus("c", 5000, 20_000),
)
PARTS: Final = (4, 2, 1)
"""Growth is seen from a quarter of a corpus to the whole."""
WARM, COLD, JOURNALED = "warm", "cold", "journaled"
"""Caches; and a disk with a journal, with warm ones."""
AT_MOST: Final = {
    "real": {"restic": 0.55, "borg": 0.85},
    "a": {"restic": 0.5, "borg": 0.75, "cp, fsync each": 1.05},
    "b": {"restic": 0.3, "restic uncompressed": 0.38, "cp -r, sync": 1.6},
    "c": {"restic": 1.7},
}
"""By corpus and peer; (c) is the worst case there is, and not how practices record."""
GROWING: Final = ("b", "c")
BYTES: Final = "ingest b: growth with bytes"

GOALS: Final = (
    *(
        Goal(Ratio(f"ingest {corpus}, {how}", peer), at_most)
        for corpus, peers in AT_MOST.items()
        for how in (WARM, COLD, JOURNALED)
        for peer, at_most in peers.items()
    ),
    Goal(Quantity(f"{BYTES}, user time", "exponent"), 1.1),
    Goal(Quantity("ingest b: growth with bytes", "exponent"), 1.1),
    Goal(Quantity("ingest c: growth with files", "exponent"), 1.1),
)


def measure(bench: Bench) -> Result:
    with journaled(bench) as elsewhere:
        return _measured(bench, elsewhere)


def _measured(bench: Bench, elsewhere: Bench | None) -> Result:
    start = _start(bench)
    contests: list[Contest] = [start]
    figures = []
    for corpus in FULL if bench.full else SMALL:
        source = corpus_folder(bench, corpus)
        beside = [_beside_peers(bench, corpus, source, how) for how in (WARM, COLD)]
        if elsewhere:
            beside.append(_beside_peers(elsewhere, corpus, source, JOURNALED))
        contests += beside
        figures += [
            without_starts(contest, "callrec", peer, start)
            for contest in beside
            for peer in AT_MOST[corpus.name]
        ]
        if corpus.name in GROWING:
            parts = [_alone(bench, corpus, corpus.files // part) for part in PARTS]
            figures += _growth(corpus.name, parts, _alone(bench, corpus, 1))
            contests += parts
    return Result(tuple(contests), tuple(figures))


def _growth(corpus: str, parts: Sequence[Contest], start: Contest) -> Iterator[Figure]:
    """Of (b) also ``cp``'s, and callrec's own: how a machine is given memory and disk grows too."""
    if corpus == "c":
        yield growth("ingest c: growth with files", parts, "callrec", start)
        return
    yield growth(BYTES, parts, "callrec", start)
    yield growth(f"{BYTES}, user time", parts, "callrec", start, lambda run: run.user_s)
    yield growth(f"{BYTES}: cp -r, sync", parts, "cp -r, sync", start)


def _start(bench: Bench) -> Contest:
    """Everybody who has a goal, with next to nothing to do."""
    corpus = Corpus("c", 1, 20_000)
    with_goals = {peer for peers in AT_MOST.values() for peer in peers}
    every = _everybody(bench, corpus_folder(bench, corpus))
    contenders = [each for each in every if each.name in {"callrec", *with_goals}]
    return hold_contest(bench, "ingest, 1 file", contenders, size=1, unit="files")


def _everybody(bench: Bench, source: Path) -> list[Contender]:
    return [
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


def _beside_peers(bench: Bench, corpus: Corpus, source: Path, how: str) -> Contest:
    every = _everybody(bench, source)
    # What has no goal is there to be seen beside, and once is enough.
    is_shown = bench.full and corpus.name in ("real", "a") and how == WARM
    named = {"callrec", *AT_MOST[corpus.name]}
    return hold_contest(
        bench,
        f"ingest {corpus.name}, {how}",
        every if is_shown else [each for each in every if each.name in named],
        size=sum(path.stat().st_size for path in files_below([source])),
        unit="bytes",
        sources=[source],
        cold=how == COLD,
    )


def _alone(bench: Bench, corpus: Corpus, files: int) -> Contest:
    source = corpus_folder(bench, Corpus(corpus.name, files, corpus.file_bytes))
    beside = [peers.copy_and_sync(source)] if corpus.name == "b" else []
    return hold_contest(
        bench,
        f"ingest {corpus.name}, {files} files",
        [callrec(bench, source), *beside],
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
