"""How each recording goes out, and its sound, piece by piece.

Where something is left out of a copy, its original would tell it and stays in the vault. Where the
package has to fit somewhere, first the copies are compressed, then the originals stay out; nobody
is sent less sound for want of room.

No sound is handed on before all of it was read once and is the original that was approved
(docs/formats/grant.md, 5). Nothing here writes a file, and a piece is out only once its seal was
checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import BufferedReader
from itertools import product, starmap
from typing import Any, BinaryIO, Final

from callrec.archive.attached import open_recording
from callrec.crypto.canonical import parse_instant
from callrec.crypto.context import context
from callrec.dataclass import dataclass, replace
from callrec.errors import Refused, Tampered, Unusable
from callrec.package.callrec_verify import named_as_of
from callrec.package.certificate import came_in_in_words, instant_in_words, vouched_in_words
from callrec.package.manifest import (
    FileRole,
    NotEnclosed,
    ReleasedFile,
    WhyNotEnclosed,
    recording_path,
)
from callrec.package.package import Content
from callrec.policy.clause import Clause
from callrec.policy.edits import UNEDITED, Edits, check_edits
from callrec.practice import Practice
from callrec.requests.grants import UsableGrant
from callrec.sound.child import Undecodable, expect_decoders
from callrec.sound.coding import COMPRESSED, WAV, Encoding
from callrec.sound.listening import listening_copy, measure
from callrec.sound.measured import Measured
from callrec.store.sealing import open_seekable, open_stream
from callrec.telephone.call import TimeConfidence

OVERHEAD_BYTES: Final = 512 * 1024

OVERHEAD_PER_RECORDING: Final = 8 * 1024
"""Room that is kept for what lies beside the recordings, certificate and proof above all: so much,
and so much for each recording."""


@dataclass(frozen=True, slots=True, repr=False)
class ReleaseCopy:
    """One recording as it is to go out. Its repr shows nothing."""

    place: int
    """In the release, from 1."""
    grant: UsableGrant
    sound: Measured | None
    """None where it cannot be decoded: its original goes out alone."""
    edits: Edits


@dataclass(frozen=True, slots=True)
class Wrapping:
    """What is put in, and how it is written."""

    originals: bool
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The recordings of a release, and how the bytes of each file are made."""

    files: tuple[ReleasedFile, ...]
    not_enclosed: tuple[NotEnclosed, ...]
    contents: Mapping[str, Content]

    @property
    def size_bytes(self) -> int:
        """About what the package holds, with all that lies beside the recordings."""
        beside = OVERHEAD_BYTES + OVERHEAD_PER_RECORDING * len(self.files)
        return beside + sum(file.size_bytes for file in self.files)


_SMALLER: Final = tuple(starmap(Wrapping, product((True, False), (WAV, *COMPRESSED))))
"""From what keeps the most to what takes the least."""


def plan_copies(
    practice: Practice,
    grants: Sequence[UsableGrant],
    edits: Mapping[str, Edits],
    advance: Callable[[int], None],
    *,
    drawn: bool = True,
) -> tuple[ReleaseCopy, ...]:
    """Read and measure each recording, and see that it can be edited as was decided."""
    copies = []
    expect_decoders(len(grants))
    for place, grant in enumerate(grants, start=1):
        check_original(practice, grant)
        copies.append(
            ReleaseCopy(place, grant, *_sound(practice, grant, edits[grant.uid], drawn=drawn))
        )
        advance(1)
    return tuple(copies)


def enclose(
    practice: Practice, copies: Sequence[ReleaseCopy], *, max_bytes: int | None = None
) -> Enclosed:
    """Decide what is put in, hash it, and say what stays out."""
    beside = OVERHEAD_BYTES + OVERHEAD_PER_RECORDING * len(copies)
    for wrapping in _SMALLER:
        if max_bytes is None or beside + _most_bytes(copies, wrapping) <= max_bytes:
            return _enclose(practice, copies, wrapping)
    raise Unusable(
        "the release cannot be made so small, however it is compressed",
        hint="approve fewer recordings at a time, or give a larger --fit and hand over a drive",
    )


