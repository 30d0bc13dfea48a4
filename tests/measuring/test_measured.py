"""What follows from measured times: medians, ratios, growth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measured import Contest, Run, exponent, growth, ratio, wall, without_starts

SECONDS = st.floats(min_value=1e-3, max_value=1e4)
PAIRS = st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=9)


def contest(size: float = 1, **seconds: list[float]) -> Contest:
    runs = {who: tuple(Run(each, each, 0) for each in times) for who, times in seconds.items()}
    return Contest("the work", size, "files", "warm", runs)


def test_a_ratio_is_that_of_the_medians_between_those_of_single_rounds() -> None:
    found = ratio(contest(callrec=[1, 2, 9], restic=[4, 4, 6]), "callrec", "restic")
    assert (found.median, found.low, found.high) == (0.5, 0.25, 1.5)


@given(PAIRS)
def test_a_ratio_lies_between_those_of_single_rounds(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = map(list, zip(*pairs, strict=True))
    found = ratio(contest(callrec=ours, restic=theirs), "callrec", "restic")
    assert found.low * (1 - 1e-9) <= found.median <= found.high * (1 + 1e-9)


@given(PAIRS)
def test_each_is_as_fast_as_itself(pairs: list[tuple[float, float]]) -> None:
    found = ratio(contest(callrec=[our for our, _ in pairs]), "callrec", "callrec")
    assert (found.median, found.low, found.high) == (1, 1, 1)


def test_contenders_that_did_not_run_as_often_are_not_compared() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio(contest(callrec=[1, 2], restic=[1]), "callrec", "restic")


def test_a_median_of_an_even_number_lies_in_the_middle() -> None:
    assert wall(contest(callrec=[4, 1, 2, 9]), "callrec").median == 3


@given(
    st.floats(min_value=0.1, max_value=3),
    st.floats(min_value=1e-6, max_value=1e3),
    st.lists(st.integers(1, 10**7), min_size=2, max_size=5, unique=True),
)
def test_a_power_of_the_size_has_that_exponent(k: float, c: float, sizes: list[int]) -> None:
    assert math.isclose(exponent(sizes, [c * size**k for size in sizes]), k, abs_tol=1e-6)


def test_growth_is_without_what_a_start_takes() -> None:
    parts = [contest(size, callrec=[0.7 + size * 0.01]) for size in (10, 100, 1000)]
    found = growth("ingest: growth", parts, "callrec", contest(1, callrec=[0.7]))
    assert found.unit == "exponent"
    assert found.values == pytest.approx([1])


def test_growth_is_of_the_rounds_that_all_sizes_have() -> None:
    parts = [contest(10, callrec=[1, 1]), contest(100, callrec=[10, 10, 10])]
    assert len(growth("ingest: growth", parts, "callrec", contest(1, callrec=[0.1])).values) == 2


def test_what_takes_hardly_longer_than_a_start_does_not_grow() -> None:
    parts = [contest(10, callrec=[0.6, 0.701]), contest(100, callrec=[0.6, 0.73])]
    start = contest(1, callrec=[0.7, 0.7])
    assert growth("show: growth", parts, "callrec", start).values == (0, 0)


@pytest.mark.parametrize(
    ("wall_s", "calm", "disturbed"),
    [(10, 0.9, 1.1), (0.1, 0.04, 0.06), (1, None, 0.2)],
)
def test_a_run_is_disturbed_from_a_tenth_of_a_processor_on(
    wall_s: float, calm: float | None, disturbed: float
) -> None:
    assert not Run(wall_s, 0, 0, 0, calm).is_disturbed
    assert Run(wall_s, 0, 0, 0, disturbed).is_disturbed


def test_starts_apart_compare_what_is_left() -> None:
    found = without_starts(
        contest(callrec=[1.4, 2.4], restic=[2.2, 4.2]),
        "callrec",
        "restic",
        contest(callrec=[0.4, 0.4], restic=[0.2, 0.2]),
    )
    assert found.values == pytest.approx([0.5, 0.5])


def test_growth_can_be_that_of_user_time() -> None:
    parts = [
        Contest("b", size, "bytes", "warm", {"callrec": (Run(size**2, 0, 0, size),)})
        for size in (1, 2, 4)
    ]
    start = Contest("b", 0, "bytes", "warm", {"callrec": (Run(0, 0, 0, 0),)})
    found = growth("b: user", parts, "callrec", start, lambda run: run.user_s)
    assert found.values == pytest.approx([1])
