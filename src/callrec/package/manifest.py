"""manifest.json and calls.json.

Canonical JSON, signed as it stands. It names recordings by number and id, and says nothing of who
called, who was called, or why the recordings were asked for. What is known of each call stands in
calls.json and calls.csv beside it, "in a structured, commonly used and machine-readable format"
[UK GDPR 20(1)]: JSON is exact and for programs, the table is for people (formats/release.md, 13).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

from callrec.crypto.canonical import canonical, format_instant
from callrec.dataclass import asdict, dataclass, fields
from callrec.policy.edits import UNEDITED, Edits
from callrec.system.spreadsheet import Cell, to_csv

SCHEMA: Final = "callrec.release/1"

CALL_DATA_PATHS: Final = ("calls.json", "calls.csv")
"""What is known of the calls, for a person who takes them elsewhere [UK GDPR 20]."""

SEARCH: Final = "SEARCH.txt"
"""What was searched, and how much was found, given and withheld [UK GDPR 15(1A)]."""

_PATH = re.compile(r"recordings/[0-9]{2,}-(original|listening)\.[a-z0-9]{1,8}")
_SUFFIX = re.compile(r"[a-z0-9]{1,8}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class FileRole(StrEnum):
    """What a file of a release is to the recording."""

    ORIGINAL = "original"
    """The bytes that were taken in."""
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
    """In hertz; None if it is not known."""
    duration_ms: int
    """How long it lasts; of a clipped copy, the clip."""
    started_at: datetime
    """Start of the call, aware, in the practice's own time zone: the manifest says both."""
    made_from: str | None
    """SHA-256 of the original that a listening copy was made from; None for an original."""
    taken_in_at: datetime
    """When its recording was taken in, aware."""
    taken_in_by: str
    """The role of the person who took it in; ``intake``: the practice's service did."""
    matched: bool
    """The telephone system's own call records tell of the call."""
    edits: Edits = UNEDITED
    """What was clipped or silenced in it, in times of the original."""
    edited_at: int | None = None
    """The original's samples a second as it was decoded, in which edits are counted; hertz. None
    where nothing was edited."""
    came_in: str = ""
    """When it was taken in, by whom, from a file named as of when, in words. It stands beside the
    manifest, as it follows from what signers.json shows."""
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
            and self.taken_in_at.tzinfo
        )
        if not holds:
            raise ValueError("a file of a release has a neutral name, its hash, and a time")

    @property
    def local_time(self) -> str:
        """The start of the call on the practice's clock, with its offset."""
        return self.started_at.isoformat(timespec="milliseconds")

    def as_json(self) -> dict[str, object]:
        members = _json(self)
        del members["time_doubt"], members["came_in"]
        return {
            **members,
            "started_at": format_instant(self.started_at),
            "local_time": self.local_time,
            "taken_in_at": format_instant(self.taken_in_at),
            # Written although empty: a reader must be able to tell "nothing was cut or silenced".
            "edits": list(self._edits()),
        }

    def _edits(self) -> Iterator[dict[str, object]]:
        spans = [] if self.edits.clip is None else [self.edits.clip.samples_rounded_in]
        spans += [each.span.samples_rounded_out for each in self.edits.silences]
        for edit, samples in zip(self.edits.as_json(), spans, strict=True):
            first, after = samples(self.edited_at or 0)
            yield {**edit, "from_sample": first, "to_sample": after}


class WhyNotEnclosed(StrEnum):
    """Why the original of a recording is not put into a release that holds a copy of it."""

    EDITED = "edited"
    """The copy leaves something out, which the original would tell."""
    SIZE = "size"
    """The release would not fit where it has to go."""
    SAME = "same"
    """The listening copy is the same, byte for byte."""


@dataclass(frozen=True, slots=True)
class NotEnclosed:
    """An original that the practice holds and did not put in."""

    recording: int
    uid: str
    sha256: str
    size_bytes: int
    codec: str
    why: WhyNotEnclosed


