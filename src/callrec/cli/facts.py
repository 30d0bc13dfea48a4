"""A result as labelled lines, and as JSON by its own field names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def facts(result: Any, *names: str) -> dict[str, Any]:
    """A result for programs: every field under its own name, or those that are named, in order.

    What lies within is written alike: a dataclass by its fields unless it says itself how, a tuple
    as a list.
    """
    chosen = names or tuple(each.name for each in fields(result))
    return {name: _plain(getattr(result, name)) for name in chosen}


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _ if hasattr(value, "as_json"):
            return value.as_json()
        case _:
            return facts(value) if is_dataclass(value) else value


def labelled(pairs: Iterable[tuple[str, object]], *, width: int) -> Iterator[str]:
    """A result for people (output.Words): a label and what stands under it, a line each."""
    for label, value in pairs:
        yield f"{label:<{width}}{value}"
