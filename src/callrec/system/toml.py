"""TOML as it is read from a file of ours, and as it is written for people to change."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

from callrec.errors import Misconfigured
from callrec.system.rights import check_only_we_can_change


def read_toml(file: Path) -> dict[str, Any]:
    """What a file says.

    Raises:
        FileNotFoundError: there is none.
        Misconfigured: it cannot be read, others can change it, or it is no TOML.
    """
    try:
        check_only_we_can_change(file)
        data = file.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as problem:
        reason = os.strerror(problem.errno or 0).lower()
        raise Misconfigured(f"{file} cannot be read: {reason}") from None
    return parse_toml(data, str(file))


def parse_toml(data: bytes, name: str) -> dict[str, Any]:
    """What a file says whose bytes are at hand; ``name``: what errors call it.

    Raises:
        Misconfigured: it is no TOML.
    """
    try:
        return tomllib.loads(data.decode("utf-8-sig"))  # some editors begin with a mark
    except RecursionError:
        raise Misconfigured(f"{name} is not TOML: nested too deep") from None
    except ValueError as problem:  # no TOML, or no UTF-8
        raise Misconfigured(f"{name} is not TOML: {in_our_style(problem)}") from None


def in_our_style(problem: object) -> str:
    """Another library's words, as our errors are written: in lower case, without a full stop."""
    text = str(problem)
    return (text[:1].lower() + text[1:]).rstrip(".")


def toml_lines(values: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """A table as TOML, its own keys first. Law: what was written is read as it was."""
    tables = {key: each for key, each in values.items() if isinstance(each, Mapping)}
    lists = {key: each for key, each in values.items() if _is_of_tables(each)}
    for key, value in values.items():
        if key not in tables and key not in lists:
            yield f"{key} = {toml_value(value)}"
    for key, several in lists.items():
        for table in several:
            yield from ("", f"[[{name}{key}]]")
            yield from toml_lines(table, f"{name}{key}.")
    for key, table in tables.items():
        yield from ("", f"[{name}{key}]")
        yield from toml_lines(table, f"{name}{key}.")


def _is_of_tables(value: object) -> bool:
    match value:
        case str():
            return False
        case [*items]:
            return bool(items) and all(isinstance(each, Mapping) for each in items)
        case _:
            return False


def toml_value(value: object) -> str:
    """One value; text of several lines stays one, as people are to read it."""
    if isinstance(value, str):
        lines = [_escaped(line) for line in value.split("\n")]
        return f'"{lines[0]}"' if len(lines) == 1 else '"""\n' + "\n".join(lines) + '"""'
    if isinstance(value, Mapping):
        members = (f"{key} = {toml_value(each)}" for key, each in value.items())
        return f"{{ {', '.join(members)} }}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, int) else toml_value(str(value))  # a time zone, say


def _escaped(line: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which JSON leaves as it is.
    return json.dumps(line, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007F")
