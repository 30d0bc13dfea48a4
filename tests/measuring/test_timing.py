"""How contenders run: in turn, each in a place of its own; nothing is timed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import Bench
from benchmarks.machine import empty
from benchmarks.timing import Contender, Step, WentWrong, hold_contest, shell


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "cache", full=False, rounds=2, repeats=False)


def writes(name: str, to: Path) -> Contender:
    """Says in a file who it is and where it runs."""
    return Contender(name, lambda _: [shell('echo "$1 $PWD" >> "$2"; echo x > left', name, to)])


def test_contenders_run_in_turn_and_each_begins_a_round(bench: Bench, tmp_path: Path) -> None:
    order = tmp_path / "order"
    contenders = [writes(name, order) for name in ("callrec", "cp")]
    contest = hold_contest(bench, "copying", contenders, size=3, unit="files")
    ran = [line.split() for line in order.read_text().splitlines()]
    assert [name for name, _ in ran] == ["callrec", "cp", "cp", "callrec"]
    assert len({place for _, place in ran}) == 4
    assert {name: len(runs) for name, runs in contest.runs.items()} == {"callrec": 2, "cp": 2}
    assert (contest.size, contest.unit, contest.caches) == (3, "files", "warm")


def test_what_a_run_leaves_is_emptied_and_not_unlinked(bench: Bench, tmp_path: Path) -> None:
    hold_contest(bench, "copying", [writes("cp", tmp_path / "order")], size=1, unit="files")
    left = [*bench.runs.glob("aside/*/left")]
    assert len(left) == 2
    assert {path.stat().st_size for path in left} == {0}
    bench.clear()
    assert not bench.runs.exists()


def test_emptying_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "link").symlink_to(tmp_path / "kept")
    empty(tmp_path / "run")
    assert (tmp_path / "kept").read_text() == "kept"


def test_a_contender_that_fails_is_told_with_what_it_said(bench: Bench) -> None:
    fails = Contender("cp", lambda _: [shell("echo the disk is full; exit 3")])
    with pytest.raises(WentWrong, match=r"(?s)exit status 3.*the disk is full"):
        hold_contest(bench, "copying", [fails], size=1, unit="files")


def test_a_step_may_have_to_fail(bench: Bench) -> None:
    refused = Contender("cp", lambda _: [Step(("sh", "-c", "exit 3"), ends=3)])
    assert hold_contest(bench, "refusing", [refused], size=1, unit="files").runs["cp"]
    kind = Contender("cp", lambda _: [Step(("true",), ends=3)])
    with pytest.raises(WentWrong, match="exit status 0"):
        hold_contest(bench, "refusing", [kind], size=1, unit="files")


def test_the_steps_of_a_contender_are_one_run(bench: Bench) -> None:
    steps = [shell("echo x > a"), Step(("cat", "a")), shell("test -f a")]
    contest = hold_contest(bench, "two", [Contender("cp", lambda _: steps)], size=1, unit="files")
    assert all(run.wall_s > 0 and run.peak_bytes > 0 for run in contest.runs["cp"])


def test_nobody_s_own_settings_reach_a_contender(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTIC_PASSWORD", "mine")
    monkeypatch.setenv("CALLREC_VAULT", "mine")
    looks = Contender("cp", lambda _: [shell("! env | grep -q mine")])
    hold_contest(bench, "looking", [looks], size=1, unit="files")


def test_what_is_made_once_is_made_whole(bench: Bench) -> None:
    def fails(folder: Path) -> None:
        (folder / "half").touch()
        raise WentWrong

    with pytest.raises(WentWrong):
        bench.made_once("corpus", fails)
    made = bench.made_once("corpus", lambda folder: (folder / "all").touch())
    assert [path.name for path in made.iterdir()] == ["all"]
    assert bench.made_once("corpus", fails) == made
