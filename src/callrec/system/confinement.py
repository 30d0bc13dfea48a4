"""A process that can do nothing but compute.

Two ends put up its walls. Its parent starts it as a `ConfinedProcess`, says what it may use up
before it sends the first byte, and is the only one that it can speak to. The process itself loads
what it needs and then calls `confine`. From there on neither it nor what takes it over has a way
back.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from callrec.system.windows.confinement import *
else:
    from callrec.system.posix.confinement import *
