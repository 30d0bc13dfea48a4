"""Which files of a watched folder are settled, by what was seen of them and when."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from callrec.intake.sources import Mark, Quarantined, Source
from callrec.intake.watching import Spool, Stamp

SETTLE = 5.0


def a_source(name: str = "call.wav") -> Source:
    return Source(Path("/spool") / name, Path("/spool"), Mark(0, 0, 0, 0))


def settled(spool: Spool, at: float) -> list[str]:
    return [sight.source.path.name for sight in spool.settled(at)]


def test_a_file_is_settled_once_it_stood_still_long_enough() -> None:
    spool = Spool(SETTLE)
    spool.see(a_source(), (1,), 10)
    spool.see(a_source(), (1,), 12)
    assert (settled(spool, 14.9), settled(spool, 15)) == ([], ["call.wav"])


def test_a_file_that_grows_begins_anew() -> None:
    spool = Spool(SETTLE)
    spool.see(a_source(), (1,), 10)
    spool.see(a_source(), (2,), 14)
    assert (settled(spool, 18.9), settled(spool, 19)) == ([], ["call.wav"])


def test_the_longest_settled_come_first() -> None:
    spool = Spool(SETTLE)
    for at, name in enumerate("abc"):
        spool.see(a_source(name), (1,), at)
    spool.see(a_source("a"), (2,), 3)
    assert (settled(spool, 6), settled(spool, 8)) == (["b"], ["b", "c", "a"])


def test_what_is_not_ready_waits_again() -> None:
    spool = Spool(SETTLE)
    spool.see(a_source(), (1,), 0)
    spool.wait_again(a_source(), (1,), 6)
    assert (settled(spool, 10.9), settled(spool, 11)) == ([], ["call.wav"])


def test_what_was_left_is_offered_again_when_it_changes_or_all_is_tried_again() -> None:
    spool = Spool(SETTLE)
    spool.see(a_source(), (1,), 0)
    spool.leave(next(spool.settled(5)))
    spool.see(a_source(), (1,), 6)
    assert spool.waiting == 0
    spool.see(a_source(), (2,), 7)
    assert settled(spool, 12) == ["call.wav"]
    spool.leave(next(spool.settled(12)))
    spool.retry_left()
    spool.see(a_source(), (2,), 20)
    assert settled(spool, 25) == ["call.wav"]


def test_what_was_left_is_news_once_for_each_reason() -> None:
    spool = Spool(SETTLE)
    told = [spool.is_news(Quarantined(Path("/x.wav"), why)) for why in ("text", "text", "empty")]
    assert told == [True, False, True]


def test_what_was_taken_in_is_known_from_pass_to_pass() -> None:
    spool = Spool(SETTLE)
    for name in ("stays", "goes"):
        spool.see(a_source(name), (1,), 0)
    for sight in list(spool.settled(5)):
        spool.mark_taken_in(sight)
    spool.begin_pass()
    spool.see(a_source("stays"), (1,), 10)
    assert spool.waiting == 0
    spool.end_pass()
    spool.see(a_source("stays"), (1,), 20)
    spool.see(a_source("goes"), (1,), 20)  # the same inode, size and time: not met since, so new
    assert settled(spool, 25) == ["goes"]


Looks = st.lists(st.tuples(st.floats(0, 4), st.integers(0, 2)), min_size=1, max_size=20)


@given(Looks)
def test_a_file_is_settled_only_if_it_was_last_seen_to_change_so_long_ago(
    looks: list[tuple[float, int]],
) -> None:
    spool, at, changed, stamp = Spool(SETTLE), 0.0, 0.0, None
    for passed, size in looks:
        at += passed
        if size != stamp:
            stamp, changed = size, at
        spool.see(a_source(), (size,), at)
        assert bool(settled(spool, at)) == (changed <= at - SETTLE)


@given(st.lists(st.integers(0, 3), max_size=20))
def test_a_stamp_is_dealt_with_once(sizes: list[int]) -> None:
    spool, dealt_with = Spool(0), list[Stamp]()
    for at, size in enumerate(sizes):
        spool.see(a_source(), (size,), at)
        for sight in list(spool.settled(at)):
            spool.mark_taken_in(sight)
            dealt_with.append(sight.stamp)
    assert sorted(dealt_with) == sorted({(size,) for size in sizes})
