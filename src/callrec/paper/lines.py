"""Lines of a paper, and how they come to pages. Nothing is drawn here; lengths are millimetres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from math import inf
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from callrec.paper.faces import Style


@dataclass(frozen=True, slots=True)
class Words:
    """Printable words that stand on their line's base."""

    x: float
    """From the left margin; of their right end where they are set to the right."""
    text: str
    style: Style
    to_the_right: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin straight line at half the height of the line that it is in."""

    x: float
    width: float
    thickness: float
    ink: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A square picture whose upper edge is that of its line; it may hang below it."""

    x: float
    side: float
    png: bytes


@dataclass(frozen=True, slots=True)
class Box:
    """A frame whose upper edge is that of its line; it hangs below it."""

    x: float
    width: float
    height: float
    thickness: float
    ink: tuple[int, int, int]


Drawn: TypeAlias = Words | Rule | Picture | Box


@dataclass(frozen=True, slots=True)
class Line:
    """What stands side by side."""

    height: float
    marks: tuple[Drawn, ...] = ()
    opens: str = ""
    """The section that begins here, for the outline that a reader shows beside the page."""


Group: TypeAlias = tuple[Line, ...]
"""Lines that stay on one page."""


def side_by_side(*columns: Sequence[Line]) -> Group:
    """Columns side by side, their first lines on one base; as long as the longest."""
    rows = zip_longest(*columns, fillvalue=Line(0))
    return tuple(
        Line(max(line.height for line in row), tuple(mark for line in row for mark in line.marks))
        for row in rows
    )


def height_of(group: Group) -> float:
    """In millimetres."""
    return sum(line.height for line in group)


def as_opening(section: str, group: Group) -> Group:
    """The group as the beginning of a section."""
    return (replace(group[0], opens=section), *group[1:])


def paginate(groups: Iterable[Group], room: float) -> list[list[Line]]:
    """Each group whole on one page; only one that no page could hold is broken, between lines.

    Args:
        groups: from the top; a line without marks is a space; none begins a page.
        room: the height of a page between its margins.

    Law: all lines with marks are there, in order; no page is taller than its room if no line is.
    """
    pages: list[list[Line]] = []
    used = inf
    for group in groups:
        if used + height_of(group) > room:
            used = inf  # whatever is left of this page stays empty
        for line in group:
            if used + line.height > room:
                if not line.marks:
                    continue
                pages.append([])
                used = 0.0
            pages[-1].append(line)
            used += line.height
    return pages
