"""What the system says to a process that is to end, said by that process to itself."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes

    _KERNEL = ctypes.WinDLL("kernel32")
    _KERNEL.CreateThread.argtypes = (ctypes.c_void_p,) * 6
    CTRL_C, TO_END = 0, 1

    def tell(kind: int) -> None:
        """Ctrl-C or Ctrl-Break, as the system's own thread comes with it to each at a console."""
        begins = ctypes.cast(ctypes.WinDLL("kernelbase").CtrlRoutine, ctypes.c_void_p)
        assert _KERNEL.CreateThread(None, 0, begins, kind, 0, None)

else:
    import os
    import signal

    CTRL_C, TO_END = signal.SIGINT, signal.SIGTERM

    def tell(kind: int) -> None:
        """A signal, to this process alone."""
        os.kill(os.getpid(), kind)


IMPORTS = f"import sys; sys.path.append({str(Path(__file__).parents[1])!r})\n"
"""What a program that tells itself begins with, where it is started without an environment."""
