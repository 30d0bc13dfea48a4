"""Call records: read from a telephone system's file, and as they are sealed with a recording.

A recording's sealed call record is docs/formats/recording.md, 2.1.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from typing import TYPE_CHECKING, Any, Final

from callrec.crypto.canonical import instant, parse_instant
from callrec.errors import Failed, NotFound, Tampered, Unusable
from callrec.procedures.intake_sources import no_file
from callrec.telephone.call import Call, Direction, System, TimeConfidence
from callrec.telephone.reconciling import essence
from callrec.telephone.records.leg import Leg, NotUnderstood
from callrec.telephone.records.reading import read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from callrec.telephone.joining import Joined
    from callrec.telephone.setup import Setup

_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe is refused, and not waited for


@dataclass(frozen=True, slots=True)
class Unread:
    """A row of a file that could not be used."""

    path: Path
    row: NotUnderstood


def read_rows(path: Path, setup: Setup) -> Iterator[Leg | NotUnderstood]:
    """Each row of a file of call records, as it comes.

    Raises:
        NotFound: there is no such file.
        Unusable: it is of no kind that is known; before anything is given.
        Failed: it cannot be read.
    """
    with _opened(path) as file:
        written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, setup.zone)
        yield from read_records(file, setup, until=written.date())


def read_legs(paths: Sequence[Path], setup: Setup) -> tuple[list[Leg], list[Unread]]:
    """The legs of all files, with their essence alone, and the rows that say nothing.

    Raises: as `read_rows`.
    """
    legs: list[Leg] = []
    unread: list[Unread] = []
    for path in paths:
        for row in read_rows(path, setup):
            if isinstance(row, NotUnderstood):
                unread.append(Unread(path, row))
            else:
                legs.append(essence(row))
    return legs, unread


def sealed_legs(fields: Mapping[str, Any]) -> list[Leg]:
    """The legs of the call record in a recording's metadata, with their essence alone.

    Raises:
        Tampered: it is not in its form.
    """
    record = fields.get("record")
    if record is None:
        return []
    try:
        system, key = System(record["system"]), str(record["key"])
        return [essence(leg_from(said, system, key)) for said in record["legs"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Tampered("the call record of a recording is not in its form") from error


def leg_from(said: Mapping[str, Any], system: System, key: str) -> Leg:
    """A leg as it was written by `as_leg`; `system` and `key` are those of the call.

    Raises:
        KeyError, TypeError, ValueError: it is not in its form.
    """
    call = Call(
        system=system,
        direction=Direction(said["direction"]),
        caller=said["caller"],
        callee=said["callee"],
        number=said["number"],
        extension=said["extension"],
        parties=tuple(said["parties"]),
        started_at=parse_instant(said["started_at"]),
        local_time=said["local_time"],
        time_confidence=TimeConfidence(said["time_confidence"]),
        raw_time=said["raw_time"],
        zone=said["zone"],
        utc_offset_minutes=said["utc_offset_minutes"],
        contradiction=said["contradiction"],
        unique_id=said["unique_id"],
        sides=(),
        why="",
        said=said["said"],
    )
    return Leg(
        call=call,
        key=key,
        recording=str(said["recording"]),
        answered=said["answered"] is True,
        answered_at=_instant(said["answered_at"]),
        talk_ms=None if said["talk_ms"] is None else int(said["talk_ms"]),
    )


def as_leg(leg: Leg) -> dict[str, Any]:
    """A leg as it is sealed (docs/formats/recording.md, 2.1)."""
    call = leg.call
    return {
        "answered": leg.answered,
        "answered_at": instant(leg.answered_at) if leg.answered_at else None,
        "callee": call.callee,
        "caller": call.caller,
        "contradiction": call.contradiction,
        "direction": call.direction,
        "extension": call.extension,
        "local_time": call.local_time,
        "number": call.number,
        "parties": list(call.parties),
        "raw_time": call.raw_time,
        "recording": leg.recording,
        "said": dict(call.said),
        "started_at": instant(call.started_at),
        "talk_ms": leg.talk_ms,
        "time_confidence": call.time_confidence,
        "unique_id": call.unique_id,
        "utc_offset_minutes": call.utc_offset_minutes,
        "zone": call.zone,
    }


def as_record(joined: Joined) -> dict[str, Any]:
    """The call that a recording is of, as it is sealed with it."""
    return {
        "joined_by": joined.joined_by,
        "key": joined.call.key,
        "leg": joined.leg_index,
        "legs": [as_leg(leg) for leg in joined.call.legs],
        "system": joined.call.legs[0].call.system,
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    try:
        with FileIO(os.open(path, _FLAGS)) as file:
            if why := no_file(os.fstat(file.fileno())):
                raise Unusable(f'"{path}": {why}', hint="give a file of call records to --cdr")
            yield file
    except FileNotFoundError:
        raise NotFound(f'there is no file "{path}"', hint="check its name") from None
    except IsADirectoryError:
        raise Unusable(
            f'"{path}" is a folder', hint="give a file of call records to --cdr"
        ) from None
    except OSError as error:
        raise Failed(f'"{path}" cannot be read: {error.strerror}') from None
