"""Hints at the desk: what is typed at a terminal is a page here, where there is one."""

from __future__ import annotations

from callrec.cli import app
from callrec.desk.hints import COMMANDS, with_links


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
