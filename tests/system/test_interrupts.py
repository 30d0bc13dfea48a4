"""What is told is told before Ctrl-C or SIGTERM ends a command."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from callrec.system.processes import interruptible
with interruptible() as hold_back:
    {before}
    hold_back()
    os.kill(os.getpid(), {number})
    print("the passphrase", flush=True)
print("more", flush=True)
"""

ENDING = [signal.SIGINT, signal.SIGTERM]


def ended(number: int, before: str = "") -> tuple[str, int]:
    """What it said and how it ended; Python ends by SIGINT as the shell expects it."""
    program = PROGRAM.format(number=number, before=before)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout, done.returncode


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_waits_until_all_is_told(number: int) -> None:
    assert ended(number) == ("the passphrase\n", -number)


@pytest.mark.parametrize("number", ENDING)
def test_before_that_it_ends_the_command_at_once(number: int) -> None:
    assert ended(number, f"os.kill(os.getpid(), {number})") == ("", -number)
