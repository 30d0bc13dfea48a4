"""``--fields``: of what a command prints as JSON, only the members that are named.

``fields.json`` is made with the schemas (``make reference``), so that a name that no document has
is refused before anything is done.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

from callrec.errors import Unusable


def read_fields(command: str, typed: str) -> list[str]:
    """The members that were named, each with the path to it; those of a list without ``items``."""
    known = json.loads((files(__package__) / "fields.json").read_bytes()).get(command, "").split()
    return [_found(command, name.strip(), known) for name in typed.split(",")]


def _found(command: str, name: str, known: Sequence[str]) -> str:
    for each in (name, f"items.{name}"):
        if each in known:
            return each
    above = f"{name.rpartition('.')[0]}." if "." in name else ""
    within = [each for each in known if each.startswith(above) and "." not in each[len(above) :]]
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    if {*within} <= {"items", "by"}:  # a list: what its items have needs no more than its name
        below = [each.removeprefix("items.") for each in known if each.startswith("items.")]
        within = [each for each in below if "." not in each]
    listed = ", ".join(within or known)
    raise Unusable(
        f'callrec {command} prints no field "{name}"', hint=f"{meant}the fields: {listed}"
    )


def only(value: Any, names: Collection[str]) -> Any:
    """A document without the members that are not named."""
    match value:
        case _ if "" in names:  # all of it
            return value
        case Mapping():
            below = {each: [n for n in names if n.partition(".")[0] == each] for each in value}
            return {
                each: only(value[each], [n.partition(".")[2] for n in wanted])
                for each, wanted in below.items()
                if wanted
            }
        case list() | tuple():
            return [only(each, names) for each in value]
        case _:
            return value
