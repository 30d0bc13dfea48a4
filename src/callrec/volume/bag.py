"""BagIt bags, written and validated.

    bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
    data/recordings/<sha256>

A recording's name is the SHA-256 of its bytes: a copy that is read back and compared with its name
proves the vault's file and the drive's at once. A bag appears under its own name when all of it has
been read back from the drive. Until then it has a hidden name, and what a run that was cut off left
under one is not copied again.

Validating needs no key (docs/formats/archive.md, 3) and is stricter than RFC 8493 asks: a manifest
lists nothing but ``data/recordings/<sha256>`` under that very hash, so it can lead nowhere else;
the two manifests list all there is; no link is followed.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import stat
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Final, TypeVar

from callrec.crypto.primitives import sha256
from callrec.dataclass import dataclass
from callrec.errors import Failed, NotFound, Tampered
from callrec.system.drives import block_size
from callrec.system.files import Stored, move, remove_file, remove_folder, sync, sync_tree
from callrec.volume.drive import (
    PARTIAL_SUFFIX,
    SMALL_FILE_BYTES,
    check_read_back,
    copy_file,
    drive_errors,
    hash_on_medium,
    is_full,
    open_untrusted,
    reads_as,
    remove,
    require_space,
)

_T = TypeVar("_T")

RECORDINGS: Final = "data/recordings"
DECLARATION: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"

MAX_LISTED: Final = 2_000_000
"""Lines of a manifest that are read: more than the recordings of any practice."""

DECLARED: Final = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_HASH = re.compile(r"[0-9a-f]{64}")
_TAGS = frozenset({DECLARATION, INFO, MANIFEST})
MANIFEST_LINE: Final = re.compile(rf"([0-9a-f]{{64}})  ({RECORDINGS}/\1)\n")

_LINES = {
    MANIFEST: MANIFEST_LINE,
    TAG_MANIFEST: re.compile(rf"([0-9a-f]{{64}})  ({'|'.join(map(re.escape, sorted(_TAGS)))})\n"),
}
"""For each manifest the only lines that it may hold: a hash and a name."""

_THREADS = 6  # two processors are kept busy while others wait for the drive
_LONGEST_LINE = 148  # one byte more than a line has, so that a longer one is seen to be that
_LINE_BYTES = 200  # more than a manifest's line and a folder's entry take
_TAG_BYTES = 64 << 10  # 64 KiB: more than the tag files and folders take besides


@dataclass(frozen=True, slots=True)
class BagItem:
    """A recording to be put into a bag."""

    sha256: str
    """SHA-256 of its sealed bytes, lower-case hex: its name in the bag."""
    source: Path | str | Stored
    """Where the vault keeps it."""

    def __post_init__(self) -> None:
        if not _HASH.fullmatch(self.sha256):  # it comes out of a row, and names a file of the drive
            raise Tampered("the name of a recording's file is no SHA-256")


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag that was written, and read back from the drive."""

    path: Path
    size_bytes: int
    """Size of all its recordings, in bytes."""
    manifest_sha256: str
    """SHA-256 of manifest-sha256.txt, lower-case hex; stands for all that is in the bag."""
    left_out: frozenset[str] = frozenset()
    """Names of recordings that are not in it: where they lie, they are damaged or missing."""


def iter_lines(manifest: Path) -> Iterator[str]:
    """The lines of a manifest, none of them held: the drive comes from outside.

    A line that is longer than one can be comes in pieces, of which none is of a line's form.
    """
    with BufferedReader(open_untrusted(manifest)) as file:
        for _ in range(MAX_LISTED):
            line = file.readline(_LONGEST_LINE)
            if not line:
                return
            yield line.decode("ascii", "replace")
        if file.read(1):
            raise Tampered(f"the bag's {MANIFEST} has more lines than callrec writes")


def write_bag(
    at: Path,
    items: Sequence[BagItem],
    info: Mapping[str, str],
    *,
    begun: Path | None = None,
    extra_bytes: int = 0,
) -> Bag:
    """Copy recordings to a new bag, read them back from the drive, and only then let it appear.

    What is damaged or missing where it lies is left out, and the others come: one file must not
    keep all that comes after it from being archived. A bag of none does not appear.
    """
    partial = at.with_name(f".{at.name}{PARTIAL_SUFFIX}")
    with drive_errors():
        if at.exists():
            raise Failed("the drive holds a bag of that name already")
        if begun is not None:
            move(begun, partial)
        whole = _whole(partial, items)
    fresh = (item for item in items if item.sha256 not in whole)
    require_space(at.parent, space_needed(fresh, at.parent) + extra_bytes)
    try:
        with drive_errors():
            absent = _copy(partial, items, whole)
            # One sync costs less than one a file. It does not tell of errors: reading back does.
            sync_tree(partial)
            left_out = absent | _read_back(partial, items, whole | absent)
            came = sorted(item.sha256 for item in items if item.sha256 not in left_out)
            if not came:
                remove_folder(partial)
                return Bag(at, 0, "", left_out)
            size = sum(os.lstat(f"{partial}/{RECORDINGS}/{name}").st_size for name in came)
            oxum = {"Payload-Oxum": f"{size}.{len(came)}"}
            tags = write_tags(partial, came, {**info, **oxum})
            sync(*(partial / name for name in tags), partial)
            for name, digest in tags.items():
                check_read_back(partial / name, digest)
            move(partial, at)
            sync(at.parent)
    except BaseException as error:
        if is_full(error) or not _whole_files(partial):
            remove_folder(partial, ignore_errors=True)
        raise
    return Bag(at, size, tags[MANIFEST], left_out)


