"""What comes back on Windows is what the transcripts of the command line say."""

from __future__ import annotations

from pathlib import Path

import pytest

from windows.conftest import StageOnWindows

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "cli" / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_transcript_on_windows(file: Path, stage: StageOnWindows) -> None:
    stage.play(file.read_text(encoding="utf-8"))
