"""The names that FreeSWITCH and FusionPBX give to recordings.

* ``<domain>/archive/<YYYY>/<Mon>/<DD>/<uuid>.mp3``: FusionPBX keeps them so, the month in English
  whatever the locale. The uuid alone is known then, and the day.
* ``<YYYYMMDD>.<HHMMSS>.<caller>.<uuid>.mp3``: FusionPBX's own proposal for downloads.
* ``<YYYY-MM-DD-HH-MM-SS>.<called>.<caller>.<uuid>.wav``: mod_callcenter's sample of a template.

Times are local. On a call that goes out, the caller's number may be the practice's own, so where
only the caller is named, the direction is not told.

Source: fusionpbx c7a00dc, app/call_recordings (app_config.php, call_recordings.php); FreeSWITCH,
conf/vanilla/autoload_configs/callcenter.conf.xml.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callrec.telephone.call import System
from callrec.telephone.identified import Identified
from callrec.telephone.systems import stamps
from callrec.telephone.written import Written

if TYPE_CHECKING:
    from datetime import date
    from pathlib import PurePath

    from callrec.telephone.setup import Setup

_UUID = "(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_DOWNLOAD = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})\.(?P<time>[0-9]{6}))\.(?P<calling>[^./]*)"
    rf"\.{_UUID}\.[A-Za-z0-9]{{2,5}}"
)
_QUEUE = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})-(?P<time>[0-9]{2}-[0-9]{2}-[0-9]{2}))"
    rf"\.(?P<called>[^./]*)\.(?P<calling>[^./]*)\.{_UUID}\.[A-Za-z0-9]{{2,5}}"
)
_UUID_ALONE = re.compile(rf"{_UUID}\.[A-Za-z0-9]{{2,5}}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_freeswitch(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not FreeSWITCH's, or is a uuid alone.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _DOWNLOAD.fullmatch(path.name) or _QUEUE.fullmatch(path.name)
    if parts is None:
        return None
    day, time = (parts[part].replace("-", "") for part in ("day", "time"))
    written = stamps.time_from_digits(parts["raw"], day, time)
    if written is None:
        return None
    return Written(
        system=System.FREESWITCH,
        how="a call by its name as FreeSWITCH writes it",
        time=written,
        calling=parts["calling"],
        called=parts.groupdict().get("called", ""),
        unique_id=parts["uuid"],
        said={"name": path.name},
    )


def identify_freeswitch(path: PurePath, setup: Setup) -> Identified | None:
    """Which call's it is, by its uuid alone, or None where it is not FreeSWITCH's.

    Law: never raises.
    """
    parts = _UUID_ALONE.fullmatch(path.name)
    day = _day(path.parts[-5:-1])
    if parts is None or (day is None and setup.system != System.FREESWITCH):
        return None
    return Identified(
        system=System.FREESWITCH,
        how="a uuid as FreeSWITCH writes it, and no more",
        unique_id=parts["uuid"],
        day=day,
        said={"name": path.name},
    )


def _day(folders: tuple[str, ...]) -> date | None:
    match folders:
        case ("archive", year, month, day) if month in _MONTHS:
            at = stamps.local_from_digits(f"{year}{_MONTHS.index(month) + 1:02}{day}", "000000")
            return at.date() if at and len(year) == 4 and len(day) == 2 else None  # noqa: PLR2004
        case _:
            return None
