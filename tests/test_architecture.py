"""Promises about the code as a whole that no single test of a module keeps.

Which module may import which is kept by import-linter (pyproject.toml, `make check`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callrec.cli.app import Commands
from callrec.errors import CallrecError
from house.commands import EVERY_COMMAND

SOURCE = Path(__file__).parent.parent / "src" / "callrec"
NAMELESS = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}


def nodes(file: Path, word: str) -> Iterator[ast.AST]:
    """All that a file is made of, if this stands in it: to read every file takes seconds."""
    text = file.read_text(encoding="utf-8")
    return ast.walk(ast.parse(text)) if word in text else iter(())


def calls(file: Path, *names: str) -> list[ast.Call]:
    """Calls of typer.<name> in a file."""
    return [
        node
        for node in nodes(file, "typer")
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in names
    ]


def test_each_exit_status_has_one_meaning() -> None:
    statuses = [outcome.exit_status for outcome in CallrecError.__subclasses__()]
    assert sorted(statuses) == list(range(1, 12))


def test_until_when_something_was_lent_is_asked_of_the_latest_leaf() -> None:
    """What a leaf's maker might do then goes by `Powers.day_of`, not by its own day."""
    functions = [
        (node, ast.unparse(node))
        for file in SOURCE.rglob("*.py")
        for node in nodes(file, "register.person(")
        if isinstance(node, ast.FunctionDef)
    ]
    by_its_own = {
        node.name
        for node, text in functions
        if "register.person(" in text and ".astimezone(" in text
    }
    assert by_its_own == set()


def option_calls() -> list[ast.Call]:
    """Every declaration of an option or argument."""
    files = sorted(SOURCE.rglob("*.py"))
    return [call for file in files for call in calls(file, "Option", "Argument")]


def test_options_are_declared_by_the_command_line_alone() -> None:
    elsewhere = [
        file.name
        for file in sorted(SOURCE.rglob("*.py"))
        if "cli" not in file.parts and calls(file, "Option", "Argument")
    ]
    assert elsewhere == []


def test_no_command_declares_an_option_in_its_own_signature() -> None:
    """Each has a name, so that the commands that share it share its words."""
    unnamed = [
        f"{file.name}: {node.name}"
        for file in sorted((SOURCE / "cli").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and "typer.Option(" in ast.unparse(node.args)
    ]
    assert unnamed == []


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
    texts = [
        (call, [each.value for each in call.keywords if each.arg == "help"])
        for call in option_calls()
    ]
    assert [ast.unparse(call) for call, text in texts if not text] == []
    spelt = [text.value for _, (text,) in texts if isinstance(text, ast.Constant)]
    shown = [
        param.help for name in EVERY_COMMAND for param in options_of(Commands.command_of(name))
    ]
    assert [text for text in (*spelt, *shown) if not str(text).endswith(".")] == []


def options_of(command: Any) -> Iterator[Any]:
    """Every option and argument of a command and of those below it."""
    yield from command.params
    for below in getattr(command, "commands", {}).values():
        yield from options_of(below)


def test_no_module_or_class_has_a_name_that_says_nothing() -> None:
    named = [file.stem for file in SOURCE.rglob("*.py")]
    for file in SOURCE.rglob("*.py"):
        named += [node.name for node in nodes(file, "class ") if isinstance(node, ast.ClassDef)]
    words = {name: name.lower() for name in named}
    assert [name for name, word in words.items() if word.strip("_") in NAMELESS] == []
    assert [name for name in named if name.endswith(("Manager", "Helper", "Utils", "Util"))] == []


UNASKED = {
    # by nobody, or by a kit
    *("destroy._clear", "kit.kit_actor", "kit.record_kit", "kit_use.use_kit"),
    *("migrate.migrate_vault", "moving.move_catalogue", "moving._say_moved"),
    *("unlock._log_failure", "practice.record"),
    # whoever comes next says it
    *("owed.record_completed_destructions", "lapse._sweep"),
    # the end of what somebody was let begin
    *("listen.record_end", "record.record_delivered", "record.record_failed"),
    "restore._give_up_grants",
    # their own key, lock and login
    *("unlock._claim", "locks.relock", "sessions.begin_session", "sessions.end_session"),
    # which ask it themselves
    *("batch.catalogue_batch", "summary.close_intake", "reencrypting._write_down"),
    "rotating._move_some",
    "vouching.governing",
}


def test_who_signs_something_is_asked_once_more_whether_they_may() -> None:
    """Save where these functions say why not: by `signing`, and not by `writing`."""
    found = {
        f"{file.stem}.{node.name}"
        for file in SOURCE.rglob("*.py")
        for node in nodes(file, "writing(")
        if isinstance(node, ast.FunctionDef)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "writing"
    }
    assert found == UNASKED
