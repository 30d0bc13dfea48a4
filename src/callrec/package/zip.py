"""WinZip AE-2: written, and read again.

Programs differ in what they go by: a file's header or the directory, a name or another that stands
in an extra field, a size or where the sound happens to end. So all that is written twice must
be written alike, and what is not known to be harmless must not be there.
"""

from __future__ import annotations

import errno
import io
import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Final, NamedTuple

import pyzipper

from callrec.errors import Locked, Tampered, Unusable
from callrec.package.callrec_verify import Files
from callrec.package.package import Member
from callrec.package.sealed_page import COPY_AGAIN, HOW_TO_NAME_IT, NOT_A_PACKAGE, SIX_WORDS
from callrec.package.whole import normalise_passphrase, sha256_of, unfinished_package, write_all

_BESIDE: Final = "there is something in the zip beside its files"

_FIRST_OF_ZIP: Final = b"PK\3\4"
"""A zip's first bytes; pyzipper takes whatever ends in a zip's directory for one."""

_METHODS: Final = frozenset({pyzipper.ZIP_STORED, pyzipper.ZIP_DEFLATED})
"""How files lie in a zip: as ours writes them, or as another program writes them."""

_OTHER_ERRORS = (
    *(pyzipper.BadZipFile, struct.error, zlib.error, EOFError, NotImplementedError, OverflowError),
    *(RuntimeError, ValueError, AttributeError, LookupError, TypeError),
)
"""Besides OSError, what pyzipper may run into when it reads a zip that was changed."""

_BOTH: Final = struct.Struct("<HH4xIIIHH")
"""What header and directory both say: flags, method, checksum, sizes, lengths of name and extra."""

_BEHIND: Final = ("<III", "<IQQ")
"""Checksum and sizes that stand behind a file (4.3.9)."""

_END: Final = struct.Struct("<4s4H2IH")
"""A zip's last record (4.3.16), without a comment."""

_END_MOST: Final = (None, *[0xFFFF] * 4, *[0xFFFFFFFF] * 2, None)
"""What may stand in it where zip64's says it."""

_END_64: Final = struct.Struct("<4sQ4x2I4Q4sIQI")
"""Zip64's last record, without what made it, and where it is (4.3.14, 4.3.15)."""

_END_64_BYTES: Final = 44
"""Of the former of these, from what made it on."""

_SEALED, _DESCRIBED_BEHIND = 1, 8
"""Flags: it takes a passphrase; its checksum and sizes stand behind it (4.4.4)."""

_AES_METHOD: Final = 99

_ZIP64, _AES = 0x0001, 0x9901

_HARMLESS: Final = frozenset({_ZIP64, _AES, 0x000A, 0x5455, 0x5855, 0x7855, 0x7875})
"""Extra fields: besides sizes and AES-256, times, and whose a file was (4.5). Of all others some
name a file again (0x7075) or make it a link, and what else there may be nobody can know."""

_NO_FILE: Final = 0x08 | 0x10 | 0x40 | 0x400
"""Attributes of DOS and Windows: the name of a disk, a folder, a device, a link."""


class _EntryHeader(NamedTuple):
    """What a file's header says, or the directory of it (4.3.7, 4.3.12)."""

    flags: int
    method: int
    checksum: int
    stored_bytes: int
    size_bytes: int
    name: bytes
    extra: Mapping[int, bytes]
    """Its fields, each by its number."""


def files_of_zip(path: Path, passphrase: Callable[[], str], stack: ExitStack) -> Files:
    """What is in the zip at ``path``; None where an entry says that it is not a plain file.

    A folder in which a file of the zip lies is none of them, another is an empty file.

    Each is read while the stack is open; whatever is wrong with one is an OSError as it is read.
    """
    with path.open("rb") as file:
        if file.read(len(_FIRST_OF_ZIP)) != _FIRST_OF_ZIP:
            raise Unusable(NOT_A_PACKAGE, hint=HOW_TO_NAME_IT)
    try:
        archive = stack.enter_context(_Archive(path))
        _check(archive)
    except _OTHER_ERRORS as error:
        raise Tampered("the zip is damaged", hint=COPY_AGAIN) from error
    listed = archive.infolist()
    files = [entry for entry in listed if not _is_folder(entry)]
    folders = {f"{each}/" for entry in files for each in PurePosixPath(entry.filename).parents}
    entries = [entry for entry in listed if entry.filename not in folders]
    sealed = [entry for entry in files if entry.flag_bits & _SEALED]
    if len({entry.filename for entry in entries}) != len(entries):
        raise Tampered("the zip holds two files of one name", hint=COPY_AGAIN)
    if sealed:
        _unlock(archive, sealed[0], passphrase())
    return {entry.filename: _opener(archive, entry) for entry in entries}


