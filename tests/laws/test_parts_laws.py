"""Laws of a key in parts: one holder alone knows nothing of it, any two have it."""

from __future__ import annotations

from Cryptodome.Protocol.SecretSharing import _Element
from hypothesis import given
from hypothesis import strategies as st

from callrec.crypto.parts import Part, join, split
from vectors.crypto.by_hand import times

KEYS = st.binary(min_size=32, max_size=32)

PLACES = st.integers(min_value=1, max_value=(1 << 128) - 1)

PEOPLE = st.lists(PLACES.filter(lambda place: place != 1), min_size=2, max_size=6, unique=True)


@given(key=KEYS, people=PEOPLE, machines=st.integers(min_value=0, max_value=3), data=st.data())
def test_some_holders_open_a_key_if_and_only_if_two_places_are_among_them(
    key: bytes, people: list[int], machines: int, data: st.DataObject
) -> None:
    parts = split(key, [*people, *[1] * machines])
    some = data.draw(st.lists(st.sampled_from(parts), max_size=4))
    places = {part.place: part for part in some}
    if len(places) < 2:
        # Whatever they try with what they have, every other key would give them the same.
        for other in (bytes(32), key[::-1]):
            for part in some:
                assert split(other, [part.place], slope=_line_of(other, part)) == (part,)
    else:
        first, second, *_ = places.values()
        assert join(first, second) == key == join(second, first)


@given(key=KEYS, other=KEYS, place=PLACES)
def test_to_one_part_alone_each_key_there_could_be_is_as_likely_as_any_other(
    key: bytes, other: bytes, place: int
) -> None:
    (part,) = split(key, [place])
    slope = _line_of(other, part)
    assert split(other, [place], slope=slope) == (part,)


@given(key=KEYS, people=PEOPLE, slopes=st.tuples(KEYS, KEYS))
def test_parts_that_were_made_at_different_times_give_another_key(
    key: bytes, people: list[int], slopes: tuple[bytes, bytes]
) -> None:
    earlier, later = (split(key, people, slope=slope) for slope in slopes)
    assert (join(earlier[0], later[1]) == key) is (slopes[0] == slopes[1])


def _line_of(key: bytes, part: Part) -> bytes:
    """The one slope by which a key gives this part, by pycryptodome: it is random to them."""
    inverse = int(_Element(part.place).inverse())
    rises = bytes(a ^ b for a, b in zip(part.value, key, strict=True))
    return b"".join(times(rises[at : at + 16], inverse).encode() for at in (0, 16))
