"""One module for each telephone system: it takes the names apart that the system gives.

Each has ``read(path, setup)``: what a recording's name says, or None where the name is not that
system's; or ``identify(path, setup)``, where its names hold an id and no time. The last part of the
path is the name; folders count where the system writes facts into them. A name has been seen to be
printable, and to be no longer than a file system allows.

Of Avaya IP Office, Mitel, Cisco and Horizon no name is known for sure, so none is read: a template
of one's own does it, or JSON beside the recording, or call records (docs/telephone-systems.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from callrec.telephone.call import System
from callrec.telephone.systems import (
    asterisk,
    eight_by_eight,
    freeswitch,
    miarec,
    oreka,
    ringcentral,
    telesis,
    threecx,
    twilio,
    vicidial,
)

if TYPE_CHECKING:
    from pathlib import PurePath

    from callrec.telephone.identified import Identified
    from callrec.telephone.setup import Setup
    from callrec.telephone.written import Written


class ReadName(Protocol):
    def __call__(self, path: PurePath, setup: Setup) -> Written | None: ...


class Identify(Protocol):
    def __call__(self, path: PurePath, setup: Setup) -> Identified | None: ...


NAME_READERS: Final[dict[System, ReadName]] = {
    System.ASTERISK: asterisk.read_asterisk,
    System.THREE_CX: threecx.read_threecx,
    System.EIGHT_BY_EIGHT: eight_by_eight.read_eight_by_eight,
    System.RINGCENTRAL: ringcentral.read_ringcentral,
    System.TELESIS: telesis.read_telesis,
    System.FREESWITCH: freeswitch.read_freeswitch,
    System.VICIDIAL: vicidial.read_vicidial,
    System.OREKA: oreka.read_oreka,
    System.MIAREC: miarec.read_miarec,
}
"""In the order in which they are asked: whose names are the most telling, first."""

SYSTEMS_NAMING_PEOPLE: Final = frozenset({System.THREE_CX})
"""Whose names hold what somebody is called, and so any sign."""

ID_READERS: Final[dict[System, Identify]] = {
    System.FREESWITCH: freeswitch.identify_freeswitch,
    System.TWILIO: twilio.identify_twilio,
}
