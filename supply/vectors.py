"""docs/reference/telephone-vectors.md: what of each telephone system was verified against what."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from callrec.telephone.call import System

_DETAILS: Final = re.compile(r"[,:;(]")
"""What stands behind one tells which part of the source."""

_OURS: Final = "our own cases alone"

_OF_OURS: Final = frozenset(
    {"", "made", "domain", "likewise", "research", "the same", "another system's", "from memory"}
)

_ABOUT: Final = """\
Each line is a source, which is a document, a system's code, a sample or a public thread, with the
fields that its cases hold. The form is from there; numbers and names are made up. What stands in no
line, or with our own cases alone, nobody verified: try it on your own files before you rely on it.
The cases, and where exactly each is from, are in `tests/vectors/telephone/`."""


def telephone_vectors(checkout: Path, made: str) -> str:
    """The page, from the vectors."""
    folder = checkout / "tests" / "vectors" / "telephone"
    lines = ["# What was verified of each telephone system", "", made, "", _ABOUT]
    for system in System:
        rows = [
            row
            for what, place in (
                ("names", folder / system),
                ("records", folder / "records" / system),
            )
            for row in _rows(what, place)
        ]
        if rows:
            lines += ["", f"## `{system}`", "", "| of | fields | verified against | cases |"]
            lines += ["| --- | --- | --- | --- |", *rows]
    return "\n".join([*lines, ""])


def _rows(what: str, folder: Path) -> Iterator[str]:
    fields: defaultdict[str, set[str]] = defaultdict(set)
    cases: defaultdict[str, int] = defaultdict(int)
    for file in sorted(folder.glob("*.json")):
        case = json.loads(file.read_text("utf-8"))
        source = _source(case)
        fields[source] |= _fields(case)
        cases[source] += 1
    for source in sorted(cases, key=lambda each: (each == _OURS, each)):
        named = ", ".join(f"`{name}`" for name in sorted(fields[source])) or "that it is not read"
        yield f"| {what} | {named} | {source} | {cases[source]} |"


def _source(case: Mapping[str, Any]) -> str:
    told = _DETAILS.split(str(case.get("source", "")))[0].strip()
    return _OURS if told in _OF_OURS else told.replace("|", "/")


def _fields(case: Mapping[str, Any]) -> set[str]:
    expected = case.get("expect") or {}
    rows = expected if isinstance(expected, list) else [expected]
    return {name for row in rows for name in row if name not in {"line", "why", "system"}}
