"""What a confined process gives up on Windows, as it sees it itself."""

from __future__ import annotations

import subprocess
import sys

assert sys.platform == "win32"

GIVES_UP = """
import ctypes
from ctypes import wintypes
from callrec.system.confinement import confine
from callrec.system.limits import Limits

SECURITY = ctypes.WinDLL("advapi32")

def privileges():
    token, held, size = wintypes.HANDLE(), ctypes.create_string_buffer(4096), wintypes.DWORD()
    assert SECURITY.OpenProcessToken(wintypes.HANDLE(-1), 8, ctypes.byref(token))
    assert SECURITY.GetTokenInformation(token, 3, held, 4096, ctypes.byref(size))
    return int.from_bytes(held.raw[:4], "little")

before = privileges()
confine(Limits(1, 1 << 29))
print(before > 0, privileges())
"""


def test_it_gives_its_privileges_away() -> None:
    done = subprocess.run([sys.executable, "-c", GIVES_UP], check=True, capture_output=True)
    assert done.stdout.split() == [b"True", b"0"]
