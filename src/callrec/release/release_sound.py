"""The sound of a granted recording: checked as a whole, then handed on piece by piece.

Nothing here writes a file. A piece is out only once its seal was checked, and no sound is handed on
before all of it was read once and is the original that was approved (docs/formats/grant.md, 5).
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from callrec.archive.files import open_recording
from callrec.crypto.context import context
from callrec.errors import Tampered
from callrec.policy.edits import UNEDITED
from callrec.sound.encoding import WAV
from callrec.sound.listening import listening_copy, measure
from callrec.store.sealing import open_seekable, open_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader

    from callrec.policy.edits import Edits
    from callrec.practice import Practice
    from callrec.requests.grants import UsableGrant
    from callrec.sound.encoding import Encoding
    from callrec.sound.measured import Measured


@dataclass(frozen=True, slots=True)
class SizeAndHash:
    """How many bytes there were, and their SHA-256 in hex."""

    size_bytes: int
    sha256: str


def count_and_hash(pieces: Iterable[bytes]) -> SizeAndHash:
    """Read all of it, and keep nothing."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return SizeAndHash(size, digest.hexdigest())


def check_original(practice: Practice, grant: UsableGrant) -> None:
    """Read all of a recording and hold it against what was sealed to its hearer.

    Raises:
        OnlyOnVolumes: it is on volumes only, none of which is attached.
        Tampered: its file is missing, was changed, or holds other sound.
    """
    found = count_and_hash(original_pieces(practice, grant))
    if found != SizeAndHash(grant.metadata["size_bytes"], grant.metadata["sha256"]):
        raise _not_as_sealed(grant)


def original_pieces(practice: Practice, grant: UsableGrant) -> Iterator[bytes]:
    """The bytes that the telephone system wrote, a segment at a time.

    Raises:
        Tampered: the file is missing, or a segment was changed.
    """
    with _opening(practice, grant) as sealed:
        yield from open_stream(sealed, grant.data_key, _associated(practice, grant))


def measured(practice: Practice, grant: UsableGrant, *, drawn: bool = True) -> Measured:
    """How long it really sounds, and how loud, where that is to be drawn.

    Raises:
        Undecodable: it is no sound that can be decoded here.
        Tampered: the file is missing, or a segment was changed.
    """
    with _seekable(practice, grant) as original:
        return measure(original, _suffix(grant), drawn=drawn)


def copy_pieces(
    practice: Practice,
    grant: UsableGrant,
    sound: Measured,
    *,
    edits: Edits = UNEDITED,
    encoding: Encoding = WAV,
) -> Iterator[bytes]:
    """A copy that any player plays, a piece at a time.

    Args:
        practice: the open vault.
        grant: the recording.
        sound: as `measured` found it.
        edits: what is left out.
        encoding: how it is written.

    Raises:
        Undecodable: it is no sound that can be decoded here.
        Tampered: the file is missing, or a segment was changed.
    """
    with _seekable(practice, grant) as original:
        yield from listening_copy(original, _suffix(grant), sound, edits=edits, encoding=encoding)


def copy_size_and_hash(
    practice: Practice, grant: UsableGrant, sound: Measured, *, edits: Edits, encoding: Encoding
) -> SizeAndHash:
    """How large a copy is, and its hash. It is made for that, unless it was while it was measured.

    Args, raises: as `copy_pieces`.
    """
    if encoding == WAV and not edits and sound.wave_sha256:
        return SizeAndHash(sound.wave_bytes, sound.wave_sha256)
    return count_and_hash(copy_pieces(practice, grant, sound, edits=edits, encoding=encoding))


def _suffix(grant: UsableGrant) -> str:
    return f".{grant.metadata['format']}"


@contextmanager
def _seekable(practice: Practice, grant: UsableGrant) -> Iterator[BinaryIO]:
    with (
        _opening(practice, grant) as sealed,
        open_seekable(sealed, grant.data_key, _associated(practice, grant)) as original,
    ):
        yield original


@contextmanager
def _opening(practice: Practice, grant: UsableGrant) -> Iterator[BufferedReader]:
    """The sealed file; what is wrong with it is said of the recording."""
    with open_recording(practice, grant.recording) as sealed:
        try:
            yield sealed
        except Tampered as error:
            raise _not_as_sealed(grant) from error


def _not_as_sealed(grant: UsableGrant) -> Tampered:
    return Tampered(f"the sealed file of recording {grant.recording.id} is not as it was sealed")


def _associated(practice: Practice, grant: UsableGrant) -> bytes:
    return context("recording", practice.vault, uid=grant.uid)
