"""The picture of docs/architecture.md: the layers that pyproject.toml orders, a box a noun."""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

PACKAGE: Final = "callrec"
WIDTH: Final = 900
"""Pixels, as all that follow."""
BANDS: Final = 64
"""For the words at the left, which say what the layers beside them are."""
GAP: Final = 6
PADDING: Final = 8
NAME: Final = 17
"""From one line to the next: of a name, of a caption, of inner layers."""
CAPTION: Final = 14
LETTER: Final = 5.9
"""A letter of a caption is about as wide; no font is asked."""
MONOSPACED: Final = 6.4
TOP: Final = 34
STYLE: Final = """\
text { font-family: "DejaVu Sans", "Segoe UI", Arial, sans-serif; font-size: 11px; fill: #1f2328; }
.name { font-size: 13px; font-weight: bold; }
.inner { font-family: "DejaVu Sans Mono", Menlo, monospace; font-size: 10.5px; fill: #57606a; }
.band { font-size: 13px; font-weight: bold; fill: #57606a; }
.paper { fill: #ffffff; }
.box { stroke: #8c959f; }
.words { fill: #ddf4ff; }
.work { fill: #f6f8fa; }
.rules { fill: #fff3c4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .inner, .band { fill: #9aa4af; }
  .paper { fill: #0d1117; }
  .box { stroke: #57606a; }
  .words { fill: #10304f; }
  .work { fill: #1c2128; }
  .rules { fill: #3d3108; }
}
"""


@dataclass(frozen=True, slots=True)
class Noun:
    """A folder, or a module that stands by itself."""

    name: str
    caption: str
    inner: tuple[str, ...]
    """Its own layers, the highest first, where a contract orders them."""


@dataclass(frozen=True, slots=True)
class Box:
    """A noun as it is drawn: its lines broken to its width."""

    noun: Noun
    width: float
    caption: list[str]
    inner: list[str]

    @property
    def height(self) -> int:
        return 2 * PADDING + NAME + CAPTION * (len(self.caption) + len(self.inner)) - 4


def draw(checkout: Path) -> str:
    """The picture, from the contracts and the first lines of the folders' docstrings."""
    rows = layers(checkout)
    shapes: list[str] = []
    y = float(TOP)
    begun: dict[str, float] = {}
    for row in rows:
        band = _band(row, begun)
        begun.setdefault(band, y)
        boxes = [_box(noun, row) for noun in row]
        height = max(box.height for box in boxes)
        for number, box in enumerate(boxes):
            x = BANDS + number * (box.width + GAP)
            shapes.append(
                f'<rect class="box {band}" x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}"'
                f' height="{height}" rx="4"/>'
            )
            shapes += _lines(box, x + PADDING, y + PADDING + 10)
        y += height + GAP
    shapes += [_text(8, top + 20, "band", name) for name, top in begun.items()]
    note = (
        "Each layer imports only from those below it, and boxes side by side not from each other."
    )
    size = f'width="{WIDTH}" height="{y + GAP:.0f}" viewBox="0 0 {WIDTH} {y + GAP:.0f}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            "<title>The house: callrec's layers, the command line at the top</title>",
            f"<style>\n{STYLE}</style>",
            '<rect class="paper" width="100%" height="100%"/>',
            _text(BANDS, 20, "note", note),
            *shapes,
            "</svg>\n",
        )
    )


def layers(checkout: Path) -> list[list[Noun]]:
    """The nouns of each layer, the highest first."""
    settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    ordered = {
        container: contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
        for container in contract["containers"]
    }
    source = checkout / "src" / PACKAGE
    return [
        [
            Noun(name, caption(source / name), tuple(ordered.get(f"{PACKAGE}.{name}", ())))
            for name in layer.split(" | ")
        ]
        for layer in ordered[PACKAGE]
    ]


def caption(noun: Path) -> str:
    """The first paragraph of its docstring, without the page that it cites and the full stop."""
    file = noun / "__init__.py" if noun.is_dir() else noun.with_suffix(".py")
    words = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    first = re.sub(r" \(docs/\S+\)", "", " ".join(words.partition("\n\n")[0].split()))
    return first.replace("``", "").removesuffix(".")


def _band(row: Sequence[Noun], begun: Iterable[str]) -> str:
    names = {noun.name for noun in row}
    if names & {"__main__", "cli"}:
        return "words"
    return "rules" if "rules" in begun or "policy" in names else "work"


def _box(noun: Noun, row: Sequence[Noun]) -> Box:
    width = (WIDTH - BANDS - GAP * len(row)) / len(row)
    fits = width - 2 * PADDING
    return Box(
        noun,
        width,
        textwrap.wrap(noun.caption, int(fits / LETTER), break_long_words=False),
        textwrap.wrap(" > ".join(noun.inner), int(fits / MONOSPACED), break_long_words=False),
    )


def _lines(box: Box, x: float, y: float) -> list[str]:
    shown = [_text(x, y, "name", box.noun.name)]
    y += NAME - CAPTION
    for kind, lines in (("caption", box.caption), ("inner", box.inner)):
        for line in lines:
            y += CAPTION
            shown.append(_text(x, y, kind, line))
    return shown


def _text(x: float, y: float, kind: str, words: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
