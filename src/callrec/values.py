"""Dataclasses as the standard library's, of which a frozen one is made three times as fast.

A command makes a hundred of them and more as it loads, and for each the library compiles six
functions. Here it is one, ``__init__``; whatever else a value does, all of them share (ADR 78).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable
from dataclasses import (
    KW_ONLY,
    MISSING,
    Field,
    FrozenInstanceError,
    asdict,
    astuple,
    field,
    fields,
    is_dataclass,
    replace,
)
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

__all__ = (
    "KW_ONLY",
    "asdict",
    "astuple",
    "dataclass",
    "field",
    "fields",
    "is_dataclass",
    "replace",
)

_T = TypeVar("_T")


@dataclass_transform(field_specifiers=(field,))
def dataclass(
    *,
    frozen: bool = False,
    eq: bool = True,
    order: bool = False,
    repr: bool = True,  # noqa: A002  # the library's word
    **others: bool,
) -> Callable[[type[_T]], type[_T]]:
    """As `dataclasses.dataclass`, which itself makes what is not frozen, or has an order."""
    if not frozen or order:
        return dataclasses.dataclass(frozen=frozen, eq=eq, order=order, repr=repr, **others)

    def make(kind: type[_T]) -> type[_T]:
        kind.__doc__ = kind.__doc__ or kind.__name__  # or the library would write one
        bare = dataclasses.dataclass(init=False, repr=False, eq=False, **others)
        made: Any = bare(kind)
        own, every = {*vars(kind)}, fields(made)
        made.__init__ = _init(made, every)
        made.__setattr__ = made.__delattr__ = _refuse_change
        if others.get("slots"):
            made.__getstate__, made.__setstate__ = _state, _set_state
        if repr and "__repr__" not in own:
            made.__repr__ = _said
        if eq and "__eq__" not in own:
            compared = [each for each in every if each.compare]
            made._compared = _values_of(compared)  # noqa: SLF001  # ours
            made.__eq__ = _is_equal
            if "__hash__" not in own:
                made._hashed = _values_of([each for each in compared if each.hash is not False])  # noqa: SLF001
                made.__hash__ = _hash
        return made  # type: ignore[no-any-return]

    return make


def _init(kind: type[Any], every: Iterable[Field[Any]]) -> Callable[..., None]:
    scope: dict[str, Any] = {"_set": object.__setattr__}
    by_place, by_name, body = ["self"], ["*"], []
    for each in every:
        name, default, value = each.name, f"_default_{each.name}", each.name
        if each.default is not MISSING:
            scope[default] = each.default
        elif each.default_factory is not MISSING:
            scope[default] = each.default_factory
            value = f"{default}() if {name} is {default} else {name}"
        given = f"{name}={default}" if default in scope else name
        (by_name if each.kw_only else by_place).append(given)
        body.append(f"    _set(self, {name!r}, {value})")
    if hasattr(kind, "__post_init__"):
        body.append("    self.__post_init__()")
    parameters = ", ".join([*by_place, *(by_name if by_name[1:] else ())])
    exec("\n".join([f"def __init__({parameters}):", *body, "    return"]), scope)  # noqa: S102  # of names of ours alone
    init: Any = scope["__init__"]
    init.__qualname__ = f"{kind.__qualname__}.__init__"
    init.__annotations__ = {each.name: each.type for each in every} | {"return": None}
    return init  # type: ignore[no-any-return]


def _values_of(some: Collection[Field[Any]]) -> Callable[[Any], Any]:
    return attrgetter(*(each.name for each in some)) if some else bool


def _refuse_change(_: object, name: str, *_value: object) -> None:
    raise FrozenInstanceError(f"cannot change {name!r}")


def _said(self: Any) -> str:
    told = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(told)})"


def _is_equal(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return self._compared(self) == self._compared(other)


def _hash(self: Any) -> int:
    return hash(self._hashed(self))


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _set_state(self: Any, state: Iterable[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
