"""manifest.json and calls.json.

Canonical JSON, signed as it stands. It names recordings by number and id, and says nothing of who
called, who was called, or why the recordings were asked for. What is known of each call stands in
calls.json and calls.csv beside it, "in a structured, commonly used and machine-readable format"
[UK GDPR 20(1)]: JSON is exact and for programs, the table is for people (formats/release.md, 13).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from callrec.crypto.canonical import canonical, format_instant
from callrec.policy.edits import UNEDITED, Edits
from callrec.system.spreadsheet import Cell, to_csv

SCHEMA: Final = "callrec.release/1"

CALL_DATA_PATHS: Final = ("calls.json", "calls.csv")
"""What is known of the calls, for whoever takes them elsewhere [UK GDPR 20]."""

_PATH = re.compile(r"recordings/[0-9]{2,}-(original|listening)\.[a-z0-9]{1,8}")

_SUFFIX = re.compile(r"[a-z0-9]{1,8}")

_SHA256 = re.compile(r"[0-9a-f]{64}")


class FileRole(StrEnum):
    """What a file of a release is to the recording."""

    ORIGINAL = "original"
    """The bytes that the telephone system wrote."""
    LISTENING = "listening"
    """A copy made from the original, which any player can play."""


def recording_path(place: int, role: FileRole, suffix: str) -> str:
    """``recordings/01-original.wav``: a name that tells nothing of the call."""
    ending = suffix.lower() if _SUFFIX.fullmatch(suffix.lower()) else "bin"
    return f"recordings/{place:02d}-{role}.{ending}"


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """One audio file of a release."""

    path: str
    """As ``recording_path`` makes it."""
    role: FileRole
    recording: int
    """The recording's number in the vault, as people say it."""
    uid: str
    sha256: str
    """SHA-256 of the file's bytes in hex."""
    size_bytes: int
    codec: str
    sample_rate: int | None
    """In hertz; None if it could not be told."""
    duration_ms: int
    """How long it lasts; of a clipped copy, the clip."""
    started_at: datetime
    """Start of the call, aware, in the practice's own time zone: the manifest says both."""
    made_from: str | None
    """SHA-256 of the original that a listening copy was made from; None for an original."""
    edits: Edits = UNEDITED
    """What was clipped or silenced in it, in times of the original."""
    edited_at: int | None = None
    """The original's samples a second as it was decoded, in which edits are counted; hertz. None
    where nothing was edited."""
    time_doubt: str = ""
    """Why the call may have begun at another time, in words; empty: nothing is in doubt. It stands
    beside the manifest, whose form has no place for it."""

    def __post_init__(self) -> None:
        named = _PATH.fullmatch(self.path)
        made_from = self.made_from or ""
        holds = (
            named is not None
            and named[1] == self.role
            and _SHA256.fullmatch(self.sha256)
            and bool(_SHA256.fullmatch(made_from)) == (self.role is FileRole.LISTENING)
            and (self.role is FileRole.LISTENING or not self.edits)
            and bool(self.edits) == (self.edited_at is not None)
            and self.started_at.tzinfo
        )
        if not holds:
            raise ValueError("a file of a release has a neutral name, its hash, and a time")

    def as_json(self) -> dict[str, object]:
        told = _json(self)
        del told["time_doubt"]
        at = self.started_at
        return {
            **told,
            "started_at": format_instant(at),
            "local_time": at.isoformat(timespec="milliseconds"),
            # Said although empty: a reader must be able to tell "nothing was cut or silenced".
            "edits": list(self._edits()),
        }

    def _edits(self) -> Iterator[dict[str, object]]:
        spans = [] if self.edits.clip is None else [self.edits.clip.samples_rounded_in]
        spans += [each.span.samples_rounded_out for each in self.edits.silences]
        for edit, samples in zip(self.edits.as_json(), spans, strict=True):
            first, after = samples(self.edited_at or 0)
            yield {**edit, "from_sample": first, "to_sample": after}


class WhyNotEnclosed(StrEnum):
    """Why the original of a recording stays out of a release that holds a copy of it."""

    EDITED = "edited"
    """The copy leaves something out, which the original would tell."""
    SIZE = "size"
    """The release would not fit where it has to go."""


@dataclass(frozen=True, slots=True)
class NotEnclosed:
    """An original that the practice holds and did not put in."""

    recording: int
    uid: str
    sha256: str
    size_bytes: int
    codec: str
    why: WhyNotEnclosed

    def as_json(self) -> dict[str, object]:
        return _json(self)


