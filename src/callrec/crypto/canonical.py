"""Canonical JSON: one value, one sequence of bytes (RFC 8785, without floating-point numbers).

Format: docs/formats/keys.md, 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from callrec.errors import Tampered

_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-9]{2}){2}\.[0-9]{3}Z"
)

LARGEST_INTEGER = 2**53 - 1  # what every JSON reader holds exactly (RFC 8785, 3.2.2.3)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
"""`json.dumps` makes one for each call, which costs as much as the writing."""


def canonical(value: object) -> bytes:
    """The one UTF-8 form of ``value``: members sorted, nothing between tokens.

    Law: ``parse(canonical(value)) == value`` for dicts, lists, strings, integers, booleans and
    None.

    Raises:
        ValueError: a float, an integer of 2**53 or beyond, a name of a member that is not ASCII,
            text that is not Unicode, or a type that JSON has not: programming errors.

    Source: RFC 8785. ASCII names sort the same by byte and by UTF-16 unit.
    """
    _check((value,))
    return encode(value)


def encode(value: object) -> bytes:
    """As `canonical`, of a value that was read from canonical JSON and so is in its form."""
    return _ENCODER.encode(value).encode()


def parse(data: bytes, *, is_known: bool = False) -> Any:
    """What ``data`` says, if it is canonical to the byte; ``is_known``: it was found so before.

    Raises:
        Tampered: it is not JSON, or not in its canonical form.
    """
    try:
        value = _READER.decode(data.decode())
        # A name that is not ASCII would stand there as it is: canonical JSON escapes no letters.
        if not data.isascii():
            _check((value,))
        again = data if is_known else encode(value)
    except (ValueError, RecursionError):
        value, again = None, None
    if again != data:
        raise Tampered("a record is not in its canonical form")
    return value


def format_instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: ``2026-11-24T09:05:00.000Z``."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def whole_milliseconds(at: datetime) -> datetime:
    """An instant without what ``format_instant`` leaves out of it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def parse_instant(text: str) -> datetime:
    """What ``format_instant`` wrote, in UTC. Law: ``format_instant(parse_instant(t)) == t``.

    Raises:
        Tampered: ``text`` is not in that form.
    """
    # ISO 8601 has other forms as well. To see this one costs a third of writing it once more.
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        pass
    raise Tampered("a record's time is not in its form")


def _integer(text: str) -> int:
    value = int(text)
    if abs(value) > LARGEST_INTEGER:
        raise ValueError("an integer of 2**53 or beyond")
    return value


def _no_float(text: str) -> float:
    raise ValueError(f"{text} has no canonical form")


_READER: Final = json.JSONDecoder(
    parse_float=_no_float, parse_int=_integer, parse_constant=_no_float
)
"""Refuses what has no canonical form while it reads, so that it need not be gone through again."""


def _check(values: Iterable[object]) -> None:
    for value in values:
        if value is None or isinstance(value, str):  # most of what is ever sealed
            continue
        if isinstance(value, dict) and _are_names(value):
            _check(value.values())
        elif isinstance(value, (list, tuple)):
            _check(value)
        elif not (isinstance(value, int) and abs(value) <= LARGEST_INTEGER):
            raise ValueError(f"this {type(value).__name__} has no canonical form")


def _are_names(value: Iterable[Any]) -> bool:
    try:
        return "".join(value).isascii()
    except TypeError:  # one of them is not text
        return False
