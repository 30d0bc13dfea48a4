"""The names of Twilio's recordings: ``RE`` and 32 hex digits, the recording's sid, and no more.

All else is in the JSON that Twilio gives of the recording.

Source: twilio.com/docs, Recordings resource.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callrec.telephone.call import System
from callrec.telephone.identified import Identified

if TYPE_CHECKING:
    from pathlib import PurePath

    from callrec.telephone.setup import Setup

_TWILIO = re.compile(r"(?P<sid>RE[0-9a-f]{32})\.(?:wav|mp3)")


def identify_twilio(path: PurePath, setup: Setup) -> Identified | None:
    """Which recording it is, or None where it is not Twilio's.

    Law: never raises.
    """
    del setup  # the names say everything themselves
    parts = _TWILIO.fullmatch(path.name)
    if parts is None:
        return None
    return Identified(
        system=System.TWILIO,
        how="a recording's sid as Twilio writes it, and no more",
        unique_id=parts["sid"],
        said={"name": path.name},
    )
