"""A share of the steps is spread over them all, and leaves out neither end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from house.steps import SHARE, Steps

TESTS = [f"test_{number}" for number in range(10 * SHARE)]


@pytest.mark.parametrize("last", [1, 2, SHARE, SHARE + 1, 100, 1000])
def test_a_share_has_both_ends_and_nowhere_a_wider_gap(last: int) -> None:
    for test in TESTS:
        taken = Steps(test).of(last)
        assert (taken[0], taken[-1]) == (1, last)
        assert all(0 < b - a <= SHARE for a, b in pairwise(taken))
        assert len(taken) <= last / SHARE + 3


def test_other_tests_take_others() -> None:
    assert {step for test in TESTS for step in Steps(test).of(100)} == {*range(1, 101)}


def test_all_are_all() -> None:
    assert Steps("test", one_of=1).of(100) == [*range(1, 101)]
