"""``python -I -m callrec.system.windows.child``: a child that `Children.start` started."""

from __future__ import annotations

import sys

assert sys.platform == "win32"

from callrec.system.windows.children import run_child

if __name__ == "__main__":
    run_child()
