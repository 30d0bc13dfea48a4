"""What is in a package, in whatever it is wrapped: a folder, a zip, a page (release.md, 6 and 7).

Nothing is written: files are opened where they lie, or piece by piece as they are unsealed.
"""

from __future__ import annotations

import errno
import io
import stat
import struct
import zlib
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final

import pyzipper

from callrec.errors import Locked, NotFound, Tampered, Unchecked, Unusable
from callrec.release.callrec_verify import files_in
from callrec.release.package import MANIFEST, SIGNATURE, SUMS
from callrec.release.passphrase import spelt_as_drawn
from callrec.release.sealed_page import AGAIN, HOW, NOT_A_PACKAGE, SIX_WORDS, open_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from callrec.release.callrec_verify import Files
    from callrec.release.sealed_page import Page

_FIRST_OF_ZIP: Final = b"PK\3\4"
"""A zip's first bytes; pyzipper takes whatever ends in a zip's directory for one."""
_END_BYTES: Final = 22
"""Of a zip's last record, which has no comment (APPNOTE.TXT, 4.3.16)."""
_DESCRIPTOR_BYTES: Final = frozenset({12, 16, 20, 24})
"""What may follow a file of a zip that was written without going back (4.3.9)."""
_METHODS: Final = frozenset({pyzipper.ZIP_STORED, pyzipper.ZIP_DEFLATED})
"""How files lie in a zip: as ours writes them, or as somebody's own program does."""
_OTHER_ERRORS = (
    *(pyzipper.BadZipFile, struct.error, zlib.error, EOFError, NotImplementedError, OverflowError),
    *(RuntimeError, ValueError, AttributeError, LookupError, TypeError),
)
"""Besides OSError, what pyzipper may run into when it reads a zip that was changed."""


@dataclass(frozen=True, slots=True)
class Package:
    """What lies in a package."""

    files: Files
    page: Page | None = None
    """What they are sealed in, where that is a page."""


@contextmanager
def open_package(path: Path, passphrase: Callable[[], str]) -> Iterator[Package]:
    """All that is in the package at ``path``, until the block ends.

    Args:
        path: a folder, or a file: a zip or a page.
        passphrase: asked for only if it is sealed; spelt in any way.

    Raises:
        NotFound: there is nothing at that place.
        Unusable: it is no package.
        Locked: the passphrase is wrong.
        Tampered: it is sealed, and not as it was made.
        Unchecked: it cannot be read.
    """
    with ExitStack() as stack:
        try:
            package = _package_at(path, passphrase, stack)
        except FileNotFoundError as error:
            raise NotFound("there is nothing at that place", hint=HOW) from error
        except OSError as error:
            raise Unchecked(
                f"the package cannot be read: {error.strerror}", hint="copy it to another drive"
            ) from error
        yield package


def _is_page(path: Path) -> bool:
    """Whether what lies there is taken for a page: any file that is not named as a zip.

    The name decides, because it decides what opens the file for whoever reads it: one that is a zip
    as well is a page to a browser.
    """
    return path.suffix.lower() != ".zip"


def _package_at(path: Path, passphrase: Callable[[], str], stack: ExitStack) -> Package:
    if path.is_dir():
        files = files_in(str(path))
        if not {MANIFEST, SIGNATURE, SUMS} & files.keys():
            _check_holds_none(path)
        return Package(files)
    if _is_page(path):
        page = open_page(path, passphrase)
        return Package({name: partial(io.BytesIO, data) for name, data in page.files.items()}, page)
    return Package(_in_zip(_archive_at(path, stack), passphrase))


def _check_holds_none(path: Path) -> None:
    """Whoever releases several times to one folder may name that, and means what is in it.

    Raises:
        Unusable: the folder is no package, and there are packages in it.
    """
    found = sorted(each.name for each in path.iterdir() if _is_named_as_release(each))
    if found:
        raise Unusable(
            "this folder is no release, there are releases in it",
            hint=f"check one: {', '.join(found)}",
        )


def _is_named_as_release(path: Path) -> bool:
    return path.name.startswith("callrec-release-") and path.suffix.lower() in {".zip", ".html"}


def _archive_at(path: Path, stack: ExitStack) -> Any:
    with path.open("rb") as file:
        if file.read(len(_FIRST_OF_ZIP)) != _FIRST_OF_ZIP:
            raise Unusable(NOT_A_PACKAGE, hint=HOW)
    try:
        archive = stack.enter_context(pyzipper.AESZipFile(path))
        is_all = _is_all_of_it(archive)
    except _OTHER_ERRORS as error:
        raise Tampered("the zip is damaged", hint=AGAIN) from error
    if not is_all:
        raise Tampered("there is something in the zip beside its files", hint=AGAIN)
    return archive


def _is_all_of_it(archive: Any) -> bool:
    """Whether its files follow each other from the first byte, and its directory is the last of it.

    What lies elsewhere can be another zip, and other programs open that one.
    """
    entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    places = [*(entry.header_offset for entry in entries), archive.start_dir]
    archive.fp.seek(-_END_BYTES, io.SEEK_END)
    return (
        archive.fp.read(4) == b"PK\5\6"
        and places[0] == 0
        and all(map(partial(_is_followed_at, archive.fp), entries, places[1:]))
    )


def _is_followed_at(file: IO[bytes], entry: Any, place: int) -> bool:
    file.seek(entry.header_offset + 26)
    name_and_extra = sum(struct.unpack("<HH", file.read(4)))
    left = place - (entry.header_offset + 30 + name_and_extra + entry.compress_size)
    return left == 0 or (bool(entry.flag_bits & 8) and left in _DESCRIPTOR_BYTES)


def _in_zip(archive: Any, passphrase: Callable[[], str]) -> Files:
    # Not as pyzipper tells a folder, which a file without a name has it trip over.
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    sealed = [entry for entry in entries if entry.flag_bits & 1]
    if len({entry.filename for entry in entries}) != len(entries):
        raise Tampered("the zip holds two files of one name", hint=AGAIN)
    if sealed:
        archive.setpassword(spelt_as_drawn(passphrase()))
        _check_passphrase(archive, sealed[0])
    return {
        entry.filename: None if _is_odd(entry) else partial(_opened, archive, entry)
        for entry in entries
    }


def _is_odd(entry: Any) -> bool:
    """Whether an entry says that it is a link or a device."""
    return stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG)


def _check_passphrase(archive: Any, entry: Any) -> None:
    """Every entry says in two bytes whether the passphrase can be right (AE-2)."""
    # What else is wrong with an entry is said of it when it is read.
    with suppress(*_OTHER_ERRORS):
        try:
            archive.open(entry).close()
        except NotImplementedError:  # a RuntimeError too
            return
        except RuntimeError as error:
            raise Locked("wrong passphrase", hint=SIX_WORDS) from error


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


def _opened(archive: Any, entry: Any) -> IO[bytes]:
    return io.BufferedReader(_Entry(archive, entry), 1 << 20)
