"""The audit log: appending to it, verifying it whole and what is new of it, proving one leaf.

Whole processes. One peer of verifying is one Python loop over ``hashlib``, itself a process: it
reads the same leaves from a file and makes the root of their tree as RFC 9162 says, one leaf after
another, SHA-256(0x00 || leaf) and SHA-256(0x01 || left || right); it checks nothing. The other is
SQLite's own check of each page and index, and then that loop: the least that any verification of
the file takes, which also holds each row against what was signed, each time against the one before.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.audit_log import BATCHES, LIVED, append, fill, found_vault
from benchmarks.goals import Goal, Ratio
from benchmarks.measured import Contest, Figure, Result, growth
from benchmarks.practice import SETTINGS
from benchmarks.timing import Contender, Step, hold_contest, nothing, run_untimed
from callrec.catalogue.engine import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.audit_log import Vault
    from benchmarks.bench import Bench

SIZES: Final = (10_000, 100_000, 1_000_000)
LARGEST: Final = SIZES[-1]
NEW: Final = 1000
"""Leaves that were appended since the last verification."""
APPENDED: Final = 100_000
LOOP: Final = "one loop over hashlib"
HASH: Final = r"""
import hashlib, sys
sha256, peaks, seq = hashlib.sha256, [], 0
leaves = open(sys.argv[1], "rb").read().split(b"\n")
for leaf in leaves:
    node, index = sha256(b"\x00" + leaf).digest(), seq
    while index & 1:
        node, index = sha256(b"\x01" + peaks.pop() + node).digest(), index >> 1
    peaks.append(node)
    seq += 1
node = peaks.pop()
while peaks:
    node = sha256(b"\x01" + peaks.pop() + node).digest()
