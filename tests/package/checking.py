"""Runs callrec_verify.py as whoever got a release runs it: alone, watched, without callrec."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from callrec.package import callrec_verify

PROGRAM = Path(callrec_verify.__file__)

WATCHED = """
import os, runpy, sys
def watch(event, args):
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    writes = event == "open" and (args[2] or 0) & writing
    if writes or event.startswith(("socket.", "subprocess.", "os.remove", "os.rename", "os.mkdir")):
        os._exit(99)
for name in ("callrec", "cryptography"):
    try:
        __import__(name)
        os._exit(98)
    except ImportError:
        pass
sys.addaudithook(watch)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program where callrec and what it is built on cannot be imported, and stops it if it
touches the network, starts a program or opens a file for writing."""


@dataclass(frozen=True)
class Ran:
    """What one run of the program came to."""

    status: int
    lines: list[str]
    complaint: str

    @property
    def last(self) -> str:
        return self.lines[-1]


def run(
    folder: Path, *arguments: str, program: Path = PROGRAM, python: tuple[str, ...] = ()
) -> Ran:
    """Run it in a folder; ``python`` is what else the interpreter is told."""
    alone = [sys.executable, "-I", "-S", "-B", *python, "-c", WATCHED]
    words = [*alone, str(program), *arguments]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, encoding="utf-8", check=False, env={"LC_ALL": "C"}
    )
    return Ran(done.returncode, done.stdout.splitlines(), done.stderr)