def _sound(
    practice: Practice, grant: UsableGrant, edits: Edits, *, drawn: bool
) -> tuple[Measured | None, Edits]:
    try:
        sound = measured(practice, grant, drawn=drawn)
    except Undecodable as error:
        if edits:
            raise Refused(
                f"recording {grant.recording.id} cannot be decoded, so nothing can be left out",
                clause=Clause.CONTROLLED_ACCESS,
                hint="withhold it, or approve it without edits",
            ) from error
        return None, UNEDITED
    # An approval was held against the length that was measured when the recording came in.
    check_edits(edits, max(sound.duration_ms, grant.metadata["duration_ms"]))
    return sound, edits


def _most_bytes(copies: Sequence[ReleaseCopy], wrapping: Wrapping) -> int:
    """What the recordings take at the most, without making one."""
    taken = 0
    for copy in copies:
        if _has_original(copy, wrapping) and not _is_same(copy, wrapping):
            taken += copy.grant.metadata["size_bytes"]
        if sound := copy.sound:
            taken += wrapping.encoding.estimated_bytes(
                _duration_ms(copy.edits, sound),
                sample_rate=sound.sample_rate,
                channels=sound.channels,
            )
    return taken


def _enclose(practice: Practice, copies: Sequence[ReleaseCopy], wrapping: Wrapping) -> Enclosed:
    files: list[ReleasedFile] = []
    contents: dict[str, Content] = {}
    not_enclosed = []
    for copy in copies:
        original = _original(practice, copy)
        made = None
        if copy.sound is not None:
            made = _listening(practice, copy, copy.sound, original, wrapping.encoding)
        why = _why_left_out(copy, wrapping, original, made and made[0])
        if why is None:
            files.append(original)
            contents[original.path] = partial(original_pieces, practice, copy.grant)
        else:
            not_enclosed.append(
                NotEnclosed(
                    recording=original.recording,
                    uid=original.uid,
                    sha256=original.sha256,
                    size_bytes=original.size_bytes,
                    codec=original.codec,
                    why=why,
                )
            )
        if made is not None:
            listening, pieces = made
            files.append(listening)
            contents[listening.path] = pieces
    return Enclosed(tuple(files), tuple(not_enclosed), contents)


def _why_left_out(
    copy: ReleaseCopy, wrapping: Wrapping, original: ReleasedFile, listening: ReleasedFile | None
) -> WhyNotEnclosed | None:
    """Why the original does not go out besides; None: it does."""
    if copy.edits:
        return WhyNotEnclosed.EDITED
    if listening and listening.sha256 == original.sha256:
        return WhyNotEnclosed.SAME
    return None if _has_original(copy, wrapping) else WhyNotEnclosed.SIZE


def _is_same(copy: ReleaseCopy, wrapping: Wrapping) -> bool:
    """Whether the listening copy is known to be the original, byte for byte."""
    original = copy.grant.metadata["sha256"]
    return wrapping.encoding == WAV and bool(copy.sound and copy.sound.wave_sha256 == original)


def _has_original(copy: ReleaseCopy, wrapping: Wrapping) -> bool:
    """Whether the original goes out, too; alone where there is no copy that could."""
    return not copy.edits and (wrapping.originals or copy.sound is None)


def _original(practice: Practice, copy: ReleaseCopy) -> ReleasedFile:
    metadata = copy.grant.metadata
    began = parse_instant(metadata["started_at"]).astimezone(practice.settings.time_zone)
    return ReleasedFile(
        path=recording_path(copy.place, FileRole.ORIGINAL, metadata["format"]),
        role=FileRole.ORIGINAL,
        recording=copy.grant.recording.id,
        uid=copy.grant.uid,
        sha256=metadata["sha256"],
        size_bytes=metadata["size_bytes"],
        codec=metadata["codec"],
        sample_rate=metadata["sample_rate"],
        duration_ms=copy.sound.duration_ms if copy.sound else metadata["duration_ms"],
        started_at=began,
        made_from=None,
        taken_in_at=copy.grant.came_in.at,
        taken_in_by=copy.grant.came_in.role,
        matched=any(each["matched"] for each in metadata["shown"]),
        came_in=_came_in(practice, copy.grant),
        time_doubt=_time_doubt(metadata, began),
    )


_DOUBTS: Final[Mapping[str, str]] = {
    TimeConfidence.LOCAL_AMBIGUOUS: "this hour came twice; the other would be {other}",
    TimeConfidence.NONEXISTENT: "the clocks skipped the time that was written",
    TimeConfidence.FILE_TIME: "nothing is known but the file's own time, or its folder's day",
}


