"""What somebody types for the things that a practice does most is counted, and stays as short."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.transcript import steps

TRANSCRIPTS = Path(__file__).parent / "transcripts"
COMMANDS = {"setting_up": 9, "complaint": 6, "subject_access": 8, "police": 8}
"""A journey's transcript -> commands of people who are at their terminals; 22, 9, 17, 13 before."""


@pytest.mark.parametrize("journey", COMMANDS)
def test_a_journey_takes_no_more_commands(journey: str) -> None:
    text = (TRANSCRIPTS / f"journey_{journey}.txt").read_text(encoding="utf-8")
    typed = list(steps(text.partition("# The journey.")[2]))
    assert sum(each.line.startswith("$ callrec") for each in typed) == COMMANDS[journey]
