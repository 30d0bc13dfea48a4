"""Hints at the desk: what is typed at a terminal is a page here, where there is one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from callrec.cli import app
from callrec.desk.hints import COMMANDS, SAID_HERE, fields_of, with_links
from callrec.errors import CallrecError, Unusable, WrongPassword
from callrec.policy.role import Power

SOURCE: Final = Path(__file__).parents[2] / "src" / "callrec"

OF_THE_SERVER: Final = frozenset(
    (
        *("archive", "calls", "catalogue", "cli", "config.py", "intake", "keys", "mail", "paper"),
        *(
            "office/doctor.py",
            "office/network.py",
            "restore",
            "settings.py",
            "store",
            "system",
            "telephone",
            "volume",
            "witness",
        ),
    )
)
"""Whose texts are read at the server alone, or lie in a file that is made there."""

TYPED: Final = re.compile(rf"callrec ({'|'.join(sorted(COMMANDS))})\b|(?<![\w-])--[a-z]")

COMMAND_ALONE: Final = re.compile(r"callrec( (-{0,2}[a-z-]+|[A-Z]+|[A-Z]-\d+|\d+|\\1|\{0?\}))*")
"""A text that is a command and nothing else: its page is looked for by it (`page_for`)."""

AT_THE_SERVER: Final = re.compile(
    r"\(at the server: <code>[^<]*</code>\)|<code>[^<]*</code>, at the server,"
)

PLACEHOLDER: Final = re.compile(r"\b[A-Z]{2,}\b|\brun\b|\bruns\b")

NO_PLACEHOLDER: Final = frozenset(
    {"DSPT", "GDPR", "ICO", "IS", "JSON", "MISSING", "NHS", "OVERDUE", "PDF", "UK"}
)


def texts() -> Iterator[tuple[str, str]]:
    """What the program says with something to be typed in it, where a page may show it."""
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE)
        names = {place.parts[0], str(place), file.name}
        if names & (OF_THE_SERVER | {"callrec_verify.py", "hints.py"}):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        skipped = {id(part) for node in ast.walk(tree) for part in _not_said(node)}
        for node in ast.walk(tree):
            if id(node) not in skipped and isinstance(node, ast.Constant | ast.JoinedStr):
                said = _filled(node)
                if TYPED.search(said) and not COMMAND_ALONE.fullmatch(said):
                    yield f"{place}:{node.lineno}", said


def _not_said(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, and the pieces of a text that is looked at as a whole."""
    if isinstance(node, ast.JoinedStr):
        yield from node.values
    elif isinstance(node, ast.Expr):
        yield node.value


def _filled(node: ast.Constant | ast.JoinedStr) -> str:
    """A text with something in each of its gaps that may stand there."""
    if isinstance(node, ast.Constant):
        return re.sub(r"\{(0|reference)?\}", "R-7", str(node.value))
    text = ""
    for part in node.values:
        text += str(part.value) if isinstance(part, ast.Constant) else _may_be(text)
    return text


OF_COMMANDS: Final = (
    (r"\b[RHICS]-$", "7"),
    (r"callrec [a-z ]*[a-z]$", ""),
    (r"--$", "reason"),
    (r"callrec hold [a-z ]*$", "H-3"),
    (r"callrec incident [a-z ]*$", "I-3"),
    (r"callrec complaint [a-z ]*$", "C-2"),
    (r"callrec request subject [a-z ]*$", "S-1"),
    (r"callrec user [a-z ]*$", "sam"),
    (r"callrec (?:listen R-7|show|request recording [a-z]+) $", "12"),
    (r"callrec $", "subject list"),
    (r"callrec [a-z -]*$", "R-7"),
)


def _may_be(before: str) -> str:
    return next((said for ends, said in OF_COMMANDS if re.search(ends, before)), "12")


def test_every_command_is_known_where_it_is_named() -> None:
    named = {name for section in app.SECTIONS.values() for name in section}
    assert named | app.Commands.moved().keys() == COMMANDS


