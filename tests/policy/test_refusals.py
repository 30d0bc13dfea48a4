"""Everything that the policy refuses, in the words in which it does: refusals.txt beside this.

Each entry there is what somebody tries, what they are told, and what they are told to type; they
stand under the clause or the law that they cite. Changing a message changes that page with it.
"""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import callrec.policy
from callrec.errors import CallrecError, Refused
from callrec.policy.clause import Clause, Law
from policy.deeds import (
    complaints,
    days,
    destroying,
    edits,
    incidents,
    letters,
    particulars,
    people,
    recordings,
    releases,
    requests,
    retention,
    subjects,
)

DEEDS: Final = {
    deed: tried
    for module in (
        *(people, requests, particulars, recordings, edits, releases),
        *(destroying, retention, days, incidents, complaints, letters, subjects),
    )
    for deed, tried in module.DEEDS.items()
}

POLICY: Final = Path(callrec.policy.__file__).parent

_ENTRY = re.compile(
    r"^(?P<deed>\S.*)\n {4}(?P<message>\S.*)\n(?: {4}-> (?P<hint>.+)\n)?", re.MULTILINE
)

_SECTION = re.compile(r"^== (.+) ==$", re.MULTILINE)

_BUGS: Final = {"ValueError", "TypeError"}
"""Raised where our own code is wrong, not where somebody may not."""


class Entry(NamedTuple):
    section: str
    message: str
    hint: str


def read() -> dict[str, Entry]:
    text = Path(__file__).with_name("refusals.txt").read_text(encoding="utf-8")
    _, *parts = _SECTION.split(text)
    return {
        found["deed"]: Entry(section, found["message"], found["hint"] or "")
        for section, part in zip(parts[::2], parts[1::2], strict=True)
        for found in _ENTRY.finditer(part)
    }


CATALOGUE: Final = read()


def section_of(refused: CallrecError) -> str:
    """The clause or law that it cites; where there is none, how it ends."""
    clause = refused.clause if isinstance(refused, Refused) else None
    return clause.cited if clause else status(type(refused))


def status(kind: type[CallrecError]) -> str:
    return f"no clause, exit status {kind.exit_status}"


def refusal(deed: str) -> CallrecError:
    with pytest.raises(CallrecError) as refused:
        DEEDS[deed]()
    return refused.value


def test_every_deed_is_in_the_catalogue_and_the_catalogue_has_no_other() -> None:
    assert set(CATALOGUE) == set(DEEDS)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_is_refused_in_these_words(deed: str) -> None:
    refused = refusal(deed)
    assert CATALOGUE[deed] == Entry(section_of(refused), refused.message, refused.hint)


def test_the_catalogue_stands_in_the_policy_s_order() -> None:
    sections = list(dict.fromkeys(entry.section for entry in CATALOGUE.values()))
    cited = [source.cited for source in chain(Clause, Law)]
    order = [*cited, *map(status, CallrecError.__subclasses__())]
    assert sections == [section for section in order if section in sections]


def raised_at(path: Path) -> Iterator[range]:
    """The lines of each statement by which a module refuses something."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if ast.unparse(raised) not in _BUGS:
                yield range(node.lineno, (node.end_lineno or node.lineno) + 1)


def test_every_refusal_of_the_policy_has_a_deed() -> None:
    places = {
        (place.filename, place.lineno)
        for deed in DEEDS
        for place in traceback.extract_tb(refusal(deed).__traceback__)[-1:]
    }
    unprovoked = [
        f"{path.name}:{lines.start}"
        for path in sorted(POLICY.rglob("*.py"))
        for lines in raised_at(path)
        if not any((str(path), line) in places for line in lines)
    ]
    assert unprovoked == []
