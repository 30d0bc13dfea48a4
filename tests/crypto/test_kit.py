"""The recovery kit's words, as a person types them."""

from __future__ import annotations

import pytest

from callrec.crypto.kit import kit_words, read_kit_words
from callrec.errors import Unusable
from vectors.crypto.cases import Case, cases, read_case


@pytest.mark.parametrize("case", cases("kit"), ids=str)
def test_words_are_read_or_refused_as_their_file_says(case: Case) -> None:
    typed = case.body.decode()
    if case.is_good:
        assert read_kit_words(typed) == case.bytes_of("seed")
    else:
        with pytest.raises(Unusable):
            read_kit_words(typed)


def test_a_seed_gives_the_words_that_its_file_says() -> None:
    case = read_case("kit/as_printed.txt")
    assert kit_words(case.bytes_of("seed")) == case.body.decode()


def test_the_words_are_fourteen_groups_of_four() -> None:
    assert [len(group) for group in kit_words(bytes(32)).split(" ")] == [4] * 14
