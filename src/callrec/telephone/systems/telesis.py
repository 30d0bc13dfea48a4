"""The names under which Telesis systems hand recordings to an archive.

``AAAAAAAA_YYMMDD_HHMMSS_AD_I_N_C_R_P.mp3``, in local time: who was recorded (filled up with ``_``),
the start, A for automatic and D for the direction, the other party, what was dialled, the caller's
number, the call's reference and the recorder's address, both in hex. The manufacturer's two pages
contradict each other on D and on the order of N and C, so neither is relied on: the outside party
is whichever of them is a public number.

Source: wiki2.telesis.com.tr, FileNameFormatForAutomaticVoiceRecords.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callrec.telephone.call import System
from callrec.telephone.number import e164, is_extension
from callrec.telephone.systems import stamps
from callrec.telephone.written import Written

if TYPE_CHECKING:
    from pathlib import PurePath

    from callrec.telephone.setup import Setup

_TELESIS = re.compile(
    r"(?P<recorded>[A-Za-z0-9*#+]{1,16})_{1,8}(?P<raw>(?P<day>[0-9]{6})_(?P<time>[0-9]{6}))"
    r"_A?[IO]_(?P<party>[^_/]*)_(?P<ends>[^_/]*_[^_/]*)_(?P<reference>[0-9A-Fa-f]{1,16})"
    r"_[0-9A-Fa-f]{8}\.[A-Za-z0-9]{2,5}"
)


def read_telesis(path: PurePath, setup: Setup) -> Written | None:
    """What a name says, or None where it is not Telesis's.

    Law: never raises.
    """
    parts = _TELESIS.fullmatch(path.name)
    # No such system recorded before 2000.
    time = (
        stamps.time_from_digits(parts["raw"], f"20{parts['day']}", parts["time"]) if parts else None
    )
    if parts is None or time is None:
        return None
    recorded, (dialled, calling) = parts["recorded"], parts["ends"].split("_")
    public = {e164(end, setup.region): end for end in (recorded, parts["party"], dialled, calling)}
    public.pop(None, None)
    return Written(
        system=System.TELESIS,
        how="a call by its name as Telesis writes it",
        time=time,
        outside=next(iter(public.values())) if len(public) == 1 else "",
        extension=recorded if is_extension(recorded, setup.extensions, setup.region) else None,
        unique_id=parts["reference"],
        said={"name": path.name},
    )
