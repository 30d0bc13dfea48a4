"""Every console block of README.md and docs/ is what callrec says.

What a reader need not see stands in a comment, ``<!-- play`` to ``-->``, as lines of a transcript:
who types, at which time, what lies there beforehand. A command may go on after a backslash, as in a
shell.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.transcript import Stage

ROOT = Path(__file__).parents[2]
PLAYED = re.compile(r"^(?:```console|<!-- play)\n(.*?)^(?:```|-->)$", re.DOTALL | re.MULTILINE)
PLAYED_WITH_A_BUSY_DAY = ROOT / "docs" / "reference" / "reconciling.md"
"""By test_page_of_reconciling, which knows what is to be found."""
PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if page != PLAYED_WITH_A_BUSY_DAY and "```console" in page.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_s_console_blocks_are_what_callrec_says(page: Path, stage: Stage) -> None:
    text = re.sub(r" \\\n +", " ", page.read_text(encoding="utf-8"))
    parts = PLAYED.findall(text)
    assert len(parts) == text.count("```console") + text.count("<!-- play")
    stage.play("\n".join(parts))
