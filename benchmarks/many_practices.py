"""A supplier's machine in small: many practices, each with its own database on one server, as JSON.

    python -m benchmarks.many_practices FOLDER [--practices 100] [--calls 400]

One practice is founded by commands, takes in a day's calls and is moved to PostgreSQL by what
``callrec network plan`` prints. The others are copies of it under roles of their own. Then rounds
of intake, backups and looks at all of them are run as the supplier's timers run them; processor
time is that of callrec's process and of the server's together. What a thousand would take is
reckoned from that, in docs/network.md. The server is this program's own, with Debian's settings
but for what is named here, and syncs what it writes.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import shutil
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from benchmarks.bench import Bench
from benchmarks.corpora import Corpus, write_corpus
from benchmarks.memory import held_bytes
from benchmarks.practice import by, by_intake, found_practice
from benchmarks.timing import Step, environ_of, run_untimed
from callrec.catalogue.engine import open_catalogue, reading
from callrec.catalogue.roles import rights_sql
from callrec.errors import NotFound
from callrec.office.network import PlannedPractice, plan_network
from callrec.system.files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Engine

FILE_BYTES: Final = 60_000
"""Of a call: what it costs to encrypt is measured elsewhere, and disks are small."""

TRIED: Final = 10
"""Practices of which each takes one round of a kind by itself."""

SETTINGS: Final = (
    *("-c listen_addresses=", "-c max_connections=300", "-c shared_buffers=256MB"),
    *("-c autovacuum_naptime=10min", "-c data_sync_retry=off"),
)


@dataclass(slots=True)
class Server:
    """A server of PostgreSQL in a folder of its own."""

    folder: Path

    @property
    def process(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def run(self, program: str, *words: object) -> None:
        (*_, newest) = sorted(Path("/usr/lib/postgresql").iterdir(), key=lambda at: int(at.name))
        as_account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_account, str(newest / "bin" / program), *map(str, words)]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def begin(self) -> None:
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        data = self.folder / "data"
        rest = ("-U", "postgres", "--locale=C.UTF-8", "--auth=trust", "--data-checksums")
        self.run("initdb", "-D", data, *rest)
        options = " ".join((f"-k {self.folder}", *SETTINGS))
        self.run("pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def end(self) -> None:
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-m", "fast", "stop")

    @contextmanager
    def as_superuser(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        address = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection

    def asked(self, query: str) -> Any:
        with self.as_superuser() as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    def processor_s(self) -> float:
        """Of the server until now: of those of its processes that ended, and those that are."""
        ticks = sum(_ticks(each) for each in (self.process, *_children(self.process)))
        return ticks / os.sysconf("SC_CLK_TCK")


def _children(process: int) -> list[int]:
    there = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(each) for each in there]


def _ticks(process: int) -> int:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    return sum(map(int, stat.rpartition(") ")[2].split()[11:15]))


@dataclass(frozen=True, slots=True)
class Practice:
    """One of them: its folder has its configuration, vault and spool."""

    folder: Path
    planned: PlannedPractice


class Supplier:
    """The machine: a server, and practices that were copied from one."""

    def __init__(self, folder: Path, calls: int) -> None:
        self.folder, self.calls = folder, calls
        self.bench = Bench(folder, full=False)
        self.server = Server(folder / "server")
        self.practices: list[Practice] = []

    def plan(self, names: Sequence[str]) -> tuple[PlannedPractice, ...]:
        file = self.folder / "plan.toml"
        file.unlink(missing_ok=True)
        listed = ", ".join(f'"{name}"' for name in names)
        write_private(file, f'practices = [{listed}]\nhost = "{self.server.folder}"\n'.encode())
        return plan_network(file)

    def psql(self, address: str, script: str) -> None:
        words = ["psql", "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", address]
        environ = {**os.environ, "PGUSER": "postgres"}
        subprocess.run(words, input=script, text=True, check=True, env=environ)

    def found(self) -> dict[str, float]:
        """The one that all are copied from, on the server; what it took to move it there."""
        own = self.folder / "first"
        shutil.copytree(found_practice(self.bench), own)
        (planned,) = self.plan(["first"])
        begun = time.perf_counter()
        self.psql(planned.server, planned.database_sql)
        made_s = time.perf_counter() - begun
        empty_bytes = self.server.asked("SELECT pg_database_size('callrec_first')")
        begun = time.perf_counter()
        run_untimed(by(self.bench, "dora", own, "practice", "migrate", "--to", planned.owner), own)
        moved_s = time.perf_counter() - begun
        self.psql(planned.owner, planned.rights_sql)
        founded_bytes = self.server.asked("SELECT pg_database_size('callrec_first')")
        first = self._settled(own, planned)
        spool = own / "spool"
        write_corpus(spool, Corpus("day", self.calls, FILE_BYTES))
        taken = self.spent(by_intake(self.bench, own, "ingest", "--after", "keep", spool), first)
        held_bytes_ = self.server.asked("SELECT pg_database_size('callrec_first')")
        return {
            "database_made_s": made_s,
            "database_empty_bytes": empty_bytes,
            "moved_s": moved_s,
            "database_founded_bytes": founded_bytes,
            "calls": self.calls,
            "day_taken_in_processor_s": taken["processor_s"],
            "database_with_a_day_bytes": held_bytes_,
        }

    def _settled(self, own: Path, planned: PlannedPractice) -> Practice:
        """Its configuration, as it was printed but for the vault's place."""
        lines = (own / "callrec.toml").read_text().splitlines()
        kept = "\n".join(each for each in lines if not each.startswith(("vault =", "catalogue =")))
        printed = planned.configuration.replace(str(planned.vault), str(own / "vault"))
        write_private(self.folder / "new.toml", f"{printed}{kept}\n".encode())
        (self.folder / "new.toml").replace(own / "callrec.toml")
        return Practice(own, planned)

    def copy(self, names: Sequence[str]) -> dict[str, float]:
        """A database from the first one's as its template, and the vault's folder beside it."""
        times = []
        for planned in self.plan(names):
            name = planned.database_sql.split()[-1].rstrip(";")
            begun = time.perf_counter()
            with self.server.as_superuser() as connection:
                for line in (
                    f"CREATE ROLE {name} LOGIN",
                    f"CREATE DATABASE {name} OWNER callrec_first_owner TEMPLATE callrec_first",
                    f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
                    f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {name}",
                ):
                    connection.execute(line.encode())
            owner = planned.owner.replace(f"//{name}_owner@", "//callrec_first_owner@")
            self.psql(owner, rights_sql(name))
            times.append(time.perf_counter() - begun)
            own = self.folder / "practices" / planned.practice
            shutil.copytree(self.folder / "first", own, ignore=shutil.ignore_patterns("spool"))
            (own / "spool").symlink_to(self.folder / "first" / "spool")
            self.practices.append(self._settled(own, planned))
        return {"copied_s": statistics.median(times), "practices": len(self.practices)}

    def spent(self, step: Step, practice: Practice) -> dict[str, float]:
        """One command: seconds, processor time with the server's, and the most memory of it."""
        before, begun = self.server.processor_s(), time.perf_counter()
        with (practice.folder / "said").open("ab") as said:
            child = subprocess.Popen(
                step.argv,
                env=environ_of(step, practice.folder),
                cwd=practice.folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
            _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, NotFound.exit_status):  # an empty spool is that
            raise RuntimeError(f"{step.argv}: {(practice.folder / 'said').read_text()[-2000:]}")
        wall_s, own = time.perf_counter() - begun, used.ru_utime + used.ru_stime
        server = self.server.processor_s() - before
        return {
            "wall_s": wall_s,
            "client_s": own,
            "server_s": server,
            "processor_s": own + server,
            "peak_bytes": used.ru_maxrss * 1024,
        }

    def each(
        self, of: Callable[[Practice], Step], practices: Sequence[Practice]
    ) -> dict[str, float]:
        """One command in each of these, one after the other: medians."""
        runs = [self.spent(of(practice), practice) for practice in practices]
        return {name: statistics.median(run[name] for run in runs) for name in runs[0]}

    def round_of(self, practice: Practice, spool: Path | None = None) -> Step:
        at = spool or practice.folder / "spool"
        return by_intake(self.bench, practice.folder, "ingest", "--after", "keep", at)

    def all_at(self, workers: int) -> dict[str, float]:
        """A round with nothing new of every practice, so many at a time."""
        before, begun = self.server.processor_s(), time.perf_counter()
        ran = os.times()
        with ThreadPoolExecutor(workers) as pool:
            steps = [(self.round_of(practice), practice.folder) for practice in self.practices]
            [*pool.map(lambda pair: run_untimed(*pair), steps)]
        wall_s, now = time.perf_counter() - begun, os.times()
        used = now.children_user + now.children_system - ran.children_user - ran.children_system
        server = self.server.processor_s() - before
        return {"wall_s": wall_s, "client_s": used, "server_s": server}

    def connected(self) -> dict[str, float]:
        """A connection to each database at once, each having read its log's size."""
        idle = held_bytes(self.server.process)
        engines: list[Engine] = []
        held, times = [], []
        for practice in self.practices:
            url = practice.planned.configuration.split('"')[3]
            begun = time.perf_counter()
            engines.append(open_catalogue(practice.folder / "vault", url))
            times.append(time.perf_counter() - begun)
            reader = reading(engines[-1])
            connection = reader.__enter__()
            connection.exec_driver_sql("SELECT count(*) FROM leaf")
            held.append(reader)
        full, count = held_bytes(self.server.process), len(_children(self.server.process))
        for reader in held:
            reader.__exit__(None, None, None)
        for engine in engines:
            engine.dispose()
        return {
            "connections": len(engines),
            "opened_s": statistics.median(times),
            "server_processes": count,
            "server_idle_bytes": idle,
            "server_bytes": full,
            "bytes_each": (full - idle) / len(engines),
        }

    def looked_at(self) -> dict[str, float]:
        """All of them by one command."""
        every = self.folder / "every"
        every.mkdir()
        for practice in self.practices:
            file = every / f"{practice.planned.practice}.toml"
            file.write_bytes((practice.folder / "callrec.toml").read_bytes())
        step = Step((self.bench.callrec, "status", "--all", every))
        return self.spent(step, self.practices[0])

    def backed_up(self) -> dict[str, float]:
        """A backup of the catalogue of some of them, each to a folder of its own."""
        copies = self.folder / "copies"

        def backup(practice: Practice) -> Step:
            to = copies / practice.planned.practice
            to.mkdir(parents=True, mode=0o700)
            words = ("drive", "backup", "--yes", "--to", to)
            return by(self.bench, "dora", practice.folder, *words)

        told = self.each(backup, self.practices[: TRIED // 2])
        sizes = [sum(file.stat().st_size for file in _files(each)) for each in copies.iterdir()]
        return {**told, "copy_bytes": statistics.median(sizes)}


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())


def measured(supplier: Supplier, practices: int) -> Iterator[tuple[str, Any]]:
    """Each figure by its name, as soon as it is there."""
    yield "first", supplier.found()
    yield "copies", supplier.copy([f"p{number:03d}" for number in range(practices)])
    size = "SELECT sum(pg_database_size(datname)) FROM pg_database WHERE datname ~ '^callrec_p'"
    yield "databases_bytes", int(supplier.server.asked(size))
    yield "connected", supplier.connected()
    yield from rounds(supplier)
    yield "backup", supplier.backed_up()
    yield "status", supplier.looked_at()
    yield "all, four at a time", supplier.all_at(4)


def rounds(supplier: Supplier) -> Iterator[tuple[str, Any]]:
    few = supplier.practices[:TRIED]
    empty, one_more = supplier.folder / "empty", supplier.folder / "one-more"
    empty.mkdir()
    write_corpus(one_more, Corpus("one", 1, FILE_BYTES + 2))
    yield "a round, nothing there", supplier.each(lambda each: supplier.round_of(each, empty), few)
    yield "a round, nothing new among a day's calls", supplier.each(supplier.round_of, few)
    yield "a round, one call", supplier.each(lambda each: supplier.round_of(each, one_more), few)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_practices")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--practices", type=int, default=100)
    parser.add_argument("--calls", type=int, default=400)
    chosen = parser.parse_args()
    folder = chosen.folder.resolve()
    folder.mkdir(parents=True)
    supplier = Supplier(folder, chosen.calls)
    supplier.server.begin()
    try:
        for name, figures in measured(supplier, chosen.practices):
            at = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"
            print(json.dumps({"at": at, name: figures}), flush=True)
    finally:
        supplier.server.end()


if __name__ == "__main__":
    main()
