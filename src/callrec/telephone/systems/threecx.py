"""The names that 3CX gives to recordings.

``[<name>]_<from>-<to>_<YYYYMMDDHHMMSS>(<counter>).wav`` in a folder called as the extension that
was recorded. The name is the other party's, may be empty, and is his number where nobody knows
him. The counter is no id. Whose time it is nobody has written down: taken as local.

Source: sashintulsiram/callcabinet 3cxmoverecdata.sh, with its samples; 3CX's page on recordings
names the folders.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callrec.telephone.call import System
from callrec.telephone.number import is_withheld
from callrec.telephone.systems import stamps
from callrec.telephone.written import Written

if TYPE_CHECKING:
    from pathlib import PurePath

    from callrec.telephone.setup import Setup

_THREECX = re.compile(
    r"\[(?P<name>[^/]*)\]_(?P<calling>[^-_/\[\]]*)-(?P<called>[^_/\[\]]*)"
    r"_(?P<day>(?:19|20)[0-9]{6})(?P<time>[0-9]{6})\([0-9]{1,12}\)\.(?:wav|mp3)",
    re.IGNORECASE,
)


def read_threecx(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not 3CX's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _THREECX.fullmatch(path.name)
    time = (
        stamps.time_from_digits(parts["day"] + parts["time"], parts["day"], parts["time"])
        if parts
        else None
    )
    if parts is None or time is None:
        return None
    recorded = path.parent.name
    return Written(
        system=System.THREE_CX,
        how="a call by its name as 3CX writes it",
        time=time,
        calling=parts["calling"],
        called=parts["called"],
        calling_is_inside=parts["calling"] == recorded,
        called_is_inside=parts["called"] == recorded,
        parties=_people(parts["name"].strip()),
        said={"name": path.name},
    )


def _people(name: str) -> tuple[str, ...]:
    """A number in a name's place is none, nor is "anonymous"."""
    return () if is_withheld(name) or not any(map(str.isalpha, name)) else (name,)
