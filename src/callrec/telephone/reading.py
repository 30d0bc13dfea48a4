"""What is known of a recording: from its sidecar, else from its name, else from its own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from callrec.errors import Failed, Unusable
from callrec.telephone.call import Call, Direction, System, TimeConfidence
from callrec.telephone.sidecar import LARGEST, read_sidecar, sidecar_for
from callrec.telephone.systems import NAMES

if TYPE_CHECKING:
    from pathlib import Path, PurePath
    from zoneinfo import ZoneInfo

    from callrec.telephone.setup import Setup

_LONGEST_NAME: Final = 255
"""Bytes of a file name (NAME_MAX), so characters at most."""


def read_call(path: Path, setup: Setup) -> Call:
    """The call whose recording this is; its sound is not looked at.

    Args:
        path: of the recording.
        setup: how this practice's telephone systems are read.

    Raises:
        Unusable: its sidecar, or its own time, is not to be understood.
        Failed: it, or its sidecar, cannot be read.
    """
    try:
        sidecar = sidecar_for(path)
        if sidecar is not None:
            return read_sidecar(_beginning(sidecar), setup)
        return read_name(path, setup) or by_file_time(int(path.stat().st_mtime), setup.zone)
    except OSError as problem:
        raise Failed(f"the recording's description cannot be read: {problem.strerror}") from None


def read_name(path: PurePath, setup: Setup) -> Call | None:
    """The call that a recording's name tells of, or None where no system writes such a name.

    Law: never raises.
    """
    if len(path.name) > _LONGEST_NAME or not path.name.isprintable():
        return None
    for system, read in NAMES.items():
        written = read(path, setup) if setup.system in {None, system} else None
        if written is not None:
            return written.understood(setup)
    return None


def by_file_time(modified: int, zone: ZoneInfo) -> Call:
    """A call of which nothing is known but when its file was last written.

    Args:
        modified: seconds since the epoch.
        zone: the practice's.

    Raises:
        Unusable: no calendar holds that time.
    """
    try:
        at = datetime.fromtimestamp(modified, UTC)
        local = at.astimezone(zone)
    except (ValueError, OverflowError, OSError):
        raise Unusable("the file's own time is in no calendar") from None
    return Call(
        system=System.NONE,
        direction=Direction.UNKNOWN,
        caller=None,
        callee=None,
        number=None,
        extension=None,
        parties=(),
        started_at=at,
        local_time=local.replace(tzinfo=None).isoformat(),
        time_confidence=TimeConfidence.FILE_TIME,
        raw_time="",
        zone=str(zone),
        utc_offset_minutes=round((local.utcoffset() or timedelta()).total_seconds() / 60),
        contradiction=None,
        unique_id=None,
        sides=(),
        why="no sidecar, and a name that no known system writes; the time is the file's own",
        said={},
    )


def _beginning(sidecar: Path) -> bytes:
    """One byte more than a sidecar may have is enough to refuse it."""
    with sidecar.open("rb") as opened:
        return opened.read(LARGEST + 1)
