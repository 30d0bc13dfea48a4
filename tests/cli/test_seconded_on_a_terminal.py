"""Where a second person signs for what somebody may do, a terminal asks who, and nobody else."""

from __future__ import annotations

from cli.test_request_on_a_terminal import on_a_terminal
from house.practices import House, password_of


def test_a_role_that_brings_more_asks_who_signs_for_it_too(house: House) -> None:
    shown = on_a_terminal(house, "dora", "user role sam manager", "pat", password_of("pat"))
    assert "Who countersigns? One of: max, mia, pat" in shown
    assert "sam is manager now." in shown


def test_who_signs_is_asked_for_again_until_it_is_one_of_them(house: House) -> None:
    answers = ("", "nobody", "pat", password_of("pat"))
    shown = on_a_terminal(house, "dora", "user role sam manager", *answers)
    assert shown.count("Who countersigns? One of: max, mia, pat") == 3
    assert "nothing was entered\n" in shown
    assert "that is none of them; type one of: max, mia, pat\n" in shown
    assert "sam is manager now." in shown


def test_a_role_that_brings_nothing_more_asks_for_nobody(house: House) -> None:
    shown = on_a_terminal(house, "dora", "user role max staff")
    assert "countersigns" not in shown
    assert "max is staff now." in shown
