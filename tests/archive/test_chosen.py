"""What a run is to copy is held in little, and is what a plain list of it would be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.archive.plan import Chosen
from callrec.errors import Tampered
from callrec.volume.bag import BagItem

names = st.binary(min_size=32, max_size=32).map(bytes.hex)
recordings = st.dictionaries(st.integers(1, 2**62), names, max_size=20)
places = st.none() | st.integers(-30, 30)


@given(recordings, st.data())
def test_it_is_the_plain_list_of_what_was_chosen(
    known: dict[int, str], data: st.DataObject
) -> None:
    elsewhere = {n: Path("/drive") / name for n, name in known.items() if n % 2}
    chosen = Chosen(Path("/vault").joinpath, elsewhere)
    for number, name in known.items():
        chosen.add(number, name)
    plain = [BagItem(name, elsewhere.get(n, Path("/vault") / name)) for n, name in known.items()]
    assert ([*chosen.numbers], [*chosen]) == ([*known], plain)
    part = slice(data.draw(places), data.draw(places))
    assert chosen[part] == plain[part]
    if plain:
        assert (chosen[-1], chosen[0]) == (plain[-1], plain[0])
    gone = set(data.draw(st.lists(st.sampled_from([*known.values()] or [""]))))
    left = chosen.without(gone)
    assert [*left] == [each for each in plain if each.sha256 not in gone]
    assert [*left.numbers] == [n for n, name in known.items() if name not in gone]


def test_what_is_no_name_of_a_file_is_not_chosen() -> None:
    with pytest.raises(Tampered, match="is no SHA-256"):
        Chosen(Path, {}).add(1, "../../../etc/passwd")
