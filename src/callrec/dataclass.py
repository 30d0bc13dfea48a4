"""The standard library's dataclasses; those with slots get their methods when these are wanted.

It writes the methods of each and has Python compile them, which takes 0.4 ms a class: a fifth of
the start of a command, which loads 300 and makes a few objects each of some dozens. These few are
filled member by member.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, asdict, astuple, field, fields, is_dataclass, replace
from functools import partial
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
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, *, slots: bool = False, **options: bool) -> Any:
        """As the standard library's."""
        if cls is None:
            return partial(dataclass, slots=slots, **options)
        complete = dataclasses.dataclass(**options)
        return _incomplete(cls, complete, options) if slots else complete(cls)


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
    defaults = {name: given[name] for name in own if name in given}
    is_plain = not any(isinstance(each, dataclasses.Field) for each in defaults.values())
    is_plain &= not any(_FIELDS in vars(base) for base in cls.__mro__[1:])
    is_plain &= "KW_ONLY" not in cls.__annotations__.values()
    in_order = () if options.get("kw_only") else own
    making = partial(_Filling, own, in_order, defaults) if is_plain else _Later
    left_out = {*own, "__dict__", "__weakref__"}
    members: dict[str, Any] = {
        **{name: _Later(name, completed) for name in asked},
        "__init__": making("__init__", completed),
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
        own: Sequence[str],
        in_order: Sequence[str],
        defaults: Mapping[str, object],
        *later: Any,
    ) -> None:
        super().__init__(*later)
        self._own, self._in_order, self._defaults = own, in_order, defaults
        self._made = 0

    def __get__(self, instance: object, owner: type) -> Any:
        self._made += 1
        if instance is None or self._made > _FEW:
            return super().__get__(instance, owner)
        return partial(self._fill, instance)

    def _fill(self, made: Any, /, *in_order: object, **named: object) -> None:
        given = {**dict(zip(self._in_order, in_order, strict=False)), **named}
        values = {**self._defaults, **given}
        if len(given) < len(in_order) + len(named) or values.keys() != {*self._own}:
            super().__get__(made, type(made))(*in_order, **named)  # which says what is wrong
        for name, value in values.items():
            object.__setattr__(made, name, value)
        if hasattr(made, "__post_init__"):
            made.__post_init__()


def _state(self: Any) -> list[object]:
    """For pickling, as by nothing else the members of a frozen object with slots can be set."""
    return [getattr(self, each.name) for each in fields(self)]


def _set_state(self: Any, state: Iterable[object]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
