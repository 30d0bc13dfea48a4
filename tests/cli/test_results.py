"""A result is written by the names of its own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pytest

from callrec.cli.output import labelled
from callrec.views.words import facts


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cover:
    colour: str

    def as_json(self) -> list[str]:
        return ["cover", self.colour]


@dataclass(frozen=True, slots=True)
class _Book:
    title: str
    pages: tuple[_Page, ...]
    lent: Mapping[str, int]
    author: str | None = None

    @property
    def length(self) -> int:
        return len(self.pages)


BOOK = _Book("Log", (_Page(1, ("a", "b")),), MappingProxyType({"jane": 2}))


def test_every_field_stands_under_its_own_name_with_all_that_lies_within() -> None:
    assert facts(BOOK) == {
        "title": "Log",
        "pages": [{"number": 1, "words": ["a", "b"]}],
        "lent": {"jane": 2},
        "author": None,
    }


def test_what_says_itself_how_it_is_written_is_written_so() -> None:
    @dataclass(frozen=True, slots=True)
    class Bound:
        cover: _Cover

    assert facts(Bound(_Cover("red"))) == {"cover": ["cover", "red"]}


def test_those_that_are_named_stand_in_that_order_and_a_property_is_one() -> None:
    assert list(facts(BOOK, "length", "title").items()) == [("length", 1), ("title", "Log")]


def test_a_name_that_is_none_is_a_bug() -> None:
    with pytest.raises(AttributeError):
        facts(BOOK, "price")


def test_what_is_said_stands_in_a_column_beside_the_labels() -> None:
    assert list(labelled([("a", 1), ("bcd", "x")], width=5)) == ["a    1", "bcd  x"]
