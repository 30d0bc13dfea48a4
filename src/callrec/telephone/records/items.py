"""The items of a JSON file: one object, a list of them, a page of them, or one on each line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from callrec.errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

Item: TypeAlias = dict[str, Any]
"""As JSON has it; its texts may hold what cannot be written as UTF-8."""

MAX_JSON_BYTES: Final = 64 * 1024 * 1024
"""Bytes of a file that is one piece of JSON, which must be in memory whole."""

_LONGEST_SAID: Final = 1000
"""Characters of a value; a longer one is none that a call has."""

_RECORDS: Final = frozenset({"sid", "startTime", "objectName"})
"""A member that records have and pages have not; a record may hold lists too."""

_DEEPEST: Final = 4


def parse_json(data: bytes) -> Any:
    """What the bytes say; None where they are no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):  # ValueError: its encoding or a number too, besides form
        return None


def items_of(data: bytes) -> list[Any]:
    """The items of a whole file.

    Raises:
        Unusable: it is no JSON.
    """
    if len(data) > MAX_JSON_BYTES:
        raise Unusable(
            f"the call records are one piece of JSON larger than {MAX_JSON_BYTES // 1024**2} MiB",
            hint="export fewer days at once, or one record on each line",
        )
    whole = parse_json(data)
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict):
        raise Unusable("the call records are no JSON in UTF-8")
    return page_of(whole) or [whole]


def page_of(item: Item) -> list[Any] | None:
    """What a page of an API holds: its one list of objects."""
    lists = [value for value in item.values() if isinstance(value, list) and value]
    pages = [value for value in lists if all(isinstance(part, dict) for part in value)]
    return pages[0] if len(pages) == 1 and _RECORDS.isdisjoint(item) else None


def text_at(item: Item, *path: str) -> str:
    """The text at a path of members; empty where there is none."""
    value: Any = item
    for member in path:
        value = value.get(member) if isinstance(value, dict) else None
    return _plain(value)


def flattened(item: Item) -> dict[str, str]:
    """All that an item says in words and numbers: ``from.phoneNumber`` -> text."""
    return dict(_flat(item, "", 0))


def _flat(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for member, part in value.items():
            yield from _flat(part, f"{name}.{member}" if name else member, depth + 1)
    elif (plain := _plain(value)) and len(plain) <= _LONGEST_SAID >= len(name):
        yield _plain(name), plain


def _plain(value: Any) -> str:
    """Text that can be written as UTF-8; what stands for no sign at all is replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return str(value) if isinstance(value, int | float) else ""
