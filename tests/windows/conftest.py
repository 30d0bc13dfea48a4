"""What tests share whose commands Windows' Python runs (``make test-windows``)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from cli.transcript import Stage, Step, matches
from house.practices import House, settle_passwords
from windows.beside import Windows, there

if "WINDOWS_PYTHON" not in os.environ:
    collect_ignore_glob = ["*"]


class StageOnWindows(Stage):
    """A stage whose vault was made here, and whose commands run there."""

    windows: Windows

    def _callrec(self, arguments: list[str]) -> tuple[str, int]:
        environ = {
            name: there(value) if value.startswith("/") else value
            for name, value in os.environ.items()
            if name.startswith(("CALLREC_", "XDG_")) or name == "COLUMNS"
        }
        answer = self.windows.run(arguments, self.folder, environ, self.clock)
        assert answer is not None, "it ended without a word"
        return answer.said.replace("Z:\\", "\\"), answer.status

    def _write(self, name: str, lines: tuple[str, ...]) -> None:
        """The player that the transcripts write is a script of sh: there, one of Python."""
        super()._write(name, tuple(line.replace(PLAYER, json.dumps(KEEPS)[1:-1]) for line in lines))

    def _matches(self, step: Step, actual: list[str]) -> bool:
        """A path is one, whichever way its strokes lean."""
        return matches(_upright(step.below), _upright(actual))

    def _keep_promises(self) -> None:
        """What runs here has kept them already."""


PLAYER = '"./keep.sh"'

KEEPS = [
    there(Path(os.environ.get("WINDOWS_PYTHON", "")).parent / "python.exe"),
    *("-c", "import sys; open('heard.wav', 'wb').write(sys.stdin.buffer.read())"),
]

AS_HERE = {
    "\\\\": "/",  # in JSON
    "\\": "/",
    "E:/": "/mnt/external",  # the example of a drive
    "Z••••": "t••••",  # a masked path shows its first letter
    KEEPS[0].removeprefix("Z:").replace("\\", "/"): "./keep.sh",
}


def _upright(lines: Iterable[str]) -> list[str]:
    """Lines as they are here; Wine shows the rights of a private file as 750."""
    text = "\n".join(lines)
    for said_there, said_here in AS_HERE.items():
        text = text.replace(said_there, said_here)
    text = re.sub(r'run icacls ("\w+") .*', r"run chmod 600 \1", text)
    return ["600" if line == "750" else line for line in text.split("\n")]


@pytest.fixture(scope="session")
def windows() -> Iterator[Windows]:
    process = Windows()
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
