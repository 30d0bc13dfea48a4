"""Processes beside this one that have what it has loaded, to share its work: on Linux."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from callrec.system.windows.workers import *
else:
    from callrec.system.posix.workers import *
