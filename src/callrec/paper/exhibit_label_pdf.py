"""``exhibit-label.pdf``: to stick on a medium, and who had it (docs/formats/release.md, 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callrec.package.certificate import hash_in_groups, instant_in_words
from callrec.paper.faces import Face, Style
from callrec.paper.fields import (
    HASH,
    LABEL,
    NOTE,
    TEXT,
    blank_captions,
    blanks,
    count,
    pen_lines,
    space,
)
from callrec.paper.lines import Box, Group, Line, as_opening, height_of, side_by_side
from callrec.paper.sheet import NAVY, WIDTH, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callrec.package.certificate import Certificate, Exhibit

_SIZE: Final = (150.0, 100.0)

_X: Final = (WIDTH - _SIZE[0]) / 2

_INSIDE: Final = _X + 6

_INNER: Final = _SIZE[0] - 12

_VALUES: Final = 32.0

_LABEL_PRACTICE: Final = Style(Face.BOLD, 10, NAVY)

_REFERENCE: Final = Style(Face.SERIF, 24, NAVY, 1.2)

_HEADING: Final = Style(Face.BOLD, 10.5, NAVY)

_HASH: Final = Style(Face.MONO, 6.5)

_HASHES: Final = 2
"""As many stand on the label; a reader of more looks at the certificate."""

_LINES: Final = 2
"""As many for each fact: a label stays a label, whatever somebody called himself."""

_COLUMNS: Final = ("Taken over by (name, role)", "From", "Date and time", "Signature")

_ROWS: Final = 10


def exhibit_label_pdf(certificate: Certificate) -> bytes:
    """One page of A4: a label of 150 by 100 mm, and a table of continuity below it.

    Raises:
        ValueError: the release is no exhibit.
    """
    if certificate.exhibit is None:
        raise ValueError("a label is for an exhibit")
    sheet = Sheet(
        title=f"Exhibit label, request {certificate.request}",
        practice=certificate.practice,
        at=certificate.at,
    )
    sheet.keep(
        _label(sheet, certificate, certificate.exhibit),
        space(1),
        sheet.set("Cut along the frame and fix to the medium or to its bag.", NOTE, x=_X),
    )
    sheet.keep(*_continuity(sheet))
    return sheet.to_pdf(
        f"Exhibit label   ·   {certificate.request}   ·   release {certificate.release}"
    )


def _label(sheet: Sheet, certificate: Certificate, exhibit: Exhibit) -> Group:
    inside = (
        *space(5),
        *sheet.set(certificate.practice, _LABEL_PRACTICE, x=_INSIDE, width=_INNER, most=_LINES),
        *space(2.5),
        *sheet.set("Exhibit", LABEL, x=_INSIDE),
        *sheet.set(exhibit.label, _REFERENCE, x=_INSIDE, width=_INNER, most=_LINES),
        *space(1.5),
        *(line for fact in _facts(sheet, certificate, exhibit) for line in fact),
    )
    below = (
        *blanks(sheet, "Produced by (name)", "Role", x=_INSIDE, width=_INNER),
        *space(6.5),
        *blanks(sheet, "Signature", "Date and time", x=_INSIDE, width=_INNER),
        *space(3),
    )
    spare = max(6.5, _SIZE[1] - height_of(inside) - height_of(below))
    label = (*inside, *space(spare), *below)
    frame = Line(0, (Box(_X, _SIZE[0], height_of(label), 0.5, NAVY),))
    return (frame, *label)


def _facts(sheet: Sheet, certificate: Certificate, exhibit: Exhibit) -> Iterator[Group]:
    calls = count(len({file.recording for file in certificate.files}), "telephone call")
    files = count(len(certificate.files), "file")
    yield _fact(sheet, "What it is", f"The sound of {calls}, in {files}")
    yield _fact(sheet, "Case reference", exhibit.reference or "none given")
    yield _fact(sheet, "Medium's serial", exhibit.medium_serial)
    yield _fact(sheet, "Request", certificate.request)
    yield _fact(sheet, "Release", certificate.release, HASH)
    yield _fact(sheet, "Put together", instant_in_words(certificate.at))
    hashes = [hash_in_groups(file.sha256) for file in certificate.files]
    if len(hashes) > _HASHES:
        yield _fact(sheet, "SHA-256", "of each file: in the certificate of this release")
    else:
        for each in hashes:
            yield _fact(sheet, "SHA-256", each, _HASH)


def _continuity(sheet: Sheet) -> Iterator[Group]:
    yield space(7)
    yield as_opening("Continuity", sheet.set("Continuity", _HEADING))
    yield sheet.set(
        "Whoever takes the medium over signs here, from the top, each time it changes hands.", NOTE
    )
    yield space(2)
    yield blank_captions(sheet, *_COLUMNS, x=0, width=WIDTH)
    for _ in range(_ROWS):
        yield (*space(10.5), pen_lines(len(_COLUMNS), x=0, width=WIDTH))


def _fact(sheet: Sheet, label: str, value: str, style: Style = TEXT) -> Group:
    return side_by_side(
        sheet.set(label, LABEL, x=_INSIDE, width=_VALUES - 2),
        sheet.set(value, style, x=_INSIDE + _VALUES, width=_INNER - _VALUES, most=_LINES),
    )
