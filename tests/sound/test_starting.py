"""Children that are started before their turn."""

from __future__ import annotations

import io
import os
import select
import subprocess
import sys
from contextlib import ExitStack

import pytest

from callrec.errors import Failed
from callrec.sound import child
from callrec.sound.child import Undecodable, converse, expect_decoders, starting_ahead
from callrec.sound.coding import COMPRESSED, decoding
from callrec.sound.listening import measure
from callrec.system.confinement import ConfinedProcess
from callrec.system.limits import Limits
from house.processes import children
from sound.builders import a_copy, no_further_file
from telephone.builders import a_wave

SOUND = a_wave(bytes(range(1, 251)) * 64)

WAITS = """
from callrec.sound.child import expect_decoders, starting_ahead
with starting_ahead():
    expect_decoders(1)
    print(open("/proc/self/task/%d/children" % __import__("os").getpid()).read(), flush=True)
    input()
"""


def test_a_decoder_that_is_expected_waits_for_its_turn_and_no_other_is_started() -> None:
    with starting_ahead():
        expect_decoders(1)
        (waiting,) = children()
        with decoding(io.BytesIO(SOUND), ".wav") as (_, pieces):
            assert children() == [waiting]
            assert sum(map(len, pieces)) == 16_000
        assert children() == []
        assert measure(io.BytesIO(SOUND), ".wav").samples == 8000


def test_two_wait_at_the_most_and_the_next_is_started_when_one_is_taken() -> None:
    with starting_ahead():
        expect_decoders(4)
        left = []
        for _ in range(4):
            left.append(len(children()))
            with decoding(io.BytesIO(SOUND), ".wav"):
                left.append(len(children()))
    assert left == [2, 3, 2, 3, 2, 2, 1, 1]


def test_those_that_wait_are_among_those_that_are_expected() -> None:
    with starting_ahead():
        expect_decoders(1)
        (first,) = children()
        expect_decoders(2)
        assert len(children()) == 2
        with decoding(io.BytesIO(SOUND), ".wav"):
            assert first in children()
            assert len(children()) == 2


def test_an_encoder_takes_none_of_them() -> None:
    copy = a_copy(SOUND, encoding=COMPRESSED[0])
    with starting_ahead():
        expect_decoders(3)
        assert a_copy(SOUND, encoding=COMPRESSED[0]) == copy


def test_none_is_left_however_the_block_ends() -> None:
    def interrupted() -> None:
        with starting_ahead():
            expect_decoders(2)
            assert len(children()) == 2
            raise InterruptedError

    with pytest.raises(InterruptedError):
        interrupted()
    assert children() == []


def test_where_none_can_be_started_that_is_said_and_not_that_the_sound_is_none() -> None:
    with ExitStack() as block:
        with no_further_file():
            block.enter_context(starting_ahead())
            expect_decoders(2)
            with pytest.raises(Failed, match="cannot be started: Too many open files"):
                measure(io.BytesIO(SOUND), ".wav")
        assert measure(io.BytesIO(SOUND), ".wav").samples == 8000


def test_outside_a_block_none_is_started() -> None:
    with starting_ahead():
        pass
    expect_decoders(2)
    assert children() == []


def test_one_that_waits_ends_with_whoever_started_it() -> None:
    command = [sys.executable, "-c", WAITS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        (number,) = parent.stdout.readline().split()
        waiting = os.pidfd_open(int(number))
        parent.kill()
    try:
        ended = select.poll()
        ended.register(waiting, select.POLLIN)
        assert ended.poll(20_000)
    finally:
        os.close(waiting)


class Walled(ConfinedProcess):
    """As on Windows: the first may not get as far as its first word for its walls."""

    lowered = 0

    def walls_were_too_high(self) -> bool:
        Walled.lowered += 1
        return Walled.lowered == 1


LIMITS = Limits(cpu_seconds=20, memory_bytes=1 << 29)


def said_by(program: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(child, "ConfinedProcess", Walled)
    monkeypatch.setattr(Walled, "lowered", 0)
    command = (sys.executable, "-I", "-c", program)
    return b"".join(said for _, said in converse(command, {}, lambda *_: b"", limits=LIMITS))


def test_one_that_its_walls_keep_from_starting_is_started_with_lower_ones_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Undecodable):
        said_by("", monkeypatch)
    assert Walled.lowered == 2
    assert children() == []


def test_what_has_spoken_gets_no_lower_walls_by_coming_to_grief(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A recording could do that, once it is read."""
    asks_and_ends = r"import os; os.write(1, b'?\0\0\0\x0c' + bytes(12))"
    with pytest.raises(Undecodable):
        said_by(asks_and_ends, monkeypatch)
    assert Walled.lowered == 0
    assert children() == []
