"""A vault in a folder, its catalogue in PostgreSQL, its recordings in S3: each beside the others.

    python -m benchmarks.network [--recordings N] [--calls N] [--seconds S] [--json FILE]

Both servers are real ones on this machine, which syncs what PostgreSQL is given (tests/house has
what starts them), and take their share of it: so the processor time of client and server is told
by itself. Ingest is a whole process; searches are made in one that has the login open, as
``benchmarks.searches`` makes them; a leaf is a refusal's or a look's, written by processes that
begin together.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from benchmarks import kept
from benchmarks.bench import Bench
from benchmarks.corpora import Corpus, corpus_folder
from benchmarks.fill import LOGIN, config_of
from benchmarks.measured import Contest, Figure, Result, Run, spread
from benchmarks.practice import PASSWORDS, by_intake, found_practice
from benchmarks.searches import search, wanted_of
from benchmarks.timing import Step, environ_of, run_untimed
from callrec.catalogue.engine import FILE_NAME
from callrec.login.unlock import actor_by_password
from callrec.practice import open_practice, record, store_of
from house import objects, postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from callrec.practice import Practice

HERE, DATABASE, BUCKET = "SQLite, folder", "PostgreSQL, folder", "PostgreSQL, S3"

WAYS: Final = (HERE, DATABASE, BUCKET)

WRITERS: Final = (1, 2, 8)

ROUNDS: Final = 2

QUERIES: Final = 20

YEARS: Final = 10

TICKS: Final = os.sysconf("SC_CLK_TCK")


@contextmanager
def servers() -> Iterator[Path]:
    """A database server that syncs, and a store; gives the first one's folder."""
    folder = Path(tempfile.mkdtemp(prefix="callrec-pg-"))
    postgres.make(folder)
    postgres.start(folder)
    objects.begin()
    try:
        postgres.make_roles(folder)
        objects.port()
        yield folder
    finally:
        objects.end()
        postgres.stop(folder)
        shutil.rmtree(folder)


def server_seconds(server: Path) -> float:
    """What both servers have taken of a processor by now."""
    group = (Path(os.environ["OBJECTS_OF_TESTS"]) / "group").read_text().strip()
    postmaster = (server / "data" / "postmaster.pid").read_text().split()[0]
    ticks = 0
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = each.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        _, parent, of_group = fields[:3]
        if each.parent.name == postmaster or of_group == group:
            ticks += sum(map(int, fields[11:15]))
        elif parent == postmaster:
            ticks += sum(map(int, fields[11:13]))
    return ticks / TICKS


def practice_of(place: Path) -> Practice:
    environ = {"XDG_STATE_HOME": str(place / "state")}
    return open_practice(config_of(place), lambda: datetime.now(UTC), environ)


def move(place: Path, way: str, server: Path) -> None:
    """Have the practice in a place keep its catalogue, and its recordings, elsewhere."""
    if way == HERE:
        return
    url = postgres.database_at(folder=server)
    postgres.put_there(place / "vault" / FILE_NAME, url)
    for file in (place / "vault").glob(f"{FILE_NAME}*"):
        file.unlink()
    file = place / "callrec.toml"
    text = f'catalogue = "{url}"\n{file.read_text()}'
    if way == BUCKET:
        store = objects.objects_at()
        text = f'recordings = "s3://{objects.new_bucket()}"\n{text}\n[objects]\n'
        text += f'endpoint = "{store.endpoint}"\ncredential_file = "{store.credential_file}"\n'
    file.write_text(text)
    practice = practice_of(place)
    store_of(practice.config, practice.vault).claim()
    practice.engine.dispose()


def settled(bench: Bench, way: str, server: Path) -> Path:
    """A fresh place with a practice that has no recordings."""
    place = bench.fresh_place()
    shutil.copytree(found_practice(bench), place, dirs_exist_ok=True)
    move(place, way, server)
    return place


