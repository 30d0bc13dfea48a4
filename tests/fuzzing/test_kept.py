"""What is kept of fuzzing is read as it was written, and the page shows it."""

from __future__ import annotations

import re
from pathlib import Path

from fuzzing.kept import CHECKOUT, Figures, read_figures, write_figures
from fuzzing.page import page
from fuzzing.reached import worth_keeping
from fuzzing.target import Script
from fuzzing.targets import TARGETS

PAGE = CHECKOUT / "docs" / "evidence" / "fuzzing.md"


def test_the_page_is_made_from_what_is_kept() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text, read_figures()) == text


def test_what_the_page_says_was_found_has_its_test() -> None:
    found = PAGE.read_text("utf-8").partition("## What was found")[2]
    told = re.findall(r"`((?:test_|[A-Z]{4,})\w*)`", found)
    tests = "".join(
        (CHECKOUT / path).read_text("utf-8") for path in re.findall(r"`(tests/\S+\.py)`", found)
    )
    assert len(told) > 10
    assert [name for name in told if name not in tests] == []


def test_figures_add_up_and_are_read_as_they_were_written(tmp_path: Path) -> None:
    once = Figures().and_then({"seconds": 60.04, "inputs": 7, "slowest_s": 0.5}, 20)
    twice = once.and_then({"seconds": 1, "inputs": 2, "slowest_s": 0.1}, 19)
    assert twice == Figures(seconds=61.0, inputs=9, slowest_s=0.5, edges=20)
    write_figures({"sidecar": twice}, tmp_path / "figures.json")
    assert read_figures(tmp_path / "figures.json") == {"sidecar": twice}


def test_the_smallest_inputs_that_reach_something_new_are_kept() -> None:
    no_json, too_many = b"{", b'{"sample_rate":8000,"channels":9}'
    made = [b"{   ", no_json, too_many + b" ", too_many, b'{"channels":1, "sample_rate":8}']
    assert worth_keeping(TARGETS["decoder"], made) == [no_json, too_many]


def test_a_script_spoils_in_each_way_and_ends() -> None:
    data = b"abcdef"
    assert Script(b"\0\0\0\2\0X").spoil(data) == b"abXdef"
    assert Script(b"\1\0\0\2\0").spoil(data) == b"abdef"
    assert Script(b"\2\0\0\2\1XY").spoil(data) == b"abXYcdef"
    assert Script(b"\3\0\0\6\0\0\0\1").spoil(data) == b"abcdefb"
    assert not Script(b"")
