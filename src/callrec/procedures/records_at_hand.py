"""The call records that a run of ``ingest`` was given, at hand for each recording that comes in.

Ten years of them are millions of rows, which no memory should hold and no disk should keep. They
lie in a private temporary database of SQLite's, gone when the process is: each leg sealed under a
key that never leaves memory, found by codes under another (in place of ids, names and numbers).
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse
from callrec.procedures.call_records import Unread, as_leg, leg_from, read_rows
from callrec.procedures.intake_reading import telephone_setup
from callrec.telephone.call import System
from callrec.telephone.joining import JoinedBy, calls_of, join, keys_of_leg, keys_of_recording
from callrec.telephone.records.leg import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from callrec.config import Config
    from callrec.telephone.joining import CallRecord, Joined, RecordingFacts
    from callrec.telephone.records.leg import Leg
    from callrec.telephone.setup import Setup

MOST_TOLD: Final = 100
"""Rows that were not understood and are told one by one; all are counted."""
_AT_ONCE: Final = 500
"""Rows that are written, and codes that are asked for, together."""
_CODE_BYTES: Final = 8
_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32768;
CREATE TABLE leg (
  id INTEGER PRIMARY KEY, call INTEGER NOT NULL, taken INTEGER NOT NULL, sealed BLOB NOT NULL
);
CREATE TABLE having (
  code INTEGER NOT NULL, leg INTEGER NOT NULL, PRIMARY KEY (code, leg)
) WITHOUT ROWID;
"""


