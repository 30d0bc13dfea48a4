"""External drives, as folders; and what a test does to them."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from callrec.archive import attached as elsewhere
from callrec.archive import copy as archive_copy
from callrec.archive import run as archive_procedure
from callrec.archive.log import Removed
from callrec.archive.run import Archived, archive_recordings
from callrec.archive.survey import FaultKind, VolumeReport, verify_volume
from callrec.audit.log import read_leaf, stored_head
from callrec.catalogue.engine import reading
from callrec.errors import Failed
from callrec.registers.verify import check_vault
from callrec.volume.drive import disk_of
from callrec.volume.volume import CopyHashes
from house.practices import House
from house.requests import rows
from house.spool import a_call, take_in

LONG = 3 << 20  # 3 MiB

LARGEST_FILE = 1 << 20  # 1 MiB: more than the catalogue of these practices, less than a long call


def drive(house: House, name: str = "drive-a") -> Path:
    """A drive beside the practice; it is copied with it."""
    at = house.folder / name
    at.mkdir(exist_ok=True)
    return at


def stand_alone(patch: pytest.MonkeyPatch) -> None:
    """Let each folder called drive, drive-a and so on be a drive of its own."""

    def disk(folder: Path) -> str:
        return folder.name if folder.name.startswith("drive") else disk_of(folder)

    patch.setattr(elsewhere, "disk_of", disk)
    patch.setattr(archive_procedure, "serial_of", lambda _: None)


def newest_alone(at: Path) -> None:
    """Leave one generation of the catalogue on a drive."""
    time = last(at / "catalogue", "*.sealed").name.partition(".")[0]
    for path in (at / "catalogue").iterdir():
        if not path.name.startswith(time):
            path.unlink()


def give_up_copy(at: Path) -> None:
    """Take the copy of the catalogue off a drive, as somebody does by hand."""
    for path in (at / "catalogue").iterdir():
        path.unlink()


def archive(
    house: House,
    to: Path,
    *,
    by: str = "max",
    started_before: datetime | None = None,
    label: str | None = None,
) -> Archived:
    """Archive as one command does."""
    actor = house.actor(by)
    done = archive_recordings(
        house.practice, actor, to, started_before=started_before, label=label, check=check_vault
    )
    house.open()
    return done


def remove_local(house: House, to: Path) -> Removed:
    """Archive and let the vault go of its files, as one command does."""
    done = archive_recordings(
        house.practice, house.actor("max"), to, removes=True, check=check_vault
    )
    house.open()
    assert done.removed is not None
    return done.removed


def verify(house: House, at: Path) -> VolumeReport:
    """Verify as one command does, with nobody there."""
    return verify_volume(house.open(), at, lambda _: None)


def faults(report: VolumeReport) -> list[tuple[FaultKind, str]]:
    return [(fault.kind, fault.path) for fault in report.faults]


def one_more_call(house: House) -> None:
    """One that the vault does not hold yet."""
    spool = house.folder / "spool"
    take_in(house, a_call(spool, len([*spool.iterdir()]) + 20))
    house.open()


def with_long_call(house: House) -> House:
    """The same practice with a recording of 3 MiB more."""
    take_in(house, a_call(house.folder / "spool", 7, size_bytes=LONG))
    house.open()
    return house


def archived_twice(house: House) -> None:
    """Its drive-a is written to on two days: bags of three recordings and one."""
    take_in(house, *(a_call(house.folder / "spool", call) for call in range(3)))
    archive(house, drive(house))
    one_more_call(house)
    house.at = house.at.replace(day=25)
    archive(house, drive(house))


def on_two_drives(house: House) -> None:
    """The same four recordings, on drive-b too."""
    archived_twice(house)
    archive(house, drive(house, "drive-b"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder and below."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def not_readable(house: House) -> Iterator[str]:
    """The recordings that are neither in the vault nor, let go of, on both drives."""
    on_drives = [
        {path.rpartition("/")[2] for path in contents(house.folder / each / "bags")}
        for each in ("drive-a", "drive-b")
    ]
    for row in rows(house, "SELECT ciphertext, state FROM recording"):
        is_on_both = all(row.ciphertext in each for each in on_drives)
        if not (
            house.practice.store.has(row.ciphertext) or (row.state == "archived" and is_on_both)
        ):
            yield f"{row.ciphertext} is {row.state}, and not readable"


def only(folder: Path, pattern: str = "*") -> Path:
    """The one that there is."""
    (found,) = folder.glob(pattern)
    return found


def last(folder: Path, pattern: str = "*") -> Path:
    return max(folder.glob(pattern))


def flip(path: Path, at: int = -1) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def acts(house: House, count: int) -> list[tuple[str, str]]:
    """Act and outcome of the last leaves."""
    with reading(house.practice.engine) as connection:
        size = stored_head(connection).size
        leaves = [read_leaf(connection, seq)[0] for seq in range(size - count, size)]
    return [(leaf.act, leaf.outcome) for leaf in leaves]


@contextmanager
def tight_drive(at: Path, size_bytes: int) -> Iterator[None]:
    """A drive on which so much fits, and nothing lies when it is taken away.

    Where mounting is not allowed, no file may grow beyond 1 MiB: that stops a write half-way too.
    """
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=0700", "tmpfs", str(at)]
    if subprocess.run(mount, check=False, capture_output=True).returncode == 0:
        try:
            yield
        finally:
            subprocess.run(["umount", str(at)], check=True)
    else:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write then fails with EFBIG
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)


def vanish(at: Path, kept: Path, *, bound: bool) -> None:
    """Take a drive away; ``bound``: as a mount, which lives on where it is kept; else a folder."""
    if bound:
        subprocess.run(["umount", "--lazy", str(at)], check=True)
    else:
        kept.rmdir()
        at.rename(kept)


def meanwhile(monkeypatch: pytest.MonkeyPatch, comes: Callable[[], object]) -> None:
    """Once a copy of the catalogue is on a drive, and before anything vouches for it."""
    actual = archive_copy.write_copy

    def write_copy(*args: Any, **named: Any) -> CopyHashes:
        monkeypatch.setattr(archive_copy, "write_copy", actual)
        made = actual(*args, **named)
        comes()
        return made

    monkeypatch.setattr(archive_copy, "write_copy", write_copy)


def pulled_out(house: House, at: Path, away: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archive to a drive that is taken away with the copy of the catalogue on it, unstated."""

    with monkeypatch.context() as patched:
        meanwhile(patched, lambda: at.rename(away))
        with pytest.raises(Failed, match="gone"):
            archive(house, at)
    house.open()


def come_back(at: Path, kept: Path, *, bound: bool) -> None:
    """The same drive again, with what was written on it."""
    if bound:
        move = ["mount", "--move", str(kept), str(at)]
        if subprocess.run(move, check=False, capture_output=True).returncode != 0:
            subprocess.run(["mount", "--bind", str(kept), str(at)], check=True)
            subprocess.run(["umount", "--lazy", str(kept)], check=True)
    else:
        kept.rename(at)


def set_back(at: Path, earlier: Path) -> None:
    """Make a drive what it was on an earlier day."""
    shutil.rmtree(at)
    shutil.copytree(earlier, at)
