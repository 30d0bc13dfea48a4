"""A printed secret key, the second factor of those who have no device for it (keys.md, 4).

It is shown once, when it is added, and is then on paper. A person enters it once on each machine,
where it is kept in their account's own folder for the vault, outside the vault: no copy of the
vault, no drive and no release has that folder. Format: docs/formats/keys.md, 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from callrec.crypto import primitives
from callrec.crypto.factor import (
    PRINTED_BYTES,
    Slot,
    open_factor,
    printed_words,
    read_printed_words,
)
from callrec.errors import Locked, Misconfigured, Unusable
from callrec.login.asking import Answer, Asking
from callrec.system.files import remove_file, write_private
from callrec.system.rights import make_private_folder, read_private

FOLDER: Final = "second-factors"
"""Within the folder that an account has for a vault."""


def make_printed() -> tuple[bytes, str]:
    """A new secret of 16 bytes, and the words that are written down."""
    secret = primitives.random_bytes(PRINTED_BYTES)
    return secret, printed_words(secret)


def kept_secret(folder: Path, slot: Slot) -> bytes | None:
    """What this account keeps of a printed key; None where it was not entered here.

    Raises:
        Misconfigured: others can read it.
    """
    file = _file_of(folder, slot)
    if not file.exists():
        return None
    try:
        return read_printed_words(read_private(file).decode(errors="replace"))
    except Unusable as error:
        raise Misconfigured(f'"{file}" is not as callrec wrote it', hint="delete it") from error


def keep_secret(folder: Path, slot: Slot, secret: bytes) -> None:
    """Keep a printed key on this machine, where this account alone can read it."""
    file = _file_of(folder, slot)
    make_private_folder(file.parent, parents=True, exist_ok=True)
    write_private(file, printed_words(secret).encode() + b"\n")


def forget_secret(folder: Path, slot: Slot) -> None:
    """Take away one printed key, if this account keeps it."""
    remove_file(_file_of(folder, slot), missing_ok=True)


def forget_secrets(folder: Path) -> int:
    """Take away the printed keys that this account keeps; returns how many there were."""
    kept = list((folder / FOLDER).glob("*"))
    for file in kept:
        remove_file(file, missing_ok=True)
    return len(kept)


def typed_secret(of: Sequence[tuple[str, Slot]], ask: Asking, vault: str) -> Answer:
    """A printed key as somebody types it from its page; ``of``: whose and which it may be.

    It is asked for until it is typed right.

    Raises:
        Locked: nothing was entered.
    """
    called = " or ".join(dict.fromkeys(f'"{slot.name}"' for _, slot in of))
    while True:
        typed = ask.hidden(f"Secret key {called}, from its page")
        if not typed.strip():
            raise Locked("no secret key was entered", hint="it is on the page that you wrote down")
        try:
            secret = read_printed_words(typed)
        except Unusable as error:
            ask.tell("; ".join(filter(None, (error.message, error.advice))))
            continue
        for person, slot in of:
            with suppress(Locked):
                key = open_factor(secret, slot, person=person, vault=vault)
                return Answer(person, slot, secret, key)
        ask.tell("this is another secret key; take the page of the one that was added last")


def _file_of(folder: Path, slot: Slot) -> Path:
    return folder / FOLDER / slot.id
