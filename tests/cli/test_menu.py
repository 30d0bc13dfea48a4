"""A list to choose from: what typing leaves of it, and which line Enter takes."""

from __future__ import annotations

import pytest

from callrec.cli.menu import Menu

CHOICES = {
    "R-17": "complaint  by sam",
    "R-117": "training  by mia",
    "R-1": "erasure  by Siân",
}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ["R-17", "R-117", "R-1"]),
        ("sam", ["R-17"]),
        ("SIÂN", ["R-1"]),
        ("by mia", ["R-117"]),
        ("mia training", ["R-117"]),
        ("mia erasure", []),
        ("17", ["R-17", "R-117"]),
        ("r-1", ["R-1", "R-17", "R-117"]),
        (" 1 ", ["R-1", "R-17", "R-117"]),
    ],
)
def test_what_typing_leaves_and_in_which_order(typed: str, shown: list[str]) -> None:
    menu = Menu(CHOICES)
    menu.typed.text = typed
    assert [*menu.shown] == shown
    assert menu.marked == (shown[0] if shown else None)


def test_the_mark_goes_no_further_than_the_ends() -> None:
    menu = Menu(CHOICES)
    menu.move(-1)
    assert menu.marked == "R-17"
    menu.move(9)
    assert menu.marked == "R-1"


def test_typing_marks_the_first_of_what_is_left() -> None:
    menu = Menu(CHOICES)
    menu.move(2)
    menu.typed.text = "17"
    assert menu.marked == "R-17"


def test_one_may_be_marked_from_the_beginning() -> None:
    assert Menu(CHOICES, "R-117").marked == "R-117"
    assert Menu(CHOICES, "R-9").marked == "R-17"
