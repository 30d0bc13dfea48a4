"""JSON Schemas of what commands print, from the dataclasses that they print."""

from __future__ import annotations

import ast
import inspect
import json
import types
from collections.abc import Collection as AnyCollection
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from callrec.policy.edits import Edits

Shape = Any
"""What a member holds: a type as Python annotates it; a mapping of its own members; a list of one
shape; a tuple of several, any of which it may be."""

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    None: {"type": "null"},
    type(None): {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Path: {"type": "string"},
    object: {},
    Any: {},
}


@dataclass(frozen=True)
class Field:
    """A member of a dataclass: its type, and what is said of it there."""

    shape: Shape
    said: str = ""


def of(printed: type, *names: str) -> dict[str, Shape]:
    """What `views/words.py:facts` writes of a dataclass: each of its fields, or those named."""
    hints, said = get_type_hints(printed), _said(printed)
    found = {}
    for name in names or [each.name for each in fields(printed)]:
        shape = hints.get(name) or get_type_hints(getattr(printed, name).fget)["return"]
        found[name] = Field(shape, said.get(name, ""))
    return found


@cache
def _said(printed: type) -> Mapping[str, str]:
    """What stands below each field of a class."""
    body = ast.parse(dedent(inspect.getsource(printed))).body[0].body  # type: ignore[attr-defined]
    found = {}
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                found[name] = " ".join(words.split())
            case _:
                pass
    return found


def schema(shape: Shape) -> Schema:
    """The schema of a shape."""
    match shape:
        case Field(shape=held, said=words):
            return {**({"description": words} if words else {}), **schema(held)}
        case Mapping():
            return _members(shape)
        case [held]:
            return {"type": "array", "items": schema(held)}
        case tuple():
            return _any_of([schema(each) for each in shape])
        case _ if shape in _PLAIN:
            return dict(_PLAIN[shape])
        case _:
            return _of_class(shape) if isinstance(shape, type) else _of_generic(shape)


def _of_class(shape: type) -> Schema:
    if issubclass(shape, Edits):
        return schema([EDIT])
    if issubclass(shape, BaseModel):
        model = shape.model_json_schema(mode="serialization")
        return dict(_with_all_in_place(model, model.pop("$defs", {})))
    if issubclass(shape, Enum):
        return {"enum": [each.value for each in shape]}
    if hasattr(shape, "as_json") or not is_dataclass(shape):
        raise TypeError(f"how is {shape} written as JSON?")
    return schema(of(shape))


def _with_all_in_place(held: Any, definitions: Mapping[str, Schema]) -> Any:
    match held:
        case {"$ref": str(name), **rest}:
            there = definitions[name.rpartition("/")[2]]
            return _with_all_in_place({**there, **rest}, definitions)
        case {"default": _, **rest} | {"title": str(), **rest}:
            return _with_all_in_place(rest, definitions)
        case dict():
            return {name: _with_all_in_place(each, definitions) for name, each in held.items()}
        case list():
            return [_with_all_in_place(each, definitions) for each in held]
        case _:
            return held


def _of_generic(shape: Shape) -> Schema:
    origin: Any = get_origin(shape)
    inner: tuple[Any, ...] = get_args(shape)
    if origin in (Union, types.UnionType):
        return _any_of([schema(each) for each in inner])
    if origin is Literal:
        return {"enum": list(inner)}
    if not isinstance(origin, type):
        raise TypeError(f"how is {shape} written as JSON?")
    if issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema(inner[1])}
    if origin is tuple and inner[-1] is not ...:
        several = [schema(each) for each in inner]
        return {"type": "array", "prefixItems": several, "minItems": len(several), "items": False}
    if issubclass(origin, AnyCollection):
        return {"type": "array", "items": schema(inner[0])}
    raise TypeError(f"how is {shape} written as JSON?")


def _members(shape: Mapping[str, Shape]) -> Schema:
    """An object of these members and no other; a name that ends in ? may be missing."""
    return {
        "type": "object",
        "properties": {name.rstrip("?"): schema(held) for name, held in shape.items()},
        "required": [name for name in shape if not name.endswith("?")],
        "additionalProperties": False,
    }


def _any_of(several: list[Schema]) -> Schema:
    if all(set(each) == {"type"} for each in several):
        return {"type": [each["type"] for each in several]}
    return {"anyOf": several}


EDIT: Final[Shape] = {
    "what": Literal["clip", "silence"],
    "from_ms": int,
    "to_ms": int,
    "ground?": str,
    "side?": str,
    "filler?": str,
}

ERROR: Final[Shape] = {"error": str, "hint": str | None, "status": int}
"""What stands on stderr where a command with ``--json`` goes wrong."""


def documents(results: Mapping[str, Shape]) -> dict[str, Schema]:
    """The schema of each command's document, and of what is said of an error, by its file."""
    found = {
        f"{command.replace(' ', '-')}.json": {
            "$schema": DIALECT,
            "title": f"callrec {command} --json",
            **_by_somebody(schema(shape)),
        }
        for command, shape in results.items()
    }
    return {
        **found,
        "error.json": {"$schema": DIALECT, "title": "callrec ... --json, on stderr"}
        | schema(ERROR),
    }


def _by_somebody(document: Schema) -> Schema:
    """A result also says who wrote: `Output.show` adds it."""
    if "anyOf" in document:
        return {"anyOf": [_by_somebody(each) for each in document["anyOf"]]}
    by = {"description": "The login of the person who wrote this.", "type": "string"}
    return {**document, "properties": {**document["properties"], "by": by}}


def names(document: Schema, above: str = "") -> list[str]:
    """What ``--fields`` may name in a document, what lies deeper after a dot."""
    found = []
    for each in document.get("anyOf", []):
        found += names(each, above)
    if document.get("items"):
        found += names(document["items"], above)
    for name, held in document.get("properties", {}).items():
        found += [f"{above}{name}", *names(held, f"{above}{name}.")]
    return list(dict.fromkeys(found))


def files(results: Mapping[str, Shape]) -> dict[str, str]:
    """Each file that is made of this, by its place in the project."""
    found = {f"docs/reference/schemas/{name}": each for name, each in documents(results).items()}
    known = {each: " ".join(names(_by_somebody(schema(results[each])))) for each in results}
    every = {**found, "src/callrec/cli/fields.json": known}
    return {
        path: json.dumps(each, indent=1, ensure_ascii=False) + "\n" for path, each in every.items()
    }
