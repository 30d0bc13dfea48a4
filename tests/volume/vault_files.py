from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callrec.volume.bag import BagItem, BagReport

LITTLE = 16 << 20  # 16 MiB; what a drive may bring is without end

INFO = {"External-Identifier": "1e" * 16, "Bagging-Date": "2026-08-07"}


def vault_files(folder: Path, *contents: bytes) -> tuple[BagItem, ...]:
    """Files as a vault keeps them: each under the hash of its bytes."""
    folder.mkdir(exist_ok=True)
    items = []
    for content in contents:
        name = hashlib.sha256(content).hexdigest()
        (folder / name).write_bytes(content)
        items.append(BagItem(name, folder / name))
    return tuple(items)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, with its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@contextmanager
def taking_no_memory() -> Iterator[None]:
    """However much a drive brings, only a little of it is held at a time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < LITTLE
    finally:
        tracemalloc.stop()


def faults_of(report: BagReport) -> tuple[str, ...]:
    return (*report.damaged, *report.missing, *report.extra)
