"""``archive``, ``archive verify`` and ``restore``, beside what one would script.

callrec reads back from the medium what it wrote, seals a copy of the catalogue and holds the
volume against the log. Its peers do the first of these with a second command, before which the
system is made to forget the copy, untimed. From and to the same disk; every source is cold.
"""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks import peers
from benchmarks.corpora import Corpus, corpus_folder
from benchmarks.goals import Goal, Quantity, Ratio
from benchmarks.measured import Contest, Result, growth
from benchmarks.practice import by, by_intake, settle_in
from benchmarks.timing import Contender, Step, hold_contest, run_untimed, shell

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.bench import Bench

FILE_BYTES: Final = 250_000
FILES: Final = 1000
FULL_FILES: Final = 4000
PARTS: Final = (4, 2, 1)
RSYNC: Final = "rsync, sync, sha256sum -c"
BAGIT: Final = "cp, bagit.py, its check"
SHA256SUM: Final = "sha256sum -c"
ARCHIVE, VERIFY, RESTORE = "archive", "archive verify", "restore, 256 MiB"

GOALS: Final = (
    Goal(Ratio(ARCHIVE, RSYNC), 0.7),
    Goal(Ratio(ARCHIVE, BAGIT), 0.7),
    Goal(Ratio(VERIFY, SHA256SUM), 1.0),
    Goal(Ratio(RESTORE, "restic restore"), 0.85),
    Goal(Ratio(RESTORE, "borg extract"), 0.7),
    Goal(Quantity(f"{ARCHIVE}: growth with files", "exponent"), 1.1),
    Goal(Quantity(f"{VERIFY}: growth with files", "exponent"), 1.1),
    Goal(Quantity(f"{RESTORE}: growth with files", "exponent"), 1.1),
)


def measure(bench: Bench) -> Result:
    files = FULL_FILES if bench.full else FILES
    contests = [_archiving(bench, files), _verifying(bench, files), _restoring(bench, files)]
    figures = []
    for what, ours in ((ARCHIVE, _archives), (VERIFY, _verifies), (RESTORE, _restores)):
        parts = [_alone(bench, what, ours(bench, files // part), files // part) for part in PARTS]
        start = _alone(bench, what, ours(bench, 1), 1)
        figures.append(growth(f"{what}: growth with files", parts, "callrec", start))
        contests += [*parts, start]
    return Result(tuple(contests), tuple(figures))


def _alone(bench: Bench, what: str, ours: Contender, files: int) -> Contest:
    read = [_archived(bench, files) / "volume"] if what == VERIFY else []
    name = f"{what}, {files} files"
    return hold_contest(
        bench,
        name,
        [ours],
        size=files,
        unit="files",
        sources=read,
        cold=True,
        rounds=bench.growth_rounds,
    )


def _archiving(bench: Bench, files: int) -> Contest:
    source = _filled(bench, files) / "vault" / "recordings"
    recordings = [path.relative_to(source) for path in sorted(source.glob("*/*"))]

    def write_sums(place: Path) -> None:
        # A sealed recording is called by its own hash.
        sums = "".join(f"{path.name}  copy/{path}\n" for path in recordings)
        (place / "sums").write_text(sums)

    bagit = (bench.python, "-m", "bagit", "--quiet", "--processes", "2")
    contenders = [
        _archives(bench, files),
        Contender(
            RSYNC,
            lambda _: [
                shell('rsync -a "$1/" copy; sync', source),
                Step(("sha256sum", "--quiet", "--check", "sums"), cold=True),
            ],
            write_sums,
        ),
        Contender(
            BAGIT,
            lambda _: [
                shell('cp -r "$1" bag; shift; "$@" --sha256 bag; sync', source, *bagit),
                Step((*bagit, "--validate", "bag"), cold=True),
            ],
        ),
    ]
    return hold_contest(
        bench, ARCHIVE, contenders, size=files, unit="files", sources=[source], cold=True
    )


def _verifying(bench: Bench, files: int) -> Contest:
    (bag,) = (_archived(bench, files) / "volume" / "bags").iterdir()
    sums = Step(("sha256sum", "--quiet", "--check", "manifest-sha256.txt"), cwd=bag)
    contenders = [_verifies(bench, files), Contender(SHA256SUM, lambda _: [sums])]
    return hold_contest(
        bench, VERIFY, contenders, size=files, unit="files", sources=[bag], cold=True
    )


def _restoring(bench: Bench, files: int) -> Contest:
    source = corpus_folder(bench, _corpus(files))
    restic = bench.made_once(f"restic-{files}", partial(_backed_up, peers.restic(source)))
    borg = bench.made_once(f"borg-{files}", partial(_backed_up, peers.borg(source)))
    contenders = [
        _restores(bench, files),
        peers.restic_restore(restic / "repo"),
        peers.borg_extract(borg / "repo"),
    ]
    return hold_contest(
        bench, RESTORE, contenders, size=files, unit="files", sources=[restic, borg], cold=True
    )


def _archives(bench: Bench, files: int, *, own: bool = False) -> Contender:
    def prepare(place: Path) -> None:
        shutil.copytree(_filled(bench, files, own=own), place, dirs_exist_ok=True)
        (place / "volume").mkdir()

    words = ("archive", "--to", "volume", "--label", "drive-a", "--yes")
    return Contender("callrec", lambda place: [by(bench, "max", place, *words)], prepare)


def _verifies(bench: Bench, files: int) -> Contender:
    step = by(bench, "max", _archived(bench, files), "archive", "verify", "volume")
    return Contender("callrec", lambda _: [step])


def _restores(bench: Bench, files: int) -> Contender:
    """Where there is no vault, by the Data Controller; the volume is then bound to the new one.

    Passwords are locked as a practice locks them: those of all approvers are tried in turn.
    """

    def prepare(place: Path) -> None:
        settle_in(bench, place, own=True)
        (place / "vault").rename(place / "lost")
        shutil.copytree(_archived(bench, files, own=True) / "volume", place / "volume")

    words = ("restore", "--from", "volume")
    return Contender("callrec", lambda place: [by(bench, "dora", place, *words)], prepare)


def _corpus(files: int) -> Corpus:
    return Corpus("a", files, FILE_BYTES)


def _filled(bench: Bench, files: int, *, own: bool = False) -> Path:
    """A practice that has taken so many recordings in."""

    def make(folder: Path) -> None:
        settle_in(bench, folder, own=own)
        source = corpus_folder(bench, _corpus(files))
        run_untimed(by_intake(bench, folder, "ingest", source), folder)

    return bench.made_once(f"practice-{files}x{FILE_BYTES}{'-own' * own}", make)


def _archived(bench: Bench, files: int, *, own: bool = False) -> Path:
    """The same with a volume."""

    def make(folder: Path) -> None:
        contender = _archives(bench, files, own=own)
        contender.prepare(folder)
        for step in contender.steps(folder):
            run_untimed(step, folder)

    return bench.made_once(f"archived-{files}x{FILE_BYTES}{'-own' * own}", make)


def _backed_up(contender: Contender, folder: Path) -> None:
    contender.prepare(folder)
    for step in contender.steps(folder):
        run_untimed(step, folder)
