"""The picture of a terminal in README.md: the parts of the first hour that are marked for it.

Each is a console block of the technician's manual below ``<!-- picture -->``, which a test plays.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

WIDTH: Final = 84
_PERSON: Final = re.compile(r"^@as (\w+)$", re.MULTILINE)
_BLOCK: Final = re.compile(r"<!-- picture -->\s+```console\n(.*?)```", re.DOTALL)
_SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>A terminal: a manager searches and asks, a partner approves</title>
<style>
.{unique_id}-matrix {{
  font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: Arial, sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own would fetch its letters from another server."""


def draw(checkout: Path) -> str:
    """The picture, from the blocks as they stand in the manual."""
    page = (checkout / "docs" / "manual" / "technician.md").read_text(encoding="utf-8")
    console = Console(record=True, width=WIDTH, file=StringIO())
    for block in _BLOCK.finditer(page):
        for line in _lines(block[1], _PERSON.findall(page, 0, block.start())[-1]):
            console.print(line, highlight=False, soft_wrap=True)
    return console.export_svg(title="callrec", code_format=_SVG, unique_id="terminal")


def _lines(block: str, person: str) -> Iterator[Text]:
    for line in re.sub(r" \\\n +", " ", block).splitlines():
        if line.startswith("$ "):
            typed = f"{person} {line}"
            for part in textwrap.wrap(typed, WIDTH, subsequent_indent="    "):
                yield Text(part, style="bold")
        else:
            yield Text("…" if line == "[...]" else line)
    yield Text()