def test_a_command_with_a_page_is_a_link_in_words_and_another_is_said_to_be_of_the_server() -> None:
    assert (
        with_links("run callrec request show R-17") == '<a href="/requests/R-17">look at R-17</a>'
    )
    said = "check machine and vault (at the server: <code>callrec practice doctor</code>)"
    assert with_links("run callrec practice doctor") == said


def test_a_command_reads_as_its_sentence_needs_it() -> None:
    assert with_links("the Data Controller runs callrec practice settings apply FILE") == (
        'the Data Controller <a href="/settings/apply">changes the practice&#39;s rules</a>'
    )
    assert with_links("ask sam to run callrec user confirm mia") == (
        'ask sam to <a href="/people">confirm a person</a>'
    )
    assert with_links("callrec request show R-1 says to whom") == (
        'the page of <a href="/requests/R-1">R-1</a> says to whom'
    )
    assert with_links("they can do it with callrec user delegate USER --until DATE") == (
        'they can do it at the page <a href="/people">“Lend a power”</a>'
    )


def test_an_option_is_a_question() -> None:
    assert with_links("say when it was: --on DATE") == "say when it was"
    assert with_links('say when it was noticed: --noticed "24/11/2026 9:30"') == (
        "say when it was noticed, such as 24/11/2026 9:30"
    )
    assert with_links("leave out --urgent and --answer-by") == "leave out “urgent” and “answer by”"


def test_whatever_a_page_may_say_is_plain_words_and_links() -> None:
    found = [*texts()]
    assert len(found) > 200
    wrong = []
    for place, text in found:
        said = str(with_links(text))
        words = re.sub(r"<[^>]+>", "", AT_THE_SERVER.sub("", said))
        capitals = {*PLACEHOLDER.findall(words)} - NO_PLACEHOLDER
        if TYPED.search(words) or capitals or "at the server: <code>callrec</code>" in said:
            wrong.append(f"{place}: {said}")
    assert wrong == []


def test_what_is_said_here_instead_is_said_somewhere() -> None:
    program = "".join(
        re.sub(r'"\s*f?"', "", file.read_text(encoding="utf-8")) for file in SOURCE.rglob("*.py")
    )
    assert [typed for typed in SAID_HERE if program.count(typed.split("--")[0]) < 2] == []


def test_a_page_that_somebody_may_not_have_is_named_without_a_link() -> None:
    told = "nobody has gathered it: callrec request gather R-7"
    assert with_links(told, {Power.HEAR}) == "nobody has gathered it: gather what matches R-7"
    assert "/requests/R-7/gather" in with_links(told, {Power.SEARCH})


def test_a_sentence_about_callrec_is_not_a_command() -> None:
    said = "what happened outside callrec is known only as far as it was entered"
    assert with_links(said) == said


def test_what_a_hint_quotes_is_text() -> None:
    assert with_links('callrec <b>"x"</b>') == "callrec &lt;b&gt;&#34;x&#34;&lt;/b&gt;"


FIELDS = {
    "one": (Unusable("x", option="--received-how written|spoken"), ("received_how",)),
    "either of two": (Unusable("x", option="--hear or --copy"), ("hear_or_copy",)),
    "several": (Unusable("x", hint="say --time unknown --party unknown"), ("time", "party")),
    "a password": (WrongPassword("x"), ("password",)),
    "another's password": (WrongPassword("x", option="--second-password"), ("second_password",)),
    "none": (Unusable("x", hint="ask somebody else to run callrec status"), ()),
}


@pytest.mark.parametrize(("problem", "fields"), FIELDS.values(), ids=FIELDS)
def test_a_problem_says_which_fields_it_is_about(
    problem: CallrecError, fields: tuple[str, ...]
) -> None:
    assert fields_of(problem) == fields


def test_a_register_is_one_that_there_is() -> None:
    assert with_links("callrec practice register lists them").startswith(
        'the page of <a href="/registers">the registers</a> lists'
    )
