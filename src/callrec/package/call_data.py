"""``calls.json`` and ``calls.csv``: what is known of each call, for whoever takes it along.

"In a structured, commonly used and machine-readable format" [UK GDPR 20(1)]: JSON is exact and for
programs, the table is for people (docs/formats/release.md, 13).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from callrec.crypto.canonical import format_instant
from callrec.package.manifest import FileRole, ReleasedFile
from callrec.system.spreadsheet import to_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from callrec.system.spreadsheet import Cell

CALLS_SCHEMA: Final = "callrec.calls/1"

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
    told = {"schema": CALLS_SCHEMA, "calls": [_as_json(call) for call in calls]}
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
