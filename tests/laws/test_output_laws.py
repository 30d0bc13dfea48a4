"""Laws of replies: whatever text comes from outside, none of it acts on a terminal."""

from __future__ import annotations

import json
import unicodedata
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from callrec.cli.layout import Table, escape_controls
from callrec.cli.output import Output, as_json


@given(st.text())
def test_no_text_can_act_on_a_terminal(text: str) -> None:
    shown = escape_controls(text)
    assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert escape_controls(shown) == shown
    shown.encode()


@given(st.text())
def test_no_text_can_act_out_of_a_json_document(text: str) -> None:
    document = as_json({"name": text})
    assert json.loads(document) == {"name": text}
    assert escape_controls(document.replace("\n", "")) == document.replace("\n", "")
    document.encode()


@given(st.text())
def test_no_text_breaks_out_of_a_line_or_a_cell(text: str) -> None:
    results, messages = StringIO(), StringIO()
    out = Output(results=results, messages=messages, json=False, environ={})
    out.say(text)
    out.note(text)
    out.say(Table(["name", "id"], [[text, 7]]))
    lines = results.getvalue().split("\n")
    assert lines[0] == escape_controls(text)
    assert messages.getvalue() == f"{escape_controls(text)}\n"
    assert all(escape_controls(line) == line for line in lines)
