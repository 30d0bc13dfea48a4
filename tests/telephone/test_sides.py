from __future__ import annotations

import pytest

from callrec.telephone.call import Side, sides_heard

BOTH = (Side.PRACTICE, Side.OUTSIDE)

HEARD = {
    "two channels, two sides": (BOTH, 2, BOTH),
    "one channel that carries one side": (BOTH[:1], 1, BOTH[:1]),
    "one channel into which two sides were mixed": (BOTH, 1, ()),
    "two channels of which nothing is said": ((), 2, ()),
    "two channels of which one side is said": (BOTH[:1], 2, ()),
    "three channels of which two sides are said": (BOTH, 3, ()),
}


@pytest.mark.parametrize(("said", "channels", "heard"), HEARD.values(), ids=HEARD)
def test_sides_are_known_only_where_there_is_one_for_each_channel(
    said: tuple[Side, ...], channels: int, heard: tuple[Side, ...]
) -> None:
    assert sides_heard(said, channels) == heard
