"""The names of 8x8 Work's stored recordings.

``<start>-<call id>-<extension>-<number>_E.mp3``, the start in milliseconds since 1970, which is
UTC; whole, as an object's name, ``ipbx:<pbx>:callrecording:users:<extension>:`` stands before it.
Which way the call went is only in the object's tags.

Source: developer.8x8.com, Cloud Storage Service Objects, Work Call Recording.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from callrec.telephone.call import System
from callrec.telephone.written import Written, WrittenTime

if TYPE_CHECKING:
    from pathlib import PurePath

    from callrec.telephone.setup import Setup

_EIGHT_BY_EIGHT = re.compile(
    r"(?:ipbx:[^:/]+:callrecording:users:[^:/]+:)?(?P<start>1[0-9]{12})-(?P<call>1[0-9]{12})"
    r"-(?P<extension>[0-9]{2,10})-(?P<number>\+?[A-Za-z0-9]{0,20})_E\.mp3"
)


def read_eight_by_eight(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not 8x8's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _EIGHT_BY_EIGHT.fullmatch(path.name)
    if parts is None:
        return None
    start = datetime.fromtimestamp(int(parts["start"]) // 1000, UTC)
    start = start.replace(microsecond=int(parts["start"]) % 1000 * 1000)
    return Written(
        system=System.EIGHT_BY_EIGHT,
        how="a call by its name as 8x8 writes it",
        time=WrittenTime(raw=parts["start"], instant=start, proof="the epoch in it"),
        extension=parts["extension"],
        outside=parts["number"],
        unique_id=parts["call"],
        said={"name": path.name},
    )
