"""What an entry of the log is about, as its row shows it."""

from __future__ import annotations

import pytest

from callrec.views.audit import about_in_words

ID = "ab12cd34" * 4

MANY = ("R-1", ID, *map(str, range(1, 40)))


@pytest.mark.parametrize(
    ("subject", "asked", "shown"),
    [
        (("R-1", "24"), None, "R-1 24"),
        (("receptionist-1",), None, "receptionist-1"),
        ((ID,), None, "ab12cd34"),
        (MANY, None, "R-1 ab12cd34 1 2 3 4 +35"),
        (MANY, "24", "R-1 ab12cd34 1 2 3 4 24 +34"),
        (MANY, "2", "R-1 ab12cd34 1 2 3 4 +35"),
        (MANY, "r-1", "R-1 ab12cd34 1 2 3 4 +35"),
    ],
)
def test_a_row_shows_what_was_asked_for_and_cuts_nothing_to_another(
    subject: tuple[str, ...], asked: str | None, shown: str
) -> None:
    assert about_in_words(subject, asked) == shown
