"""What the documents say is so."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from callrec.cli.app import Commands, app
from callrec.policy.clause import Clause
from house.commands import EVERY_COMMAND
from supply.reference import pages

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| (?!clause|---)(.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
POLICY_MAP = ROW.findall(
    (ROOT / "docs" / "reference" / "policy-map.md").read_text(encoding="utf-8")
)
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_the_policy_map_has_every_clause_once_in_the_policy_s_order() -> None:
    assert [row[0] for row in POLICY_MAP] == [str(clause) for clause in Clause]


@pytest.mark.parametrize("row", POLICY_MAP, ids=[row[0] for row in POLICY_MAP])
def test_what_the_policy_map_names_exists(row: tuple[str, ...]) -> None:
    _, does, command, code, test = (cell.strip("`") for cell in row)
    if command == code == test == "—":
        assert does.startswith("not yet")
        return
    assert command.split()[1] in EVERY_COMMAND
    module, name = code.rsplit(".", 1)
    assert hasattr(import_module(f"callrec.{module}"), name)
    assert test in TESTS


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("folder", ["adr", "formats", "reference", "evidence", "manual"])
def test_each_page_of_a_folder_can_be_found_from_a_list(folder: str) -> None:
    lists = [ROOT / "docs" / name for name in ("index.md", "adr/README.md")]
    linked = {
        (each.parent / target).resolve()
        for each in lists
        for target in re.findall(r"\]\(([^)#]+)", each.read_text(encoding="utf-8"))
    }
    assert set((ROOT / "docs" / folder).glob("*.md")) - linked - set(lists) == set()


def test_each_page_but_a_decision_is_in_the_site_s_navigation() -> None:
    navigation = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    pages_there = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    listed = set(re.findall(r'"([\w/-]+\.md)"', navigation))
    assert {page for page in pages_there - listed if not page.startswith("adr/")} == set()
    assert listed - pages_there == set()


def test_pages_cited_in_the_code_exist() -> None:
    cited = {
        page
        for path in (ROOT / "src").rglob("*.py")
        for page in re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert {page for page in cited if not (ROOT / page).exists()} == set()


HOUSE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w./-]+\.py):([\w.]+)`", HOUSE)))


def found(path: str) -> Path:
    """As the page names it: from the root, or from the code's own folder."""
    return ROOT / path if (ROOT / path).exists() else ROOT / "src" / "callrec" / path


def test_each_path_that_the_page_of_the_house_names_is_there() -> None:
    paths = re.findall(r"`([\w./-]+(?:/|\.(?:py|md|toml)))(?::[\w.]+)?`", HOUSE)
    assert len(paths) > len(NAMED)
    assert [path for path in paths if not found(path).exists()] == []


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_each_name_that_the_page_of_the_house_gives_stands_in_its_file(
    path: str, name: str
) -> None:
    body: Sequence[ast.AST] = ast.parse(found(path).read_text(encoding="utf-8")).body
    for part in name.split("."):
        body = next(each.body if hasattr(each, "body") else () for each in body if part in of(each))


def of(node: ast.AST) -> set[str]:
    """The names that a statement of a module or class gives to something."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {each.id for each in targets if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()


def test_the_page_of_the_house_has_each_folder_and_each_command() -> None:
    folders = {path.parent.name for path in (ROOT / "src" / "callrec").glob("*/__init__.py")}
    assert {folder for folder in folders if f"`{folder}/`" not in HOUSE} == set()
    assert {command for command in EVERY_COMMAND if f"`{command}`" not in HOUSE} == set()


TYPED = re.compile(r"^ {4,}(?:sudo )?(callrec .+)$|`(callrec [^`]+)`", re.MULTILINE)
EVERYWHERE = {"--json", "--config", "--vault", "--help", "--version"}


def typed() -> list[str]:
    """Every command that a page for people at work has them type, without its comment."""
    folders = [ROOT / "docs" / name for name in (".", "manual", "reference")]
    made = {ROOT / "docs" / "reference" / name for name in pages(ROOT)}
    kept = [ROOT / "README.md", *(page for each in folders for page in each.glob("*.md"))]
    texts = [
        re.sub(r" \\\n +", " ", page.read_text(encoding="utf-8"))
        for page in kept
        if page not in made
    ]
    hits = {" ".join((a or b).split()) for text in texts for a, b in TYPED.findall(text)}
    return sorted(hit.partition(" #")[0] for hit in hits)


@pytest.mark.parametrize("line", typed())
def test_each_command_that_a_page_has_typed_is_there_with_its_options(line: str) -> None:
    _, first, *rest = line.split()
    words = [*(Commands.moved()[first].split() if first in Commands.kept else [first]), *rest]
    group: Any = get_command(app)
    context = group.make_context("callrec", [], resilient_parsing=True)
    command = group
    while words and re.fullmatch(r"[a-z][a-z-]+", words[0]) and hasattr(command, "commands"):
        if command is not group and words[0] not in command.commands:
            break
        command = command.get_command(context, words.pop(0))
    options = {each for param in command.params for each in (*param.opts, *param.secondary_opts)}
    said = {re.split("[=|…]", word)[0] for word in words if word.startswith("--")}
    assert said - options - EVERYWHERE == set()
