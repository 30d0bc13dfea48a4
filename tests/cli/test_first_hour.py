"""The manual's first hour is typed into real terminals, from nothing to a released recording."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pexpect

from cli.first_hour import MOST_COMMANDS, READY, FirstHour
from cli.test_request_on_a_terminal import PROGRAM
from house.memory import runtime_of
from house.practices import settle_passwords


def test_three_people_begin_with_the_manual_alone(tmp_path: Path) -> None:
    settle_passwords(tmp_path / ".config")
    (tmp_path / "bin").mkdir()
    callrec = tmp_path / "bin" / "callrec"
    callrec.write_text(
        f'#!/bin/sh\nexec {shlex.join([sys.executable, "-c", PROGRAM])} "$@"\n', encoding="utf-8"
    )
    callrec.chmod(0o700)
    environ = {
        **{name: each for name, each in os.environ.items() if not name.startswith("CALLREC_")},
        **runtime_of(tmp_path),
        **{f"XDG_{each}_HOME": "" for each in ("CONFIG", "DATA", "STATE", "CACHE")},
        "HOME": str(tmp_path),
        "PATH": f"{callrec.parent}:{os.environ['PATH']}",
        "PS1": READY,
        "TERM": "xterm",
        "NOW": "2026-12-03T09:00+00:00",
    }

    def shell(_: str) -> pexpect.spawn[str]:
        return pexpect.spawn(
            "bash",
            ["--norc", "--noprofile"],
            cwd=str(tmp_path),
            env=environ,
            encoding="utf-8",
            timeout=60,
            dimensions=(24, 80),
        )

    hour = FirstHour(shell, began=1796227381)
    hour.play()
    assert len(hour.typed) <= MOST_COMMANDS - 4  # the package, and three into the account
    released = list((tmp_path / "outbox").glob("callrec-release-R-1-*.zip"))
    done = subprocess.run(["7z", "l", *released], capture_output=True, text=True, check=True)
    assert "manifest.json" in done.stdout or "release" in done.stdout
