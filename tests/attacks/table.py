"""The table of attacks: ``attacks.toml`` as the page that people read.

``python tests/attacks/table.py > docs/attacks.md`` writes the page anew.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

BY_NATURE = "ucceeds by nature"
"""At the beginning of a sentence or within it."""
_TOP = """\
# Attacks

Who may want to break what [threat-model.md](threat-model.md) promises, what they try, and what
stops or shows it: {count} attacks. {tried} are tried by the test that is named, with callrec's own
code; {open} succeed by nature, and say so.

Made from `tests/attacks/attacks.toml` by `python tests/attacks/table.py`.
"""


class Attack(NamedTuple):
    """One row."""

    who: str
    tries: str
    so: str
    """What stops or shows it, or that it succeeds by nature."""
    test: str | None
    """``tests/attacks/test_x.py::test_y``; None: it succeeds, and there is nothing to try."""


def attacks() -> list[Attack]:
    """All rows, in their order."""
    said = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text(encoding="utf-8"))
    return [
        Attack(by["who"], row["tries"], row["so"], row.get("test"))
        for by in said["by"]
        for row in by["attack"]
    ]


def page() -> str:
    """``docs/attacks.md``."""
    rows = attacks()
    lines = [
        _TOP.format(
            count=len(rows),
            tried=sum(row.test is not None for row in rows),
            open=sum(BY_NATURE in row.so for row in rows),
        )
    ]
    who = ""
    for row in rows:
        if row.who != who:
            who = row.who
            lines.append(
                f"## {who}\n\n| tries | what stops or shows it | test |\n| --- | --- | --- |"
            )
        file, _, name = (row.test or "").partition("::")
        test = f"[`{name}`](../{file})" if row.test else "—"
        lines.append(f"| {row.tries} | {row.so} | {test} |")
    return "\n".join(lines).replace("\n## ", "\n\n## ").replace("\n\n\n", "\n\n") + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
