"""What ``search`` says of calls that it shows."""

from __future__ import annotations

import re

from house.calls import a_call, take_in
from house.commands import done
from house.practices import House

ASKED = ("--extension", "201", "--date", "2024-01-04", "--reason", "She asks for her call")


def test_only_who_showed_no_number_is_said_to_have_withheld_it(house: House) -> None:
    nobody = {"number": None, "caller": None}
    take_in(house, [a_call(**nobody), a_call(number=None, caller="9460123")])
    told = done(house, "max", "search", *ASKED)
    assert re.findall("withheld|not read", told) == ["not read", "withheld"]
