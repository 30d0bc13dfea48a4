"""A key in parts: the known answers, which another program made, and gives together again."""

from __future__ import annotations

import json

import pytest

from callrec.crypto.parts import Part, join, split
from callrec.errors import Tampered
from vectors.crypto import by_hand
from vectors.crypto.cases import Case, cases


def parts_in(case: Case) -> list[Part]:
    each = json.loads(case.body)
    return [Part(int(one["place"], 16), bytes.fromhex(one["value"])) for one in each]


@pytest.mark.parametrize("case", cases("parts", expect="good"), ids=str)
def test_a_key_is_split_and_joined_as_another_program_does(case: Case) -> None:
    key, parts = case.bytes_of("key"), parts_in(case)
    places = [part.place for part in parts]
    assert list(split(key, places, slope=case.bytes_of("slope"))) == parts
    for one in parts:
        for other in parts:
            if one != other:
                assert join(one, other) == key == by_hand.joined([one, other])


@pytest.mark.parametrize("case", cases("parts", expect="tampered"), ids=str)
def test_what_are_no_two_parts_is_refused(case: Case) -> None:
    with pytest.raises(Tampered):
        join(*parts_in(case))


@pytest.mark.parametrize("place", [0, -1, 1 << 128])
def test_no_part_lies_where_the_key_itself_does_or_in_no_field(place: int) -> None:
    with pytest.raises(ValueError, match="no holder"):
        split(bytes(32), [place])
