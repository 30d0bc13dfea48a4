"""The names under which RingCentral gives recordings out.

``<YYYYMMDD>-<HHMMSS>_[<extension>_]<number>_<Incoming|Outgoing>_<Auto|...>_<id>.mp3``; the number
as people write it, ``(020)7946-0123``. Whose time it is nobody has written down: taken as local.
The id is the recording's, as the call log has it.

Source: samples of names in public code, of 2025, with an extension and without; RingCentral itself
documents the call log and not the names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callrec.telephone.call import Direction, System
from callrec.telephone.systems import stamps
from callrec.telephone.written import Written

if TYPE_CHECKING:
    from pathlib import PurePath

    from callrec.telephone.setup import Setup

_RINGCENTRAL = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6}))(?:_(?P<extension>[0-9]{2,8}))?"
    r"_(?P<number>[^_/]{1,40})_(?P<way>Incoming|Outgoing)_[A-Za-z-]{1,20}_(?P<id>[0-9]{1,20})"
    r"\.(?:mp3|wav)"
)
_WAYS = {"Incoming": Direction.INBOUND, "Outgoing": Direction.OUTBOUND}


def read_ringcentral(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not RingCentral's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _RINGCENTRAL.fullmatch(path.name)
    time = stamps.time_from_digits(parts["raw"], parts["day"], parts["time"]) if parts else None
    if parts is None or time is None:
        return None
    return Written(
        system=System.RINGCENTRAL,
        how="a call by its name as RingCentral writes it",
        time=time,
        direction=_WAYS[parts["way"]],
        extension=parts["extension"],
        outside=parts["number"],
        unique_id=parts["id"],
        said={"name": path.name},
    )
