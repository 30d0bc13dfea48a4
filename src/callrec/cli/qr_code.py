"""A QR code on a terminal."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HALVES = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""Two modules, one above the other; the dark ones stay as dark as the terminal is."""


def qr_code(text: str) -> Iterator[str]:
    """The text as lines of half blocks."""
    import segno  # only where somebody looks at it

    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(border=2)]
    for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=bytes(len(rows[0]))):
        yield "".join(_HALVES[top, bottom] for top, bottom in zip(upper, lower, strict=True))
