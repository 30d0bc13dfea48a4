"""Replies: what goes where, in which form, and that nothing from outside can act on a terminal."""

from __future__ import annotations

import json
import os
import pty
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from callrec.cli.layout import Table, escape_controls
from callrec.cli.output import Output, as_json
from callrec.views.words import rfc3339

HOSTILE = {
    "an escape that clears the screen": ("\x1b[2J", r"\x1b[2J"),
    "an escape of one byte": ("\x9b2J", r"\x9b2J"),
    "a new line": ("a\nb", r"a\nb"),
    "a carriage return": ("safe.wav\rEVIL", r"safe.wav\rEVIL"),
    "a line separator": ("a\u2028b", r"a\u2028b"),
    "right to left": ("gpj\u202evaw", r"gpj\u202evaw"),
    "an isolate": ("\u2066x\u2069", r"\u2066x\u2069"),
    "nothing to see": ("a\u200bb", r"a\u200bb"),
    "a file name that is no Unicode": ("\udcff.wav", r"\udcff.wav"),
    "delete": ("a\x7f", r"a\x7f"),
}

FAIR = ["Zoë Ní Bhriain", "李雷", "[bold]x[/bold]", r"C:\calls", "•••••••4567", "👩"]


class Reply:
    """An output that keeps what it was told."""

    def __init__(self, *, json: bool = False) -> None:
        self.results, self.messages = StringIO(), StringIO()
        self.out = Output(results=self.results, messages=self.messages, json=json, environ={})


ITEMS = [{"id": "R-1", "passphrase": "six words"}, {"id": "R-2", "passphrase": "other words"}]


def told_at_once(tmp_path: Path, count: int, *fields: str) -> list[str]:
    """What a file has after each item, and in the end, while it stays open."""
    path = tmp_path / "out.json"
    with path.open("w") as file:
        out = Output(results=file, messages=StringIO(), json=True, environ={})
        out.fields, told = fields, []
        for item in ITEMS[:count]:
            out.show_item(item)
            told.append(path.read_text())
        out.end_items({"left": []})
        return [*told, path.read_text()]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_items_that_come_one_by_one_make_the_document_that_they_would_make_at_once(
    tmp_path: Path, count: int
) -> None:
    *_, whole = told_at_once(tmp_path, count)
    assert json.loads(whole) == {"items": ITEMS[:count], "left": []}


def test_an_item_is_told_before_the_next_one_comes(tmp_path: Path) -> None:
    first, _, _ = told_at_once(tmp_path, 2)
    assert "six words" in first
    assert first.endswith("}\n")


def test_of_items_that_come_one_by_one_only_the_fields_that_are_wanted_are_told(
    tmp_path: Path,
) -> None:
    *_, whole = told_at_once(tmp_path, 2, "items.id")
    assert json.loads(whole) == {"items": [{"id": "R-1"}, {"id": "R-2"}]}
    *_, whole = told_at_once(tmp_path, 2, "left")
    assert json.loads(whole) == {"left": []}


