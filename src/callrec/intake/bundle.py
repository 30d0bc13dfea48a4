"""A supplier's export as one more source: a zip of sounds, and a list that says what each is.

Nothing is unpacked: a sound is read where it lies, as a file of a spool is, and what the zip says
of itself is checked before. What is wrong with the zip as a whole refuses all of it before anything
is written. What is wrong with a row or a member leaves that out, named, and the rest goes on.

Format: PKWARE, APPNOTE.TXT 6.3.10. The bounds are ours: a zip can say that it holds more than any
disk.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipExtFile, ZipFile, ZipInfo

from callrec.dataclass import dataclass
from callrec.errors import Failed, NotFound, Unusable
from callrec.intake.reading import Undescribed, Unreadable, WrongChecksum
from callrec.intake.sources import (
    Found,
    Mark,
    NotRecording,
    Quarantined,
    Refusal,
    Source,
    is_plainly_none,
    why_not_a_file,
)
from callrec.system.files import open_to_read
from callrec.telephone.call import Call
from callrec.telephone.manifest import (
    MAX_MANIFEST_BYTES,
    Form,
    ManifestMap,
    ManifestRow,
    read_manifest,
)
from callrec.telephone.records.lines import NotUnderstood
from callrec.telephone.written import Setup

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_MEMBERS: Final = 100_000

MAX_SOUND_BYTES: Final = 4 * 1024**3
"""Of one sound: two days of telephone sound in two channels."""

MAX_RATIO: Final = 250
"""How many times its size in the zip a sound may have; silence has more, and is short."""

FREE_OF_RATIO_BYTES: Final = 64 * 1024**2
"""Up to this size a sound may be as small in the zip as it likes; of all together 16 times that."""

_MAX_READ: Final = 24 * 1024**2
"""What is read of the zip at once: no directory of so many members is larger."""

_ENCRYPTED: Final = 0x41
_UTF_8: Final = 0x800
"""Flags of a member."""

_LOCAL_HEADER_BYTES: Final = 30

_ARCHIVE: Final = re.compile(r"\.(zip|7z|rar|tar|t?gz|t?bz2|t?xz|zst|cab|iso)$", re.IGNORECASE)
_DRIVE: Final = re.compile(r"[A-Za-z]:")

_NOT_A_ZIP: Final = (
    *(BadZipFile, NotImplementedError, RuntimeError, ValueError, LookupError),
    *(OverflowError, EOFError, struct.error, zlib.error),
)
"""What zipfile raises of bytes that are not as they should be."""

_DAMAGED: Final = "it is damaged in the export: its bytes are not those that were put in"
_MAX_OTHERS: Final = 5
"""Rows that are named beside one that names the same sound."""

_ASK_AGAIN: Final = "ask the supplier for it again"


class Bundle:
    """An export that is open."""

    def __init__(
        self, path: Path, opened: BinaryIO, members: ZipFile, form: ManifestMap, *, today: date
    ) -> None:
        """Check what it says of itself, and read its list.

        Raises:
            Unusable: it is refused as a whole.
        """
        self.path = path
        self.today = today
        """The day of the practice: a row of a later one is left out."""
        self.found: list[Found] = []
        """Its rows in their order, then what no row names."""
        self._opened = opened
        self._zip = members
        self._manifest = form.manifest.replace("\\", "/")
        self.item = "item" if form.form is Form.JSON else "line"
        """What its list calls a row."""
        infos = [info for info in members.infolist() if not info.filename.endswith("/")]
        check_whole(infos, os.fstat(opened.fileno()).st_size, members.start_dir)
        self._named: dict[str, list[ZipInfo]] = {}
        for info in infos:
            self._named.setdefault(_name_of(info), []).append(info)
        self._alike = Counter(name.casefold() for name, same in self._named.items() for _ in same)
        self._lines = defaultdict[str, list[int]](list)
        """By the name of a sound, of the rows that can be used the lines in which it stands."""
        self._pair(list(read_manifest(self._list_in(), form)))

    @property
    def size_bytes(self) -> int:
        """Of the sounds that are to be read."""
        return sum(each.mark.size_bytes for each in self.found if isinstance(each, Source))

    def look(self, info: ZipInfo) -> Mark:
        """Of the export as its path leads to it now, with the member's size."""
        now = Mark.of(self.path.lstat())
        return Mark(now.device, now.inode, info.file_size, now.modified_ns, now.changed_ns)

    def open(self, info: ZipInfo) -> ZipExtFile:
        """A member from its first byte on.

        Raises:
            Unreadable: it is not as the directory has it.
        """
        try:
            opened = self._zip.open(info)
        except _NOT_A_ZIP:
            raise Unreadable(_DAMAGED) from None
        assert isinstance(opened, ZipExtFile)  # noqa: S101  # it is opened for reading
        return opened

    def _list_in(self) -> bytes:
        infos = self._named.get(_normal(self._manifest), [])
        if len(infos) != 1:
            what = "more than one list" if infos else "no list"
            raise Unusable(
                f'the export has {what} "{self._manifest}", which the map names',
                hint='check "manifest" in the map' if not infos else _ASK_AGAIN,
            )
        why = _why_refused(infos[0])
        if why or infos[0].file_size > MAX_MANIFEST_BYTES:
            why = why or f"it is larger than {MAX_MANIFEST_BYTES // 1024**2} MiB"
            raise Unusable(f"the list in the export is refused: {why}", hint=_ASK_AGAIN)
        try:
            with MemberFile(self, infos[0]) as file:
                return file.readall()
        except Unreadable as problem:
            raise Unusable(f"the list: {problem.message}", hint=_ASK_AGAIN) from None

    def _pair(self, rows: Sequence[ManifestRow | NotUnderstood]) -> None:
        for row in rows:
            if isinstance(row, ManifestRow):
                self._lines[_normal(row.file)].append(row.line)
        for row in rows:
            if isinstance(row, NotUnderstood):
                self._refuse(self._manifest, f"{self.item} {row.line} of the list: {row.why}")
            else:
                self._take(row)
        for name in sorted(self._named.keys() - self._lines.keys() - {_normal(self._manifest)}):
            self._leave(name)

    def _take(self, row: ManifestRow) -> None:
        name = _normal(row.file)
        if why := self._why_left(row):
            self._refuse(name, f"{self.item} {row.line} of the list: {why}")
            return
        member = _Member(self, self._named[name][0], row)
        path = Path(f"{self.path}/{name}")
        self.found.append(Source(path, self.path.parent, member.look(), member))

    def _why_left(self, row: ManifestRow) -> str:
        """Why a row and its sound are left; empty: they are not."""
        name = _normal(row.file)
        others = (line for line in self._lines[name] if line != row.line)
        if listed := ", ".join(map(str, islice(others, _MAX_OTHERS))):
            return f"the same sound is named in {self.item} {listed}"
        if self._alike[name.casefold()] > 1:
            return "the export has more than one sound of this name, small and capital alike"
        infos = self._named.get(name)
        return _why_refused(infos[0]) if infos else "its sound is not in the export"

    def _leave(self, name: str) -> None:
        """Of what no row names: what is plainly no sound is only counted."""
        why = next(filter(None, map(_why_refused, self._named[name])), "")
        if not why and is_plainly_none(name.rpartition("/")[2]):
            self.found.append(NotRecording())
            return
        self._refuse(name, why or "no row of the list that can be used names it")

    def _refuse(self, name: str, why: str) -> None:
        # As text: a name that begins with a slash would lead elsewhere.
        self.found.append(Quarantined(Path(f"{self.path}/{name}"), why, Refusal.DESCRIPTION))


