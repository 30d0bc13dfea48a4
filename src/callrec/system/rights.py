"""Who may read a file of secrets, and who may change what callrec relies on.

callrec relies on its configuration, its vault and its keys, so nobody may have changed them but
the person who runs it, and those who administer the machine, who can do anything. A folder on the
way to a file counts too: anybody who can write to it can exchange what lies in it, even between a
check and its use.
"""

from __future__ import annotations

import sys
from pathlib import Path

from callrec.errors import Misconfigured

if sys.platform == "win32":
    from callrec.system.windows.rights import *
else:
    from callrec.system.posix.rights import *


def read_private(path: Path) -> bytes:
    """Read a file of secrets that its owner alone may read.

    Raises:
        Misconfigured: it is missing or unreadable, not a file, not ours, or others can read it.
    """
    try:
        with path.open("rb") as file:
            check_private(file)
            return file.read(1 << 20)
    except OSError as error:
        raise Misconfigured(f'"{path}" cannot be read: {error.strerror}') from error
