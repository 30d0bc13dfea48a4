"""Typefaces, squares, XMP.

Noto, in fonts/ beside this package: Latin, Greek and Cyrillic. A practice's name comes from a
person, and a file name's ending from a telephone system, so nothing in them is trusted to print.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Container, Iterator
from datetime import datetime
from enum import StrEnum
from importlib import resources
from string import Template
from typing import Final
from xml.sax.saxutils import escape

import segno
from fpdf import FPDF

from callrec.dataclass import dataclass

MM_PER_POINT: Final = 25.4 / 72


class Face(StrEnum):
    """By the name of its file."""

    SANS = "NotoSans-Regular"
    BOLD = "NotoSans-Bold"
    SERIF = "NotoSerif-Regular"
    MONO = "NotoSansMono-Regular"


@dataclass(frozen=True, slots=True)
class Style:
    """How words are set."""

    face: Face
    size: float
    """In points."""
    ink: tuple[int, int, int] = (24, 28, 34)
    """Red, green, blue, 0..255."""
    spacing: float = 1.33
    """From line to line, in sizes."""

    @property
    def line_height(self) -> float:
        """In millimetres."""
        return self.size * self.spacing * MM_PER_POINT


def add_faces(pdf: FPDF) -> None:
    """Make every face known to a document; only the characters that are used are embedded."""
    for face in Face:
        font = resources.files("callrec.paper").joinpath("fonts", f"{face}.ttf")
        with resources.as_file(font) as path:
            pdf.add_font(face, fname=path)


EVERY_CHARACTER: Final = range(0x110000)
"""What a face has that is a browser's to find."""


def printable(words: str, held: Container[int]) -> str:
    """The words as a face can show them, on one line.

    What controls the direction of writing, or is in no face, stands there by its number as
    ``[U+202E]``: it must neither vanish nor reorder what is around it.
    """
    shown = (_shown(character, held) for character in unicodedata.normalize("NFC", words))
    return "".join(shown)


def _shown(character: str, held: Container[int]) -> str:
    if unicodedata.category(character).startswith("C") or ord(character) not in held:
        return " " if character.isspace() else f"[U+{ord(character):04X}]"
    return character


def wrapped(pdf: FPDF, words: str, style: Style, width: float) -> Iterator[str]:
    """The lines in which words are set; one that is longer than a line is broken anywhere."""
    pdf.set_font(style.face, size=style.size)
    held = pdf.fonts[style.face.lower()].cmap  # type: ignore[union-attr]  # ours are all TrueType
    line = ""
    for word in printable(words, held).split(" "):
        longer = f"{line} {word}" if line else word
        if _fits(pdf, longer, width):
            line = longer
            continue
        if line:
            yield line
        *full, line = _pieces(pdf, word, width)
        yield from full
    yield line


def _pieces(pdf: FPDF, word: str, width: float) -> Iterator[str]:
    piece = ""
    for character in word:
        if piece and not _fits(pdf, piece + character, width):
            yield piece
            piece = ""
        piece += character
    yield piece


def _fits(pdf: FPDF, words: str, width: float) -> bool:
    return pdf.get_string_width(words, normalized=True) <= width


_XMP: Final = Template("""\
<x:xmpmeta xmlns:x="adobe:ns:meta/">
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about=""
        xmlns:dc="http://purl.org/dc/elements/1.1/"
        xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
      <pdfaid:part>2</pdfaid:part>
      <pdfaid:conformance>U</pdfaid:conformance>
      <xmp:CreateDate>$at</xmp:CreateDate>
      <dc:title><rdf:Alt><rdf:li xml:lang="x-default">$title</rdf:li></rdf:Alt></dc:title>
      <dc:creator><rdf:Seq><rdf:li>$author</rdf:li></rdf:Seq></dc:creator>
      <dc:language><rdf:Bag><rdf:li>en-GB</rdf:li></rdf:Bag></dc:language>
    </rdf:Description>
  </rdf:RDF>
</x:xmpmeta>""")
"""fpdf2's own would say when it ran, and the same facts would give other bytes."""


def xmp(*, title: str, author: str, at: datetime) -> str:
    """The metadata of a PDF/A-2u. Title and author are printable."""
    return _XMP.substitute(
        title=escape(title), author=escape(author), at=at.isoformat(timespec="seconds")
    )


def qr_png(text: str) -> bytes:
    """The text as a QR code; 15 in 100 of it may be soiled."""
    png = io.BytesIO()
    segno.make_qr(text, error="m").save(png, kind="png", scale=12, border=2)
    return png.getvalue()
