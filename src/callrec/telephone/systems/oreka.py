"""The names that Oreka gives to recordings.

``YYYY/MM/DD/HH/<YYYYMMDD>_<HHMMSS>_<port>.wav``, in local time. Others write such a name too, so it
counts as Oreka's only in the folders of its own hour. Who spoke is in Oreka's call records alone.

Source: voiceip/oreka 523705a, orkaudio.
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

_OREKA = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})_(?P<time>[0-9]{6}))_[^_/]{1,60}\.[A-Za-z0-9]{2,5}"
)


def read_oreka(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not Oreka's.

    Law: never raises.
    """
    parts = _OREKA.fullmatch(path.name)
    time = stamps.time_from_digits(parts["raw"], parts["day"], parts["time"]) if parts else None
    if parts is None or time is None:
        return None
    if setup.system != System.OREKA and not _in_its_hour(path, parts["day"], parts["time"]):
        return None
    return Written(
        system=System.OREKA,
        how="a call by its name as Oreka writes it",
        time=time,
        said={"name": path.name},
    )


def _in_its_hour(path: PurePath, day: str, time: str) -> bool:
    return path.parts[-5:-1] == (day[:4], day[4:6], day[6:], time[:2])
