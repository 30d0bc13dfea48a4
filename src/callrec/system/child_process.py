"""A module of ours run in a process of its own, which is told nothing but what it is sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence


def python_command(module: str) -> tuple[str, ...]:
    """The command that runs a module of ours and looks at nothing of its caller's."""
    return (sys.executable, "-I", "-m", module)


def start_process(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process with two pipes: no environment, no folder, no terminal of its caller's."""
    import subprocess  # noqa: PLC0415  # few commands start one, and each loads this

    return subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        env={},
        start_new_session=True,
    )


def kill_process(process: subprocess.Popen[bytes]) -> None:
    """Whatever it does, it is gone afterwards."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    process.wait()
