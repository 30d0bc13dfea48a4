"""What is in a package, in whatever it is wrapped: a folder, a zip, a page (release.md, 6 and 7).

Nothing is written: files are opened where they lie, or piece by piece as they are unsealed.
"""

from __future__ import annotations

import errno
import io
import json
import re
import stat
import struct
import zlib
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final

import pyzipper

from callrec.crypto.primitives import open_sealed, pbkdf2
from callrec.errors import Locked, NotFound, Tampered, Unchecked, Unusable
from callrec.release.callrec_verify import files_in, fits, unbase64

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from callrec.release.callrec_verify import Files

LARGEST_PAGE: Final = 128 << 20
"""Bytes of a page, at most: 64 MiB in base64, and room to spare."""
FEWEST_ROUNDS: Final = 600_000
MOST_ROUNDS: Final = 10_000_000
"""Of PBKDF2; beyond, a page could keep whoever checks it busy for minutes."""

_NOT_A_PACKAGE = "this is no package of callrec"
_NO_PACKAGE_IN_IT = "what is sealed in the page is no package"
_HOW = "give the folder that was opened, the .zip, or the .html"
_AGAIN = "copy it anew from where it came; if that does not help, ask the practice"
_SIX_WORDS = "six words, with a space between"
_ELEMENT = re.compile(rb'<script type="[a-z0-9/;-]+" id="([a-z]+)">([^<]*)</script>')
"""Just as a page of ours has it: to read any other in whatever way a browser might is no way to
tell what was made here. Neither part of it meets the other's end, so that a page of any form takes
no longer than its length."""
_NAMED = re.compile(rb"""\b[iI][dD]\s*=\s*["']?(rounds|salt|nonce|sealed)\b""")
"""The id of one of the four, however it is written: a browser takes the first of a name that is no
comment, which must not be another than is read here."""
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


@contextmanager
def open_package(path: Path, passphrase: Callable[[], str]) -> Iterator[Files]:
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
            files = _files_at(path, passphrase, stack)
        except FileNotFoundError as error:
            raise NotFound("there is nothing at that place", hint=_HOW) from error
        except OSError as error:
            raise Unchecked(
                f"the package cannot be read: {error.strerror}", hint="copy it to another drive"
            ) from error
        yield files


def is_page(path: Path) -> bool:
    """Whether what lies there is taken for a page: any file that is not named as a zip.

    The name decides, because it decides what opens the file for whoever reads it: one that is a zip
    as well is a page to a browser.
    """
    return not path.is_dir() and path.suffix.lower() != ".zip"


def _files_at(path: Path, passphrase: Callable[[], str], stack: ExitStack) -> Files:
    if path.is_dir():
        return files_in(str(path))
    if is_page(path):
        return _in_page(path, passphrase)
    return _in_zip(_archive_at(path, stack), passphrase)


def _archive_at(path: Path, stack: ExitStack) -> Any:
    with path.open("rb") as file:
        if file.read(len(_FIRST_OF_ZIP)) != _FIRST_OF_ZIP:
            raise Unusable(_NOT_A_PACKAGE, hint=_HOW)
    try:
        archive = stack.enter_context(pyzipper.AESZipFile(path))
        is_all = _is_all_of_it(archive)
    except _OTHER_ERRORS as error:
        raise Tampered("the zip is damaged", hint=_AGAIN) from error
    if not is_all:
        raise Tampered("there is something in the zip beside its files", hint=_AGAIN)
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


def _spelt_as_drawn(passphrase: str) -> bytes:
    """Small letters, one space between words, whatever a letter or a telephone made of them."""
    return " ".join(re.findall(r"\w+", passphrase.lower())).encode()


def _in_zip(archive: Any, passphrase: Callable[[], str]) -> Files:
    # Not as pyzipper tells a folder, which a file without a name has it trip over.
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    sealed = [entry for entry in entries if entry.flag_bits & 1]
    if len({entry.filename for entry in entries}) != len(entries):
        raise Tampered("the zip holds two files of one name", hint=_AGAIN)
    if sealed:
        archive.setpassword(_spelt_as_drawn(passphrase()))
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
            raise Locked("wrong passphrase", hint=_SIX_WORDS) from error


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


def _in_page(path: Path, passphrase: Callable[[], str]) -> Files:
    with path.open("rb") as file:
        page = file.read(LARGEST_PAGE + 1)
    salt, nonce, sealed, rounds = _parts_of(page)
    key = pbkdf2(_spelt_as_drawn(passphrase()), salt, rounds)
    try:
        content = open_sealed(key, nonce + sealed, b"")
    except Tampered as error:
        raise Locked("wrong passphrase, or the page was changed", hint=_SIX_WORDS) from error
    return {path: partial(io.BytesIO, data) for path, data in _files_of(content).items()}


def _parts_of(page: bytes) -> tuple[bytes, bytes, bytes, int]:
    """Salt, nonce, what is sealed, and the rounds of a page."""
    scripts = _scripts(page) if len(page) <= LARGEST_PAGE else {}
    salt, nonce, sealed = (unbase64(scripts.get(name, "")) for name in ("salt", "nonce", "sealed"))
    rounds = scripts.get("rounds", "")
    if not (salt and nonce and sealed and re.fullmatch("[0-9]{1,9}", rounds)):
        raise Unusable(_NOT_A_PACKAGE, hint=_HOW)
    if not FEWEST_ROUNDS <= int(rounds) <= MOST_ROUNDS:
        raise Tampered("the parameters of the page's lock are out of bounds", hint=_HOW)
    return salt, nonce, sealed, int(rounds)


def _scripts(page: bytes) -> Mapping[str, str]:
    """What stands in the page's elements that hold no code, by their ids."""
    names = _NAMED.findall(page)
    if len({*names}) != len(names):
        raise Tampered("the page holds two sealed parts", hint=_AGAIN)
    return {name.decode(): text.decode("ascii", "replace") for name, text in _ELEMENT.findall(page)}


def _files_of(content: bytes) -> Mapping[str, bytes]:
    """``u32be(length of index) || index || the bytes of every file``."""
    end = 4 + int.from_bytes(content[:4], "big")
    try:
        listed = [(each["path"], each["bytes"]) for each in json.loads(content[4:end])["files"]]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Tampered(_NO_PACKAGE_IN_IT, hint=_AGAIN) from error
    found = {}
    for path, size in listed:
        if not fits(path, "text") or not fits(size, "n") or path in found:
            raise Tampered(_NO_PACKAGE_IN_IT, hint=_AGAIN)
        found[path] = content[end : end + size]
        end += size
    if end != len(content):
        raise Tampered(_NO_PACKAGE_IN_IT, hint=_AGAIN)
    return found
