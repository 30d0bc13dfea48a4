"""A module of ours as a process: the command that starts it.

Where callrec is installed as one program (PyInstaller), there is no Python that takes ``-m``: that
program runs itself, and starts the module that it is told of (callrec.frozen).
"""

from __future__ import annotations

import sys
from typing import Final

RUN_MODULE: Final = "--run-module"
"""The first word to the installed program that has it start a module of ours."""


def python_command(module: str, *options: str) -> tuple[str, ...]:
    """The command that runs a module of ours and looks at nothing of its caller's."""
    if getattr(sys, "frozen", False):
        return (sys.executable, RUN_MODULE, module)
    return (sys.executable, "-I", *options, "-m", module)
