"""Of the tests that take turns each has its own at some commit, and a commit has a fair part."""

from __future__ import annotations

from collections import Counter

from house.turns import TURNS, Turn

TESTS = [f"tests/holds/test_hold.py::test_{number}" for number in range(6000)]

COMMITS = [f"{number:040x}" for number in range(12 * TURNS)]


def test_a_commit_has_a_fair_part_of_them() -> None:
    for commit in COMMITS:
        part = sum(Turn(commit).has(test) for test in TESTS)
        assert 0.8 < part * TURNS / len(TESTS) < 1.2


def test_no_test_waits_for_ever() -> None:
    turns = Counter(test for commit in COMMITS for test in TESTS if Turn(commit).has(test))
    assert set(turns) == set(TESTS)


def test_what_is_played_once_more_has_its_turn_far_less_often() -> None:
    turn = Turn(COMMITS[0])
    assert turn.of(["stage", "template"]) == turn
    part = sum(turn.of(["stage_elsewhere", "template"]).has(test) for test in TESTS * 10)
    assert 0 < part < 10 * len(TESTS) / TURNS / 4
