"""A file that its telephone system still writes to, as seen by real processes."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

import pytest

from callrec.intake.preview import find_by_name, preview_found
from callrec.intake.reading import telephone_setup
from callrec.intake.sources import Refusal
from callrec.system.processes import has_writer
from house.practices import House
from house.spool import a_call, take_in

WHY = "its telephone system is still writing to it; the next run takes it in"

HOLDS = "import sys; file = open(sys.argv[1], sys.argv[2]); print(flush=True); sys.stdin.read()"

OPENS = "import sys; open(sys.argv[1], 'ab').write(b'more')"


@contextmanager
def another_process(program: str, *told: str) -> Iterator[None]:
    command = [sys.executable, "-c", program, *told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


@pytest.mark.parametrize("mode", ["ab", "r+b"])
def test_a_recording_that_is_being_written_waits_for_the_next_run(
    house: House, tmp_path: Path, mode: str
) -> None:
    whole, growing = a_call(tmp_path / "spool", 0), a_call(tmp_path / "spool", 1)
    with another_process(HOLDS, str(growing), mode):
        done = take_in(house, tmp_path / "spool")
        (left,) = done.quarantined
        assert (left.path, left.why) == (growing, WHY)
        assert left.refusal is Refusal.UNSETTLED
        assert done.recordings == 1
    done = take_in(house, tmp_path / "spool")
    assert (done.recordings, done.duplicates, done.quarantined) == (1, 1, [])
    assert whole.exists()


def test_a_rehearsal_says_so_too(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    with another_process(HOLDS, str(call), "ab"):
        setup, now = telephone_setup(house.practice.settings), house.practice.now()
        (preview,) = preview_found(find_by_name([call]), setup, now=now)
    assert (preview.accepted, preview.why) == (False, WHY)


def test_who_only_reads_a_recording_does_not_hold_it_up(house: House, tmp_path: Path) -> None:
    call = a_call(tmp_path)
    with another_process(HOLDS, str(call), "rb"):
        assert take_in(house, call).recordings == 1


def test_who_opens_a_recording_while_it_is_looked_at_ends_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = a_call(tmp_path)
    descriptor = os.open(call, os.O_RDONLY)
    really = fcntl.fcntl

    def in_that_moment(file: int, command: int, argument: int) -> int:
        if command == fcntl.F_SETLEASE and argument == fcntl.F_UNLCK:
            writers.enter_context(subprocess.Popen([sys.executable, "-c", OPENS, str(call)]))
            wait_until(lambda: really(file, fcntl.F_GETLEASE) != fcntl.F_RDLCK)
        return really(file, command, argument)

    with ExitStack() as writers:
        monkeypatch.setattr(fcntl, "fcntl", in_that_moment)
        assert not has_writer(descriptor)  # and the signal of it did not end this process
        monkeypatch.undo()
        wait_until(lambda: call.read_bytes().endswith(b"more"))
    os.close(descriptor)


def wait_until(so: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not so():
        assert monotonic() < deadline


def test_where_it_cannot_be_told_nobody_is_said_to_write(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    assert not has_writer(descriptor)
    os.close(descriptor)