class _Stream(pyzipper.zipfile_aes.AESZipExtFile):  # type: ignore[misc]  # it has no types
    """A file that is read to where its bytes end, whatever size is written of it."""

    def read_init(self) -> None:
        super().read_init()
        self._left += 1  # else pyzipper cuts off what goes on beyond the size, and says nothing

    def check_integrity(self) -> None:
        deflated = self._decompressor
        ends = deflated is None or (deflated.eof and not deflated.unused_data)
        if self._left != 1 or self._compress_left or not ends:
            raise pyzipper.BadZipFile
        super().check_integrity()


class _Archive(pyzipper.AESZipFile):  # type: ignore[misc]
    zipextfile_cls = _Stream


def _check(archive: Any) -> None:
    """Check that its files follow each other from the first byte, its directory, and no more.

    What lies elsewhere can be another zip, and other programs open that one.
    """
    file, start = archive.fp, archive.start_dir
    file.seek(start)
    listed = []
    for entry in archive.infolist():
        fixed = file.read(46)
        listed.append((entry, _header(fixed[8:32], file)))
        file.seek(int.from_bytes(fixed[32:34], "little"), io.SEEK_CUR)  # a comment
    is_end = _is_end(file, len(listed), start)
    listed.sort(key=lambda each: each[0].header_offset)
    places = [*(entry.header_offset for entry, _ in listed), start]
    if not is_end or places[0] != 0:
        raise Tampered(_BESIDE, hint=COPY_AGAIN)
    for (entry, central), (place, next_place) in zip(listed, pairwise(places), strict=True):
        file.seek(place)
        if not _is_alike(entry, central, _header(file.read(30)[6:], file)):
            raise Tampered("programs would make different files of the zip", hint=COPY_AGAIN)
        if not _is_followed_at(file, entry, next_place):
            raise Tampered(_BESIDE, hint=COPY_AGAIN)


def _header(fixed: bytes, file: IO[bytes]) -> _EntryHeader:
    flags, method, checksum, stored, size, name_bytes, extra_bytes = _BOTH.unpack(fixed)
    name, extra = file.read(name_bytes), file.read(extra_bytes)
    fields: dict[int, bytes] = {}
    while extra:
        number, length = struct.unpack("<HH", extra[:4])
        if number in fields or len(extra) < 4 + length:
            raise ValueError
        fields[number], extra = extra[4 : 4 + length], extra[4 + length :]
    return _EntryHeader(flags, method, checksum, stored, size, name, fields)


def _is_end(file: IO[bytes], count: int, start: int) -> bool:
    """Whether only a zip's last records follow, and what they say of its directory is true."""
    end = file.tell()
    records = file.read()
    counted = 0, 0, count, count, end - start, start
    last = b"PK\5\6", *counted, 0
    if len(records) == _END.size:
        return _END.unpack(records) == last
    if len(records) != _END_64.size + _END.size:
        return False
    long = b"PK\6\6", _END_64_BYTES, *counted, b"PK\6\7", 0, end, 1
    return _END_64.unpack(records[: -_END.size]) == long and all(
        each_value in each
        for each_value, *each in zip(
            _END.unpack(records[-_END.size :]), last, _END_MOST, strict=True
        )
    )


def _is_alike(entry: Any, listed: _EntryHeader, local: _EntryHeader) -> bool:
    """Whether a file's header says what the directory does, and neither what some go by alone."""
    return (
        (listed.flags, listed.method, listed.name) == (local.flags, local.method, local.name)
        and entry.filename == entry.orig_filename  # pyzipper ends a name at its first zero
        and listed.extra.keys() | local.extra.keys() <= _HARMLESS
        and listed.extra.get(_AES) == local.extra.get(_AES)
        and (_AES in local.extra) == (local.method == _AES_METHOD)
        and _has_its_sizes(entry, listed, local)
        and (not _is_folder(entry) or _is_empty_folder(entry))
    )


def _has_its_sizes(entry: Any, listed: _EntryHeader, local: _EntryHeader) -> bool:
    """Whether checksum and sizes are the directory's wherever they stand, or not yet written."""
    sizes = entry.file_size, entry.compress_size
    longer = iter((*sizes, entry.header_offset))
    behind = {0} if local.flags & _DESCRIBED_BEHIND else set()
    beside = {0xFFFFFFFF} if _ZIP64 in local.extra else set()
    return (
        local.checksum in {entry.CRC} | behind
        and all(
            each in {size} | behind | beside
            for each, size in zip((local.size_bytes, local.stored_bytes), sizes, strict=True)
        )
        and _longer(local) in ((), sizes, *([(0, 0)] if behind else []))
        and all(each in longer for each in _longer(listed))
    )


def _longer(header: _EntryHeader) -> tuple[int, ...]:
    """Sizes, and in the directory a place, that did not fit into 32 bits (4.5.3)."""
    field = header.extra.get(_ZIP64, b"")
    return struct.unpack(f"<{len(field) // 8}Q", field)


