"""The folder of a witness: its key, the logs that it knows, and what it cosigned last of each.

    key              its signing key, one line; a secret
    logs             the logs' keys: a verifier key a line, the origin before it where it is another
    heads/<name>     the head of one log that was cosigned last, with the signatures on it
    refused/<name>/  heads that the log's key signed and that are no continuation: evidence
    lock             held by the process that serves

A name is SHA-256 of the log's origin, in hex. No more is kept: nothing of anybody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from callrec.audit.checkpoint import Checkpoint, parse_note, read_checkpoint
from callrec.crypto.primitives import random_bytes, sha256
from callrec.crypto.verifier_key import (
    COSIGNATURE_KEY,
    NOTE_KEY,
    VerifierKey,
    is_origin,
    is_witness_name,
    read_signing_key,
    read_verifier_key,
    write_signing_key,
)
from callrec.dataclass import dataclass
from callrec.errors import Failed, Misconfigured, Tampered, Unusable
from callrec.system.files import lock, sync, write_private
from callrec.system.rights import make_private_folder, read_private

_KEY: Final = "key"

_LOGS: Final = "logs"

_HEADS: Final = "heads"

_REFUSED: Final = "refused"

FIRST_REFUSED: Final = 16
"""Heads of one log that are kept for ever; who has its key can sign any number of them."""

_NEWEST: Final = "newest"
"""The one after these that was refused last."""

_SEED_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Witness:
    """A witness: its key and its folder. Its repr shows nothing."""

    folder: Path
    key: VerifierKey
    seed: bytes

    def keys_of(self, origin: str) -> tuple[VerifierKey, ...]:
        """The keys with which a log signs its heads; none: it is not known here.

        Raises:
            Misconfigured: the list is not in its form.
        """
        return tuple(key for of, key in self.logs() if of == origin)

    def logs(self) -> Sequence[tuple[str, VerifierKey]]:
        """Origin and key of each line of the list, which people may write too."""
        path, found = self.folder / _LOGS, list[tuple[str, VerifierKey]]()
        for number, line in enumerate(_lines_of(path), 1):
            origin, _, key = line.strip().rpartition(" ")
            try:
                if key and not line.startswith("#"):
                    read = read_verifier_key(key, NOTE_KEY)
                    found.append((_checked(origin.strip() or read.name), read))
            except ValueError as problem:
                raise Misconfigured(
                    f'line {number} of "{path}" is not a log\'s key: {problem}', hint="correct it"
                ) from None
        return found

    def head(self, origin: str) -> tuple[Checkpoint, bytes] | None:
        """The head of a log that was cosigned last, and its note; None: none was.

        Raises:
            Misconfigured: it cannot be read.
        """
        path = self.folder / _HEADS / name_of(origin)
        try:
            note = path.read_bytes()
            return read_checkpoint(note, origin), note
        except FileNotFoundError:
            return None
        except (OSError, Tampered) as error:
            raise Misconfigured(f'"{path}" cannot be read as a head of "{origin}"') from error

    def note_named(self, name: str) -> bytes | None:
        """The note of the head of the log whose origin has this SHA-256; None: there is none."""
        try:
            return (self.folder / _HEADS / name).read_bytes()
        except OSError:
            return None

    def keep_head(self, origin: str, note: bytes) -> None:
        """Keep the head that is about to be cosigned, durably.

        Raises:
            Misconfigured: it cannot be written; the one before stands.
        """
        write_private(self.folder / _HEADS / name_of(origin), note)

    def keep_refused(self, origin: str, note: bytes) -> None:
        """Keep a head that was refused, once, beside those that were refused before.

        Beyond the first of them, in place of the newest.

        Raises:
            Misconfigured: it cannot be written.
        """
        folder = self.folder / _REFUSED / name_of(origin)
        try:
            if not folder.exists():
                make_private_folder(folder)
                sync(folder.parent)
            there = {each.name for each in folder.iterdir()} - {_NEWEST}
        except OSError as error:
            raise Misconfigured(f'"{folder}" cannot be written: {error.strerror}') from error
        name = sha256(parse_note(note).text.encode()).hex()
        if name not in there:
            write_private(folder / (name if len(there) < FIRST_REFUSED else _NEWEST), note)

    def add_log(self, origin: str, key: VerifierKey) -> None:
        """Know a log by one more key.

        Raises:
            Unusable: it is known by it already, or no log has such a name.
        """
        self.check_new(origin, key)
        line = str(key) if origin == key.name else f"{origin} {key}"
        before = "".join(f"{each}\n" for each in _lines_of(self.folder / _LOGS))
        write_private(self.folder / _LOGS, f"{before}{line}\n".encode())

    def check_new(self, origin: str, key: VerifierKey) -> int:
        """How many other keys a log is known by that is to be known by this one.

        Raises:
            Unusable: it is known by it already, or no log has such a name.
        """
        try:
            _checked(origin)
        except ValueError as problem:
            raise Unusable(str(problem), hint="give the first line of its checkpoints") from None
        keys = self.keys_of(origin)
        if key in keys:
            raise Unusable("this witness knows that key already")
        return len(keys)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While this process serves: two of them would cosign two continuations of one head.

        Raises:
            Failed: another one does.
        """
        with (self.folder / "lock").open("ab") as held:
            try:
                lock(held.fileno(), waits=False)
            except BlockingIOError as error:
                raise Failed(
                    "another process serves this witness", hint="end that one first"
                ) from error
            yield


def name_of(origin: str) -> str:
    """By what a log's head is called in the folder and asked for: SHA-256 of its origin, in hex."""
    return sha256(origin.encode()).hex()


def _checked(origin: str) -> str:
    if not is_origin(origin):
        raise ValueError(
            "a record's name is one line, at most 255 bytes, with no plus and no # before it"
        )
    return origin


def make_witness(folder: Path, name: str) -> Witness:
    """A new witness with a key of its own.

    Args:
        folder: new, or empty.
        name: of the key, as ``oak-surgery.example/witness``: no place on the network need have it.

    Raises:
        Unusable: the name is none, or something lies in the folder.
        Failed: it cannot be written.
    """
    if not is_witness_name(name):
        raise Unusable(
            "a witness's name has no space and no plus, 255 bytes at the most, and is no record's",
            hint="take one like oak-surgery.example/witness",
        )
    try:
        make_private_folder(folder, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Unusable("something lies in that folder already", hint="name a new folder")
        for part in (_HEADS, _REFUSED):
            make_private_folder(folder / part)
    except OSError as error:
        raise Failed(f"the folder cannot be made: {os.strerror(error.errno or 0)}") from error
    write_private(folder / _LOGS, b"", new=True)
    line = write_signing_key(name, COSIGNATURE_KEY, random_bytes(_SEED_BYTES))
    write_private(folder / _KEY, f"{line}\n".encode(), new=True)
    return open_witness(folder)


def open_witness(folder: Path) -> Witness:
    """The witness in a folder.

    Raises:
        Misconfigured: there is none, or its key is readable for others or not in its form.
    """
    if not (folder / _KEY).exists():
        raise Misconfigured(
            f'there is no witness in "{folder}"',
            hint="make one: callrec audit witness init FOLDER --name NAME",
        )
    try:
        key, seed = read_signing_key(read_private(folder / _KEY).decode().strip(), COSIGNATURE_KEY)
    except ValueError as problem:
        raise Misconfigured(f'"{folder / _KEY}" is damaged: {problem}') from None
    return Witness(folder, key, seed)


def _lines_of(path: Path) -> Sequence[str]:
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f'"{path}" cannot be read') from error
