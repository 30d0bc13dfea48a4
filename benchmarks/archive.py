"""``archive`` and ``archive verify`` beside rsync, sha256sum and bagit.py, on the same files.

    python benchmarks/archive.py FOLDER [ROUNDS]

FOLDER is on the disk that is measured; 2.5 times 1 GB are written there in each round. As root the
system's caches are dropped before each figure, else they are warm and it says so. What is compared:

    copy     callrec archive to a new volume   |  rsync -a, then sync
                                               |  cp -r, bagit.py --sha256, then sync
    verify   callrec archive verify            |  sha256sum -c
                                               |  bagit.py --validate, one process and two

callrec reads back from the drive what it wrote; the others do not, which only their verifying does.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

import practices  # noqa: E402 - of the tests
from procedures.drives import archive, drive, verify  # noqa: E402
from procedures.spool import a_call, take_in  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from practices import House

CALLS = 1250
CALL_BYTES = 800_000
"""A call of 100 seconds in 8-bit mu-law."""
DROP = Path("/proc/sys/vm/drop_caches")


def cold() -> None:
    """Let the system forget what it has read."""
    os.sync()
    if os.access(DROP, os.W_OK):
        DROP.write_text("3\n")


def run(*words: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([*map(str, words)], check=True, capture_output=True, cwd=cwd)


def bagit(*words: str | Path) -> None:
    run(sys.executable, "-m", "bagit", *words)


def timed(act: Callable[[], object]) -> float:
    cold()
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def one_round(house: House, at: Path) -> dict[str, float]:
    source = house.practice.folder / "recordings"
    mirror, bag = at / "mirror", at / "bag"

    def rsync() -> None:
        run("rsync", "-a", f"{source}/", mirror)
        os.sync()

    def make_bag() -> None:
        run("cp", "-r", source, bag)
        bagit("--sha256", bag)
        os.sync()

    to = drive(house, "volume")
    seconds = {
        "callrec archive": timed(lambda: archive(house, to)),
        "rsync -a, sync": timed(rsync),
        "cp -r, bagit.py --sha256, sync": timed(make_bag),
    }
    sums = at / "sums"
    found = sorted(path.relative_to(mirror) for path in mirror.glob("*/*"))
    sums.write_text("".join(f"{path.name}  {path}\n" for path in found))
    seconds |= {
        "callrec archive verify": timed(lambda: verify(house, to)),
        "sha256sum -c": timed(lambda: run("sha256sum", "--quiet", "-c", sums, cwd=mirror)),
        "bagit.py --validate": timed(lambda: bagit("--validate", bag)),
        "bagit.py --validate --processes 2": timed(
            lambda: bagit("--validate", "--processes", "2", bag)
        ),
    }
    for path in (to, mirror, bag):
        shutil.rmtree(path)
    return seconds


def main(folder: Path, rounds: int) -> None:
    folder.mkdir(parents=True)
    made = practices.build(folder / "made")
    calls = [a_call(folder / "spool", n, size_bytes=CALL_BYTES) for n in range(CALLS)]
    take_in(made, *calls)
    shutil.rmtree(folder / "spool")
    figures: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        house = practices.copy(made, folder / f"round-{number}")
        for what, seconds in one_round(house, folder / f"round-{number}").items():
            figures[what].append(seconds)
        shutil.rmtree(folder / f"round-{number}")
    warmth = "cold" if os.access(DROP, os.W_OK) else "warm"
    size = CALLS * CALL_BYTES / 1e9
    print(f"{CALLS} recordings, {size:.1f} GB, caches {warmth}, {rounds} rounds; seconds")
    for what, all_seconds in figures.items():
        median = statistics.median(all_seconds)
        print(f"{what:<36}{median:6.1f}  ({min(all_seconds):.1f} to {max(all_seconds):.1f})")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)  # noqa: PLR2004
