"""Where what a login needs is kept between commands, so that nothing of it is left afterwards.

`runtime_folder` is private and, where the system has such a file system, in memory; `seal` and
`unseal` make up for what it is not. ``KEPT`` and ``NOT_KEPT`` say so in words.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from callrec.system.windows.runtime import *
else:
    from callrec.system.posix.runtime import *