def ingest(bench: Bench, calls: int, server: Path) -> Result:
    """The three in turn: whole processes, which take in so many calls of 250 kB."""
    source = corpus_folder(bench, Corpus("a", calls, 250_000))
    runs: dict[str, list[Run]] = {way: [] for way in WAYS}
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(ROUNDS):
        for way in (*WAYS[number % 3 :], *WAYS[: number % 3]):
            place = settled(bench, way, server)
            os.sync()
            before = server_seconds(server)
            runs[way].append(_timed(by_intake(bench, place, "ingest", source), place))
            taken[way].append(server_seconds(server) - before)
            bench.set_aside(place)
        bench.say_round(number, {way: each[-1].wall_s for way, each in runs.items()})
    contest = Contest(f"ingest of {calls:,} calls", calls, "files", "warm", _tuples(runs))
    said = f"ingest of {calls:,} calls"
    figures = (
        Figure(f"{said}, {way}: servers' processor", "s", tuple(each))
        for way, each in taken.items()
        if way != HERE
    )
    return Result((contest,), tuple(figures))


def _tuples(runs: dict[str, list[Run]]) -> dict[str, tuple[Run, ...]]:
    return {name: tuple(each) for name, each in runs.items()}


def _timed(step: Step, place: Path) -> Run:
    begun = time.perf_counter()
    with (place / "said").open("ab") as said:
        child = subprocess.Popen(
            step.argv, env=environ_of(step, place), cwd=place, stdout=said, stderr=said
        )
        _, status, used = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit((place / "said").read_text())
    return Run(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def leaves(bench: Bench, seconds: float, server: Path) -> Result:
    """Leaves a second of several writers, and the longest that one of them waited."""
    figures = []
    for writers in WRITERS:
        rates: dict[str, list[float]] = {}
        waits: dict[str, list[float]] = {}
        for number in range(ROUNDS):
            for way in (HERE, DATABASE)[:: -1 if number % 2 else 1]:
                place = settled(bench, way, server)
                command = (bench.python, "-m", "benchmarks.network", "--write", str(place))
                children = [
                    subprocess.Popen(
                        (*command, "--seconds", str(seconds)),
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        text=True,
                        cwd=bench.checkout,
                    )
                    for _ in range(writers)
                ]
                for child in children:
                    _stream(child.stdout).readline()
                for child in children:
                    _stream(child.stdin).write("\n")
                    _stream(child.stdin).flush()
                told = [json.loads(child.communicate()[0]) for child in children]
                rates.setdefault(way, []).append(sum(each["leaves"] for each in told) / seconds)
                waits.setdefault(way, []).append(max(each["longest"] for each in told))
                bench.set_aside(place)
        for way, each in rates.items():
            said = f"leaves, {writers} at once, {way}"
            figures += [
                Figure(f"{said}: a second", "leaves", tuple(each)),
                Figure(f"{said}: longest wait", "s", tuple(waits[way])),
            ]
    return Result((), tuple(figures))


def _stream(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError
    return pipe


def write(place: Path, seconds: float) -> None:
    """One writer: ready, then told to begin by a line; says how many, and the longest it took."""
    practice = practice_of(place)
    actor = actor_by_password(practice, login=LOGIN, password=PASSWORDS[LOGIN])
    print("ready", flush=True)
    sys.stdin.readline()
    begun = now = time.perf_counter()
    count, longest = 0, 0.0
    while now - begun < seconds:
        record(practice, actor, "user.shown", subject=[actor.person.id])
        count, before, now = count + 1, now, time.perf_counter()
        longest = max(longest, now - before)
    print(json.dumps({"leaves": count, "longest": longest}))


def searching(bench: Bench, recordings: int, server: Path) -> Result:
    """Searches of each kind, in a vault of this size, by its file and by a database."""
    name = f"vault-{recordings}"
    here = bench.made_once(name, partial(_fill, bench, recordings))
    there = bench.cache / f"{name}-there"
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(here, there)
    begun = time.perf_counter()
    move(there, DATABASE, server)
    said = f"{recordings:,} recordings"
    figures = [Figure(f"{said} into PostgreSQL", "s", (time.perf_counter() - begun,))]
    times: dict[tuple[str, str], list[Sequence[float]]] = {}
    client: dict[str, list[float]] = {}
    taken: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        for way, place in ((HERE, here), (DATABASE, there))[:: -1 if number % 2 else 1]:
            bench.say(f"search, {recordings:,} recordings, {way}, round {number + 1}")
            before = server_seconds(server)
            words = ("--search", place, "--recordings", recordings, "--round", number)
            done = subprocess.run(
                (bench.python, "-m", "benchmarks.network", *map(str, words)),
                check=True,
                stdout=subprocess.PIPE,
                cwd=bench.checkout,
            )
            told = json.loads(done.stdout)
            for kind, seconds in told["times"].items():
                times.setdefault((kind, way), []).append(seconds)
            client.setdefault(way, []).append(told["cpu"])
            spent = (server_seconds(server) - before) / told["searches"]
            taken.setdefault(way, []).append(spent)
    for (kind, way), rounds in times.items():
        slow = [statistics.quantiles(each, n=20)[-1] for each in rounds if len(each) > 1]
        about = f"search, {said}, {kind}, {way}"
        figures += [
            Figure(f"{about}: p50", "s", tuple(map(statistics.median, rounds))),
            Figure(f"{about}: p95", "s", tuple(slow)),
        ]
    for way, each in client.items():
        about = f"search, {said}, {way}"
        figures.append(Figure(f"{about}: client's processor, each", "s", tuple(each)))
        if way != HERE:
            figures.append(Figure(f"{about}: server's processor, each", "s", tuple(taken[way])))
    return Result((), tuple(figures))


def _fill(bench: Bench, recordings: int, folder: Path) -> None:
    words = ("-m", "benchmarks.fill", folder, str(recordings), "--years", str(YEARS))
    run_untimed(Step((bench.python, *words), cwd=bench.checkout), bench.fresh_place())


def searches(place: Path, recordings: int, seed: int) -> None:
    """The searches of one round, in this process: what each took, and of the processor."""
    wanted = wanted_of(recordings, YEARS, seed)
    begun = time.process_time()
    search(place, wanted, 0)
    middle = time.process_time()
    times, _ = search(place, wanted, QUERIES)
    count = sum(map(len, times.values()))
    cpu = (time.process_time() - middle - (middle - begun)) / count
    print(json.dumps({"times": times, "cpu": cpu, "searches": 2 * count}))


def _shown(result: Result) -> Iterator[str]:
    for contest in result.contests:
        for way, runs in contest.runs.items():
            wall, cpu = (spread([each(run) for run in runs]) for each in (_wall, _cpu))
            yield f"{contest.name}, {way}: {wall.median:.2f} s, {cpu.median:.2f} s of processor"
    for figure in result.figures:
        found = spread(figure.values)
        values = f"{found.median:.4g} ({found.low:.4g} to {found.high:.4g})"
        yield f"{figure.name}: {values} {figure.unit}"


_wall: Callable[[Run], float] = lambda run: run.wall_s  # noqa: E731 - named for their types
_cpu: Callable[[Run], float] = lambda run: run.cpu_s  # noqa: E731


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network")
    parser.add_argument("--recordings", type=int, nargs="*", default=[200_000])
    parser.add_argument("--calls", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, default=Path(".bench"))
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--search", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--round", type=int, default=0, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.write:
        write(chosen.write, chosen.seconds)
        return
    if chosen.search:
        searches(chosen.search, chosen.recordings[0], chosen.round)
        return
    bench = Bench(chosen.cache.resolve(), full=True)
    bench.clear()
    bench.cache.mkdir(parents=True, exist_ok=True)
    about = {**kept.machine(bench.cache), "load before": os.getloadavg()}
    results: dict[str, Result] = {}
    with servers() as server:
        parts: dict[str, Callable[[], Result]] = {
            f"search, {each:,} recordings": partial(searching, bench, each, server)
            for each in chosen.recordings
        }
        parts["leaves"] = partial(leaves, bench, chosen.seconds, server)
        parts["ingest"] = partial(ingest, bench, chosen.calls, server)
        for name, part in parts.items():
            results[name] = replace(part(), about={**about, "load after": os.getloadavg()})
            print("\n".join(_shown(results[name])), flush=True)
            if chosen.json:
                kept.write(chosen.json, results)
    bench.clear()


if __name__ == "__main__":
    main()
