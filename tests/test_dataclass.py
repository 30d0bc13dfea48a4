"""A dataclass of ours is one of the standard library's, which is made complete when it is used."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.dataclass import KW_ONLY, _Later, asdict, astuple, dataclass, field, fields, replace


def a_class() -> type:
    """The same each time."""

    class Call:
        """One call."""

        number: str
        minutes: int = 0
        labels: list[str] = field(default_factory=list, compare=False)
        _: KW_ONLY
        note: str | None = field(default=None, repr=False)
        system: ClassVar[str] = "acme"

        @property
        def is_long(self) -> bool:
            return self.minutes > 10

    return Call


OPTIONS = st.fixed_dictionaries(
    {}, optional={name: st.booleans() for name in ("frozen", "eq", "repr", "kw_only")}
)
ARGUMENTS = st.fixed_dictionaries(
    {"number": st.text()},
    optional={
        "minutes": st.integers(),
        "note": st.none() | st.text(),
        "labels": st.lists(st.text()),
        "unknown": st.none(),
    },
)


def outcome(act: Callable[[], Any]) -> Any:
    """What comes of it, or the kind of error and its words."""
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


@given(OPTIONS, ARGUMENTS, ARGUMENTS)
def test_it_does_what_the_librarys_does(
    options: dict[str, bool], one: dict[str, Any], other: dict[str, Any]
) -> None:
    def of(cls: Any) -> list[Any]:
        def made() -> Any:
            return cls(**one)

        return [
            outcome(act)
            for act in (
                lambda: [(each.name, each.kw_only, each.repr) for each in fields(cls)],
                lambda: cls.__match_args__,
                lambda: cls.system,
                lambda: re.sub(" at 0x.*", "", repr(made())),
                lambda: asdict(made()),
                lambda: astuple(made()),
                lambda: made() == cls(**other),
                lambda: made() != made(),
                lambda: hash(made()) == hash(made()),
                lambda: made().is_long,
                lambda: astuple(replace(made(), minutes=7)),
                lambda: astuple(copy.copy(made())),
                lambda: astuple(copy.deepcopy(made())),
                lambda: setattr(made(), "minutes", 5),
                lambda: delattr(made(), "minutes"),
                lambda: setattr(made(), "unheard_of", 5),
                lambda: cls("1", 2, [], "positional"),
                lambda: made() < made(),
            )
        ]

    theirs = dataclasses.dataclass(slots=True, **options)
    assert of(dataclass(slots=True, **options)(a_class())) == of(theirs(a_class()))


@dataclass(frozen=True, slots=True)
class Sent:
    """To another process, which makes none itself."""

    words: tuple[str, ...]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Longer(Sent):
    more: str = "more"
    size: int = 1


class Counted(Sent):
    """No dataclass, with a beginning of its own."""

    __slots__ = ()

    def __init__(self, *words: str) -> None:
        super().__init__(words, len(words))


def test_one_inherits_from_another() -> None:
    assert astuple(Longer(("a",))) == (("a",), 1, "more")
    assert [each.name for each in fields(Longer)] == ["words", "size", "more"]
    assert vars(Longer)["__slots__"] == ("more",)
    counted = Counted("a", "b")
    assert (counted.size, counted.words) == (2, ("a", "b"))


def test_a_process_that_made_none_reads_one_that_was_sent() -> None:
    script = f"import sys, pickle; sys.path[:0] = {sys.path!r}\n"
    script += "x, y = pickle.load(sys.stdin.buffer)\n"
    script += "print(x == y, hash(x) == hash(y), x.words)"
    sent = pickle.dumps((Sent(("a",)), Sent(("a",))))
    done = subprocess.run(
        [sys.executable, "-c", script], input=sent, capture_output=True, check=True
    )
    assert done.stdout == b"True True ('a',)\n"


def test_nothing_is_compiled_until_it_is_used() -> None:
    @dataclass(frozen=True, slots=True)
    class Rule:
        clause: str = field(default="4(b)")

    assert isinstance(vars(Rule)["__init__"], _Later)
    assert "__eq__" not in vars(Rule)
    match Rule():
        case Rule(clause):
            assert clause == "4(b)"
    assert not isinstance(vars(Rule)["__init__"], _Later)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Rule().clause = "4(c)"  # type: ignore[misc]


def test_threads_that_use_it_first_at_once_get_the_same() -> None:
    begin = Barrier(8)

    def first(cls: type) -> tuple[int, bool]:
        begin.wait()
        return hash(cls("a")), cls("a") == cls("a")

    for _ in range(50):
        ours: type = dataclass(frozen=True, slots=True)(a_class())
        with ThreadPoolExecutor(8) as threads:
            assert len({*threads.map(first, [ours] * 8)}) == 1
