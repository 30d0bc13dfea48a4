"""A document of sections, as its readers get it: a page, a paper or a text.

It is put together once, in words, and written by document_html, document_pdf or document_text: what
one says, the others say. Whatever comes from a person is text here and nothing else; each writer
escapes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from callrec.dataclass import dataclass

Fact: TypeAlias = "tuple[str, str]"
"""What it is of, and what it is."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str
    stands_out: bool = False
    """Whether it is a warning, and set as one."""


@dataclass(frozen=True, slots=True)
class Items:
    """Short texts, one below the other."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one thing."""

    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; the first cell of each is what the row is of."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: bool = True
    """All columns but the first are numbers and stand to the right."""


@dataclass(frozen=True, slots=True)
class Series:
    """One value for each place of a plot."""

    name: str
    values: tuple[float | None, ...]
    """None: it is not known, and nothing is drawn."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns over a row of places: of one series, or of two that stand on each other.

    At least one of the values is known.
    """

    title: str
    says: str
    """In a sentence, for who does not see it."""
    places: tuple[str, ...]
    series: tuple[Series, ...]
    unknown: str
    """What the table has where there is no value."""
    most: float | None = None
    """The highest value that there can be; None: as high as the highest there is."""

    @property
    def table(self) -> Table:
        """The plot's values as a table."""
        rows = tuple(
            (place, *(self._figure(series.values[at]) for series in self.series))
            for at, place in enumerate(self.places)
        )
        return Table(self.title, ("Month", *(each.name for each in self.series)), rows)

    def _figure(self, value: float | None) -> str:
        return self.unknown if value is None else figure(value)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, in a timeline."""

    at: datetime
    """In the practice's time zone."""
    when: str
    """`at` in words."""
    what: str
    """A sentence."""
    facts: tuple[Fact, ...] = ()
    stands_out: bool = False
    """Something is wrong with it."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, in order."""

    happenings: tuple[Happening, ...]


Block: TypeAlias = "Paragraph | Items | Facts | Table | Plot | Timeline"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole document, to be set as a page, on paper or as text."""

    practice: str
    title: str
    lead: tuple[str, ...]
    """Sentences below the title."""
    sections: tuple[Section, ...]
    made_at: datetime
    foot: str
    """On each page of paper."""


def figure(value: float) -> str:
    """``1,204``, ``98.5``."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
