"""Transcripts whose commands Windows' Python runs (``make test-windows``)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.transcript import Stage
from house.practices import House, settle_passwords

ROOT = Path(__file__).parents[2]


class Windows:
    """A process of Windows' Python that runs commands of callrec."""

    def __init__(self, python: str) -> None:
        """Start it; ``python`` is the program that runs a file with Windows' Python."""
        self._process = subprocess.Popen(
            [python, there(ROOT / "tests" / "windows" / "there.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": there(ROOT / "src"), "PYTHONUTF8": "1"},
        )

    def run(
        self, arguments: list[str], folder: Path, environ: dict[str, str], clock: str
    ) -> tuple[str, int]:
        """What came back, and the exit status."""
        asked = {"arguments": arguments, "folder": there(folder), "environ": environ}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**asked, "clock": clock}) + "\n")
        self._process.stdin.flush()
        said, status = json.loads(self._process.stdout.readline())
        return said, status

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def there(path: Path | str) -> str:
    """A path of this machine, as Windows' Python is told it."""
    return f"Z:{path}".replace("/", "\\")


class StageOnWindows(Stage):
    """A stage whose vault was made here, and whose commands run there."""

    windows: Windows

    def _callrec(self, arguments: list[str]) -> tuple[str, int]:
        paths = {"CALLREC_PASSWORD_FILE", "CALLREC_CREDENTIAL", "CALLREC_CONFIG"}
        environ = {
            name: there(value) if name in paths and value.startswith("/") else value
            for name, value in os.environ.items()
            if name.startswith("CALLREC_") or name == "COLUMNS"
        }
        home = self.folder / ".home"
        for name, folder in (("CONFIG", "config"), ("DATA", "data"), ("STATE", "state")):
            environ[f"XDG_{name}_HOME"] = there(home / folder)
        for name in ("LOCALAPPDATA", "APPDATA", "USERPROFILE"):
            (home / "windows").mkdir(exist_ok=True)
            environ[name] = there(home / "windows")
        said, status = self.windows.run(
            arguments, self.folder, environ, f"{self.clock.isoformat()}"
        )
        return said.replace("\\", "/").replace("Z:/", "/"), status

    def _keep_promises(self) -> None:
        """What runs here has kept them already."""


@pytest.fixture(scope="session")
def windows() -> Iterator[Windows]:
    process = Windows(os.environ["WINDOWS_PYTHON"])
    yield process
    process.end()


@pytest.fixture
def stage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    windows: Windows,
) -> StageOnWindows:
    def practice() -> Path:
        house: House = request.getfixturevalue("template")
        return house.folder

    settle_passwords(tmp_path / ".home" / "config")
    stage = StageOnWindows(tmp_path, monkeypatch, practice)
    stage.windows = windows
    return stage
