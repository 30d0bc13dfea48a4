"""docs/formats/keys.md says what the code does, and the code cites it where it says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from callrec.crypto.context import CONTEXT_FIELDS, STATEMENT_KINDS
from vectors.crypto.cases import cases

ROOT = Path(__file__).parents[2]

SOURCE = ROOT / "src" / "callrec"

PAGE = (ROOT / "docs" / "formats" / "keys.md").read_text()

HEAD = {"kind", "vault", "by", "at"}

CITATION = re.compile(r"docs/formats/keys\.md,\s(\d)")


def sections() -> dict[str, str]:
    """The page's sections by their number."""
    parts = re.split(r"^## (\d)\. ", PAGE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def table(section: str) -> dict[str, frozenset[str]]:
    """The first two columns of a section's table of kinds."""
    rows = re.findall(r"^\| `([a-z -]+)` \| ([a-z_, ]*)\|", sections()[section], re.MULTILINE)
    return {kind: frozenset(re.findall(r"[a-z_]+", fields)) for kind, fields in rows}


def citations() -> list[tuple[str, str]]:
    """Every module that cites a section of the page, with the section's number."""
    return [
        (path.relative_to(SOURCE).as_posix(), number)
        for path in sorted(SOURCE.rglob("*.py"))
        for number in CITATION.findall(path.read_text())
    ]


def test_the_page_has_the_kinds_of_context_and_their_fields() -> None:
    assert table("2") == CONTEXT_FIELDS


def test_the_page_has_the_kinds_of_statement() -> None:
    assert table("3").keys() == STATEMENT_KINDS


def test_the_page_has_the_fields_of_each_statement_as_its_file_has_them() -> None:
    said = [json.loads(case.body) for case in cases("statements", expect="good")]
    of_each = {(each["kind"], frozenset(each) - HEAD) for each in said}
    assert of_each == set(table("3").items())


@pytest.mark.parametrize(("module", "number"), citations(), ids=str)
def test_a_section_that_is_cited_names_the_module_that_cites_it(module: str, number: str) -> None:
    code = re.search(r"^Code: .*$", sections()[number], re.MULTILINE)
    assert code is not None
    assert f"`{module}`" in code.group()


@pytest.mark.parametrize("module", sorted(re.findall(r"`([a-z_/]+\.py)`", PAGE)))
def test_a_module_that_the_page_names_is_there(module: str) -> None:
    assert (SOURCE / module).is_file()
