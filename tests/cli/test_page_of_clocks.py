"""The worked examples in docs/reference/deadlines.md come out as they are printed there."""

from __future__ import annotations

import re
from pathlib import Path

from cli.transcript import Stage

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "deadlines.md"

EXAMPLES = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_worked_examples_are_what_callrec_says(stage: Stage) -> None:
    assert len(EXAMPLES) == 4
    for example in EXAMPLES:
        stage.play(example)
