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


def text(menu: Menu) -> str:
    return "".join(part for _, part, *_ in menu.lines())


def test_several_are_taken_in_the_order_of_the_list() -> None:
    menu = Menu(CHOICES, several=True)
    assert "Space marks several" in menu.help
    assert len(menu.help) < 80
    assert menu.taken == ["R-17"]
    assert "[ ]" not in text(menu)
    menu.typed.text = "siân"
    menu.tick()
    assert menu.typed.text == ""
    assert menu.taken == ["R-1"]
    menu.move(-9)
    menu.tick()
    assert menu.taken == ["R-17", "R-1"]
    assert menu.marked == "R-117"
    assert text(menu).splitlines() == [
        "  [x] R-17   complaint  by sam",
        "> [ ] R-117  training  by mia",
        "  [x] R-1    erasure  by Siân",
    ]


def test_what_was_ticked_may_be_left_after_all() -> None:
    menu = Menu(CHOICES, several=True)
    menu.tick()
    menu.move(-1)
    menu.tick()
    assert menu.taken == ["R-117"]


def test_nothing_is_ticked_where_nothing_is_shown() -> None:
    menu = Menu(CHOICES, several=True)
    menu.typed.text = "nobody"
    menu.tick()
    assert menu.taken == []


def test_one_may_be_marked_from_the_beginning() -> None:
    assert Menu(CHOICES, "R-117").marked == "R-117"
    assert Menu(CHOICES, "R-9").marked == "R-17"
