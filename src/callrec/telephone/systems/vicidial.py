"""The names that VICIdial gives to recordings by default.

``<YYYYMMDD>-<HHMMSS>_<customer's number>-all.wav``, in local time; ``-in`` and ``-out`` instead of
``-all`` are the two halves before they are mixed, and neither is one party's: the call is recorded
in a conference. Which way the call went is not said. Names of another make (``CAMPAIGN``,
``AGENT``...) are for a template of one's own.

Source: inktel/Vicidial 1278c1c, bin/AST_CRON_audio_1_move_mix.pl; FULLDATE_CUSTPHONE is the
default of a campaign's recording filename.
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

_VICIDIAL = re.compile(
    r"(?P<raw>(?P<day>(?:19|20)[0-9]{6})-(?P<time>[0-9]{6}))_(?P<customer>\+?[0-9]{2,18})"
    r"(?:-(?P<part>in|out|all))?\.[A-Za-z0-9]{2,5}"
)
_HALVES = {"in": "one half of a call", "out": "one half of a call"}


def read_vicidial(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not VICIdial's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _VICIDIAL.fullmatch(path.name)
    time = stamps.time_from_digits(parts["raw"], parts["day"], parts["time"]) if parts else None
    if parts is None or time is None:
        return None
    return Written(
        system=System.VICIDIAL,
        how=f"{_HALVES.get(parts['part'], 'a call')} by its name as VICIdial writes it",
        time=time,
        outside=parts["customer"],
        said={"name": path.name},
    )
