"""What a goal is held against, and the table that says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cases import CASES
from benchmarks.goals import WIDTH, Goal, Outcome, Quantity, Ratio, judge, row, table, verdict
from benchmarks.measured import Contest, Figure, Result, Run, Spread

BESIDE_RESTIC = Goal(Ratio("ingest a, warm", "restic"), 0.5)
PEAK = Goal(Quantity("ingest: peak", "bytes"), 100e6)


def result(ours: list[float], theirs: list[float], *peaks: float) -> Result:
    runs = {
        "callrec": tuple(Run(each, each, 0) for each in ours),
        "restic": tuple(Run(each, each, 0) for each in theirs),
    }
    figure = Figure("ingest: peak", "bytes", peaks)
    return Result(
        (Contest("ingest a, warm", 1, "files", "warm", runs),), (figure,) if peaks else ()
    )


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ([1, 2, 3], "yes?"),
        ([1, 1, 2], "yes"),
        ([3, 3, 3], "NO"),
        ([1, 3, 3], "NO?"),
    ],
)
def test_a_goal_holds_by_the_median_and_clearly_where_every_round_agrees(
    ours: list[float], said: str
) -> None:
    (outcome,) = judge([BESIDE_RESTIC], result(ours, [4, 4, 4]))
    assert verdict(outcome) == said


def test_a_quantity_is_held_against_its_limit() -> None:
    (outcome,) = judge([PEAK], result([1], [1], 90e6, 120e6, 80e6))
    assert outcome.measured == Spread(90e6, 80e6, 120e6)
    assert verdict(outcome) == "yes?"
    assert "90 MB" in row(outcome)
    assert "100 MB" in row(outcome)


@pytest.mark.parametrize("goal", [BESIDE_RESTIC, PEAK])
def test_what_was_not_measured_neither_holds_nor_fails(goal: Goal) -> None:
    (outcome,) = judge([goal], Result())
    assert outcome.holds is None
    assert verdict(outcome) == "-"
    assert "not measured yet" in row(outcome)


def test_a_peer_that_did_not_run_is_not_measured() -> None:
    (outcome,) = judge([Goal(Ratio("ingest a, warm", "borg"), 0.5)], result([1], [1]))
    assert outcome.holds is None


@given(
    st.sampled_from(["x", "s", "bytes", "exponent"]),
    st.lists(st.floats(min_value=0.001, max_value=99), min_size=3, max_size=3).map(sorted),
)
def test_no_line_is_wider_than_a_terminal(unit: str, values: list[float]) -> None:
    low, median, high = (each * 1e6 if unit == "bytes" else each for each in values)
    goal = Goal(Quantity("ingest a, warm", unit), 0.5)
    assert len(row(Outcome(goal, Spread(median, low, high)))) <= WIDTH


@pytest.mark.parametrize("name", CASES)
def test_the_words_of_every_goal_are_its_own_and_stand_whole_in_the_table(name: str) -> None:
    words = [goal.words for case in CASES.values() for goal in case.GOALS]
    assert len(set(words)) == len(words)
    lines = table(judge(CASES[name].GOALS, Result())).split("\n")
    assert all(len(line) <= WIDTH for line in lines)
    assert all(any(line.startswith(goal.words) for line in lines) for goal in CASES[name].GOALS)