@dataclass(frozen=True, slots=True)
class CallData:
    """A file that says of the calls what the practice knows: ``calls.json``, ``calls.csv``."""

    path: str
    sha256: str
    size_bytes: int

    def __post_init__(self) -> None:
        if self.path not in CALL_DATA_PATHS or not _SHA256.fullmatch(self.sha256):
            raise ValueError("what is known of the calls lies in calls.json and calls.csv")

    def as_json(self) -> dict[str, object]:
        return _json(self)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A recording that was asked for and not given: the code says on which ground."""

    recording: int
    code: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release holds."""

    vault: str
    """Id of the vault."""
    practice: str
    """The practice's name, as it calls itself."""
    release: str
    """Id of the release."""
    request_number: str
    """``R-17``."""
    request: str
    """Id of the request."""
    purpose: str
    released_by: str
    """Id of the person whose ``act`` key signs; names stand in no file of a release."""
    at: datetime
    """When it was put together; aware, in the practice's own time zone. Written in UTC."""
    files: tuple[ReleasedFile, ...]
    not_enclosed: tuple[NotEnclosed, ...]
    withheld: tuple[Withheld, ...]
    call_data: tuple[CallData, ...] = ()

    def __post_init__(self) -> None:
        if len({file.path for file in self.files}) != len(self.files):
            raise ValueError("two files of a release have one name")

    def to_bytes(self) -> bytes:
        """The bytes that are signed, and whose SHA-256 the audit log holds.

        Law: ``callrec_verify.read_manifest`` reads what it says, times cut to the millisecond.
        """
        told = asdict(self)
        number = told.pop("request_number")
        return canonical(
            {
                **told,
                "schema": SCHEMA,
                "request": {"number": number, "id": self.request},
                "at": format_instant(self.at),
                "files": [file.as_json() for file in self.files],
                "not_enclosed": [original.as_json() for original in self.not_enclosed],
                "call_data": [data.as_json() for data in self.call_data],
            }
        )


def _json(said: ReleasedFile | NotEnclosed | CallData) -> dict[str, object]:
    """Its members by their own names, but for the size, which is in ``bytes``."""
    told = asdict(said)
    return {"bytes": told.pop("size_bytes"), **told}


COLUMNS: Final = (
    *("recording", "started_at", "local_time", "duration_s"),
    *("direction", "number", "extension", "parties"),
    *("original", "original_codec", "original_sha256"),
    *("listening", "listening_codec", "listening_sha256"),
)
"""Of the table: one row a call."""

TIME_DOUBT: Final = "time_doubt"
"""One more, the last, where a time is in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReleasedCall:
    """A call of which recordings are released. Its repr shows nothing."""

    files: tuple[ReleasedFile, ...]
    """The original, its listening copy, or both; all of this call."""
    duration_ms: int
    """Of the whole call, whatever a copy leaves out."""
    direction: str
    """``inbound``, ``outbound``, ``internal`` or ``unknown``, as its metadata say."""
    number: str | None
    """The outside party's, E.164 where it is a public one; None: withheld or unknown."""
    extension: str | None
    parties: tuple[str, ...]

    def __post_init__(self) -> None:
        if len({file.recording for file in self.files}) != 1:
            raise ValueError("the files of a call are of one recording, and there is one")

    @property
    def recording(self) -> int:
        """The recording's number in the vault, as people say it."""
        return self.files[0].recording

    @property
    def started_at(self) -> datetime:
        """Aware, in the practice's own time zone."""
        return self.files[0].started_at

    @property
    def time_doubt(self) -> str:
        """Why it may have begun at another time, in words; empty: nothing is in doubt."""
        return self.files[0].time_doubt

    @property
    def local_time(self) -> str:
        """The start on the practice's clock, with its offset."""
        return self.started_at.isoformat(timespec="milliseconds")


def call_data(calls: Sequence[ReleasedCall]) -> tuple[bytes, bytes]:
    """The bytes of ``calls.json`` and of ``calls.csv``, the calls in the order that they have.

    Laws: what JSON reads back is what was given; the table has a row for each call, and its cells
    say the same but for the signs that keep a spreadsheet from running them.
    """
    told = {"schema": "callrec.calls/1", "calls": [_as_json(call) for call in calls]}
    in_doubt = any(call.time_doubt for call in calls)
    columns = (*COLUMNS, TIME_DOUBT) if in_doubt else COLUMNS
    rows = [(*_cells(call), call.time_doubt)[: len(columns)] for call in calls]
    table = to_csv(columns, rows, UTC)
    return f"{json.dumps(told, ensure_ascii=False, indent=2)}\n".encode(), table


def _as_json(call: ReleasedCall) -> dict[str, object]:
    return {
        "recording": call.recording,
        "started_at": format_instant(call.started_at),
        "local_time": call.local_time,
        **({TIME_DOUBT: call.time_doubt} if call.time_doubt else {}),
        "duration_s": call.duration_ms / 1000,
        "direction": call.direction,
        "number": call.number,
        "extension": call.extension,
        "parties": list(call.parties),
        "files": [
            {
                "path": file.path,
                "role": file.role.value,
                "codec": file.codec,
                "duration_s": file.duration_ms / 1000,
                "bytes": file.size_bytes,
                "sha256": file.sha256,
            }
            for file in call.files
        ],
    }


def _cells(call: ReleasedCall) -> Iterator[Cell]:
    yield from (call.recording, format_instant(call.started_at), call.local_time)
    yield from (str(call.duration_ms / 1000), call.direction, call.number, call.extension)
    yield call.parties
    by_role = {file.role: file for file in call.files}
    for role in (FileRole.ORIGINAL, FileRole.LISTENING):
        file = by_role.get(role)
        yield from (file.path, file.codec, file.sha256) if file else (None, None, None)
