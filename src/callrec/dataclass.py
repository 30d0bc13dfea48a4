"""The standard library's dataclasses; those with slots get their methods when these are wanted.

It writes the methods of each and has Python compile them, which takes 0.4 ms a class: a fifth of
the start of a command, which loads 300 and makes a few objects each of some dozens. These few are
filled member by member.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, asdict, astuple, field, fields, is_dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

__all__ = [
    "KW_ONLY",
    "asdict",
    "astuple",
    "dataclass",
    "field",
    "fields",
    "is_dataclass",
    "replace",
]

_FIELDS: Final = "__dataclass_fields__"

_METHODS: Final = {
    "repr": ("__repr__",),
    "eq": ("__eq__", "__hash__"),
    "order": ("__lt__", "__le__", "__gt__", "__ge__"),
    "frozen": ("__setattr__", "__delattr__"),
}
"""What the library makes for each option."""

_FEW: Final = 64
"""Objects of a class that are filled in less time than its methods take to be compiled."""

_NO_FIELDS: Final = ("ClassVar", "KW_ONLY")
"""How an annotation begins that is of none."""

_LOCK: Final = threading.RLock()

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def replace(of: Any, /, **changes: object) -> Any:
        """As the standard library's, which asks about each member each time."""
        return type(of)(**{name: getattr(of, name) for name in _given(type(of))} | changes)

    def dataclass(cls: type | None = None, /, *, slots: bool = False, **options: bool) -> Any:
        """As the standard library's."""
        if cls is None:
            return partial(dataclass, slots=slots, **options)
        complete = dataclasses.dataclass(**options)
        return _incomplete(cls, complete, options) if slots else complete(cls)


@lru_cache(128)
def _given(cls: type) -> list[str]:
    """The names of members by which an object is made."""
    return [each.name for each in fields(cls) if each.init]


def _incomplete(cls: type, complete: Callable[[type], type], options: Mapping[str, bool]) -> type:
    """The same class with slots; what the library makes is added when it is first asked for.

    It makes it for the class without them: a default has a slot's name.
    """
    own = [name for name, of in cls.__annotations__.items() if not of.startswith(_NO_FIELDS)]
    given, todo = dict(vars(cls)), [cls]

    def completed() -> type:
        with _LOCK:
            while todo:
                complete(todo.pop())
                for name, value in reversed([*vars(cls).items()]):  # what makes objects, last
                    if name not in own and given.get(name, dataclasses.MISSING) is not value:
                        setattr(made, name, value)
        return made

    if given.get("__hash__", cls) is None:  # as Python has it of a class that compares itself
        del given["__hash__"]
    chosen = {"repr": True, "eq": True, **options}
    asked = [
        _FIELDS,
        "__match_args__",
        *(n for each, some in _METHODS.items() if chosen.get(each) for n in some),
    ]
    inherited = {slot for base in cls.__mro__[1:] for slot in vars(base).get("__slots__", ())}
    has_more = any(_FIELDS in vars(base) for base in cls.__mro__[1:])
    left_out = {*own, "__dict__", "__weakref__"}
    members: dict[str, Any] = {
        **{name: _Later(name, completed) for name in asked},
        "__init__": _Later("__init__", completed)
        if has_more
        else _Filling(completed, cls.__annotations__, given, options),
        "__getstate__": _state,
        "__setstate__": _set_state,
        **{name: value for name, value in given.items() if name not in left_out},
        "__slots__": tuple(name for name in own if name not in inherited),
    }
    made = type(cls)(cls.__name__, cls.__bases__, members)
    made.__qualname__ = cls.__qualname__
    return made


class _Later:
    """In the place of what a class has once it is complete."""

    def __init__(self, name: str, completed: Callable[[], type]) -> None:
        self._name = name
        self._completed = completed

    def __get__(self, instance: object, owner: type) -> Any:
        there = vars(self._completed())[self._name]
        return there.__get__(instance, owner) if callable(there) else there


class _Filling(_Later):
    """In the place of what makes objects: the first few it fills itself, member by member."""

    def __init__(
        self,
        completed: Callable[[], type],
        annotations: Mapping[str, str],
        given: Mapping[str, Any],
        options: Mapping[str, bool],
    ) -> None:
        super().__init__("__init__", completed)
        self._annotations, self._given, self._options = annotations, given, options
        self._made = 0
        self._members: dict[str, dataclasses.Field[Any]] = {}
        self._in_order: list[str] = []

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None or self._made >= _FEW:
            return super().__get__(instance, owner)
        if not self._made:
            self._look()
        self._made += 1
        return partial(self._fill, instance)

    def _look(self) -> None:
        members, in_order, named = {}, [], self._options.get("kw_only", False)
        for name, of in self._annotations.items():
            named = named or of.startswith("KW_ONLY")
            if of.startswith(_NO_FIELDS):
                continue
            default = self._given.get(name, dataclasses.MISSING)
            member = default if isinstance(default, dataclasses.Field) else field(default=default)
            if member.init:
                members[name] = member
                if not (named if member.kw_only is dataclasses.MISSING else member.kw_only):
                    in_order.append(name)
        self._members, self._in_order = members, in_order

    def _fill(self, made: Any, /, *in_order: object, **named: object) -> None:
        values = {**dict(zip(self._in_order, in_order, strict=False)), **named}
        each_once = len(values) == len(in_order) + len(named)
        for name, member in self._members.items():
            if name not in values and member.default is not dataclasses.MISSING:
                values[name] = member.default
            elif name not in values and member.default_factory is not dataclasses.MISSING:
                values[name] = member.default_factory()
        if not each_once or values.keys() != self._members.keys():
            super().__get__(made, type(made))(*in_order, **named)  # which says what is wrong
        for name, value in values.items():
            object.__setattr__(made, name, value)
        if "__post_init__" in self._given:
            made.__post_init__()


def _state(self: Any) -> list[object]:
    """For pickling, as by nothing else the members of a frozen object with slots can be set."""
    return [getattr(self, each.name) for each in fields(self)]


def _set_state(self: Any, state: Iterable[object]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
