"""Whether some process has a file open for writing: its telephone system, most likely.

Linux is asked for a read lease on the file (fcntl(2), F_SETLEASE), which it refuses while anybody
has the file open for writing, and does so wherever that process runs, as root or in a container.
/proc would show only processes of one's own, and locks only those who take them.

A lease that was given is given back in the next line. Should somebody open the file for writing in
between, he waits for that long, and the signal that tells of it is one that is ignored unless
somebody asks for it; SIGIO, which it would be otherwise, ends the process.
"""

from __future__ import annotations

import errno
import fcntl
import signal
from typing import Final

_CAN_TELL: Final = hasattr(fcntl, "F_SETLEASE") and hasattr(fcntl, "F_SETSIG")


def has_writer(descriptor: int) -> bool:
    """Whether it is certain that somebody has the file open for writing.

    Not so where it cannot be told: beside Linux, on network file systems without leases, and of
    other people's files, whose leases are for root alone.

    Args:
        descriptor: of the file, open for reading only, by nobody else here.
    """
    if not _CAN_TELL:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as problem:
        return problem.errno == errno.EAGAIN
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
