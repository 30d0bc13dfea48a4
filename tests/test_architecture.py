"""Promises about the code as a whole that no single test of a module keeps.

Which module may import which is kept by import-linter (pyproject.toml, `make check`).
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from callrec.errors import CallrecError

SOURCE = Path(__file__).parent.parent / "src" / "callrec"
NAMELESS = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}


def calls(file: Path, *names: str) -> list[ast.Call]:
    """Calls of typer.<name> in a file."""
    return [
        node
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
    ]


def test_each_exit_status_has_one_meaning() -> None:
    statuses = [outcome.exit_status for outcome in CallrecError.__subclasses__()]
    assert sorted(statuses) == list(range(1, 10))


def test_until_when_something_was_lent_is_asked_of_the_latest_leaf() -> None:
    """What a leaf's maker might do then goes by `Powers.day_of`, not by the day he wrote it."""
    functions = [
        (node, ast.unparse(node))
        for file in [*SOURCE.glob("procedures/*.py"), *SOURCE.glob("record/*.py")]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    by_its_own = {
        node.name
        for node, text in functions
        if "register.person(" in text and ".astimezone(" in text
    }
    assert by_its_own == set()


def option_calls() -> list[ast.Call]:
    """Every declaration of an option or argument in cli/options."""
    files = sorted((SOURCE / "cli" / "options").glob("*.py"))
    return [call for file in files for call in calls(file, "Option", "Argument")]


def test_every_option_is_declared_once_and_in_options_alone() -> None:
    elsewhere = [
        file.name
        for file in sorted((SOURCE / "cli").glob("*.py"))
        if calls(file, "Option", "Argument")
    ]
    assert elsewhere == []


def test_no_help_text_is_written_twice() -> None:
    texts = Counter(
        keyword.value.value
        for call in option_calls()
        for keyword in call.keywords
        if keyword.arg == "help" and isinstance(keyword.value, ast.Constant)
    )
    assert [text for text, count in texts.items() if count > 1] == []


def test_every_whole_number_has_a_least_and_a_most() -> None:
    """Beyond 2**53 - 1 neither a record nor the catalogue can hold one."""
    bounds = [{each.arg for each in call.keywords} & {"min", "max"} for call in option_calls()]
    assert {*map(frozenset, bounds)} == {frozenset(), frozenset({"min", "max"})}


def test_every_option_says_what_it_is_in_a_sentence() -> None:
    for call in option_calls():
        text = [each.value for each in call.keywords if each.arg == "help"]
        assert text, ast.unparse(call)
        assert isinstance(text[0], ast.Constant)
        assert str(text[0].value).endswith("."), text[0].value


def test_no_module_or_class_has_a_name_that_says_nothing() -> None:
    named = [file.stem for file in SOURCE.rglob("*.py")]
    for file in SOURCE.rglob("*.py"):
        tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        named += [node.name for node in tree if isinstance(node, ast.ClassDef)]
    words = {name: name.lower() for name in named}
    assert [name for name, word in words.items() if word.strip("_") in NAMELESS] == []
    assert [name for name in named if name.endswith(("Manager", "Helper", "Utils", "Util"))] == []


UNASKED = {
    *("destroying", "kit", "kit_use", "migrate", "unlock"),  # by nobody, or by a kit
    *("destruction_done", "lapsing"),  # whoever comes next says it
    *("hearing_record", "release_record"),  # the end of what somebody was let begin
    *("login", "relocking"),  # his own key and lock
    *("intake_batch", "intake_summary", "reencrypting", "vouching"),  # which ask it themselves
}


def test_whoever_signs_something_is_asked_once_more_whether_he_may() -> None:
    """Save where these modules say why not: by `signing`, and not by `writing`."""
    found = set()
    for file in sorted((SOURCE / "procedures").glob("*.py")):
        tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        names = (node.func for node in tree if isinstance(node, ast.Call))
        if any(isinstance(name, ast.Name) and name.id == "writing" for name in names):
            found.add(file.stem)
    assert found == UNASKED
