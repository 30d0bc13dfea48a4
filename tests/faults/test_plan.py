"""Which trials are made, and what counts as wrong in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.plan import WAYS, share_of, trials_of
from faults.shim import Flag, Kind, Operation
from house.commands import Answer
from house.interrupted import wrong_with

TOP = Path("/house")


def operations(count: int) -> list[Operation]:
    """So many of each kind."""
    return [
        Operation(
            number=number,
            kind=kind,
            flags=Flag(0),
            mode=0,
            inode=0,
            offset=0,
            length=0,
            path=TOP / f"{kind.name}-{number}",
            path2=Path(),
            data=b"",
            is_nameless=False,
        )
        for number, kind in enumerate([*Kind] * count, start=1)
    ]


def test_every_operation_fails_and_what_changes_something_is_killed_before_it() -> None:
    trials = [*trials_of(operations(1), TOP)]
    assert {trial.kind for trial in trials if trial.way == "EIO"} == {*Kind}
    reads = {Kind.OPEN, Kind.OPEN_TO_WRITE, Kind.LIST, Kind.READ}
    assert {trial.kind for trial in trials if trial.way == "killed"} == {*Kind} - reads


def test_a_share_has_every_way_before_it_has_one_twice() -> None:
    trials = [*trials_of(operations(5), TOP)]
    some = share_of(trials, len(WAYS), turn=3)
    assert {trial.way for trial in some} == {way.name for way in WAYS}


def test_shares_of_different_turns_differ_in_what_fails() -> None:
    trials = [*trials_of(operations(5), TOP)]
    first, second = (share_of(trials, len(WAYS), turn=turn) for turn in (0, 1))
    assert {trial.kind for trial in first} != {trial.kind for trial in second}


def test_all_of_them_are_each_once() -> None:
    trials = [*trials_of(operations(5), TOP)]
    assert share_of(trials, 0, turn=1) == trials
    nearly = share_of(trials, len(trials) - 1, turn=1)
    assert len({*map(str, nearly)}) == len(trials) - 1


FAILED = "callrec: error: the vault's disk is full\ncallrec: hint: make room\n"
WRONG = {
    "a bug": Answer(70, err="callrec: error: a bug: KeyError at callrec/x.py:1\n"),
    "somebody is said to have tampered": Answer(5, err="callrec: error: leaf 3 is gone\n"),
    "nothing is said": Answer(1),
    "it is said twice": Answer(1, err=FAILED * 2),
    "it failed and is done": Answer(0, err=FAILED),
    "Python speaks": Answer(1, err=f"Traceback (most recent call last):\n{FAILED}"),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_what_a_command_that_met_a_fault_should_not_say(answer: Answer) -> None:
    assert [*wrong_with(answer)]


@pytest.mark.parametrize("answer", [Answer(0), Answer(1, err=FAILED)])
def test_what_it_may_say(answer: Answer) -> None:
    assert not [*wrong_with(answer)]
