"""Fetch sealed recordings back from a volume: what the vault lacks, or holds damaged.

A recording's name is the SHA-256 of its sealed bytes, so a file proves itself. What a drive gives
back differently is left there and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.errors import Failed, Tampered
from callrec.intake.clearing import sweep_store
from callrec.practice import Practice
from callrec.volume.bag import (
    MANIFEST,
    MANIFEST_LINE,
    RECORDINGS,
    for_each_in_parallel,
    iter_lines,
)
from callrec.volume.drive import drive_errors, open_untrusted
from callrec.volume.volume import Volume

ROWS_PER_QUERY = 500
"""Recordings that are made durable together."""


@dataclass(slots=True)
class Fetched:
    """What came back from a volume."""

    recordings: int = 0
    size_bytes: int = 0
    """Of the sealed files."""
    damaged: list[str] = field(default_factory=list)
    """Files on the volume, as they lie there, that are not what they are called."""

    def add(self, other: Fetched) -> None:
        """Count what came from another volume as well."""
        self.recordings += other.recordings
        self.size_bytes += other.size_bytes
        self.damaged += other.damaged


def fetch(
    practice: Practice,
    volume: Volume,
    *,
    check: bool,
    advance: Callable[[int], None],
    without: AbstractSet[str] = frozenset(),
) -> Fetched:
    """Take into the vault's store what it lacks and a volume has."""
    done = Fetched()
    with practice.store.lock():
        sweep_store(practice)
        for names in _portions(_names_on(volume, done.damaged)):
            named = _wanted(practice, names, without)
            wanted = [(n, path) for n, path in named if _lacks(practice, n, check=check)]
            _take(practice, volume, wanted, done)
            advance(len(names))
    return done


def count_files(volume: Volume) -> int:
    """How many recordings a volume's manifests list: how much there is to look at."""
    return sum(1 for _ in _names_on(volume, []))


def names_in_manifest(manifest: Path) -> Iterator[str]:
    """The names of the recordings that a bag's manifest lists; of one that is too long, the first.

    Anybody who held the drive may have put a bag there: it keeps no other from being read.
    """
    with drive_errors(), suppress(Tampered):
        for line in iter_lines(manifest):
            if listed := MANIFEST_LINE.fullmatch(line):
                yield listed[1]


def _names_on(volume: Volume, damaged: list[str]) -> Iterator[tuple[str, Path]]:
    """Each recording that a manifest lists, and where it lies.

    A manifest that the drive does not give is added to ``damaged``, and the others are read.
    """
    for bag in volume.bags():
        manifest = volume.bag_path(bag) / MANIFEST
        try:
            with drive_errors():
                if not manifest.is_file() or manifest.is_symlink():
                    continue
            for name in names_in_manifest(manifest):
                yield name, volume.bag_path(bag) / RECORDINGS / name
        except Failed:
            damaged.append(manifest.relative_to(volume.at).as_posix())


def _portions(listed: Iterator[tuple[str, Path]]) -> Iterator[dict[str, Path]]:
    held: dict[str, Path] = {}
    for name, path in listed:
        held[name] = path
        if len(held) == ROWS_PER_QUERY:
            yield held
            held = {}
    if held:
        yield held


def _wanted(
    practice: Practice, names: dict[str, Path], without: AbstractSet[str]
) -> Sequence[tuple[str, Path]]:
    """Those that a recording of the vault has for its file, and is not destroyed."""
    table = tables.recording.c
    query = select(table.uid, table.ciphertext).where(
        table.ciphertext.in_(names), table.state == "live"
    )
    with reading(practice.engine) as connection:
        return [
            (name, names[name]) for uid, name in connection.execute(query) if uid not in without
        ]


def _lacks(practice: Practice, name: str, *, check: bool) -> bool:
    if not practice.store.has(name):
        return True
    if not check:
        return False
    try:
        practice.store.check(name)
    except (Tampered, Failed):
        return True
    return False


def _take(
    practice: Practice, volume: Volume, wanted: Sequence[tuple[str, Path]], done: Fetched
) -> None:
    if not wanted:
        return
    sizes: list[int] = []
    came: dict[str, str] = {}
    with practice.store.batch(primitives.random_id()) as batch:

        def put(each: tuple[str, Path]) -> None:
            name, path = each
            try:
                with open_untrusted(path) as sealed:
                    came[name] = batch.put(sealed)
            except OSError:  # the drive's; what the vault's disk says is Failed by now
                came[name] = ""  # this file is not given, and the others come

        for_each_in_parallel(wanted, put)
        for name, path in wanted:
            if came[name] == name:
                sizes.append(path.stat().st_size)
            else:
                done.damaged.append(path.relative_to(volume.at).as_posix())
        # Two may have come out alike, and one as another that came as it should.
        right = {name for name, found in came.items() if found == name}
        for found in {*came.values()} - right - {""}:
            batch.drop(found)
        batch.keep()
    done.recordings += len(sizes)
    done.size_bytes += sum(sizes)
