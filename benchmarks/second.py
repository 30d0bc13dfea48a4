"""A second harness, to check the first by and to doubt it with: callrec beside its peers, by hand.

    python3 benchmarks/second.py FOLDER [--rounds 5] [--work DIR] [--beside RESULTS.json CONTEST]

FOLDER has recordings: your own, or those that ``make bench`` made. callrec, restic, borg and cp are
those on PATH; what is not there is left out. Each takes the folder in, durably, into a new place in
DIR, in turn; told are the medians, and what callrec took of each peer's time. It needs nothing of
this project but the command, and shares nothing with the first harness but the commands it runs:
a process is spawned and waited for, and processor time is what the system says of all children.
``--beside``: whether the first harness found the same ratios in that contest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

NO_FINDING = 0.15
"""Two ratios that differ by less are alike."""
PASSWORD = "lighthouse walks nine slow miles"  # noqa: S105 - of a practice that never was
ENVIRON = {
    "RESTIC_PASSWORD": "second",
    "RESTIC_REPOSITORY": "repo",
    "BORG_PASSPHRASE": "second",
    "BORG_REPO": "repo",
    "CALLREC_CONFIG": "callrec.toml",
    "CALLREC_VAULT": "vault",
    "CALLREC_USER": "dora",
    "CALLREC_PASSWORD_FILE": "password",
    "CALLREC_NEW_PASSWORD_FILE": "password",
}
FOUND = """
umask 077; echo "$PASSWORD" > password
printf '[passwords]\\nmemory_mib = 64\\napprover_memory_mib = 64\\n' > callrec.toml
callrec init --practice Hama --user dora --name 'Dora Whitlock' --recovery-file kit
callrec user add door --name Intake --role intake --credential-file door
"""
WARM = 'find "$1" -type f -exec cat {} + >/dev/null; sync'
WAYS = {  # name: the program, what is made ready, what is timed
    "callrec": ("callrec", FOUND, 'CALLREC_CREDENTIAL=door exec callrec ingest "$1"'),
    "restic": ("restic", "restic init", 'exec restic backup --quiet "$1"'),
    "restic uncompressed": (
        "restic",
        "restic init",
        'exec restic backup --quiet --compression off "$1"',
    ),
    "borg": ("borg", "borg init -e repokey", 'exec borg create --compression lz4 ::all "$1"'),
    "cp -r, sync": ("cp", "", 'cp -r "$1" copy; sync'),
    "cp, fsync each": ("cp", "", 'cp -r "$1" copy; find copy -type f -print0 | xargs -0 sync'),
}


def timed(script: str, source: Path, place: Path) -> tuple[float, float]:
    """Wall and processor seconds of a shell script."""
    environ = {**ENVIRON, "PATH": os.environ["PATH"], "HOME": str(place), "PASSWORD": PASSWORD}
    said = place / "said"
    to_file = (os.POSIX_SPAWN_OPEN, 1, said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    words = ["sh", "-ec", f'cd "$0"; {script}', str(place), str(source)]
    before, begun = os.times(), time.monotonic_ns()
    child = os.posix_spawn(
        "/bin/sh", words, environ, file_actions=[to_file, (os.POSIX_SPAWN_DUP2, 1, 2)]
    )
    _, status = os.waitpid(child, 0)
    wall, after = (time.monotonic_ns() - begun) / 1e9, os.times()
    if status:
        sys.exit(f"{script}: status {os.waitstatus_to_exitcode(status)}\n{said.read_text()}")
    used = after.children_user + after.children_system
    return wall, used - before.children_user - before.children_system


def measure(source: Path, work: Path, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Each in every round, begun by another; a run's place is deleted when all is over."""
    ways = {name: way for name, way in WAYS.items() if shutil.which(way[0])}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(dir=work) as within:
        for number in range(rounds * len(ways)):
            turn, place = divmod(number, len(ways))[0] + number, Path(within) / str(number)
            name, (_, ready, script) = [*ways.items()][turn % len(ways)]
            place.mkdir()
            timed(f"{ready}\n{WARM}", source, place)
            times[name].append(timed(script, source, place))
            print(f"# {name}: {times[name][-1][0]:.2f} s", file=sys.stderr)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path())
    parser.add_argument("--beside", nargs=2, metavar=("RESULTS", "CONTEST"))
    given = parser.parse_args()
    times = measure(given.folder.resolve(), given.work.resolve(), given.rounds)
    first: dict[str, float] = {}
    if given.beside:
        cases = json.loads(Path(given.beside[0]).read_text(encoding="utf-8"))["results"].values()
        runs = next(e["runs"] for c in cases for e in c["contests"] if e["name"] == given.beside[1])
        first = {
            name: statistics.median(run["wall_s"] for run in each) for name, each in runs.items()
        }
    ours = statistics.median(wall for wall, _ in times["callrec"])
    for name, each in times.items():
        wall, used = (statistics.median(values) for values in zip(*each, strict=True))
        line = f"{name:<20} {wall:8.2f} s {used:8.2f} s of processor: {ours / wall:.2f} x"
        if name in first and name != "callrec":
            other = first["callrec"] / first[name]
            alike = abs(ours / wall / other - 1) < NO_FINDING
            line += f"; the first harness {other:.2f} x: {'they agree' if alike else 'THEY DIFFER'}"
        print(line)


if __name__ == "__main__":
    main()
