"""How old a reader must be for a page: ``python supply/readability.py PAGE...`` (make docs).

By SMOG, as the NHS measures what it writes for patients. Only prose counts: no table, no command.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

import textstat

OLDEST: Final = 14
"""Years; the manual is for everybody in a practice."""
_FIRST_GRADE: Final = 5
"""Years of age before the first grade."""
_NO_PROSE: Final = re.compile(
    r"<!--.*?-->|```.*?```|^(?:    |\||#|!).*?$", re.DOTALL | re.MULTILINE
)


def prose(page: str) -> str:
    """What is read as sentences: an item of a list is one too."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", _NO_PROSE.sub("", page))
    text = re.sub(r"`[^`]*`", "it", text).replace("*", "")
    blocks = re.split(r"\n\s*\n|\n(?= |\d+\. )", text)
    return "\n".join(f"{' '.join(each.split()).rstrip(':;.')}." for each in blocks if each.strip())


def main(pages: list[str]) -> int:
    """Print each page's reading age; 1 if one takes an older reader."""
    ages = {
        page: _FIRST_GRADE + textstat.smog_index(prose(Path(page).read_text(encoding="utf-8")))
        for page in pages
    }
    for page, age in ages.items():
        print(f"{page}: for readers from {age:.1f} years on")
    return int(max(ages.values()) > OLDEST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
