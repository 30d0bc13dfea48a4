"""What Windows alone has of processes."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from ctypes import wintypes
from pathlib import Path

import pytest

from callrec.system.processes import start_process
from house.telling import IMPORTS

assert sys.platform == "win32"

from callrec.system.windows.processes import windows_folder

KERNEL = ctypes.WinDLL("kernel32", use_last_error=True)
KERNEL.OpenProcess.restype = wintypes.HANDLE
READ_MEMORY, SEE = 0x10, 0x1000
ACCESS_DENIED = 5
CLOSED = 2

SHOWN = """
import ctypes
from callrec.system.processes import harden_process

def shown():
    # Where the list of processes looks: PEB, ProcessParameters, CommandLine (winternl.h).
    at = ctypes.WinDLL("ntdll").RtlGetCurrentPeb
    at.restype = ctypes.c_void_p
    parameters = ctypes.c_void_p.from_address(at() + 0x20).value
    length = ctypes.c_ushort.from_address(parameters + 0x70).value
    text = ctypes.c_void_p.from_address(parameters + 0x78).value
    return ctypes.wstring_at(text, length // 2)

print("reason" in shown())
harden_process()
print("reason" in shown(), "python" in shown())
"""


def test_what_was_typed_is_in_the_list_of_processes_no_longer() -> None:
    command = [sys.executable, "-c", SHOWN, "--reason", "a private one"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "False", "True"]


WAITS = "import sys; print(flush=True); sys.stdin.read()"


@pytest.mark.parametrize("first", ["", "harden_process(); "], ids=["open", "hardened"])
def test_no_other_process_of_the_account_can_open_it_to_read_its_memory(first: str) -> None:
    program = f"from callrec.system.processes import harden_process; {first}{WAITS}"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        opened = KERNEL.OpenProcess(READ_MEMORY, 0, process.pid)
        problem = ctypes.get_last_error()
        assert bool(opened) is not bool(first)
        if not opened:
            assert problem == ACCESS_DENIED
        assert KERNEL.OpenProcess(SEE, 0, process.pid)
        process.kill()


CLOSES = (
    IMPORTS
    + """
import time
from callrec.system.processes import graceful_shutdown, uninterrupted
from house.telling import tell
"""
)


@pytest.mark.parametrize(
    ("block", "after"), [("uninterrupted()", []), ("graceful_shutdown()", [b"over"])]
)
def test_the_closing_of_a_window_waits_until_all_is_told(block: str, after: list[bytes]) -> None:
    program = f"""{CLOSES}
with {block}:
    tell({CLOSED})
    time.sleep(1)
    print("told", flush=True)
time.sleep(3)
print("over", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.stdout.split() == [b"told", *after]


def test_a_child_is_told_the_one_folder_without_which_windows_starts_nothing() -> None:
    """Wine starts it all the same."""
    tells = "import os, sys; sys.stdout.write(os.environ['SYSTEMROOT'])"
    with start_process((sys.executable, "-I", "-c", tells)) as process:
        assert process.stdout is not None
        assert Path(process.stdout.read().decode()) == windows_folder()
