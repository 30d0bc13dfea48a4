"""What comes back on Windows is what the transcripts of the command line say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from windows.conftest import StageOnWindows

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "cli" / "transcripts").glob("*.txt"))

LEFT_OUT = {
    "bad_input": "$ callrec ingest day --unrecognised",  # a name that no file has on Windows
    "edits": "$ callrec listen R-1 1 --attended nobody",  # by a player that is a script of sh
    "ingest_attest": "$ callrec --config pbx/config.toml ingest --attest",  # Wine has no ssh-keygen
    "listen": '| player = ["false"]',  # which Windows does not have
    "migrate": "@second-schema",  # made up for this process
    "reconcile": "$ callrec practice reconcile --cdr pipe",  # Windows has none in a folder
    "status": "$ callrec practice doctor",  # Wine cannot shut a decoder in
}
"""From which line on it is not played there, and why."""

OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "ingest": {  # Wine takes a link for what it leads to
        "; ln -s /etc/passwd day/link.wav": "",
        """\
    {
      "path": "[..]/day/link.wav",
      "why": "it is a link that leads out of the folder"
    },
""": "",
        '"unreadable": 2': '"unreadable": 1',
        "4 files were left where they are": "3 files were left where they are",
        r"day/\033[31mred\nnews.wav": "day/news.wav",  # a name that no file has there
        "[..]it is text, not sound\n[...]\nSigned": "Signed",  # as wide as its path lets it
    },
}
"""What stands elsewhere in a transcript when it is played there."""


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_transcript_on_windows(file: Path, stage: StageOnWindows) -> None:
    text = file.read_text(encoding="utf-8")
    if file.stem in LEFT_OUT:
        text, left_out, _ = text.partition(LEFT_OUT[file.stem])
        assert left_out
    for here, there in OTHERWISE.get(file.stem, {}).items():
        assert here in text
        text = text.replace(here, there)
    stage.play(text)
