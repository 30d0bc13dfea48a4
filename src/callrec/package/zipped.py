"""A package as an encrypted zip: WinZip AE-2, AES-256, stored (docs/formats/release.md, 5).

pyzipper >= 0.4.0 writes AE-2, which leaves out the plaintext's CRC-32; earlier ones wrote it beside
the ciphertext. Stored, not compressed: LZMA inside AES has kept WinRAR and 7-Zip from opening
archives, and sound hardly shrinks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

import pyzipper

from callrec.package.whole import sha256_of, unfinished_package, write_all

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from callrec.package.package import Member

EARLIEST_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip, since the directory is not encrypted: zip's own first day."""

_UNIX = 3  # "made by", so that the archive does not tell which system it was made on


def write_zip(members: Iterable[Member], target: Path, passphrase: str) -> str:
    """Write a package as the zip ``target``, under ``passphrase``; nothing open touches the drive.

    It has its name once all of it is durable; if it cannot be finished, nothing of it stays.
    Anybody can read the names, sizes and number of the files in it.

    Returns:
        SHA-256 of the zip, in hex.

    Raises:
        Tampered: a recording turned out not to be what the manifest says.
        Unusable: there is something at ``target``.
        Failed: the drive is full, missing or cannot be written.
    """
    with unfinished_package(target) as file:
        drive = _Drive(file)
        with pyzipper.AESZipFile(drive, "w", encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(passphrase.encode())
            for member in members:
                _add(archive, member, drive)
        drive.check()
        return sha256_of(file)


def _add(archive: pyzipper.AESZipFile, member: Member, drive: _Drive) -> None:
    info = pyzipper.zipfile_aes.AESZipInfo(member.path, EARLIEST_TIME)
    info.create_system = _UNIX
    info.file_size = member.size_bytes  # decides on zip64: only where it is needed
    with archive.open(info, "w") as entry:
        for chunk in member.chunks():
            entry.write(chunk)
            drive.check()


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
