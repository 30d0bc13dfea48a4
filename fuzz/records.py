"""Put call records that no telephone system would write to every system's reader.

    python fuzz/records.py --rows 1000000 [--seed 1]

It begins with the files of tests/vectors/telephone/records and changes their rows. Where atheris is
installed, coverage guides it (whoever fuzzes installs it beside callrec: it is in no constraint of
ours); without it, chance does, from the seed. A file must be read, row by row, or be refused as
unusable: whatever else is raised ends the run with a traceback, and the file that did it is written
to ``crash-records``.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from copy import deepcopy
from datetime import UTC, date
from pathlib import Path
from zoneinfo import ZoneInfo

HAS_ATHERIS = importlib.util.find_spec("atheris") is not None
if HAS_ATHERIS:
    import atheris

with atheris.instrument_imports(include=["callrec.telephone"]) if HAS_ATHERIS else nullcontext():
    from callrec.errors import Unusable
    from callrec.telephone.records.described import describe
    from callrec.telephone.records.items import page_of, parsed
    from callrec.telephone.records.leg import Leg
    from callrec.telephone.records.reading import read_records
    from callrec.telephone.setup import Setup

VECTORS = Path(__file__).parent.parent / "tests/vectors/telephone/records"
SETUPS = (
    Setup(zone=ZoneInfo("Europe/London"), region="GB", outside_prefixes=("9",)),
    Setup(zone=ZoneInfo("Europe/London"), region="GB", extensions=((200, 299),)),
    Setup(zone=ZoneInfo("America/New_York"), region="US"),
)
UNTIL = date(2025, 6, 30)
PIECES = (
    *(b"", b'"', b'""', b",", b"\n", b"\r", b"\0", b"\xff", b"\x1b[31m", b"\xe2\x80\xae", b"../"),
    *(b"=1+1", b"@", b"-1", b"0", b"9" * 30, b"1e309", b"00", b"2025-10-26 01:30:00", b"23:59:60"),
    *(b"0001-01-01 00:00:00", b"9999-12-31 23:59:59+14:00", b"02/29", b"Call 1", b"T1", b"\\ud800"),
    *(b"{", b"}", b"[", b"]", b"null", b"{}", b"[]", b'{"a":', b"true", b"NaN", b"x" * 70_000),
    *("٣٤".encode(), "é".encode(), b"\xe9", b"\xef\xbb\xbf", b"\xff\xfe", b"s", b"anonymous"),
)

VALUES = (
    *(None, True, 0, -1, 2**63, 10**400, 1e308, float("nan"), "", "x", "\ud800", "\0", "\n=1"),
    *([], {}, [[]], [{}], {"a": {"a": {"a": {"a": {"a": 1}}}}}, "x" * 3000, "../a", "RE", "CA"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "Thu, 31 Dec 2099 23:59:60 GMT"),
    *("4102444800000", "-1"),
)


class Tally:
    """What came of the files so far."""

    def __init__(self) -> None:
        self.files = self.rows = self.refused = self.not_understood = self.described = 0
        self.systems: Counter[str] = Counter()

    def read(self, data: bytes) -> None:
        """Read one file, and take its first line for a description of a recording too."""
        self.files += 1
        setup = SETUPS[self.files % len(SETUPS)]
        try:
            for row in read_records(io.BytesIO(data), setup, until=UNTIL):
                self.count(row)
        except Unusable:
            self.refused += 1
        self.described += describe(data.partition(b"\n")[0], setup) is not None

    def count(self, row: object) -> None:
        self.rows += 1
        if not isinstance(row, Leg):
            self.not_understood += 1
            return
        self.systems[row.call.system] += 1
        assert row.call.started_at.tzinfo is UTC
        assert not {"/", "\\"} & set(row.recording)
        assert row.recording.isprintable()
        repr(row).encode("utf-8")

    def show(self, seconds: float) -> None:
        told = ", ".join(f"{system} {count:,}" for system, count in sorted(self.systems.items()))
        print(f"{self.rows:,} rows of {self.files:,} files in {seconds:,.0f} s "
              f"({self.rows / seconds:,.0f} rows a second), nothing raised")  # fmt: skip
        print(f"legs: {told or 'none'}")
        print(f"rows not understood {self.not_understood:,}, files refused {self.refused:,}, "
              f"descriptions {self.described:,}")  # fmt: skip


def known_files() -> list[bytes]:
    """Every file in the vectors."""
    cases = (json.loads(path.read_text("utf-8")) for path in sorted(VECTORS.glob("*/*.json")))
    return ["\n".join(case["lines"]).encode() for case in cases]


def known_items() -> list[dict[str, object]]:
    """Every record in the vectors that is JSON by itself."""
    files = [parsed(file) for file in known_files() if file[:1] in {b"{", b"["}]
    lists = [file if isinstance(file, list) else page_of(file) or [file] for file in files if file]
    return [item for items in lists for item in items if isinstance(item, dict)]


def changed_items(items: list[dict[str, object]], chance: random.Random) -> bytes:
    """Some of them with members that hold something else, as a list or one on each line."""
    made = [json.loads(json.dumps(chance.choice(items))) for _ in range(chance.randrange(1, 30))]
    for item in made:
        for _ in range(chance.choice((0, 1, 1, 2, 3))):
            part = item
            while isinstance(inner := part[chance.choice(list(part))], dict) and inner:
                part = inner
            part[chance.choice(list(part))] = deepcopy(chance.choice(VALUES))
    lines = [json.dumps(item) for item in made]
    whole = bytearray(
        ("\n".join(lines) if chance.randrange(2) else f"[{','.join(lines)}]").encode()
    )
    if chance.randrange(4) == 0:
        spoil(whole, chance)
    return bytes(whole)


def changed(file: bytes, chance: random.Random) -> bytes:
    """A file with its last rows again and again, and a few things wrong in each."""
    first, *rows = file.split(b"\n")
    made = [first]
    for _ in range(chance.randrange(1, 30)):
        row = bytearray(chance.choice(rows or [first]))
        for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
            spoil(row, chance)
        made.append(bytes(row))
    whole = bytearray(b"\n".join(made))
    if chance.random() < 0.1:  # noqa: PLR2004
        spoil(whole, chance)
    return bytes(whole)


def spoil(row: bytearray, chance: random.Random) -> None:
    """One thing: a byte, a piece put in, a stretch left out or twice there, an end cut off."""
    start = chance.randrange(len(row) + 1)
    end = min(len(row), start + chance.choice((1, 1, 2, 5, 20)))
    match chance.randrange(6):
        case 0 if row:
            row[min(start, len(row) - 1)] = chance.randrange(256)
        case 1:
            row[start:start] = chance.choice(PIECES)
        case 2:
            row[start:end] = chance.choice(PIECES)
        case 3:
            del row[start:end]
        case 4:
            row[start:start] = row[start:end]
        case _:
            if chance.random() < 0.2:  # noqa: PLR2004
                del row[start:]


def by_chance(tally: Tally, rows: int, seed: int) -> None:
    chance = random.Random(seed)
    files, items = known_files(), known_items()
    while tally.rows < rows:
        if chance.randrange(4):
            data = changed(chance.choice(files), chance)
        else:
            data = changed_items(items, chance)
        try:
            tally.read(data)
        except BaseException:
            Path("crash-records").write_bytes(data)
            raise


def by_coverage(tally: Tally, rows: int) -> None:
    def enough(data: bytes) -> None:
        tally.read(data)
        if tally.rows >= rows:
            tally.show(time.monotonic() - started)
            sys.stdout.flush()
            raise SystemExit

    started = time.monotonic()
    with tempfile.TemporaryDirectory() as corpus:
        for number, file in enumerate(known_files()):
            Path(corpus, str(number)).write_bytes(file)
        atheris.Setup([sys.argv[0], "-max_len=20000", "-verbosity=0", corpus], enough)
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tally = Tally()
    if HAS_ATHERIS:
        by_coverage(tally, asked.rows)
    else:
        started = time.monotonic()
        by_chance(tally, asked.rows, asked.seed)
        tally.show(time.monotonic() - started)


if __name__ == "__main__":
    main()
