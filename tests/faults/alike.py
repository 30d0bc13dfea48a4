"""What two faults leave is told from its bytes, though keys are drawn and transactions cut short.

Most of them leave the same as another one, and it is looked at once.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path

from Cryptodome import Random

from callrec.crypto import primitives
from callrec.crypto.primitives import Kdf


def draw_alike(kept: Path) -> None:
    """Let this process draw what each one draws that calls this; of a child that ends after it.

    Args:
        kept: a folder, where nobody watches, of what was sealed to public keys: OpenSSL draws for
            these itself, so each is made once; and of what passwords were stretched to, likewise.
    """
    drawn = count()
    seal, stretch = primitives.hpke_seal, primitives.stretch_password

    def urandom(size: int) -> bytes:
        return hashlib.shake_256(b"%d" % next(drawn)).digest(size)

    def once(make: Callable[[], bytes], *of: object) -> bytes:
        file = kept / hashlib.sha256(repr(of).encode()).hexdigest()
        if not file.exists():
            file.write_bytes(make())
        return file.read_bytes()

    def hpke_seal(public: bytes, data: bytes, context: bytes) -> bytes:
        return once(lambda: seal(public, data, context), public, data, context)

    def stretch_password(password: str, salt: bytes, kdf: Kdf) -> bytes:
        return once(lambda: stretch(password, salt, kdf), password, salt, kdf)

    os.urandom = urandom
    random._urandom = urandom  # type: ignore[attr-defined] # noqa: SLF001 - what secrets draws from
    Random.urandom = urandom  # type: ignore[attr-defined] # and sealed archives
    primitives.hpke_seal = hpke_seal
    primitives.stretch_password = stretch_password


def fingerprint(folder: Path, catalogue: Path) -> bytes:
    """Of all paths below a folder, their modes, and the bytes of files.

    Of a catalogue that was in the middle of a transaction it is those that SQLite will find: its
    journal differs from one moment to the next, and gives back the same always.
    """
    told, found = hashlib.sha256(), _given_back(catalogue, folder.parent)
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        data = path.read_bytes() if stat.S_ISREG(mode) else b""
        data = found.get(path, data)
        told.update(f"{path.relative_to(folder)}\0{mode}\0{len(data)}\0".encode() + data)
    return told.digest()


def _given_back(catalogue: Path, beside: Path) -> Mapping[Path, bytes]:
    """By a copy of it: what is looked at afterwards has its journal still."""
    journal = catalogue.with_name(f"{catalogue.name}-journal")
    if not (catalogue.exists() and journal.exists()):
        return {}
    with tempfile.TemporaryDirectory(dir=beside) as folder:
        copy = Path(folder, "copy")
        shutil.copyfile(catalogue, copy)
        shutil.copyfile(journal, copy.with_name("copy-journal"))
        with closing(sqlite3.connect(copy)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error:  # it gives nothing back, so it counts as it lies there
                return {}
        return {catalogue: copy.read_bytes(), journal: b""}
