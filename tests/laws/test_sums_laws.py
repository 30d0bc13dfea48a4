"""A list of checksums that is written reads back as the same, in each form; nothing else does."""

from __future__ import annotations

import re
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import Unusable
from callrec.telephone.sums import SumKind, read_own_sum, read_sums

NAMES = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="*"), min_size=1
).filter(lambda name: name == name.strip() and not name.startswith(("./", ".\\")))

ENDS = st.sampled_from(("\n", "\r\n", "\r"))

FORMS = st.sampled_from(("{sum}  {name}", "{sum} *{name}", "{KIND} ({name}) = {sum}"))


def hexadecimal(kind: SumKind) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdefABCDEF", min_size=kind.digits, max_size=kind.digits)


@given(st.data(), st.sampled_from(SumKind), ENDS, st.sampled_from(("", "\ufeff")))
def test_what_is_written_is_read(data: st.DataObject, kind: SumKind, end: str, mark: str) -> None:
    written = data.draw(st.dictionaries(NAMES, hexadecimal(kind), max_size=5))
    lines = [
        data.draw(FORMS).format(sum=value, name=name, KIND=kind.upper())
        for name, value in written.items()
    ]
    text = mark + "".join(f"{line}{end}" for line in lines)
    expected = {name: {value.lower()} for name, value in written.items()}
    assert read_sums(text.encode(), kind) == expected
    for name, value in written.items():
        assert read_own_sum(text.encode(), kind, name) == value.lower()


@given(st.binary(max_size=200), st.sampled_from(SumKind))
def test_whatever_is_read_each_checksum_is_whole_and_each_name_has_one(
    data: bytes, kind: SumKind
) -> None:
    for name, values in read_sums(data, kind).items():
        assert name
        assert values
        assert all(re.fullmatch(f"[0-9a-f]{{{kind.digits}}}", value) for value in values)
    with suppress(Unusable):
        assert len(read_own_sum(data, kind, "call.wav")) == kind.digits
