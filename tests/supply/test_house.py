"""The picture of the house is of this house, and that of a terminal is of what callrec says."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from supply import terminal
from supply.house import WIDTH, draw, layers

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in (ROOT / "src" / "callrec").glob("*/**/__init__.py"))
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = draw(ROOT)


def test_the_picture_in_the_docs_is_what_the_script_draws_now() -> None:
    kept = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    assert kept == DRAWN, "run make house"


def test_each_folder_and_module_is_in_it_once_with_a_caption() -> None:
    there = {
        path.stem
        for path in (ROOT / "src" / "callrec").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    nouns = [noun for row in layers(ROOT) for noun in row]
    assert sorted(noun.name for noun in nouns) == sorted(there - {"__init__"})
    assert [noun.name for noun in nouns if not noun.caption] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_says_in_its_docstring_which_modules_it_has(folder: Path) -> None:
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert modules_in(folder) - set(re.findall(r"\w+", said)) == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_has_at_most_25_modules_and_folders(folder: Path) -> None:
    assert len(modules_in(folder)) <= 25


def modules_in(folder: Path) -> set[str]:
    """The modules of a folder, and the folders in it."""
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return modules | {path.parent.name for path in folder.glob("*/__init__.py")}


def test_all_of_it_lies_on_the_paper_and_runs_no_script() -> None:
    root = ET.fromstring(DRAWN)  # noqa: S314 - drawn here
    boxes = root.findall(f"{SVG}rect[@height][@x]")
    assert len(boxes) == sum(map(len, layers(ROOT)))
    for box in boxes:
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= WIDTH
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= float(root.attrib["height"])
    assert not re.search(r"<script|\son\w+=|href", DRAWN)


def test_the_terminal_in_the_readme_shows_what_the_manual_s_test_plays() -> None:
    drawn = terminal.draw(ROOT)
    kept = (ROOT / "docs" / "terminal.svg").read_text(encoding="utf-8")
    assert kept == drawn, "run make house"
    assert "https:" not in drawn
    shown = "".join(ET.fromstring(drawn).itertext()).replace("\xa0", " ")  # noqa: S314 - drawn here
    assert "max $ callrec search --number" in shown
    assert "pat $ callrec approve R-1" in shown
