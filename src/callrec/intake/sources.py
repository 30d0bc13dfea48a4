"""Find what to take in.

A folder that is named may be a link. What is found in it is never followed: a link that leads out
of the folder, a pipe, a device or a socket is left where it is and listed. Files that are plainly
no recordings, by their suffix or because they are hidden, are only counted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from callrec.dataclass import dataclass, field
from callrec.errors import CallrecError, NotFound, Unusable
from callrec.system.paths import lies_in

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from callrec.telephone.call import Call
    from callrec.telephone.written import Setup

NOT_RECORDINGS: Final = frozenset(
    {
        *(".csv", ".db", ".ini", ".json", ".log", ".txt", ".xml"),
        *(".asc", ".md5", ".sha256", ".sig", ".tsr"),
    }
)
"""Suffixes of what telephone systems and desktops leave beside recordings."""

LISTS_OF_SUMS: Final = frozenset({"md5sums", "sha256sums"})
"""Names, in small letters, of files that have the checksums of a folder."""

MISDATED: Final = "its call is dated before 2000 or in the future"
"""Why it is left."""

_NAME_ITS_FOLDER: Final = "name the folder that the telephone system writes to"

_NO_FILE: Final = {
    stat.S_IFDIR: "it is a folder",
    stat.S_IFLNK: "it is a link, which is not followed",
    stat.S_IFIFO: "it is a pipe, not a file",
    stat.S_IFSOCK: "it is a socket, not a file",
    stat.S_IFCHR: "it is a device, not a file",
    stat.S_IFBLK: "it is a device, not a file",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells that a file is still the one that was seen before, unchanged."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    """Nanoseconds since 1970."""
    changed_ns: int = field(default=0, compare=False)
    """When its inode changed; a second name that is given to it, or taken, changes that too."""

    @classmethod
    def of(cls, status: os.stat_result) -> Mark:
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )

    def is_same_file(self, other: Mark) -> bool:
        return (self.device, self.inode) == (other.device, other.inode)


class SoundFile(Protocol):
    """A source while it is read: as ``io.FileIO`` is."""

    def read(self, size: int = -1, /) -> bytes: ...
    def readall(self) -> bytes: ...
    def readinto(self, buffer: WriteableBuffer, /) -> int: ...
    def readable(self) -> bool: ...
    def seek(self, offset: int, whence: int = ..., /) -> int: ...
    def tell(self) -> int: ...


class Member(Protocol):
    """A file within a file: its sound, and what the list beside it says of the call."""

    @property
    def line(self) -> int:
        """Of its row in the list, from 1."""

    @property
    def place(self) -> str:
        """That, in words: ``line 3``."""

    def open(self) -> AbstractContextManager[SoundFile]:
        """Its bytes from the first on; to read them all checks them."""

    def look(self) -> Mark:
        """Of the file that it is in, as that is now, with this one's size."""

    def call(self, setup: Setup) -> Call:
        """The call that it holds.

        Raises:
            Unusable: there was no such call yet.
        """

    def check(self, sha256: str) -> None:
        """Check its SHA-256 against the one that was said, if any."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be a recording."""

    path: Path
    """Absolute; of a member, as if the file that it is in were a folder."""
    root: Path
    """The folder that was named; of a file that was named, its folder."""
    mark: Mark
    member: Member | None = None
    """None: it is a file of its own."""

    def look(self) -> Mark:
        """As it is now.

        Raises:
            OSError: it is not there.
        """
        return self.member.look() if self.member else Mark.of(os.lstat(self.path))

    @property
    def inside(self) -> Path:
        """The path as seen from the root."""
        return self.path.relative_to(self.root)


class Refusal(StrEnum):
    """Why something stays where it is, in one word, as the summary of a run counts it."""

    NO_SOUND = "no-sound"
    """By its bytes it is none that is known: text, an empty file, cipher."""
    UNREADABLE = "unreadable"
    """It could not be read at all: rights, a failing disk, no ordinary file."""
    UNSETTLED = "unsettled"
    """Somebody still writes to it: it is worth another try in a moment."""
    DESCRIPTION = "description"
    """Its description, or its own time, cannot be understood."""
    CHECKSUM = "checksum"
    """It is not the file that its telephone system made."""
    UNVOUCHED = "unvouched"
    """Its telephone system has not signed it, which the practice's rules ask for."""
    UNRECOGNISED = "unrecognised"
    """No telephone system that is known writes such a name, and nobody said to take it in."""
    LEFT = "left"
    """It was taken in, but could not be deleted or moved."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What was not taken in, and stays where it is."""

    path: Path
    why: str
    """In a few words, with nothing of the call in them."""
    refusal: Refusal = Refusal.NO_SOUND


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A source, and whether its recording was read back and is the same, byte for byte."""

    source: Source
    uid: str
    sha256: str
    """Of the original, in hex."""
    problem: CallrecError | OSError | None
    """None: it is the same."""


@dataclass(frozen=True, slots=True)
class NotRecording:
    """A file, or a hidden folder, that is plainly none."""


Found: TypeAlias = Source | Quarantined | NotRecording


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to do before it begins."""

    files: int
    """Those that are not plainly something else."""
    size_bytes: int