@dataclass(frozen=True, slots=True)
class CallData:
    """A file that says what the practice knows of the calls: ``calls.json``, ``SEARCH.txt``."""

    path: str
    sha256: str
    size_bytes: int

    def __post_init__(self) -> None:
        if self.path not in (*CALL_DATA_PATHS, SEARCH) or not _SHA256.fullmatch(self.sha256):
            raise ValueError("what is known of the calls lies in calls.json, calls.csv, SEARCH.txt")


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

    @property
    def is_complete(self) -> bool:
        """Whether all that matched the request was gathered, which `SEARCH` tells."""
        return any(data.path == SEARCH for data in self.call_data)

    def __post_init__(self) -> None:
        if len({file.path for file in self.files}) != len(self.files):
            raise ValueError("two files of a release have one name")

    def to_bytes(self) -> bytes:
        """The bytes that are signed, and whose SHA-256 the audit log holds.

        Law: ``callrec_verify.read_manifest`` reads what it says, times cut to the millisecond.
        """
        members = asdict(self)
        number = members.pop("request_number")
        return canonical(
            {
                **members,
                "schema": SCHEMA,
                "request": {"number": number, "id": self.request},
                "at": format_instant(self.at),
                "files": [file.as_json() for file in self.files],
                "not_enclosed": [_json(original) for original in self.not_enclosed],
                "call_data": [_json(data) for data in self.call_data],
            }
        )


def _json(value: ReleasedFile | NotEnclosed | CallData) -> dict[str, object]:
    """Its members by their own names, but for the size, which is in ``bytes``."""
    members = asdict(value)
    return {"bytes": members.pop("size_bytes"), **members}


TIME_DOUBT: Final = "time_doubt"
"""Written where a time is in doubt, and then the last column of the table."""

_ABOUT_CALL: Final = (
    *("recording", "started_at", "local_time", TIME_DOUBT, "duration_s"),
    *("direction", "number", "extension", "parties"),
)

_ABOUT_FILE: Final = {"": "path", "_codec": "codec", "_sha256": "sha256"}
"""What a file's columns say, by the ends of their names; they begin with its role."""

COLUMNS: Final = (
    *(name for name in _ABOUT_CALL if name != TIME_DOUBT),
    *(f"{role}{end}" for role in FileRole for end in _ABOUT_FILE),
)
"""Of the table: one row a call."""


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

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any], files: Iterable[ReleasedFile]) -> Self:
        """The call as its recording's metadata tell of it, under the same names."""
        members = {each.name: metadata[each.name] for each in fields(cls) if each.name != "files"}
        return cls(**members | {"files": tuple(files), "parties": tuple(members["parties"])})

    def as_json(self) -> dict[str, Any]:
        """As ``calls.json`` has it."""
        first = self.files[0]
        members = {
            "recording": first.recording,
            "started_at": format_instant(first.started_at),
            "local_time": first.local_time,
            TIME_DOUBT: first.time_doubt,
            "duration_s": self.duration_ms / 1000,
        }
        members |= {name: getattr(self, name) for name in _ABOUT_CALL if name not in members}
        if not first.time_doubt:
            del members[TIME_DOUBT]
        members["files"] = [
            {
                "path": file.path,
                "role": file.role,
                "codec": file.codec,
                "duration_s": file.duration_ms / 1000,
                "bytes": file.size_bytes,
                "sha256": file.sha256,
            }
            for file in self.files
        ]
        return members


def call_data(calls: Sequence[ReleasedCall]) -> tuple[bytes, bytes]:
    """The bytes of ``calls.json`` and of ``calls.csv``, the calls in the order that they have.

    Laws: what JSON reads back is what was given; the table has a row for each call, and its cells
    say the same but for the signs that keep a spreadsheet from running them.
    """
    members = [call.as_json() for call in calls]
    in_doubt = any(TIME_DOUBT in each for each in members)
    columns = (*COLUMNS, TIME_DOUBT) if in_doubt else COLUMNS
    document = {"schema": "callrec.calls/1", "calls": members}
    table = to_csv(columns, [_row(each, columns) for each in members], UTC)
    return f"{json.dumps(document, ensure_ascii=False, indent=2)}\n".encode(), table


def _row(members: Mapping[str, Any], columns: Sequence[str]) -> list[Cell]:
    cells = dict(members)
    for file in members["files"]:
        cells |= {f"{file['role']}{end}": file[name] for end, name in _ABOUT_FILE.items()}
    return [cells.get(column) for column in columns]
