"""What comes back on Windows is what the transcripts of the command line say."""

from __future__ import annotations

from pathlib import Path

import pytest

from windows.conftest import StageOnWindows

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "cli" / "transcripts").glob("*.txt"))


LEFT_OUT = {
    "bad_input": "$ callrec ingest day --unrecognised",  # a name that no file has on Windows
    "edits": "$ callrec listen R-1 1 --attended nobody",  # by a player that is a script of sh
    "reconcile": "$ callrec practice reconcile --cdr pipe",  # Windows has none in a folder
}
"""From which line on it is not played there, and why."""


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_transcript_on_windows(file: Path, stage: StageOnWindows) -> None:
    text = file.read_text(encoding="utf-8")
    if file.stem in LEFT_OUT:
        text, left_out, _ = text.partition(LEFT_OUT[file.stem])
        assert left_out
    stage.play(text)
