"""Children of a process that serves: each has a channel to its parent, or to a sibling."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from callrec.system.windows.children import *
else:
    from callrec.system.posix.children import *
