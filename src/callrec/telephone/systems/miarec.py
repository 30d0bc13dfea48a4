"""The names that MiaRec's documentation gives to recordings.

A practice sets the names by a template (``%{setup-time#%Y%m%d}``...), so only the documented one
is known: ``<YYYYMMDD>/<YYYY-MM-DD-HHMMSS>.mp3``, or ``<YYYYMMDDHHMMSS>.mp3`` in such a folder, with
``_2`` and so on where two calls began at once. For any other: a template of one's own.

Source: docs.miarec.com, file name format.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callrec.telephone.call import System
from callrec.telephone.systems import stamps
from callrec.telephone.written import Written

if TYPE_CHECKING:
    from pathlib import PurePath

    from callrec.telephone.setup import Setup

_MIAREC = re.compile(
    r"(?P<raw>(?P<year>(?:19|20)[0-9]{2})(?P<dash>-?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
    r"(?P=dash)(?P<time>[0-9]{6}))(?:_[0-9]{1,4})?\.(?:mp3|wav)"
)


def read_miarec(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not MiaRec's.

    Law: never raises.
    """
    parts = _MIAREC.fullmatch(path.name)
    if parts is None:
        return None
    day = parts["year"] + parts["month"] + parts["day"]
    time = stamps.time_from_digits(parts["raw"], day, parts["time"])
    if time is None or (setup.system != System.MIAREC and path.parent.name != day):
        return None
    return Written(
        system=System.MIAREC,
        how="a call by its name as MiaRec writes it",
        time=time,
        said={"name": path.name},
    )
