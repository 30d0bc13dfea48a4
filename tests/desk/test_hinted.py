"""Hints at the desk: what is typed at a terminal is a page here, where there is one."""

from __future__ import annotations

import pytest

from callrec.cli import app
from callrec.desk.hints import COMMANDS, fields_of, with_links
from callrec.errors import CallrecError, Unusable, WrongPassword


def test_every_command_is_known_where_it_is_named() -> None:
    named = {name for section in app.SECTIONS.values() for name in section}
    assert named | app.Commands.moved().keys() == COMMANDS


def test_a_command_with_a_page_is_a_link_and_another_is_as_it_is_typed() -> None:
    assert with_links("run callrec request show R-17") == '<a href="/requests/R-17">R-17</a>'
    assert with_links("callrec practice doctor") == "<code>callrec practice doctor</code>"


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
        '<a href="/registers">the registers</a> lists'
    )
