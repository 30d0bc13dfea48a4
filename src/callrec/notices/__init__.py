"""The texts by which people are told that calls are recorded, filled in [policy 3].

The words are in one text for each kind beside this module. They are a start: the person responsible
for data protection in the practice reads them before they are used, and may replace them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from string import Template
from typing import Final

from callrec.policy.notice import PURPOSES_IN_WORDS, NoticeVersion

COLUMNS: Final = 76
"""Width of the lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeFacts:
    """What a practice says of itself in its notices; each may be empty."""

    practice: str
    """Its name."""
    contact: str
    """How to reach the person responsible for data protection."""
    kept_for: str
    """How long recordings are kept: "three years"."""


def notice_text(notice: NoticeVersion, facts: PracticeFacts) -> str:
    """The words of a notice: the practice's own, else ours with its facts; ends in a new line."""
    if notice.text:
        return notice.text.strip("\n") + "\n"
    practice = facts.practice or "this practice"
    template = resources.files(__package__).joinpath(f"{notice.kind}.txt").read_text("utf-8")
    filled = Template(template).substitute(
        practice=practice,
        Practice=practice[0].upper() + practice[1:],
        contact=facts.contact or "please ask at reception",
        kept_for=facts.kept_for,
        purposes="\n".join(_bullets(PURPOSES_IN_WORDS.values())),
        version=notice.version,
        first_on=f"{notice.first_on.day} {notice.first_on:%B %Y}",
    )
    return "\n\n".join(map(_wrapped, filled.strip("\n").split("\n\n"))) + "\n"


def _bullets(lines: Iterable[str]) -> Iterable[str]:
    *others, last = lines
    for line in (*(f"{other};" for other in others), f"{last}."):
        yield textwrap.fill(line, COLUMNS, initial_indent="- ", subsequent_indent="  ")


def _wrapped(paragraph: str) -> str:
    if paragraph.startswith("- "):
        return paragraph
    return textwrap.fill(paragraph, COLUMNS, break_long_words=False, break_on_hyphens=False)