def _time_doubt(metadata: Mapping[str, Any], began: datetime) -> str:
    """Why its time may be another, and what contradicts it, in words; empty: nothing."""
    other = instant_in_words(began.replace(fold=1 - began.fold))
    doubt = _DOUBTS.get(metadata["time_confidence"], "").format(other=other)
    return "; ".join(filter(None, [doubt, metadata["contradiction"]]))


def _came_in(practice: Practice, grant: UsableGrant) -> str:
    """As it was stated when the recording came in, whatever was found out since."""
    zone, shown = practice.settings.time_zone, grant.metadata["shown"]
    came_in = came_in_in_words(
        grant.came_in.at.astimezone(zone),
        grant.came_in.role,
        source=named_as_of(shown[0]["system"], shown[0]["time_confidence"]),
        named_at=parse_instant(shown[0]["started_at"]).astimezone(zone),
        is_matched=any(each["matched"] for each in shown),
    )
    words = (vouched_in_words(word, zone) for word in grant.metadata.get("words", ()))
    return " ".join((came_in, *words))


def _listening(
    practice: Practice,
    copy: ReleaseCopy,
    sound: Measured,
    original: ReleasedFile,
    encoding: Encoding,
) -> tuple[ReleasedFile, Content]:
    pieces = partial(copy_pieces, practice, copy.grant, sound, edits=copy.edits, encoding=encoding)
    if encoding == WAV and not copy.edits and sound.wave_sha256:
        size_bytes, sha256 = sound.wave_bytes, sound.wave_sha256  # of when it was measured
    else:
        size_bytes, sha256 = _size_and_sha256(pieces())
    listening = replace(
        original,
        path=recording_path(copy.place, FileRole.LISTENING, encoding.suffix),
        role=FileRole.LISTENING,
        sha256=sha256,
        size_bytes=size_bytes,
        codec=encoding.codec,
        sample_rate=encoding.sample_rate(sound.sample_rate),
        duration_ms=_duration_ms(copy.edits, sound),
        made_from=original.sha256,
        edits=copy.edits,
        edited_at=sound.sample_rate if copy.edits else None,
    )
    return listening, pieces


def _duration_ms(edits: Edits, sound: Measured) -> int:
    return edits.clip.duration_ms if edits.clip else sound.duration_ms


def _size_and_sha256(pieces: Iterable[bytes]) -> tuple[int, str]:
    """Read all of it, and keep nothing."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def check_original(practice: Practice, grant: UsableGrant) -> None:
    """Read all of a recording and hold it against what was sealed to its hearer."""
    found = _size_and_sha256(original_pieces(practice, grant))
    if found != (grant.metadata["size_bytes"], grant.metadata["sha256"]):
        raise _not_as_sealed(grant)


def original_pieces(practice: Practice, grant: UsableGrant) -> Iterator[bytes]:
    """The bytes that were taken in, a segment at a time."""
    with _opening(practice, grant) as sealed:
        yield from open_stream(sealed, grant.data_key, _associated(practice, grant))


def measured(practice: Practice, grant: UsableGrant, *, drawn: bool = True) -> Measured:
    """How long it really sounds, and how loud, where that is to be drawn."""
    with _seekable(practice, grant) as original:
        return measure(original, _suffix(grant), drawn=drawn)


def copy_pieces(
    practice: Practice,
    grant: UsableGrant,
    sound: Measured,
    *,
    edits: Edits,
    encoding: Encoding = WAV,
    start: int = 0,
) -> Iterator[bytes]:
    """A copy that any player plays, a piece at a time; of a WAVE file from a later sample on."""
    with _seekable(practice, grant) as original:
        yield from listening_copy(
            original, _suffix(grant), sound, edits=edits, encoding=encoding, start=start
        )


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
    """The sealed file; what is wrong with it is reported of the recording."""
    with open_recording(practice, grant.recording) as sealed:
        try:
            yield sealed
        except Tampered as error:
            raise _not_as_sealed(grant) from error


def _not_as_sealed(grant: UsableGrant) -> Tampered:
    return Tampered(f"the sealed file of recording {grant.recording.id} is not as it was sealed")


def _associated(practice: Practice, grant: UsableGrant) -> bytes:
    return context("recording", practice.vault, uid=grant.uid)
