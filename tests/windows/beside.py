"""Windows' Python beside this one: a process of it runs commands of callrec."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]

NEVER = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    said: str
    status: int
    steps: int
    """How many there were, at which it could have been ended."""


class Windows:
    """A process of Windows' Python, for one command after the other."""

    def __init__(self) -> None:
        """Start it with the program that WINDOWS_PYTHON names."""
        self._process = subprocess.Popen(
            [os.environ["WINDOWS_PYTHON"], there(ROOT / "tests" / "windows" / "there.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": there(ROOT / "src"), "PYTHONUTF8": "1"},
        )

    def run(
        self,
        arguments: list[str],
        folder: Path,
        environ: Mapping[str, str],
        clock: datetime,
        *,
        dies_at: int = NEVER,
    ) -> Answer | None:
        """What came back; None: it was ended, as was asked."""
        asked = {
            "arguments": arguments,
            "clock": clock.isoformat(),
            "dies_at": dies_at,
            "environ": {**_configured(environ), **environ, **home(folder)},
            "folder": there(folder),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        return Answer(*json.loads(answer)) if answer else None

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def there(path: Path | str) -> str:
    """A path of this machine, as Windows' Python is told it."""
    return f"Z:{path}".replace("/", "\\")


def home(folder: Path) -> dict[str, str]:
    """Where Windows has what is of one account: in a folder of the test's."""
    own = folder / ".windows"
    own.mkdir(exist_ok=True)
    return dict.fromkeys(("LOCALAPPDATA", "APPDATA", "USERPROFILE"), there(own))


def _configured(environ: Mapping[str, str]) -> dict[str, str]:
    """Where a test's configuration lies: Windows asks neither for this name nor for any other."""
    return {"CALLREC_CONFIG": f"{environ['XDG_CONFIG_HOME']}\\callrec\\config.toml"}
