"""Call records of Cisco Unified Communications Manager: ``cdr_<cluster>_<node>_<time>_<number>``.

Comma-separated, with a line of columns and a line of their types. Instants are seconds in UTC, and
0 for what never was: a call that nobody answered has no connect time.

Source: Cisco, Call Detail Records Administration Guide (columns, global call id, times).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from callrec.telephone.call import Direction, System
from callrec.telephone.number import is_extension
from callrec.telephone.records import cells
from callrec.telephone.records.leg import Leg, NotUnderstood
from callrec.telephone.records.lines import by_header
from callrec.telephone.written import Written, WrittenTime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from callrec.telephone.records.lines import Line, ReadLine
    from callrec.telephone.written import Setup

_NEEDED: Final = frozenset(
    {"globalcallid_callid", "datetimeorigination", "callingpartynumber", "finalcalledpartynumber"}
)

_GLOBAL_CALL_ID: Final = (
    *("globalcallid_clusterid", "globalcallid_callmanagerid", "globalcallid_callid"),
)

_TYPES: Final = ("INTEGER", "VARCHAR", "UNIQUEIDENTIFIER")


def begin_cucm(first: Sequence[Line], setup: Setup) -> ReadLine | None:
    """What reads the lines of a file that begins so; None: it is not Unified CM's."""
    read = by_header(first[0], _NEEDED, partial(_cucm_leg, setup))
    return None if read is None else partial(_read, read)


def _read(read: ReadLine, line: Line) -> Leg | NotUnderstood | None:
    return None if line.text.lstrip('"').startswith(_TYPES) else read(line)


def _cucm_leg(setup: Setup, said: Mapping[str, str]) -> Leg | str:
    started = cells.from_epoch(cells.parse_whole(said.get("datetimeorigination", "")))
    if started is None:
        return "it has no time of origination"
    answered_at = cells.from_epoch(cells.parse_whole(said.get("datetimeconnect", "")))
    calling = cells.parse_end(said.get("callingpartynumber", ""))
    called = cells.parse_end(
        said.get("finalcalledpartynumber") or said.get("originalcalledpartynumber", "")
    )
    is_withheld = not calling and is_extension(called, setup.extensions, setup.region)
    call = Written(
        system=System.CUCM,
        how="a call record as Cisco Unified CM writes it",
        time=WrittenTime(
            raw=said["datetimeorigination"],
            instant=started,
            proof="the epoch",
        ),
        direction=Direction.INBOUND if is_withheld else None,
        calling=calling,
        called=called,
        said=said,
    ).to_call(setup)
    return Leg(
        call=call,
        key=":".join(said[part] for part in _GLOBAL_CALL_ID if part in said),
        recording="",
        answered=answered_at is not None,
        answered_at=answered_at,
        talk_ms=cells.parse_milliseconds(said.get("duration", "")),
    )