class RecordsAtHand:
    """All rows of the files, by what a recording may have in common with them."""

    def __init__(self, tolerance: timedelta) -> None:
        """Begin with none; ``tolerance``: how far starts may be apart."""
        self._tolerance = tolerance
        self._sealing, self._coding = (primitives.fresh(primitives.KEY_BYTES) for _ in range(2))
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self.rows = 0
        self.not_understood = 0
        self.unread: list[Unread] = []
        """The first of those that were not understood."""
        self.tells_md5 = False
        """Some rows tell what their recording's bytes must be."""

    @classmethod
    def read(
        cls,
        paths: Sequence[Path],
        setup: Setup,
        *,
        tolerance: timedelta,
        advance: Callable[[int], None],
    ) -> Self:
        """Read the files.

        Args:
            paths: of the files.
            setup: how this practice's telephone systems are read.
            tolerance: how far starts may be apart where number and time decide.
            advance: is told how many rows more were read.

        Raises:
            NotFound: there is no such file.
            Unusable: a file is of no kind that is known.
            Failed: a file cannot be read.
        """
        hand = cls(tolerance)
        for path in paths:
            hand._take(path, read_rows(path, setup), advance)
        hand._database.execute("CREATE INDEX leg_call ON leg (call)")
        return hand

    def close(self) -> None:
        """Forget them all."""
        self._database.close()

    def joined(self, recordings: Sequence[RecordingFacts]) -> tuple[Joined | None, ...]:
        """Of which leg of which call each recording is; a leg is given once by its time alone."""
        calls, numbers = self._candidates(recordings)
        found = list(join(recordings, calls, self._tolerance).of_recordings)
        for place, each in enumerate(found):
            if each is None:
                continue
            number = numbers[id(each.call.legs[each.leg_index])]
            if each.joined_by is JoinedBy.NUMBER_AND_TIME and self._is_taken(number):
                found[place] = None
            else:
                self._database.execute("UPDATE leg SET taken = 1 WHERE id = ?", (number,))
        return tuple(found)

    def _take(
        self, path: Path, rows: Iterator[Leg | NotUnderstood], advance: Callable[[int], None]
    ) -> None:
        held: list[Leg] = []
        for row in rows:
            if isinstance(row, NotUnderstood):
                self.not_understood += 1
                if len(self.unread) < MOST_TOLD:
                    self.unread.append(Unread(path, row))
                continue
            held.append(row)
            if len(held) == _AT_ONCE:
                self._write(held)
                advance(len(held))
                held = []
        self._write(held)
        advance(len(held))

    def _write(self, legs: Sequence[Leg]) -> None:
        self._database.execute("BEGIN")
        numbered = list(enumerate(legs, start=self.rows + 1))
        self._database.executemany(
            "INSERT INTO leg (id, call, taken, sealed) VALUES (?, ?, 0, ?)",
            [
                (number, self._call(leg, number), self._sealed(leg, number))
                for number, leg in numbered
            ],
        )
        self._database.executemany(
            "INSERT OR IGNORE INTO having (code, leg) VALUES (?, ?)",
            [
                (self._code(how, key), number)
                for number, leg in numbered
                for how, key in keys_of_leg(leg, self._tolerance)
            ],
        )
        self._database.execute("COMMIT")
        self.rows += len(legs)
        self.tells_md5 = self.tells_md5 or any("md5" in leg.call.said for leg in legs)

    def _candidates(
        self, recordings: Iterable[RecordingFacts]
    ) -> tuple[list[CallRecord], dict[int, int]]:
        """The calls with a key of one of the recordings, and the row of each of their legs."""
        codes = {
            self._code(how, key)
            for facts in recordings
            for how, key in keys_of_recording(facts, self._tolerance)
        }
        calls = set(
            self._asked("SELECT call FROM having JOIN leg ON id = leg WHERE code IN", codes)
        )
        rows = self._asked("SELECT id, sealed FROM leg WHERE call IN", {call for (call,) in calls})
        legs = {number: self._opened(sealed, number) for number, sealed in rows}
        return calls_of(legs.values()), {id(leg): number for number, leg in legs.items()}

    def _asked(self, query: str, values: set[int]) -> Iterator[tuple[Any, ...]]:
        every = sorted(values)
        for start in range(0, len(every), _AT_ONCE):
            some = every[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            yield from self._database.execute(f"{query} ({marks})", some)

    def _is_taken(self, number: int) -> bool:
        (taken,) = self._database.execute(
            "SELECT taken FROM leg WHERE id = ?", (number,)
        ).fetchone()
        return bool(taken)

    def _call(self, leg: Leg, number: int) -> int:
        """What the legs of one call have in common; a leg without a key is alone."""
        return self._code("call", f"{leg.call.system} {leg.key}" if leg.key else f"#{number}")

    def _code(self, how: str, key: str) -> int:
        told = f"{how}\n{key}".encode(errors="surrogatepass")
        digest = hashlib.blake2b(told, digest_size=_CODE_BYTES, key=self._coding).digest()
        return int.from_bytes(digest, signed=True)

    def _sealed(self, leg: Leg, number: int) -> bytes:
        told = {"key": leg.key, "leg": as_leg(leg), "system": leg.call.system}
        return primitives.seal(self._sealing, canonical(told), number.to_bytes(_CODE_BYTES))

    def _opened(self, sealed: bytes, number: int) -> Leg:
        told = parse(primitives.open_sealed(self._sealing, sealed, number.to_bytes(_CODE_BYTES)))
        return leg_from(told["leg"], System(told["system"]), told["key"])


class LatestRecords:
    """Files of call records that grow while recordings come in: read again when they have."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._stamps: list[tuple[int, int]] = []
        self._hand: RecordsAtHand | None = None

    def read(self, config: Config) -> RecordsAtHand | None:
        """What the files hold now; None: there are no files.

        Raises: as `RecordsAtHand.read`.
        """
        if not self._paths:
            return None
        stamps = [_stamp(path) for path in self._paths]
        if self._hand is None or stamps != self._stamps:
            if self._hand is not None:
                self._hand.close()
            self._hand = records_of(config, self._paths, telephone_setup(config), lambda _: None)
            self._stamps = stamps
        return self._hand


def records_of(
    config: Config, paths: Sequence[Path], setup: Setup, advance: Callable[[int], None]
) -> RecordsAtHand:
    """The records in these files, joined within the tolerance that the practice has set.

    Raises: as `RecordsAtHand.read`.
    """
    tolerance = timedelta(seconds=config.telephone.record_tolerance_seconds)
    return RecordsAtHand.read(paths, setup, tolerance=tolerance, advance=advance)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0  # reading it will tell
    return status.st_size, status.st_mtime_ns