def _is_folder(entry: Any) -> bool:
    # Not as pyzipper tells it, which a file without a name has trip.
    return bool(entry.filename.endswith("/"))


def _is_empty_folder(entry: Any) -> bool:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return not entry.compress_size and not entry.file_size and kind in (0, stat.S_IFDIR)


def _is_followed_at(file: IO[bytes], entry: Any, place: int) -> bool:
    """Whether a file, behind whose header we are, ends there, or what may stand behind it does."""
    end = file.tell() + entry.compress_size
    if end == place:
        return True
    file.seek(end)
    sizes = entry.CRC, entry.compress_size, entry.file_size
    behind = [mark + struct.pack(form, *sizes) for mark in (b"", b"PK\7\x08") for form in _BEHIND]
    return bool(entry.flag_bits & _DESCRIBED_BEHIND) and file.read(place - end) in behind


def _is_odd(entry: Any) -> bool:
    """Whether an entry says that it is a link, a device or a folder."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return kind not in (0, stat.S_IFREG) or bool(entry.external_attr & _NO_FILE)


def _unlock(archive: Any, entry: Any, typed: str) -> None:
    """Take the passphrase as typed, as every program does, or else as ours are drawn.

    A person who packs a zip again chooses their own.
    """
    for spelt in (typed.encode(errors="surrogateescape"), normalise_passphrase(typed)):
        archive.setpassword(spelt)
        if _may_open(archive, entry):
            return
    raise Locked("wrong passphrase", hint=SIX_WORDS)


def _may_open(archive: Any, entry: Any) -> bool:
    """Every entry says in two bytes whether the passphrase can be right (AE-2)."""
    # What else is wrong with an entry is reported when it is read.
    with suppress(*_OTHER_ERRORS):
        try:
            archive.open(entry).close()
        except NotImplementedError:  # a RuntimeError too
            return True
        except RuntimeError:
            return False
    return True


class _Entry(io.RawIOBase):
    """One file of a zip; whatever is wrong with it is an error of the system, as on a disk."""

    def __init__(self, archive: Any, entry: Any) -> None:
        super().__init__()
        self._archive, self._entry = archive, entry
        self._stream: Any = None

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            self._stream = self._stream or self._opened()
            piece = self._stream.read(len(buffer))
        except _OTHER_ERRORS as error:
            raise OSError(errno.EIO, "it is not as it was sealed") from error
        buffer[: len(piece)] = piece
        return len(piece)

    def _opened(self) -> Any:
        if self._entry.compress_type not in _METHODS:
            raise NotImplementedError
        return self._archive.open(self._entry)


def _opener(archive: Any, entry: Any) -> Callable[[], IO[bytes]] | None:
    if _is_folder(entry):
        return io.BytesIO
    return None if _is_odd(entry) else partial(_opened, archive, entry)


def _opened(archive: Any, entry: Any) -> IO[bytes]:
    return io.BufferedReader(_Entry(archive, entry), 1 << 20)


# A package as an encrypted zip: WinZip AE-2, AES-256, stored (docs/formats/release.md, 5).
#
# pyzipper >= 0.4.0 writes AE-2, which leaves out the plaintext's CRC-32; earlier ones wrote it
# beside the ciphertext. Stored, not compressed: LZMA inside AES has kept WinRAR and 7-Zip from
# opening archives, and sound hardly shrinks.

_EARLIEST_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip, since the directory is not encrypted: zip's own first day."""

_UNIX = 3  # "made by", so that the archive does not tell which system it was made on


def write_zip(members: Iterable[Member], target: Path, passphrase: str) -> str:
    """Write a package as the zip ``target``, under ``passphrase``; nothing open touches the drive.

    It has its name once all of it is durable; if it cannot be finished, nothing of it stays.
    Anybody can read the names, sizes and number of the files in it.

    Returns:
        SHA-256 of the zip, in hex.
    """
    with unfinished_package(target) as file:
        drive = _Drive(file)
        with pyzipper.AESZipFile(drive, "w", encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(passphrase.encode())
            for member in members:
                info = pyzipper.zipfile_aes.AESZipInfo(member.path, _EARLIEST_TIME)
                info.create_system = _UNIX
                info.file_size = member.size_bytes  # decides on zip64: only where it is needed
                with archive.open(info, "w") as entry:
                    for chunk in member.chunks():
                        entry.write(chunk)
                        drive.check()
        drive.check()
        return sha256_of(file)


class _Drive:
    """The file under the archive, which keeps an error until it is asked for.

    Closing an archive writes. Were an error to pass through pyzipper, its close would fail as
    well, hide the first error and complain again when it is collected.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._failure: OSError | None = None
        self.seek = file.seek
        self.tell = file.tell
        self.flush = file.flush

    def write(self, data: bytes) -> int:
        if not self._failure:
            try:
                write_all(self._file, data)
            except OSError as error:
                self._failure = error
        return len(data)

    def check(self) -> None:
        if self._failure:
            raise self._failure
