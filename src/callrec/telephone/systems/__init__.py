"""One module for each telephone system: it takes the names apart that the system gives.

Each has ``read(path, setup)``: what a recording's name says, or None where the name is not that
system's. The last part of the path is the name; folders count where the system writes facts into
them. A name has been seen to be printable, and to be no longer than a file system allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from callrec.telephone.call import System
from callrec.telephone.systems import asterisk

if TYPE_CHECKING:
    from pathlib import PurePath

    from callrec.telephone.setup import Setup
    from callrec.telephone.written import Written


class ReadName(Protocol):
    def __call__(self, path: PurePath, setup: Setup) -> Written | None: ...


NAMES: Final[dict[System, ReadName]] = {
    System.ASTERISK: asterisk.read,
}
"""In the order in which they are asked: whose names are the most telling, first."""
