"""A player takes what it has room for, and one that has gone is noticed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from callrec.system.playing import feed, feed_some, kill_player, start_player

PIECE = memoryview(bytes(4096))


@pytest.fixture
def deaf() -> Iterator[subprocess.Popen[bytes]]:
    """A player that reads nothing."""
    with start_player([sys.executable, "-c", "import time; time.sleep(60)"]) as player:
        yield player
        kill_player(player)


def test_a_full_pipe_takes_nothing_and_nobody_waits_for_it(deaf: subprocess.Popen[bytes]) -> None:
    assert deaf.stdin is not None
    taken = [feed_some(deaf.stdin, PIECE) for _ in range(1000)]
    assert taken[0] > 0
    assert taken[-1] == 0


def test_what_is_fed_arrives_whole() -> None:
    counts = "import sys; sys.exit(len(sys.stdin.buffer.read()) // 100_000)"
    with start_player([sys.executable, "-c", counts]) as player:
        assert player.stdin is not None
        feed(player.stdin, memoryview(bytes(700_000)))
        player.stdin.close()
        assert player.wait(60) == 7


@pytest.mark.parametrize("give", [feed, feed_some])
def test_a_player_that_has_gone_is_noticed(give: object) -> None:
    with start_player([sys.executable, "-c", ""]) as player:
        player.wait(60)
        assert player.stdin is not None
        with pytest.raises(BrokenPipeError):
            give(player.stdin, PIECE)  # type: ignore[operator]
