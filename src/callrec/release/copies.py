"""How each recording goes out: edited or whole, its original with it or not, in which encoding.

Where something is left out of a copy, its original would tell it and stays in the vault. Where the
package has to fit somewhere, first the copies are compressed, then the originals stay out; nobody
is sent less sound for want of room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final

from callrec.calls.find import time_doubt
from callrec.crypto.canonical import parse_instant
from callrec.errors import Refused, Unusable
from callrec.package.manifest import (
    FileRole,
    NotEnclosed,
    ReleasedFile,
    WhyNotEnclosed,
    recording_path,
)
from callrec.policy.clause import Clause
from callrec.policy.edits import UNEDITED, check_edits
from callrec.release.release_sound import (
    check_original,
    copy_pieces,
    copy_size_and_hash,
    measured,
    original_pieces,
)
from callrec.sound.child import Undecodable, expect_decoders
from callrec.sound.encoding import COMPRESSED, WAV

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from callrec.package.package import Content
    from callrec.policy.edits import Edits
    from callrec.practice import Practice
    from callrec.requests.grants import UsableGrant
    from callrec.sound.encoding import Encoding
    from callrec.sound.measured import Measured

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


UNCHANGED_WRAPPING: Final = Wrapping(originals=True, encoding=WAV)

_SMALLER: Final = tuple(
    Wrapping(originals, encoding)
    for originals, encoding in product((True, False), (WAV, *COMPRESSED))
)
"""From what keeps the most to what takes the least."""


def plan_copies(
    practice: Practice,
    grants: Sequence[UsableGrant],
    edits: Mapping[str, Edits],
    advance: Callable[[int], None],
    *,
    drawn: bool = True,
) -> tuple[ReleaseCopy, ...]:
    """Read and measure each recording, and see that it can be edited as was decided.

    Args:
        practice: the open vault.
        grants: what is released, in the order of the release.
        edits: what is left out of each, by its uid.
        advance: told 1 for each recording.
        drawn: whether a picture is to show how loud each is where.

    Raises:
        Tampered: a recording's file is not as it was sealed.
        Refused: it would have to be edited, and cannot be decoded.
        Unusable: it ends before a span of an edit does.
    """
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
    """Decide what is put in, hash it, and say what stays out.

    Args:
        practice: the open vault.
        copies: as `plan_copies` made them.
        most_bytes: what the package may take; None: whatever it takes.

    Raises:
        Unusable: nothing that could be put in is small enough.
        Tampered: a recording's file is not as it was sealed.
    """
    if max_bytes is None:
        return _enclose(practice, copies, UNCHANGED_WRAPPING)
    room = max_bytes - OVERHEAD_BYTES - OVERHEAD_PER_RECORDING * len(copies)
    for wrapping in _SMALLER:
        if _most_bytes(copies, wrapping) <= room:
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
        if _has_original(copy, wrapping):
            taken += copy.grant.metadata["size_bytes"]
        if copy.sound is not None:
            taken += wrapping.encoding.estimated_bytes(
                _duration_ms(copy),
                sample_rate=copy.sound.sample_rate,
                channels=copy.sound.channels,
            )
    return taken


def _enclose(practice: Practice, copies: Sequence[ReleaseCopy], wrapping: Wrapping) -> Enclosed:
    files: list[ReleasedFile] = []
    contents: dict[str, Content] = {}
    not_enclosed = []
    for copy in copies:
        original = _original(practice, copy)
        if _has_original(copy, wrapping):
            files.append(original)
            contents[original.path] = partial(original_pieces, practice, copy.grant)
        else:
            not_enclosed.append(_left_out(copy, original))
        for file, pieces in _listening(practice, copy, original, wrapping.encoding):
            files.append(file)
            contents[file.path] = pieces
    return Enclosed(tuple(files), tuple(not_enclosed), contents)


def _has_original(copy: ReleaseCopy, wrapping: Wrapping) -> bool:
    """Whether the original goes out, too; alone where there is no copy that could."""
    return not copy.edits and (wrapping.originals or copy.sound is None)


def _original(practice: Practice, copy: ReleaseCopy) -> ReleasedFile:
    said = copy.grant.metadata
    began = parse_instant(said["started_at"]).astimezone(practice.config.time_zone)
    return ReleasedFile(
        path=recording_path(copy.place, FileRole.ORIGINAL, said["format"]),
        role=FileRole.ORIGINAL,
        recording=copy.grant.recording.id,
        uid=copy.grant.uid,
        sha256=said["sha256"],
        size_bytes=said["size_bytes"],
        codec=said["codec"],
        sample_rate=said["sample_rate"],
        duration_ms=copy.sound.duration_ms if copy.sound else said["duration_ms"],
        started_at=began,
        made_from=None,
        time_doubt=time_doubt(said, began),
    )


def _left_out(copy: ReleaseCopy, original: ReleasedFile) -> NotEnclosed:
    return NotEnclosed(
        recording=original.recording,
        uid=original.uid,
        sha256=original.sha256,
        size_bytes=original.size_bytes,
        codec=original.codec,
        why=WhyNotEnclosed.EDITED if copy.edits else WhyNotEnclosed.SIZE,
    )


def _listening(
    practice: Practice, copy: ReleaseCopy, original: ReleasedFile, encoding: Encoding
) -> Iterator[tuple[ReleasedFile, Content]]:
    if copy.sound is None:
        return
    counted = copy_size_and_hash(
        practice, copy.grant, copy.sound, edits=copy.edits, encoding=encoding
    )
    pieces = partial(
        copy_pieces, practice, copy.grant, copy.sound, edits=copy.edits, encoding=encoding
    )
    listening = replace(
        original,
        path=recording_path(copy.place, FileRole.LISTENING, encoding.suffix),
        role=FileRole.LISTENING,
        sha256=counted.sha256,
        size_bytes=counted.size_bytes,
        codec=encoding.codec,
        sample_rate=encoding.sample_rate(copy.sound.sample_rate),
        duration_ms=_duration_ms(copy),
        made_from=original.sha256,
        edits=copy.edits,
        edited_at=copy.sound.sample_rate if copy.edits else None,
    )
    yield listening, pieces


def _duration_ms(copy: ReleaseCopy) -> int:
    assert copy.sound is not None  # noqa: S101 - asked of those that can be decoded
    return copy.edits.clip.duration_ms if copy.edits.clip else copy.sound.duration_ms
