"""The recovery kit's words, as a person types them."""

from __future__ import annotations

import pytest

from callrec.crypto.kit import kit_pages, kit_words, read_kit, read_kit_words
from callrec.errors import Unusable
from vectors.crypto.cases import Case, cases, read_case


@pytest.mark.parametrize("case", cases("kit"), ids=str)
def test_words_are_read_or_refused_as_their_file_says(case: Case) -> None:
    typed = case.body.decode()
    if case.is_good:
        assert read_kit(typed) == case.bytes_of("seed")
    else:
        with pytest.raises(Unusable):
            read_kit(typed)


WITH_A_NAME = [case for case in cases("kit", expect="unusable") if "wrong" in case.head]


@pytest.mark.parametrize("case", WITH_A_NAME, ids=str)
def test_the_groups_that_are_wrong_are_named(case: Case) -> None:
    with pytest.raises(Unusable) as refused:
        read_kit_words(case.body.decode())
    named = case.head["wrong"].replace(", ", " and ")
    plural = " and " in named
    groups, mistakes = ("groups", "have mistakes") if plural else ("group", "has a mistake")
    assert refused.value.message == f"{groups} {named} of the kit {mistakes}"


def test_a_seed_gives_the_words_that_its_file_says() -> None:
    case = read_case("kit/as_printed.txt")
    assert kit_words(case.bytes_of("seed")) == case.body.decode()


def test_the_words_are_fourteen_groups_of_five() -> None:
    assert [len(group) for group in kit_words(bytes(32)).split(" ")] == [5] * 14


def test_what_is_no_kit_at_all_is_not_taken_for_one_full_of_mistakes() -> None:
    with pytest.raises(Unusable, match="not the words of a recovery kit"):
        read_kit_words(" ".join(["ZZZZZ"] * 14))


def test_a_kit_is_read_from_its_page_or_from_two_of_its_three() -> None:
    seed = bytes(range(32))
    (page,) = kit_pages(seed)
    assert read_kit(page) == seed
    first, _, third = kit_pages(seed, split=True)
    assert read_kit(f"{first}\n{third}\n") == seed
