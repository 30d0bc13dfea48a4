"""Releases that were cut off: known again, cleared away, and what was granted given back.

While a release is made, a note of it lies in the releaser's own state folder, locked by the run
that makes it. A note that nobody locks is of a run that was killed, or that failed when its drive
was pulled out. Its package, if it has one, opens for nobody: its passphrase was shown to nobody and
is kept nowhere. So the package is taken away, and the grants of a run that was killed come back
into use, by an entry of the releaser's own.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from callrec.catalogue.engine import reading
from callrec.errors import CallrecError, Failed
from callrec.package.whole import leftovers_of
from callrec.release.record import has_failed, is_under_way, record_failed
from callrec.system.files import sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.practice import Actor, Practice

CUT_OFF: Final = "the run was cut off"
"""Why such a release failed, as the log says it."""


@dataclass(frozen=True, slots=True)
class BegunRelease:
    """A release that somebody began."""

    release: str
    """Its id."""
    request: str
    """The request's id."""
    releaser: str
    """Id of the person."""
    target: str
    """Where its package was to be."""

    @property
    def left(self) -> tuple[Path, ...]:
        """The files of it that are there: whole under its name, or unfinished."""
        target = Path(self.target)
        return (*([target] if target.is_file() else []), *leftovers_of(target))

    @property
    def is_cleared(self) -> bool:
        """Whether nothing of it is left; not where its drive is gone, which may come back."""
        return Path(self.target).parent.is_dir() and not self.left


@contextmanager
def noting_release(practice: Practice, begun: BegunRelease) -> Iterator[None]:
    """Keep a note while a release is made; it goes once the log says how the release ended.

    Where the log cannot be asked, the package not be taken away or the note not be removed, the
    next release sees to it.

    Raises:
        Failed: the state folder cannot be written.
    """
    note, file = _write(practice, begun)
    with file:
        try:
            yield
        except BaseException:
            with suppress(CallrecError, OSError):
                if begun.is_cleared and not _is_open(practice, begun):
                    note.unlink()
            raise
        with suppress(OSError):  # this release's passphrase is shown all the same
            note.unlink()


def cut_off_releases(practice: Practice) -> tuple[BegunRelease, ...]:
    """The releases that this operator's runs began and that nothing ended, while none is running.

    Raises:
        Tampered: the log is not as it was written.
    """
    return tuple(
        begun for begun in _unlocked(practice) if begun.request and _is_open(practice, begun)
    )


def give_back_cut_off(practice: Practice, actor: Actor) -> None:
    """Clear away what the actor's own runs left, and put what was granted back into use.

    Raises:
        Failed: the log, or the drive with what was left, cannot be written.
        Tampered: the log is not as it was written.
    """
    for begun in cut_off_releases(practice):
        if begun.releaser == actor.person.id:
            _take_away(begun)
            record_failed(practice, actor, begun.request, begun.release, CUT_OFF)
    under_way = {begun.release for begun in cut_off_releases(practice)}
    for begun in _unlocked(practice):
        if begun.release in under_way:
            continue
        if begun.request and _has_failed(practice, begun):
            _take_away(begun)
            if not begun.is_cleared:
                continue
        (_folder(practice) / begun.release).unlink(missing_ok=True)


def _take_away(begun: BegunRelease) -> None:
    try:
        for path in begun.left:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise Failed(
            f"what a release that failed has left cannot be taken away: {error.strerror}",
            hint=f'see to "{Path(begun.target).parent}", then run the same command again',
        ) from error


def _has_failed(practice: Practice, begun: BegunRelease) -> bool:
    with reading(practice.engine) as connection:
        return has_failed(practice, connection, begun.request, begun.release)


def _is_open(practice: Practice, begun: BegunRelease) -> bool:
    """Whether the log, as it is now that nobody has the note, says that it was begun, no more."""
    with reading(practice.engine) as connection:
        return is_under_way(practice, connection, begun.request, begun.release)


def _write(practice: Practice, begun: BegunRelease) -> tuple[Path, BinaryIO]:
    folder = _folder(practice)
    note = folder / begun.release
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _locked(note)
        file.write(json.dumps([begun.request, begun.releaser, begun.target]).encode())
        file.flush()
        os.fsync(file.fileno())
        sync(folder, folder.parent)  # without its name a power cut leaves no note
    except OSError as error:
        raise Failed(
            f"no note can be kept of the release: {error.strerror}",
            hint=f'make room for, or give yourself, "{folder}"',
        ) from error
    return note, file


def _locked(note: Path) -> BinaryIO:
    """A new note, locked. Another run may find it before, and clear it away: it is made again."""
    while True:
        file = os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        if _is_there(file):
            return file
        file.close()


def _unlocked(practice: Practice) -> Iterator[BegunRelease]:
    """The notes that nobody has, each locked until the next is asked for."""
    folder = _folder(practice)
    for note in sorted(folder.iterdir()) if folder.is_dir() else ():
        with suppress(FileNotFoundError, BlockingIOError), note.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_there(file):
                yield _read(note.name, file.read())


def _is_there(file: BinaryIO) -> bool:
    """Whether a note still has its name: its run takes it away before it lets go of it."""
    return os.fstat(file.fileno()).st_nlink > 0


def _read(release: str, data: bytes) -> BegunRelease:
    try:
        request, releaser, target = json.loads(data)
    except (ValueError, TypeError, RecursionError):
        # Killed while it was written, before anything else was done.
        return BegunRelease(release, "", "", "")
    return BegunRelease(release, request, releaser, target)


def _folder(practice: Practice) -> Path:
    return practice.state_folder / "releases"
