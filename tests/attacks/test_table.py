"""The table of attacks names what there is, and all that there is in this folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attacks.table import BY_NATURE, Attack, attacks, page

ROOT = Path(__file__).parents[2]
NO_ATTACKS = {
    "test_no_command_is_left_out",
    "test_a_canary_in_a_file_name_is_found",
    "test_a_canary_in_a_row_of_the_catalogue_is_found",
    "test_a_canary_is_found_in_every_form",
    "test_what_was_left_about_is_found",
    "test_there_was_something_to_find",
    "test_where_nothing_was_changed_nothing_is_found",
    "test_nothing_is_found_where_nothing_was_changed",
    "test_few_columns_are_harmless_and_the_threat_model_lists_each",
    "test_each_table_with_harmless_columns_is_tried",
    "test_a_release_is_verified_with_two_cosignatures_and_says_who_saw_it_when",
}
"""Tests that show of others that they would find what they look for, and leave nothing out."""


def names_in(file: Path) -> set[str]:
    return set(re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("row", attacks(), ids=lambda row: row.tries)
def test_a_row_names_a_test_that_there_is_or_says_that_it_succeeds(row: Attack) -> None:
    if row.test is None:
        assert BY_NATURE in row.so
        return
    file, _, name = row.test.partition("::")
    assert name in names_in(ROOT / file)


def test_no_attack_is_there_twice() -> None:
    rows = attacks()
    assert len({row.test for row in rows if row.test}) == sum(row.test is not None for row in rows)
    assert len({(row.who, row.tries) for row in rows}) == len(rows)


def test_each_attack_of_this_folder_is_in_the_table() -> None:
    here = {
        f"tests/attacks/{file.name}::{name}"
        for file in Path(__file__).parent.glob("test_*.py")
        if file != Path(__file__)
        for name in names_in(file) - NO_ATTACKS
    }
    assert here - {row.test for row in attacks()} == set()


def test_the_page_is_what_the_table_makes() -> None:
    assert (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8") == page()
