from __future__ import annotations

import pytest

from callrec.policy.words import mask_name, mask_number

NUMBERS = {
    "a mobile": ("+447700900123", "•••••••0123"),
    "a longer one": ("+4915735981234", "•••••••1234"),
    "eight digits": ("12345678", "•••••••5678"),
    "seven digits would be half shown": ("1234567", "•••••••"),
    "an extension": ("203", "•••••••"),
    "nothing": ("", "•••••••"),
}

NAMES = {
    "two words": ("Siân O'Neill", "S•••• O••••"),
    "decomposed": ("E\u0301lodie", "É••••"),
    "hyphened": ("Smith-Jones", "S••••"),
    "an initial": ("J Hughes", "J•••• H••••"),
    "a number for a name": ("+447700900123", "••••"),
    "an escape before it": ("\x1b[31mAnn", "m••••"),
    "no name": ("", ""),
}


@pytest.mark.parametrize(("number", "masked"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_shows_its_last_four_digits(number: str, masked: str) -> None:
    assert mask_number(number) == masked


@pytest.mark.parametrize(("name", "masked"), NAMES.values(), ids=NAMES)
def test_a_name_shows_its_first_letters(name: str, masked: str) -> None:
    assert mask_name(name) == masked
