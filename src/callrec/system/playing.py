"""A player beside us, which gets a sound through a pipe."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from callrec.system.windows.playing import *
else:
    from callrec.system.posix.playing import *
