"""A package that appears whole or not at all, and the passphrase that opens it.

Until it is whole it has no name where the drive allows that (O_TMPFILE): whatever kills the run,
the system takes it away. On other drives, most that are made for Windows among them, it lies beside
its target under a name of its own, which `leftovers_of` finds.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import BinaryIO, Final

from callrec.errors import Failed, Unusable
from callrec.system.files import (
    create_private,
    link_unnamed,
    move,
    open_unnamed,
    remove_file,
    sync,
    sync_descriptor,
)

PREFIX: Final = ".callrec-release-"
"""How the name of an unfinished package begins, where it has one."""


@contextmanager
def unfinished_package(target: Path) -> Iterator[BinaryIO]:
    """A file that only its owner can read, which becomes ``target`` at the end.

    It lies on the same drive, so that giving it its name is all or nothing. On any way out but the
    good one, an interrupt included, nothing of it stays.

    Yields:
        The file, unbuffered, to be written and read.
    """
    if os.path.lexists(target):
        raise _exists()
    try:
        unnamed = open_unnamed(target.parent)
        descriptor = create_private(_draft(target)) if unnamed is None else unnamed
        with os.fdopen(descriptor, "r+b", 0) as file:
            yield file
            sync_descriptor(file.fileno())
            _name(file, target)
        try:
            sync(target.parent)  # its name is durable, or it goes again
        except BaseException:
            with suppress(OSError):
                remove_file(target)
            raise
    except FileExistsError as error:
        raise _exists() from error
    except OSError as error:
        raise Failed(
            f"the release could not be written: {error.strerror}",
            hint="see that the drive has room and can be written, then run the same command again",
        ) from error
    finally:
        for path in leftovers_of(target):
            remove_file(path)


def write_all(file: BinaryIO, data: bytes | memoryview) -> None:
    """Write all of it: an unbuffered file may take less at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def sha256_of(file: BinaryIO) -> str:
    """Of all that was written to it, in hex: of this very file, whatever lies under its name."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def leftovers_of(target: Path) -> tuple[Path, ...]:
    """What a run that was killed may have left of a package that was to be ``target``."""
    draft = _draft(target)
    return (draft,) if os.path.lexists(draft) else ()


def _draft(target: Path) -> Path:
    return target.with_name(PREFIX + target.name)


def _name(file: BinaryIO, target: Path) -> None:
    """Give the file its name, never one that is taken."""
    if leftovers_of(target):
        if os.path.lexists(target):
            raise FileExistsError
        move(_draft(target), target)
        return
    link_unnamed(file.fileno(), target)


def _exists() -> Unusable:
    return Unusable(
        "a file or folder of the release's name exists already", hint="give another place"
    )


PASSPHRASE_WORDS: Final = 6
"""Words in a passphrase: 77.5 bits, since WinZip's 1,000 rounds of PBKDF2 add only about ten."""


def fresh_passphrase(choose: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    """Six words, drawn one by one, in small letters with one space between.

    Spaces, because that is what people type when words are read out to them, and no word processor
    turns a space into something that looks the same, as it does with hyphens. Neither can be seen
    in a hidden field, so the four words of the list with a hyphen in them (``yo-yo``) are not
    drawn: letters and single spaces are then the whole rule. It costs 0.005 of 77.5 bits.
    """
    words = _plain_words()
    return " ".join(choose(words) for _ in range(PASSPHRASE_WORDS))


def key_words(fingerprint: str) -> str:
    """A fingerprint in six words of the same list, as one person reads it to another.

    They are its remainder by the number of such lists of words: 77.5 of its 256 bits.
    """
    words, number = _plain_words(), int(fingerprint, 16)
    found = []
    for _ in range(PASSPHRASE_WORDS):
        number, place = divmod(number, len(words))
        found.append(words[place])
    return " ".join(found)


def normalise_passphrase(passphrase: str) -> bytes:
    """Small letters, one space between words, whatever a letter or a telephone made of them.

    What is not a letter from a to z parts words: the page's own code does just so (sealed.js).
    """
    return " ".join(re.findall("[a-z]+", passphrase.lower())).encode()


def _plain_words() -> Sequence[str]:
    return [word for word in word_list() if "-" not in word]


def word_list() -> tuple[str, ...]:
    """The 7,776 words in the list's order; the file is read only when they are needed."""
    text = resources.files(__package__).joinpath("eff_large_wordlist.txt").read_text("ascii")
    return tuple(line.split("\t")[1] for line in text.splitlines())
