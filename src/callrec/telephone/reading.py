"""What is known of a recording: from its sidecar, else from its name, else from its own time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from callrec.errors import Failed, Unusable
from callrec.telephone.asterisk import read_name
from callrec.telephone.call import Call, Direction, System, TimeConfidence
from callrec.telephone.sidecar import LARGEST, read_sidecar, sidecar_for

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from callrec.telephone.number import Extensions


def read_call(path: Path, *, zone: ZoneInfo, region: str, extensions: Extensions) -> Call:
    """The call whose recording this is; its sound is not looked at.

    Args:
        path: of the recording.
        zone: where the telephone system's clock should stand.
        region: whose national numbers these are.
        extensions: the practice's; empty: told by their length.

    Raises:
        Unusable: its sidecar, or its own time, is not to be understood.
        Failed: it, or its sidecar, cannot be read.
    """
    try:
        sidecar = sidecar_for(path)
        if sidecar is not None:
            return read_sidecar(_beginning(sidecar), zone, region)
        return read_name(path.name, zone, region, extensions) or by_file_time(
            int(path.stat().st_mtime), zone
        )
    except OSError as problem:
        raise Failed(f"the recording's description cannot be read: {problem.strerror}") from None


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
        unique_id=None,
        why="no sidecar, and a name that no known system writes; the time is the file's own",
        said={},
    )


def _beginning(sidecar: Path) -> bytes:
    """One byte more than a sidecar may have is enough to refuse it."""
    with sidecar.open("rb") as opened:
        return opened.read(LARGEST + 1)
