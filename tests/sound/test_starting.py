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
from callrec.sound.child import expect_decoders, starting_ahead
from callrec.sound.coding import COMPRESSED, decoding
from callrec.sound.listening import measure
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