@contextmanager
def open_bundle(path: Path, form: ManifestMap, *, today: date) -> Iterator[Bundle]:
    """Open an export, and find what is in it.

    Raises:
        NotFound, Failed: there is no such file, or it cannot be read.
        Unusable: it is not a zip, or refused as a whole.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  # links stay
    try:
        file = open_to_read(absolute, follows_links=True)
    except FileNotFoundError:
        raise NotFound(f'there is no export "{path}"', hint="check its name") from None
    except OSError as error:
        raise Failed(f'"{path}" cannot be read: {error.strerror}') from None
    with _BoundedFile(file) as opened:
        if why := why_not_a_file(os.fstat(opened.fileno())):
            raise Unusable(f'"{path}": {why}', hint="give the export as one zip")
        try:
            members = ZipFile(opened)
        except (*_NOT_A_ZIP, OSError):
            raise Unusable(f'"{path}" is not a zip, or is cut short', hint=_ASK_AGAIN) from None
        with members:
            yield Bundle(absolute, opened, members, form, today=today)


def check_whole(infos: list[ZipInfo], size_bytes: int, end: int) -> None:
    """Check what a zip of so many bytes says of itself; ``end``: where its directory begins.

    Raises:
        Unusable: it has too many members, they lie over each other, or all are too large.
    """
    if len(infos) > MAX_MEMBERS:
        raise _too_many()
    total = sum(info.file_size for info in infos)
    if total > max(16 * FREE_OF_RATIO_BYTES, MAX_RATIO * size_bytes):
        what = f"the export would be {total // 1024**3} GiB, more than {MAX_RATIO} times its size"
        raise Unusable(f"{what}: it is refused as a zip bomb", hint=_ASK_AGAIN)
    begins = sorted((info.header_offset, info.compress_size) for info in infos)
    for (start, compressed), (next_start, _) in pairwise([*begins, (end, 0)]):
        if start < 0 or start + _LOCAL_HEADER_BYTES + compressed > next_start:
            raise Unusable(
                "members of the export lie over each other: it is refused as a zip bomb",
                hint=_ASK_AGAIN,
            )


class MemberFile(io.RawIOBase):
    """A member that is read from any place. What was read from its first byte to its last is whole.

    zipfile stops to check once it was asked for another place: going back opens it anew.
    """

    def __init__(self, bundle: Bundle, info: ZipInfo) -> None:
        super().__init__()
        self._bundle = bundle
        self._info = info
        self._file = bundle.open(info)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._file.read(len(view))
        except _NOT_A_ZIP:
            raise Unreadable(_DAMAGED) from None
        if len(view) and not data and self._file.tell() != self._info.file_size:
            raise Unreadable(_DAMAGED)  # it is shorter than it says, whatever its checksum
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_SET and not offset:
            self._file.close()
            self._file = self._bundle.open(self._info)
            return 0
        try:
            return self._file.seek(offset, whence)
        except _NOT_A_ZIP:
            raise Unreadable(_DAMAGED) from None

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Member:
    """A sound of an export, with its row."""

    bundle: Bundle
    info: ZipInfo
    row: ManifestRow

    @property
    def line(self) -> int:
        return self.row.line

    @property
    def place(self) -> str:
        return f"{self.bundle.item} {self.line}"

    def open(self) -> MemberFile:
        return MemberFile(self.bundle, self.info)

    def look(self) -> Mark:
        return self.bundle.look(self.info)

    def call(self, setup: Setup) -> Call:
        call = self.row.call(setup)
        if call.started_at.astimezone(setup.zone).date() > self.bundle.today:
            raise Undescribed(f"{self.place} of the list: its day is still to come")
        return call

    def check(self, sha256: str) -> None:
        if self.row.sha256 not in {"", sha256}:
            raise WrongChecksum("its SHA-256 is not the one that the list has")


class _BoundedFile(io.BufferedReader):
    """A file of which nobody reads more at once than fits into memory, whatever it says itself."""

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = _MAX_READ + 1 if size is None or size < 0 else size
        data = super().read(min(wanted, _MAX_READ + 1))
        if len(data) > _MAX_READ:
            raise _too_many()
        return data


def _too_many() -> Unusable:
    return Unusable(
        f"the export has more than {MAX_MEMBERS:,} members, or says so",
        hint="ask the supplier for it in parts",
    )


def _name_of(info: ZipInfo) -> str:
    """A member's name as people read it; many programs write UTF-8 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & _UTF_8:
        with suppress(ValueError):
            name = name.encode("cp437").decode("utf-8")
    return _normal(name.replace("\\", "/"))


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _why_refused(info: ZipInfo) -> str:
    """Why a member is not taken whatever it holds; empty: it may be."""
    name, kind = _name_of(info), stat.S_IFMT(info.external_attr >> 16)
    reasons = (
        (not name.isprintable(), "its name holds signs that cannot be shown"),
        (
            name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"),
            "its name leads out of the export",
        ),
        (kind not in {0, stat.S_IFREG}, "it is a link or a device, not a file"),
        (
            info.flag_bits & _ENCRYPTED,
            "it is encrypted; ask the supplier for it without a password",
        ),
        (
            info.compress_type not in {ZIP_STORED, ZIP_DEFLATED},
            "it is compressed in a way that is not read; ask for a zip with Deflate",
        ),
        (_ARCHIVE.search(name), "it is an archive within the export, and is not opened"),
        (info.file_size > MAX_SOUND_BYTES, f"it is larger than {MAX_SOUND_BYTES // 1024**3} GiB"),
        (
            info.file_size > max(FREE_OF_RATIO_BYTES, MAX_RATIO * info.compress_size),
            f"it would be more than {MAX_RATIO} times its size in the export, as a zip bomb is",
        ),
    )
    return next((why for is_so, why in reasons if is_so), "")
