"""What values.py makes is what the standard library makes, and callrec has no other."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
from pathlib import Path

import pytest

import callrec
from callrec.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Ours:
    one: int
    two: str = "two"
    three: list[int] = field(default_factory=list, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.one < 0:
            raise ValueError(self.one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Below(Ours):
    four: int = 4
    five: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Empty:
    pass


@dataclass(frozen=True, repr=False)
class Own:
    one: int

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


def test_it_is_made_as_its_fields_say() -> None:
    made = Ours(1)
    assert (made.one, made.two, made.three) == (1, "two", [])
    assert made.three is not Ours(1).three
    below = Below(1, "zwei", four=5)
    assert dataclasses.astuple(below) == (1, "zwei", [], 5, {})
    with pytest.raises(TypeError):
        Below(1, "zwei", [], 5)  # type: ignore[call-arg]  # what is tried
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]  # what is tried
    with pytest.raises(ValueError, match="-1"):
        Ours(-1)


def test_nothing_of_it_can_be_changed() -> None:
    made = Ours(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.one = 2  # type: ignore[misc]  # what is tried
    with pytest.raises(dataclasses.FrozenInstanceError):
        del made.one
    assert not hasattr(made, "__dict__")


def test_it_is_equal_to_its_like_alone() -> None:
    assert Ours(1, three=[1]) == Ours(1)
    assert hash(Ours(1, three=[1])) == hash(Ours(1))
    assert Ours(1) != Ours(2)
    assert Ours(1) != Below(1)
    assert Below(1) != Below(1, five={"a": "b"})
    assert hash(Below(1)) == hash(Below(1, five={"a": "b"}))
    assert Empty() == Empty()
    assert len({Empty(), Empty()}) == 1


def test_what_a_class_says_of_itself_stays() -> None:
    assert Own(1) == Own(2)
    assert hash(Own(1)) == 7
    assert "one" not in repr(Own(1))


def test_it_shows_what_it_may() -> None:
    assert repr(Ours(1, three=[9])) == "Ours(one=1, two='two')"
    assert [*inspect.signature(Below).parameters] == ["one", "two", "three", "four", "five"]


def test_the_library_takes_it_for_one_of_its_own() -> None:
    made = Below(1, three=[3], four=5)
    assert dataclasses.replace(made, two="zwei") == Below(1, "zwei", four=5)
    for same in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):  # noqa: S301  # ours
        assert same == made
        assert same.three == [3]
    assert Ours.__match_args__ == ("one", "two", "three")


def test_no_module_takes_the_library_s() -> None:
    root = Path(callrec.__file__).parent
    apart = {"package/callrec_verify.py"}  # which is a program by itself
    taken = {
        file.relative_to(root).as_posix()
        for file in root.rglob("*.py")
        if re.search(r"from dataclasses import.*\bdataclass\b", file.read_text(encoding="utf-8"))
    }
    assert taken == apart