def cells(*rows: tuple[Any, ...], headers: tuple[str, ...]) -> list[str]:
    reply = Reply()
    reply.out.say(Table(headers, rows))
    return reply.results.getvalue().splitlines()


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_what_would_act_is_written_out(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


@pytest.mark.parametrize("text", FAIR)
def test_what_is_printable_stays(text: str) -> None:
    assert escape_controls(text) == text


@pytest.mark.parametrize(
    ("json_asked", "result"), [(False, "number 7\n"), (True, '{\n  "id": 7\n}\n')]
)
def test_a_result_is_text_or_one_document_and_never_both(json_asked: bool, result: str) -> None:  # noqa: FBT001
    reply = Reply(json=json_asked)
    reply.out.show({"id": 7}, "number 7")
    assert reply.results.getvalue() == result


def test_words_are_a_line_a_table_or_several_of_them() -> None:
    reply = Reply()
    reply.out.show({}, ("two\x1b", Table(("id", ""), [(7, "x")]), ""))
    reply.out.show_items([], Table(("id",), []))
    reply.out.show_line({}, iter(["last"]))
    assert reply.results.getvalue() == "two\\x1b\nid\n 7  x\n\nid\nlast\n"


def test_words_that_are_not_shown_are_not_made() -> None:
    words = iter(["number 7"])
    reply = Reply(json=True)
    reply.out.show({"id": 7}, words)
    reply.out.show_line({"id": 8}, words)
    reply.out.say(words)
    assert next(words) == "number 7"
    assert reply.results.getvalue() == '{\n  "id": 7\n}\n{"id": 8}\n'


def test_a_list_is_an_object_with_items() -> None:
    reply = Reply(json=True)
    reply.out.show_items([{"id": 7}], "number 7")
    assert json.loads(reply.results.getvalue()) == {"items": [{"id": 7}]}


def test_notes_and_next_steps_stay_out_of_the_results() -> None:
    reply = Reply(json=True)
    reply.out.note("the clock stepped back")
    reply.out.next_step("callrec inbox")
    assert reply.results.getvalue() == ""
    assert reply.messages.getvalue() == "the clock stepped back\nnext: callrec inbox\n"


def test_times_are_rfc_3339_in_utc() -> None:
    moment = datetime(2026, 6, 1, 10, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
    assert rfc3339(moment) == "2026-06-01T09:00:00.250Z"
    assert rfc3339(moment.replace(microsecond=0)) == "2026-06-01T09:00:00Z"


def test_a_time_without_its_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="without its zone"):
        as_json({"at": datetime(2026, 6, 1, 10)})  # noqa: DTZ001  # the claim


def test_dates_and_paths_are_text_in_json() -> None:
    document = as_json(
        {"on": date(2026, 6, 1), "at": datetime(2026, 6, 1, tzinfo=UTC), "p": Path("x")}
    )
    assert json.loads(document) == {"on": "2026-06-01", "at": "2026-06-01T00:00:00Z", "p": "x"}


def test_json_is_not_ascii_only() -> None:
    assert "Zoë" in as_json({"name": "Zoë"})


def test_what_json_does_not_know_is_a_bug() -> None:
    with pytest.raises(TypeError, match="bytes"):
        as_json({"key": b"secret"})


def test_whole_numbers_stand_to_the_right() -> None:
    assert cells(("R-1", 7), ("R-2", 1042), headers=("request", "bytes")) == [
        "request  bytes",
        "R-1          7",
        "R-2       1042",
    ]


def test_nothing_known_is_an_empty_cell() -> None:
    assert cells((None, "x"), headers=("number", "party")) == ["number  party", "        x"]


def test_a_wide_table_folds_between_words_and_loses_nothing() -> None:
    lines = cells(("word " * 30, 1), headers=("name", "id"))
    assert max(map(len, lines)) <= 80
    assert "".join(lines).count("word") == 30
    assert [line[-2:] for line in lines[:3]] == ["id", " 1", "rd"]


def test_where_there_is_no_room_for_all_a_day_is_without_its_weekday() -> None:
    day, headers = date(2026, 11, 24), ("what", "day", "calls")
    with_room, without = (
        cells((" ".join(["word"] * n), day, 1), headers=headers) for n in (10, 12)
    )
    assert with_room[1].endswith("word  Tue 24 Nov 2026      1")
    assert without[1:] == [f"{' '.join(['word'] * 12)}  24 Nov 2026      1"]


def test_of_two_wide_cells_the_wider_gives_room() -> None:
    first, second = cells(("a b a b a b a b", "c " * 60), headers=("short", "long"))[1:3]
    assert first.startswith("a b a b a b a b  c c")
    assert second.startswith(" " * 17 + "c c")


def test_where_the_longest_words_have_no_room_each_row_is_a_list() -> None:
    path = f"/mnt/{'w' * 90}.wav"
    rows = [(path, "it is no sound", 7), ("b", None, 8)]
    assert cells(*rows, headers=("file", "why", "id")) == [
        *("file", path, "why   it is no sound", "id    7"),
        "",
        *("file  b", "id    8"),
    ]


def test_markup_is_shown_as_it_is() -> None:
    assert cells(("[red]x[/red]", ":smile:"), headers=("a", "b"))[1] == "[red]x[/red]  :smile:"


def test_without_a_terminal_no_bar_is_drawn() -> None:
    reply = Reply()
    with reply.out.progress("sealing", total=3) as advance:
        advance(3)
    assert (reply.results.getvalue(), reply.messages.getvalue()) == ("", "")


def on_a_terminal(environ: dict[str, str], act: Callable[[Output], None]) -> str:
    """What a terminal of its own is sent."""
    above, below = pty.openpty()
    with os.fdopen(below, "w", encoding="utf-8") as terminal:
        act(Output(results=terminal, messages=terminal, json=False, environ=environ))
    sent = b""
    with suppress(OSError):  # how Linux says that nobody is on the other end
        while more := os.read(above, 1 << 16):
            sent += more
    os.close(above)
    return sent.decode()


def a_table(out: Output) -> None:
    out.say(Table(["id"], [[7]]))


def a_bar(out: Output) -> None:
    with out.progress("sealing\x1b[2J", total=3) as advance:
        advance(3)


def test_a_terminal_gets_bold_headings() -> None:
    assert "\x1b[1m" in on_a_terminal({"TERM": "xterm"}, a_table)


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colour_gets_no_escapes(environ: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal(environ, a_table)


def test_a_terminal_gets_a_bar() -> None:
    sent = on_a_terminal({"TERM": "xterm"}, a_bar)
    assert r"sealing\x1b[2J" in sent
    assert "3/3" in sent
