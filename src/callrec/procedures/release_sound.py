"""The sound of a granted recording: checked as a whole, then handed on piece by piece.

Nothing here writes a file. A piece is out only once its seal was checked, and no sound is handed on
before all of it was read once and is the original that was approved (docs/formats/grant.md, 5).
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from callrec.crypto.context import context
from callrec.errors import NotFound, Tampered
from callrec.sound import Undecodable, listening_copy
from callrec.sound import measure as measure_sound
from callrec.store.reader import open_seekable
from callrec.store.sealing import open_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader

    from callrec.practice import Practice
    from callrec.procedures.granted import UsableGrant


@dataclass(frozen=True, slots=True)
class Measured:
    """How many bytes there were, and their SHA-256 in hex."""

    size_bytes: int
    sha256: str


def measure(pieces: Iterable[bytes]) -> Measured:
    """Read all of it, and keep nothing."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return Measured(size, digest.hexdigest())


def check_original(practice: Practice, grant: UsableGrant) -> None:
    """Read all of a recording and hold it against what was sealed to its hearer.

    Raises:
        Tampered: its file is missing, was changed, or holds other sound.
    """
    found = measure(original_pieces(practice, grant))
    if found != Measured(grant.metadata["size_bytes"], grant.metadata["sha256"]):
        raise _not_as_sealed(grant)


def original_pieces(practice: Practice, grant: UsableGrant) -> Iterator[bytes]:
    """The bytes that the telephone system wrote, a segment at a time.

    Raises:
        Tampered: the file is missing, or a segment was changed.
    """
    with _opening(practice, grant) as sealed:
        yield from open_stream(sealed, grant.data_key, _associated(practice, grant))


def listening_pieces(practice: Practice, grant: UsableGrant) -> Iterator[bytes]:
    """A copy that any player plays, a block at a time; not one where none can be made.

    Raises:
        Tampered: the file is missing, or a segment was changed.
    """
    with (
        _opening(practice, grant) as sealed,
        open_seekable(sealed, grant.data_key, _associated(practice, grant)) as original,
    ):
        try:
            measured = measure_sound(original, grant.recording.format)
        except Undecodable:
            return
        yield from listening_copy(original, grant.recording.format, measured)


def playable(practice: Practice, grant: UsableGrant) -> tuple[str, Iterable[bytes]]:
    """What kind of file a player gets, and its bytes: the listening copy, or else the original."""
    copy = listening_pieces(practice, grant)
    beginning = next(copy, None)
    if beginning is None:
        return grant.recording.format, original_pieces(practice, grant)
    return "wav", chain([beginning], copy)


@contextmanager
def _opening(practice: Practice, grant: UsableGrant) -> Iterator[BufferedReader]:
    """The sealed file; what is wrong with it is said of the recording."""
    try:
        with practice.store.open(grant.recording.ciphertext) as sealed:
            yield sealed
    except NotFound as error:
        raise Tampered(f"the sealed file of recording {grant.recording.id} is missing") from error
    except Tampered as error:
        raise _not_as_sealed(grant) from error


def _not_as_sealed(grant: UsableGrant) -> Tampered:
    return Tampered(f"the sealed file of recording {grant.recording.id} is not as it was sealed")


def _associated(practice: Practice, grant: UsableGrant) -> bytes:
    return context("recording", practice.vault, uid=grant.uid)