def space_needed(items: Iterable[BagItem], drive: Path) -> int:
    """Bytes that a bag of these will take on a drive, at most."""
    with drive_errors():
        block = block_size(drive)
    return _TAG_BYTES + sum(-(-_size_of(item) // block) * block + _LINE_BYTES for item in items)


def _size_of(item: BagItem) -> int:
    """Bytes of a recording where it lies; 0 where it is missing."""
    with suppress(FileNotFoundError, NotFound):
        source = item.source
        return os.lstat(source).st_size if isinstance(source, Path | str) else source.size()
    return 0


def _whole(partial: Path, items: Sequence[BagItem]) -> frozenset[str]:
    """What an unfinished bag holds of these, read from the drive; all else is removed from it.

    Anybody who holds the drive can write to it: nothing there is followed, and only hashes count.
    """
    folders = (partial, partial / RECORDINGS.split("/")[0], partial / RECORDINGS)
    if any(folder.is_symlink() or not folder.is_dir() for folder in folders):
        remove(partial)
        return frozenset()
    for folder, below in itertools.pairwise(folders):
        for path in folder.iterdir():
            if path != below:
                remove(path)
    wanted = {item.sha256 for item in items}
    whole: set[str] = set()

    def look(name: str) -> None:
        if name in wanted and reads_as(folders[-1] / name, name):
            whole.add(name)
        else:
            remove(folders[-1] / name)

    for_each_in_parallel([path.name for path in folders[-1].iterdir()], look)
    return frozenset(whole)


def _whole_files(partial: Path) -> bool:
    """Whether there is something in it to go on from."""
    with suppress(OSError):
        return next((partial / RECORDINGS).iterdir(), None) is not None
    return True  # a drive that does not tell keeps what it has


def _copy(bag: Path, items: Sequence[BagItem], whole: Collection[str]) -> frozenset[str]:
    """Copy recordings into a bag that is not whole; gives the names of those that were not there.

    Neither here nor after is anything held of each that came: there may be a million.
    """
    recordings = bag / RECORDINGS
    for folder in (bag, recordings.parent, recordings):
        folder.mkdir(exist_ok=True)  # one by one: a drive that is gone is not made again
    absent = set[str]()

    def copy(item: BagItem) -> None:
        if item.sha256 in whole:
            return
        try:
            copy_file(item.source, f"{recordings}/{item.sha256}")
        except (FileNotFoundError, NotFound, Tampered):
            if isinstance(item.source, Path | str) and Path(item.source).exists():
                raise  # it is the drive that is gone
            remove_file(recordings / item.sha256, missing_ok=True)
            absent.add(item.sha256)

    for_each_in_parallel(items, copy)
    return frozenset(absent)


def write_tags(bag: Path, recordings: Iterable[str], info: Mapping[str, str]) -> dict[str, str]:
    """Write a bag's tag files, and give the SHA-256 of each, in lower-case hex, by its name."""
    tags = {
        DECLARATION: [DECLARED],
        INFO: [f"{label}: {value}\n" for label, value in info.items()],
        MANIFEST: (f"{name}  {RECORDINGS}/{name}\n" for name in sorted(recordings)),
    }
    hashes = {name: _write_lines(bag / name, lines) for name, lines in tags.items()}
    lines = [f"{hashes[name]}  {name}\n" for name in sorted(hashes)]
    return {**hashes, TAG_MANIFEST: _write_lines(bag / TAG_MANIFEST, lines)}


def _write_lines(path: Path, lines: Iterable[str]) -> str:
    """Gives the SHA-256 of what was written, in hex."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for line in map(str.encode, lines):
            digest.update(line)
            file.write(line)
    return digest.hexdigest()


def _read_back(bag: Path, items: Sequence[BagItem], others: Collection[str]) -> frozenset[str]:
    """Read what was copied, all but those others; what was damaged before is taken away.

    Gives the names of what was.
    """
    damaged = set[str]()

    def check(item: BagItem) -> None:
        if item.sha256 in others:
            return
        copy = f"{bag}/{RECORDINGS}/{item.sha256}"
        try:
            check_read_back(copy, item.sha256)
        except Failed:
            # the drive may have given back, truly, what was wrong before it came there
            if _is_sound(item):
                raise
            remove_file(copy)
            damaged.add(item.sha256)

    for_each_in_parallel(items, check)
    return frozenset(damaged)


def _is_sound(item: BagItem) -> bool:
    """Whether a recording is what it is called, where it lies."""
    with suppress(FileNotFoundError, NotFound, Tampered):
        if isinstance(item.source, Path | str):
            return hash_on_medium(item.source) == item.sha256
        with item.source.open() as sealed:
            return hashlib.file_digest(sealed, "sha256").hexdigest() == item.sha256
    return False


def for_each_in_parallel(items: Sequence[_T], act: Callable[[_T], object]) -> None:
    """Do ``act`` to all of them, several at once; the first error stops the rest."""
    places = iter(range(len(items)))

    def work() -> None:
        try:
            for place in places:
                act(items[place])
        finally:
            deque(places, maxlen=0)  # nothing more is begun, by any thread

    with ThreadPoolExecutor(_THREADS) as threads:
        try:
            for worker in as_completed([threads.submit(work) for _ in range(_THREADS)]):
                worker.result()
        finally:
            deque(places, maxlen=0)


@dataclass(frozen=True, slots=True)
class BagReport:
    """What was found in a bag. Names are paths within it, sorted."""

    checked: int
    """How many recordings were read and compared with their names, whatever came of it."""
    damaged: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    """What no manifest lists."""
    manifest_sha256: str
    """SHA-256 of manifest-sha256.txt as it lies there, lower-case hex; empty if it is not listed. A
    bag can be exchanged whole, manifests and all: compare this with the bag's statement."""


def hash_of_manifest(bag: Path) -> str:
    """SHA-256, in hex, of a bag's manifest as it lies on the drive; empty where there is none."""
    path = bag / MANIFEST
    with drive_errors():
        return hash_on_medium(path) if path.is_file() else ""


def validate_bag(at: Path) -> BagReport:
    """Read all of a bag from the drive and compare it with its manifests."""
    with drive_errors():
        if not at.is_dir() or at.is_symlink():
            raise NotFound("the drive holds no such bag")
    names = set(_names_in(at))
    plain = {name for name in names if stat.S_ISREG((at / name).lstat().st_mode)}
    listed: dict[str, str] = {}
    damaged = {name for name in _LINES if name in plain and not _read_manifest(at / name, listed)}
    tags = {INFO, DECLARATION} & plain
    large = {name for name in tags if (at / name).lstat().st_size > SMALL_FILE_BYTES}
    found = _hashes(at, plain & listed.keys() - large)
    declared = sha256(DECLARED.encode()).hex()
    damaged |= large | {name for name in found if found[name] != listed[name]}
    if found.get(DECLARATION, declared) != declared:  # whatever the tag manifest says of it
        damaged.add(DECLARATION)
    required = {*_TAGS, TAG_MANIFEST, *listed}
    return BagReport(
        checked=sum(name.startswith(RECORDINGS) for name in found),
        damaged=tuple(sorted(damaged)),
        missing=tuple(sorted(required - plain)),
        extra=tuple(sorted(map(_printable, names - (required & plain)))),
        manifest_sha256=found.get(MANIFEST, ""),
    )


def _printable(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _names_in(bag: Path) -> Iterator[str]:
    # all but folders; a link to a folder is named, not entered
    for folder, folders, files in os.walk(bag):
        links = [name for name in folders if Path(folder, name).is_symlink()]
        within = "" if folder == str(bag) else f"{Path(folder).relative_to(bag).as_posix()}/"
        yield from (f"{within}{name}" for name in (*files, *links))


def _read_manifest(path: Path, listed: dict[str, str]) -> bool:
    # adds name -> SHA-256 of each good line; False if there are others, or some are wanting
    entries, lines = dict[str, str](), 0
    try:
        for line in iter_lines(path):
            lines += 1
            if match := _LINES[path.name].fullmatch(line):
                entries[match[2]] = match[1]
    except (OSError, Tampered):
        lines = -1
    listed.update(entries)
    return len(entries) == lines and (path.name == MANIFEST or entries.keys() == _TAGS)


def _hashes(bag: Path, names: Iterable[str]) -> dict[str, str]:
    # what cannot be read is as damaged as what reads differently: it has no hash
    found: dict[str, str] = {}

    def look(name: str) -> None:
        try:
            found[name] = hash_on_medium(bag / name)
        except OSError:
            found[name] = ""

    for_each_in_parallel(sorted(names), look)
    return found
