"""The page of the benchmarks is what the newest result makes of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import kept, page, plots
from benchmarks.__main__ import KEPT, PAGE, newest
from benchmarks.cases import CASES
from benchmarks.measured import Contest, Figure, Result, Run, Trace


def runs(*seconds: float) -> tuple[Run, ...]:
    return tuple(Run(each, each / 2, 50_000_000) for each in seconds)


def alone(name: str, size: float, seconds: float) -> Contest:
    return Contest(name, size, "files", "warm", {"callrec": runs(seconds)})


INGEST = Result(
    contests=(
        Contest(
            "ingest a, warm",
            1e9,
            "bytes",
            "warm",
            {"callrec": runs(2, 4, 3), "restic": runs(6, 6, 12)},
        ),
        *(
            alone(f"ingest a, {size} files", size, 0.5 + size / 100)
            for size in (1, 2, 10, 100, 1000)
        ),
    ),
    figures=(Figure("ingest a: growth with files", "exponent", (1.0, 0.9, 1.1)),),
)

MEMORY = Result(
    figures=(Figure("memory, many files: callrec", "bytes", (61e6, 60e6, 62e6)),),
    traces=(
        Trace("memory, many files: callrec", (0.1, 0.2, 0.3), (30_000_000, 61_000_000, 60_000_000)),
    ),
)

ABOUT = {
    "date": "2026-11-26",
    "sizes": "the full sizes",
    "processors": 2,
    "processor": "one",
    "memory_bytes": 8_000_000_000,
    "system": "Debian",
    "kernel": "6",
    "file_system": "ext4",
    "versions": {"callrec": "0.1.0"},
}
RESULTS = {
    "ingest": replace(INGEST, about=ABOUT),
    "memory": replace(MEMORY, about={**ABOUT, "date": "2026-11-27", "processor": "another"}),
}


def test_the_page_says_what_the_newest_result_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page.page(text, kept.read(newest())) == text


def test_the_plots_are_those_of_the_newest_result() -> None:
    drawn = page.drawings(kept.read(newest()))
    assert drawn == {path.name: path.read_text(encoding="utf-8") for path in KEPT.glob("*.svg")}


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_its_place_on_the_page(name: str) -> None:
    assert f"<!-- made: {name} -->" in PAGE.read_text(encoding="utf-8")


def test_every_plot_of_the_page_is_there() -> None:
    shown = re.findall(r"!\[[^]]+\]\(benchmarks/([^)]+)\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(path.name for path in KEPT.glob("*.svg"))


def test_what_is_kept_is_read_back_as_it_was(tmp_path: Path) -> None:
    kept.write(tmp_path / "new" / "1.0.json", RESULTS)
    assert kept.read(tmp_path / "new" / "1.0.json") == RESULTS


def test_only_places_for_figures_are_written_anew() -> None:
    text = "before\n<!-- made: growth -->\nold\n<!-- end -->\nafter\n"
    made = page.page(text, RESULTS)
    assert made.startswith("before\n<!-- made: growth -->\n")
    assert made.endswith("<!-- end -->\nafter\n")
    assert "old" not in made
    assert "| ingest a: growth with files | n^1.00 | n^0.90 to n^1.10 |" in made
    assert page.page(made, RESULTS) == made


def test_a_case_that_was_not_run_is_said_to_be_unmeasured() -> None:
    made = page.page("<!-- made: search -->\n<!-- end -->", RESULTS)
    assert made == "<!-- made: search -->\n\nNot measured.\n\n<!-- end -->"


def test_a_contest_shows_each_with_its_spread_and_what_callrec_takes() -> None:
    shown = page.contest_table(INGEST.contests[0])
    assert "ingest a, warm: 1,000 MB, 3 rounds, warm" in shown
    assert "| callrec | 3.00 s | 2.00 to 4.00 s | 1.50 s | 50 MB |  |" in shown
    assert "| restic | 6.00 s | 6.00 to 12.00 s | 3.00 s | 50 MB | 0.50 x |" in shown


def test_growth_is_drawn_without_the_start_and_in_one_unit() -> None:
    (line,) = page.growing(RESULTS)
    assert line.name == "ingest a"
    sizes, seconds = zip(*line.points, strict=True)
    assert sizes == (10, 100, 1000)
    assert seconds == pytest.approx((0.09, 0.99, 9.99))


def test_plots_are_drawings_without_a_script() -> None:
    drawn = page.drawings(RESULTS)
    assert sorted(drawn) == ["growth.svg", "ingest-warm.svg", "memory.svg"]
    for text in drawn.values():
        found = {each.tag.rpartition("}")[2] for each in ET.fromstring(text).iter()}  # noqa: S314 - our own
        assert found <= {"svg", "title", "g", "text", "rect", "polyline", "circle"}


@given(st.floats(min_value=1e-3, max_value=1e6))
def test_an_axis_has_a_handful_of_steps(most: float) -> None:
    found = plots.steps(most)
    assert found[0] == 0
    assert found[-1] <= most * (1 + 1e-9)
    assert 4 <= len(found) <= 11


@given(st.lists(st.floats(min_value=1e-3, max_value=1e3), min_size=3, max_size=3))
def test_what_shrinks_with_its_size_is_drawn_within_the_axes(seconds: list[float]) -> None:
    sizes = (10, 20, 40)
    drawn = plots.growth("growth", [plots.Line("ingest", [*zip(sizes, seconds, strict=True)])])
    points = re.findall(r"[\d.-]+,([\d.-]+)", " ".join(re.findall(r'points="([^"]+)"', drawn)))
    assert all(plots.TOP <= float(y) <= plots.HEIGHT + plots.LINE for y in points)


def test_each_case_says_when_and_on_what_machine_it_was_measured() -> None:
    first, _, second, _ = page.machines(RESULTS).split("\n\n")
    assert first.startswith("**memory**: 2026-11-27, the full sizes. 2 processors (another), ")
    assert second.startswith("**ingest**: 2026-11-26")


def test_cases_that_were_measured_alike_are_named_together() -> None:
    alike = {name: replace(MEMORY, about=ABOUT) for name in ("memory", "ingest")}
    assert page.machines(alike).startswith("**ingest, memory**: 2026-11-26")


def test_bars_are_as_long_as_what_they_show() -> None:
    drawn = page.drawings(RESULTS)["ingest-warm.svg"]
    ours, theirs = _numbers(drawn, "rect", "width")
    assert ours / theirs == pytest.approx((1000 / 3) / (1000 / 6), abs=0.01)


def _numbers(drawn: str, tag: str, attribute: str) -> Sequence[float]:
    return [float(each) for each in re.findall(rf'<{tag} [^>]*\b{attribute}="([\d.]+)"', drawn)]
