"""Fetch sealed recordings back from a volume: what the vault lacks, or holds damaged.

A recording's name is the SHA-256 of its sealed bytes, so a file proves itself. What a drive gives
back differently is left there and reported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Final

from sqlalchemy import select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.dataclass import dataclass, field
from callrec.errors import CallrecError, Failed, Tampered
from callrec.policy.retention import RecordingState
from callrec.practice import Practice, storing, sweep_store
from callrec.system.files import will_read
from callrec.volume.bag import MANIFEST, MANIFEST_LINE, RECORDINGS, for_each_in_parallel, iter_lines
from callrec.volume.drive import drive_errors, open_untrusted
from callrec.volume.volume import Volume

ROWS_PER_QUERY = 500
"""Recordings that are made durable together."""
_AHEAD_BYTES: Final = 1 << 30  # 1 GiB: more than a drive gives while a password is typed


@dataclass(slots=True)
class Fetched:
    """What came back from a volume."""

    recordings: int = 0
    size_bytes: int = 0
    """Of the sealed files."""
    damaged: list[str] = field(default_factory=list)
    """Files on the volume, as they lie there, that are not what they are called."""


def begin_to_read(paths: Iterable[Path | str]) -> None:
    """Have the system read what will be copied, up to a GiB of it, beside what comes before.

    Nothing is told of what is not given: who copies it will tell.
    """

    def read() -> None:
        ahead = 0
        with suppress(CallrecError, OSError):
            for path in paths:
                with open_untrusted(path) as sealed:
                    will_read(sealed.fileno())
                    ahead += os.fstat(sealed.fileno()).st_size
                if ahead > _AHEAD_BYTES:
                    return

    Thread(target=read, daemon=True).start()


def fetch_all(
    practice: Practice,
    volumes: Iterable[Volume],
    *,
    check: bool,
    advance: Callable[[int], None],
    without: AbstractSet[str] = frozenset(),
) -> Fetched:
    """Take into the vault's store what it lacks and the volumes have."""
    done = Fetched()
    for volume in volumes:
        with storing(practice):
            sweep_store(practice)
            listed = files_on(volume, done.damaged)
            while paths := dict(islice(listed, ROWS_PER_QUERY)):
                named = _named(practice, list(paths), without)
                lacking = [name for name in named if _lacks(practice, name, check=check)]
                if lacking:
                    _take(practice, volume, {name: paths[name] for name in lacking}, done)
                advance(len(paths))
    return done


def count_files(volume: Volume) -> int:
    """How many recordings a volume's manifests list: how much there is to look at."""
    return sum(1 for _ in files_on(volume, []))


def names_in_manifest(manifest: Path) -> Iterator[str]:
    """The names of the recordings that a bag's manifest lists; of one that is too long, the first.

    Anybody who held the drive may have put a bag there: it keeps no other from being read.
    """
    with drive_errors(), suppress(Tampered):
        for line in iter_lines(manifest):
            if listed := MANIFEST_LINE.fullmatch(line):
                yield listed[1]


def files_on(volume: Volume, damaged: list[str]) -> Iterator[tuple[str, Path]]:
    """Each recording that a manifest lists, and where it lies.

    A manifest that the drive does not give is added to ``damaged``, and the others are read.
    """
    for bag in volume.bags():
        manifest = volume.bag_path(bag) / MANIFEST
        try:
            with drive_errors():
                is_plain = manifest.is_file() and not manifest.is_symlink()
            for name in names_in_manifest(manifest) if is_plain else ():
                yield name, volume.bag_path(bag) / RECORDINGS / name
        except Failed:
            damaged.append(manifest.relative_to(volume.at).as_posix())


def _named(practice: Practice, names: Sequence[str], without: AbstractSet[str]) -> Sequence[str]:
    """Those that a recording of the vault has for its file, and is not destroyed."""
    table = tables.recording.c
    query = select(table.uid, table.ciphertext).where(table.ciphertext.in_(names))
    with reading(practice.engine) as connection:
        rows = connection.execute(query.where(table.state == RecordingState.LIVE)).all()
    return [name for uid, name in rows if uid not in without]


def _lacks(practice: Practice, name: str, *, check: bool) -> bool:
    if not practice.store.has(name):
        return True
    if not check:
        return False
    with suppress(Tampered, Failed):
        practice.store.check(name)
        return False
    return True


def _take(practice: Practice, volume: Volume, wanted: Mapping[str, Path], done: Fetched) -> None:
    came: dict[str, str] = {}
    with practice.store.batch(primitives.random_id()) as batch:

        def put(name: str) -> None:
            try:
                with open_untrusted(wanted[name]) as sealed:
                    came[name] = batch.put(sealed)
            except OSError:  # the drive's; what the vault's disk says is Failed by now
                came[name] = ""  # this file is not given, and the others come

        for_each_in_parallel(list(wanted), put)
        right = [path for name, path in wanted.items() if came[name] == name]
        size_bytes = sum(path.stat().st_size for path in right)
        wrong = [path for name, path in wanted.items() if came[name] != name]
        done.damaged += [path.relative_to(volume.at).as_posix() for path in wrong]
        # Two may have come out alike, and one as another that came as it should.
        for found in {*came.values()} - {path.name for path in right} - {""}:
            batch.drop(found)
        batch.keep()
    done.recordings += len(right)
    done.size_bytes += size_bytes
