"""What one cell of a call record may say: a number, a person's name, a file's, a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from callrec.telephone.number import is_withheld
from callrec.telephone.written import WrittenTime

_LONGEST_END: Final = 64
_LONGEST_NAME: Final = 200
_LONGEST_FILE_NAME: Final = 255
_FOLDERS: Final = re.compile(r"[/\\]")

LONGEST_CALL: Final = timedelta(hours=10_000)
"""Nobody ever spoke so long, and what is added to a time must not lead out of the calendar."""
MILLISECOND: Final = timedelta(milliseconds=1)
_DURATION: Final = re.compile(r"([0-9]{1,4}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?")
_SHORTEST_TIME: Final = len("2025-06-02 09:00")
_YEARS: Final = range(1901, 2100)
_LATEST: Final = 4_102_444_800
"""Seconds: the year 2100."""


def parse_end(text: str) -> str:
    """One end of a call as it was written; empty where nothing of the kind can be written."""
    plain = text.strip()
    return plain if len(plain) <= _LONGEST_END and plain.isprintable() else ""


def person_names(*names: str) -> tuple[str, ...]:
    """Those that are names of somebody: a number is none, nor is "anonymous"."""
    plain = (" ".join(name.split()) for name in names if name)
    return tuple(dict.fromkeys(name for name in plain if _is_name(name)))


def shown_name(caller: str) -> str:
    """Of a caller as ``"Name" <number>``; empty: no name is shown."""
    name = caller.rpartition("<")[0].strip()
    return name[1:-1] if name.startswith('"') and name.endswith('"') else name


def file_name(path: str) -> str:
    """Without the folders that a system wrote before it; empty where no file can be called so."""
    name = _FOLDERS.split(path.strip())[-1]
    return name if _is_file_name(name) else ""


def parse_whole(text: str) -> int | None:
    """A number without a sign, such as seconds; None: it is none."""
    plain = text.strip()
    return int(plain) if len(plain) <= 15 and plain.isascii() and plain.isdigit() else None  # noqa: PLR2004


def parse_length(text: str, unit: timedelta = timedelta(seconds=1)) -> timedelta | None:
    """Of a part of a call, in whole units; None: it is none, or longer than any call."""
    count = parse_whole(text)
    return count * unit if count is not None and count < LONGEST_CALL // unit else None


def parse_milliseconds(seconds: str) -> int | None:
    """Of a part of a call in whole seconds; likewise."""
    of_call = parse_length(seconds)
    return None if of_call is None else of_call // MILLISECOND


def from_epoch(seconds: float | None) -> datetime | None:
    """Of seconds since 1970; None for 0, which says that it never was, and beyond 2099."""
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < _LATEST else None


def parse_local_time(text: str) -> datetime | None:
    """A date and time without an offset, as ISO 8601 or with a space between; 1901 to 2099."""
    at = _date_and_time(text)
    return at if at and at.tzinfo is None else None


def parse_written_time(text: str) -> WrittenTime | None:
    """Likewise, with an offset or without."""
    at = _date_and_time(text)
    if at is None:
        return None
    if at.tzinfo is None:
        return WrittenTime(raw=text, local=at)
    return WrittenTime(raw=text, instant=at, proof="the offset that is written with it")


def parse_duration(text: str) -> timedelta | None:
    """As ``HH:MM:SS``, also with more hours or a fraction of a second."""
    parts = _DURATION.fullmatch(text.strip())
    if parts is None:
        return None
    hours, minutes, seconds = (int(part) for part in parts.group(1, 2, 3))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _date_and_time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip()) if len(text) >= _SHORTEST_TIME else None
    except ValueError:
        return None
    return at if at and at.year in _YEARS else None


def _is_name(text: str) -> bool:
    return (
        len(text) <= _LONGEST_NAME
        and text.isprintable()
        and any(map(str.isalpha, text))
        and not is_withheld(text)
    )


def _is_file_name(name: str) -> bool:
    return (
        len(name.encode()) <= _LONGEST_FILE_NAME and name.isprintable() and name not in {".", ".."}
    )
