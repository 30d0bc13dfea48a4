"""``manifest.json``: what a release holds and what it does not (docs/formats/release.md, 3).

Canonical JSON, signed as it stands. It names recordings by number and id, and says nothing of who
called, who was called, or why the recordings were asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from callrec.crypto.canonical import canonical, instant, parse, parse_instant
from callrec.errors import Tampered, Unchecked, Unusable
from callrec.policy.edits import UNEDITED, Edits, read_edits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA: Final = "callrec.release/2"

CALL_DATA_PATHS: Final = ("calls.json", "calls.csv")
"""What is known of the calls, for whoever takes them elsewhere [UK GDPR 20]."""

_PATH = re.compile(r"recordings/[0-9]{2,}-(original|listening)\.[a-z0-9]{1,8}")
_SUFFIX = re.compile(r"[a-z0-9]{1,8}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_T = TypeVar("_T", str, int, list[Any], dict[str, Any])


class Role(StrEnum):
    """What a file of a release is to the recording."""

    ORIGINAL = "original"
    """The bytes that the telephone system wrote."""
    LISTENING = "listening"
    """A copy made from the original, which any player can play."""


def recording_path(place: int, role: Role, suffix: str) -> str:
    """``recordings/01-original.wav``: a name that tells nothing of the call.

    Args:
        place: the recording's place in the release, from 1; not its number in the vault.
        role: original or listening copy.
        suffix: how such files' names end, without the dot. It may come from a file name from
            outside: what is not one to eight letters and digits becomes ``bin``.
    """
    ending = suffix.lower() if _SUFFIX.fullmatch(suffix.lower()) else "bin"
    return f"recordings/{place:02d}-{role}.{ending}"


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """One audio file of a release."""

    path: str
    """As ``recording_path`` makes it."""
    role: Role
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

    def __post_init__(self) -> None:
        named = _PATH.fullmatch(self.path)
        made_from = self.made_from or ""
        holds = (
            named is not None
            and named[1] == self.role
            and _SHA256.fullmatch(self.sha256)
            and bool(_SHA256.fullmatch(made_from)) == (self.role is Role.LISTENING)
            and (self.role is Role.LISTENING or not self.edits)
            and bool(self.edits) == (self.edited_at is not None)
            and self.started_at.tzinfo
        )
        if not holds:
            raise ValueError("a file of a release has a neutral name, its hash, and a time")

    def as_json(self) -> dict[str, object]:
        return {
            "path": self.path,
            "role": self.role.value,
            "recording": self.recording,
            "uid": self.uid,
            "sha256": self.sha256,
            "bytes": self.size_bytes,
            "codec": self.codec,
            "sample_rate": self.sample_rate,
            "duration_ms": self.duration_ms,
            "started_at": instant(self.started_at),
            "local_time": self.started_at.isoformat(timespec="milliseconds"),
            "made_from": self.made_from,
            # Said although empty: a reader must be able to tell "nothing was cut or silenced".
            "edits": list(self._edits()),
            "edited_at": self.edited_at,
        }

    def _edits(self) -> Iterator[dict[str, object]]:
        spans = [] if self.edits.clip is None else [self.edits.clip.samples_inwards]
        spans += [each.span.samples_outwards for each in self.edits.silences]
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
        return {
            "recording": self.recording,
            "uid": self.uid,
            "sha256": self.sha256,
            "bytes": self.size_bytes,
            "codec": self.codec,
            "why": self.why.value,
        }


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
        return {"path": self.path, "sha256": self.sha256, "bytes": self.size_bytes}


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

        Law: ``parse_manifest(manifest.to_bytes()) == manifest``, times cut to the millisecond.
        """
        return canonical(
            {
                "schema": SCHEMA,
                "vault": self.vault,
                "practice": self.practice,
                "release": self.release,
                "request": {"number": self.request_number, "id": self.request},
                "purpose": self.purpose,
                "released_by": self.released_by,
                "at": instant(self.at),
                "files": [file.as_json() for file in self.files],
                "not_enclosed": [original.as_json() for original in self.not_enclosed],
                "withheld": [
                    {"recording": item.recording, "code": item.code} for item in self.withheld
                ],
                "call_data": [data.as_json() for data in self.call_data],
            }
        )


def parse_manifest(data: bytes) -> Manifest:
    """What a ``manifest.json`` from outside says; its signature is not checked here.

    Raises:
        Tampered: not canonical, or not what ``Manifest.to_bytes`` writes.
        Unchecked: of a form that this version does not know.
    """
    value = parse(data)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise Unchecked(
            "the manifest is of a form that this version does not know",
            hint="check it with the version of callrec that made it, or a newer one",
        )
    try:
        manifest = _manifest(value)
    except (KeyError, TypeError, ValueError, Unusable) as error:
        raise Tampered("the manifest lacks what a manifest says") from error
    if manifest.to_bytes() != data:  # a member too many, edits, or times that disagree
        raise Tampered("the manifest says what no manifest says")
    return manifest


def _manifest(value: Mapping[str, Any]) -> Manifest:
    request = _take(value, "request", dict)
    return Manifest(
        vault=_take(value, "vault", str),
        practice=_take(value, "practice", str),
        release=_take(value, "release", str),
        request_number=_take(request, "number", str),
        request=_take(request, "id", str),
        purpose=_take(value, "purpose", str),
        released_by=_take(value, "released_by", str),
        at=parse_instant(_take(value, "at", str)),
        files=tuple(_file(entry) for entry in _take(value, "files", list)),
        not_enclosed=tuple(_not_enclosed(entry) for entry in _take(value, "not_enclosed", list)),
        withheld=tuple(
            Withheld(_take(entry, "recording", int), _take(entry, "code", str))
            for entry in _take(value, "withheld", list)
        ),
        call_data=tuple(
            CallData(
                _take(entry, "path", str), _take(entry, "sha256", str), _take(entry, "bytes", int)
            )
            for entry in _take(value, "call_data", list)
        ),
    )


def _not_enclosed(entry: Mapping[str, Any]) -> NotEnclosed:
    return NotEnclosed(
        recording=_take(entry, "recording", int),
        uid=_take(entry, "uid", str),
        sha256=_take(entry, "sha256", str),
        size_bytes=_take(entry, "bytes", int),
        codec=_take(entry, "codec", str),
        why=WhyNotEnclosed(entry["why"]),
    )


def _file(entry: Mapping[str, Any]) -> ReleasedFile:
    return ReleasedFile(
        path=_take(entry, "path", str),
        role=Role(entry["role"]),
        recording=_take(entry, "recording", int),
        uid=_take(entry, "uid", str),
        sha256=_take(entry, "sha256", str),
        size_bytes=_take(entry, "bytes", int),
        codec=_take(entry, "codec", str),
        sample_rate=_take_or_none(entry, "sample_rate", int),
        duration_ms=_take(entry, "duration_ms", int),
        started_at=datetime.fromisoformat(_take(entry, "local_time", str)),
        made_from=_take_or_none(entry, "made_from", str),
        edits=read_edits(_take(entry, "edits", list)),
        edited_at=_take_or_none(entry, "edited_at", int),
    )


def _take(entry: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    value = entry[name]
    if type(value) is not kind:  # not isinstance: true is no number
        raise TypeError(name)
    return value


def _take_or_none(entry: Mapping[str, Any], name: str, kind: type[_T]) -> _T | None:
    return None if entry[name] is None else _take(entry, name, kind)
