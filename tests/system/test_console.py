"""What is read and printed is the same on each system; who reads no more is told apart."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest

from callrec.system.console import nobody_reads

PREPARED = """
import os, sys
from callrec.system.console import console_prepared, nobody_reads
with console_prepared():
    {does}
"""


def run(does: str, **streams: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", PREPARED.format(does=does)]
    return subprocess.run(command, check=False, capture_output=True, **streams)  # type: ignore[call-overload,no-any-return]


def test_what_is_piped_in_is_utf_8() -> None:
    done = run("print(ascii(sys.stdin.readline()))", input="Zoë \u20ac 李\n".encode())
    assert done.stdout.split() == [b"'Zo\\xeb", b"\\u20ac", b"\\u674e\\n'"]


def test_nothing_is_no_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREPARED.format(does="print(sys.stdin.isatty())")],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert done.stdout.split() == [b"False"]


def test_what_callrec_prints_has_the_same_bytes_everywhere() -> None:
    command = [sys.executable, "-m", "callrec", "--version"]
    done = subprocess.run(command, check=True, capture_output=True)
    assert done.stdout.startswith(b"callrec ")
    assert done.stdout.endswith(b"\n")
    assert b"\r" not in done.stdout


WRITES_ON = """
try:
        while True:
            os.write(1, bytes(4096))
    except OSError as problem:
        sys.exit(7 if nobody_reads(problem) else 8)
"""


def test_that_nobody_reads_any_more_is_told_from_other_errors() -> None:
    command = [sys.executable, "-c", PREPARED.format(does=WRITES_ON.strip())]
    writing = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert writing.stdout is not None
    writing.stdout.read(4096)
    writing.stdout.close()
    assert writing.wait(60) == 7


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSPC])
def test_another_error_is_not_about_who_reads(number: int) -> None:
    assert not nobody_reads(OSError(number, "another"))
