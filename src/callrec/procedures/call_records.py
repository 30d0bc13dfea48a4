"""Call records: read from a telephone system's file, and as they are sealed with a recording.

A recording's sealed call record is docs/formats/recording.md, 2.1.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from typing import TYPE_CHECKING, Any, Final

from callrec.crypto.canonical import parse_instant
from callrec.errors import Failed, NotFound, Tampered, Unusable
from callrec.procedures.intake_sources import no_file
from callrec.telephone.call import Call, Direction, System, TimeConfidence
from callrec.telephone.reconciling import essence
from callrec.telephone.records.leg import Leg, NotUnderstood
from callrec.telephone.records.reading import read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from callrec.telephone.setup import Setup

_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe is refused, and not waited for


@dataclass(frozen=True, slots=True)
class Unread:
    """A row of a file that could not be used."""

    path: Path
    row: NotUnderstood


def read_legs(paths: Sequence[Path], setup: Setup) -> tuple[list[Leg], list[Unread]]:
    """The legs of all files, with their essence alone, and the rows that say nothing.

    Raises:
        NotFound: there is no such file.
        Unusable: a file is of no kind that is known.
        Failed: a file cannot be read.
    """
    legs: list[Leg] = []
    unread: list[Unread] = []
    for path in paths:
        with _opened(path) as file:
            for row in read_records(file, setup):
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
        return [essence(_leg(said, system, key)) for said in record["legs"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Tampered("the call record of a recording is not in its form") from error


def _leg(said: Mapping[str, Any], system: System, key: str) -> Leg:
    call = Call(
        system=system,
        direction=Direction(said["direction"]),
        caller=said["caller"],
        callee=said["callee"],
        number=said["number"],
        extension=said["extension"],
        parties=(),
        started_at=parse_instant(said["started_at"]),
        local_time=said["local_time"],
        time_confidence=TimeConfidence(said["time_confidence"]),
        raw_time="",
        zone="",
        utc_offset_minutes=0,
        contradiction=None,
        unique_id=said["unique_id"],
        sides=(),
        why="",
        said={},
    )
    return Leg(
        call=call,
        key=key,
        recording=str(said["recording"]),
        answered=said["answered"] is True,
        answered_at=_instant(said["answered_at"]),
        talk_ms=None if said["talk_ms"] is None else int(said["talk_ms"]),
    )


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
