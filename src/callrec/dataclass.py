"""The standard library's dataclasses; those with slots get their methods when they are first used.

It writes the methods of each and has Python compile them, which takes 0.4 ms a class: a fifth of
the start of a command, which loads 300 and makes objects of a few dozen.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable
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

_BEFORE_ALL_ELSE: Final = ("__init__", "__dataclass_fields__", "__match_args__")
"""What can be asked of a class of which there is no object yet."""

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
        return _incomplete(cls, complete) if slots else complete(cls)


def _incomplete(cls: type, complete: Callable[[type], type]) -> type:
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

    inherited = {slot for base in cls.__mro__[1:] for slot in vars(base).get("__slots__", ())}
    left_out = {*own, "__dict__", "__weakref__"}
    members = {
        **{name: _Later(name, completed) for name in _BEFORE_ALL_ELSE},
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


def _state(self: Any) -> list[object]:
    """For pickling, as by nothing else the members of a frozen object with slots can be set."""
    return [getattr(self, each.name) for each in fields(self)]


def _set_state(self: Any, state: Iterable[object]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
