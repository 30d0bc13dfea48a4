"""The pages of docs/reference that are made from the code are as the code is now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callrec.config import Config
from callrec.errors import CallrecError
from callrec.settings import Settings
from house.commands import EVERY_COMMAND
from supply.reference import pages

ROOT = Path(__file__).parents[2]
MADE = pages(ROOT)


@pytest.mark.parametrize("name", MADE)
def test_a_page_is_what_the_code_says_now(name: str) -> None:
    kept = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert kept == MADE[name], "run make reference"


def test_every_exit_status_has_its_row() -> None:
    statuses = {kind.exit_status for kind in CallrecError.__subclasses__()} | {0, 70, 130}
    told = re.findall(r"^\| (\d+) \|", MADE["exit-statuses.md"], re.MULTILINE)
    assert sorted(statuses) == list(map(int, told))


def test_every_command_and_what_stands_below_it_has_a_heading_and_its_options() -> None:
    headings = re.findall(r"^#{3,} callrec (.+)$", MADE["commands.md"], re.MULTILINE)
    assert set(EVERY_COMMAND) == {heading.partition(" ")[0] for heading in headings}
    assert "practice keys kit new" in headings
    _, _, approving = MADE["commands.md"].partition("\n### callrec approve\n")
    assert "| `--withhold ID=CODE` |" in approving.partition("\n### ")[0]


def test_every_key_of_settings_and_configuration_is_there_with_its_limits() -> None:
    for model in (Settings, Config):
        for name, field in model.model_fields.items():
            for key, inner in getattr(field.annotation, "model_fields", {name: field}).items():
                told = (f"**`{inner.alias or key}`**", f"`[{name}.{key}]`")
                assert any(each in MADE["settings.md"] for each in told), told
    assert "**`widest_window_days`** = `1` (at least 1, at most 31)" in MADE["settings.md"]