print(node.hex())
"""
PAGES_AND_LOOP: Final = "sqlite3's check, then hashlib"
FULL: Final = f"audit verify --full, {LARGEST:,} leaves"
GOALS: Final = (Goal(Ratio(FULL, PAGES_AND_LOOP), 2.0),)


def measure(bench: Bench) -> Result:
    whole = [_verifying(bench, size) for size in SIZES]
    new = [_reading_on(bench, size) for size in SIZES]
    proofs = [_proving(bench, size) for size in SIZES]
    nothing_done = hold_contest(
        bench,
        "audit verify, nothing",
        [Contender("callrec", lambda _: [Step((bench.callrec, "audit", "verify", "--help"))])],
        size=1,
        unit="leaves",
        rounds=bench.growth_rounds,
    )
    return Result(
        (*whole, _lived(bench), *new, *proofs, nothing_done),
        (
            growth("audit verify --full: growth with leaves", whole, "callrec", nothing_done),
            growth("audit verify --new: growth with leaves", new, "callrec", nothing_done),
            growth("audit prove: growth with leaves", proofs, "callrec", nothing_done),
            _appending(bench),
        ),
    )


def _verifying(bench: Bench, size: int) -> Contest:
    log = _log(bench, BATCHES, size)
    loop = Step((bench.python, "-c", HASH, log / "leaves"))
    pages = Step(("sqlite3", "-readonly", log / "vault" / FILE_NAME, "PRAGMA integrity_check(1)"))
    contenders = [
        Contender("callrec", lambda _: [_audit(bench, log, log / "state", "verify", "--full")]),
        Contender(LOOP, lambda _: [loop]),
        Contender(PAGES_AND_LOOP, lambda _: [pages, loop]),
    ]
    return hold_contest(
        bench,
        f"audit verify --full, {size:,} leaves",
        contenders,
        size=size,
        unit="leaves",
        sources=[log / "vault", log / "leaves"],
        rounds=bench.growth_rounds if size < LARGEST else None,
    )


def _lived(bench: Bench) -> Contest:
    """A checkpoint for nearly each leaf, as work makes them: most of the time is signatures."""
    size = SIZES[1]
    log = _log(bench, LIVED, size)

    contenders = [
        Contender(
            "callrec --full",
            lambda place: [_audit(bench, log, place / "state", "verify", "--full")],
            partial(_verified_before, log),
        ),
        Contender(
            "callrec",
            lambda place: [_audit(bench, log, place / "state", "verify")],
            partial(_verified_before, log),
        ),
        Contender(LOOP, lambda _: [Step((bench.python, "-c", HASH, log / "leaves"))]),
    ]
    return hold_contest(
        bench,
        f"audit verify, {size:,} leaves, a checkpoint each",
        contenders,
        size=size,
        unit="leaves",
        sources=[log / "vault", log / "leaves"],
        rounds=bench.growth_rounds,
    )


def _reading_on(bench: Bench, size: int) -> Contest:
    log = bench.made_once(f"audit-new-{size}", partial(_with_new, bench, size))

    step: Callable[[Path], list[Step]] = lambda place: [  # noqa: E731 - named for its type
        _audit(bench, log, place / "state", "verify", "--new")
    ]
    return hold_contest(
        bench,
        f"audit verify --new, {NEW:,} of {size:,} leaves",
        [Contender("callrec", step, partial(_verified_before, log))],
        size=size,
        unit="leaves",
        sources=[log / "vault"],
        rounds=bench.growth_rounds,
    )


def _verified_before(log: Path, place: Path) -> None:
    """What its operator remembers, for each run anew."""
    shutil.copytree(log / "state", place / "state")


def _proving(bench: Bench, size: int) -> Contest:
    log = _log(bench, BATCHES, size)
    step = _audit(bench, log, log / "state", "prove", str(size // 3))
    return hold_contest(
        bench,
        f"audit prove, {size:,} leaves",
        [Contender("callrec", lambda _: [step], nothing)],
        size=size,
        unit="leaves",
        sources=[log / "vault"],
        rounds=bench.growth_rounds,
    )


def _appending(bench: Bench) -> Figure:
    """Durable with each thousand: a transaction of SQLite, synced, with one checkpoint."""
    rates = []
    for _ in range(bench.growth_rounds):
        place = bench.fresh_place()
        vault = found_vault(place)
        begun = time.perf_counter()
        append(vault, APPENDED)
        rates.append(APPENDED / (time.perf_counter() - begun))
        bench.set_aside(place)
    return Figure(f"audit append, {APPENDED:,} leaves in batches", "leaves/s", tuple(rates))


def _audit(bench: Bench, log: Path, state: Path, *words: str) -> Step:
    environ = {"CALLREC_CONFIG": str(log / "callrec.toml"), "XDG_STATE_HOME": str(state)}
    pin = ("--pin", (log / "pin").read_text()) if words[0] == "verify" else ()
    return Step((bench.callrec, "audit", *words, *pin), environ)


def _log(bench: Bench, shape: str, size: int) -> Path:
    return bench.made_once(f"audit-{shape}-{size}", partial(_made, bench, shape, size))


def _made(bench: Bench, shape: str, size: int, folder: Path) -> None:
    _fill(folder, shape, size)
    run_untimed(_audit(bench, folder, folder / "state", "verify", "--full"), folder)


def _with_new(bench: Bench, size: int, folder: Path) -> None:
    vault = _fill(folder, BATCHES, size - NEW)
    run_untimed(_audit(bench, folder, folder / "state", "verify", "--full"), folder)
    fill(vault, size, shape=BATCHES)


def _fill(folder: Path, shape: str, size: int) -> Vault:
    vault = found_vault(folder)
    fill(vault, size, shape=shape)
    (folder / "callrec.toml").write_text(SETTINGS)
    (folder / "pin").write_text(vault.practice.root.hex())
    database = sqlite3.connect(folder / "vault" / "catalogue.sqlite")
    with (folder / "leaves").open("wb") as file:
        for number, (body,) in enumerate(database.execute("SELECT body FROM leaf ORDER BY seq")):
            file.write(b"\n" * bool(number) + body)
    database.close()
    return vault
