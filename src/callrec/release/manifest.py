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
from callrec.errors import Tampered, Unchecked

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA: Final = "callrec.release/1"

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
    started_at: datetime
    """Start of the call, aware, in the practice's own time zone: the manifest says both."""
    made_from: str | None
    """SHA-256 of the original that a listening copy was made from; None for an original."""

    def __post_init__(self) -> None:
        named = _PATH.fullmatch(self.path)
        made_from = self.made_from or ""
        holds = (
            named is not None
            and named[1] == self.role
            and _SHA256.fullmatch(self.sha256)
            and bool(_SHA256.fullmatch(made_from)) == (self.role is Role.LISTENING)
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
            "started_at": instant(self.started_at),
            "local_time": self.started_at.isoformat(timespec="milliseconds"),
            "made_from": self.made_from,
            # Said although empty: a reader must be able to tell "nothing was cut or silenced".
            "edits": [],
        }


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
    withheld: tuple[Withheld, ...]

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
                "withheld": [
                    {"recording": item.recording, "code": item.code} for item in self.withheld
                ],
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
    except (KeyError, TypeError, ValueError) as error:
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
        withheld=tuple(
            Withheld(_take(entry, "recording", int), _take(entry, "code", str))
            for entry in _take(value, "withheld", list)
        ),
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
        started_at=datetime.fromisoformat(_take(entry, "local_time", str)),
        made_from=_take_or_none(entry, "made_from", str),
    )


def _take(entry: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    value = entry[name]
    if type(value) is not kind:  # not isinstance: true is no number
        raise TypeError(name)
    return value


def _take_or_none(entry: Mapping[str, Any], name: str, kind: type[_T]) -> _T | None:
    return None if entry[name] is None else _take(entry, name, kind)