def check_paths(paths: Sequence[Path], vault: Path) -> None:
    """Check what was named, before anything is read.

    Raises:
        NotFound: there is no such file or folder.
        Unusable: it holds the vault, or lies in it.
    """
    for position, path in enumerate(paths, start=1):
        if not os.path.lexists(path):
            what = f"PATH {position} is no file and no folder"
            raise NotFound(what, hint="check how it is spelt")
        if lies_in(path, vault) or lies_in(vault, path):
            what = f"PATH {position} holds the vault itself, or lies in it"
            raise Unusable(what, hint=_NAME_ITS_FOLDER)


def survey(paths: Sequence[Path], *, may_be_none: bool = False) -> Survey:
    """How much there is.

    Raises:
        NotFound: nothing at all that could be a recording, or that should have been one, and this
            is not said to be as well.
    """
    files = size = ignored = 0
    for found in find_sources(paths):
        match found:
            case Source():
                files, size = files + 1, size + found.mark.size_bytes
            case Quarantined():
                files += 1
            case NotRecording():
                ignored += 1
    if not files and not may_be_none:
        others = f"; files of other kinds: {ignored}" if ignored else ""
        raise NotFound(f"no recordings found{others}", hint=_NAME_ITS_FOLDER)
    return Survey(files, size)


def find_sources(paths: Iterable[Path]) -> Iterator[Found]:
    """Everything under the paths, folders in the order of their names, and in each what is older.

    Law: every file is yielded once for each path that leads to it.
    """
    for named in paths:
        path = Path(os.path.abspath(named))  # noqa: PTH100  # Path.resolve would follow a link
        if path.is_dir():
            yield from _walk(path)
        else:
            yield _judged(str(path), path.parent)


def find_changed(path: Path, roots: Iterable[Path]) -> Iterator[Found]:
    """What now lies at a path that has changed, as ``find_sources`` tells it."""
    for root in roots:
        if path == root or not path.is_relative_to(root):
            continue
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        # What tells of changes may follow links to folders; here that is never done.
        folder = Path(os.path.realpath(root)) / inside.parent
        if hidden or Path(os.path.realpath(path.parent)) != folder or not os.path.lexists(path):
            continue
        if path.is_symlink():
            yield _led(path, root)
        elif path.is_dir():
            yield from _walk(root, path)
        elif not is_plainly_none(path.name):
            yield _judged(str(path), root)


def is_plainly_none(name: str) -> bool:
    """Whether a file of this name, found in a folder, is not a recording."""
    suffix = os.path.splitext(name)[1].casefold()  # noqa: PTH122  # ten times faster
    return name.startswith(".") or suffix in NOT_RECORDINGS or name.casefold() in LISTS_OF_SUMS


def _walk(root: Path, start: Path | None = None) -> Iterator[Found]:
    waiting = [start or root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=_written_at)
        except OSError as error:
            yield Quarantined(folder, read_error_text(error), Refusal.UNREADABLE)
            continue
        sidecars = _sidecars(entry.name for entry in entries)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                waiting.append(Path(entry.path))
            elif entry.name in sidecars:
                continue
            elif is_plainly_none(entry.name):
                yield NotRecording()
            elif entry.is_symlink():
                yield _led(Path(entry.path), root)
            else:
                yield _judged(entry.path, root)
        waiting.sort(reverse=True)


def _written_at(entry: os.DirEntry[str]) -> tuple[int, str]:
    """Names tell whose calls they are: in their order, so would places and times in the vault."""
    try:
        return os.lstat(entry).st_mtime_ns, entry.name  # entry.stat would keep all that it is told
    except OSError:  # it is gone, or closed to us: that is told in its turn
        return 0, entry.name


def _led(link: Path, root: Path) -> Quarantined | NotRecording:
    if not os.path.exists(link):  # noqa: PTH110  # Path.exists raises where a folder is closed to us
        return Quarantined(link, "it is a link that leads nowhere", Refusal.UNREADABLE)
    if not lies_in(link, root):
        return Quarantined(link, "it is a link that leads out of the folder", Refusal.UNREADABLE)
    return NotRecording()  # what it leads to comes in by itself


def _judged(path: str, root: Path) -> Source | Quarantined:
    try:
        status = os.lstat(path)
    except OSError as error:
        return Quarantined(Path(path), read_error_text(error), Refusal.UNREADABLE)
    if why := why_not_a_file(status):
        return Quarantined(Path(path), why, Refusal.UNREADABLE)
    return Source(Path(path), root, Mark.of(status))


def why_not_a_file(status: os.stat_result) -> str:
    """Why this is not an ordinary file; empty where it is one."""
    return _NO_FILE.get(stat.S_IFMT(status.st_mode), "")


def read_error_text(error: OSError) -> str:
    """What the system says of a file, without its name."""
    return f"it cannot be read: {(error.strerror or 'for no reason told').lower()}"


def _sidecars(names: Iterable[str]) -> frozenset[str]:
    """Those JSON files that belong to another file of the folder (telephone.sidecar)."""
    split = {name: os.path.splitext(name) for name in names}  # noqa: PTH122  # as above
    owners = split.keys() | {stem for stem, suffix in split.values() if suffix != ".json"}
    sidecars = {name: stem for name, (stem, suffix) in split.items() if suffix == ".json"}
    return frozenset(name for name, stem in sidecars.items() if stem in owners)
