"""What a confined process can reach, and how it is spoken to: one contract for every system."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callrec.sound.child import converse
from callrec.system.confinement import ConfinedProcess, can_confine
from callrec.system.limits import Limits
from system.probe import MEMORY_BYTES, attempts, outcomes

TESTS = Path(__file__).parents[1]
BEGIN = f"import runpy, sys; sys.path[:0] = {[str(TESTS.parent / 'src'), str(TESTS)]!r}; "
PROBE = (sys.executable, "-I", "-c", f"{BEGIN}runpy.run_module('system.probe', {{}}, '__main__')")

LIMITS = Limits(cpu_seconds=20, memory_bytes=MEMORY_BYTES)


@pytest.fixture(name="port")
def _port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_what_a_free_process_can_do_a_confined_one_cannot(tmp_path: Path, port: int) -> None:
    (tmp_path / "secret").write_bytes(b"a number")
    free = outcomes(str(tmp_path), port)
    assert free == dict.fromkeys(attempts(tmp_path, port), "done")
    (tmp_path / "left").unlink()
    job = {"folder": str(tmp_path), "port": port}
    ((_, told),) = converse(PROBE, job, lambda *_: b"", limits=LIMITS)
    confined = dict(each.strip().split(": ") for each in told.decode().split(",")[:-1])
    assert confined.keys() == free.keys()
    # Where this computer has no such walls, it says so, and the child works all the same.
    if can_confine():
        assert set(confined.values()) == {"refused"}
        assert not (tmp_path / "left").exists()


@contextmanager
def process(program: str) -> Iterator[ConfinedProcess]:
    started = ConfinedProcess((sys.executable, "-I", "-c", program))
    try:
        yield started
    finally:
        started.end()


def soon() -> float:
    return time.monotonic() + 60


def at_once() -> float:
    return time.monotonic() + 0.2


ECHO = """
import os
while some := os.read(0, 65536):
    while some:
        some = some[os.write(1, some):]
"""


def test_what_is_sent_arrives_whole_and_as_it_is() -> None:
    every_kind = (bytes(range(256)) + b"\r\n\x1a") * 100
    with process(ECHO) as other:
        for _ in range(3):
            other.write(every_kind, soon())
            assert other.read(len(every_kind), soon()) == every_kind


def test_more_than_a_pipe_holds_arrives_too() -> None:
    many = bytes(3 << 20)
    program = (
        "import os\nleft = 3 << 20\nwhile left: left -= len(os.read(0, left))\nos.write(1, b'all')"
    )
    with process(program) as other:
        other.write(many, soon())
        assert other.read(3, soon()) == b"all"


def test_who_says_nothing_is_waited_for_no_longer_than_is_said() -> None:
    with process("import time; time.sleep(1000)") as silent, pytest.raises(TimeoutError):
        silent.read(1, at_once())


def test_who_reads_nothing_is_waited_for_no_longer_either() -> None:
    with process("import time; time.sleep(1000)") as deaf, pytest.raises(TimeoutError):
        deaf.write(bytes(4 << 20), at_once())


def test_who_has_ended_is_no_longer_read_from_or_written_to() -> None:
    with process("print('last', flush=True)") as other:
        assert other.read(4, soon()) == b"last"
        with pytest.raises(EOFError):
            other.read(100, soon())
        with pytest.raises(BrokenPipeError):
            other.write(bytes(4 << 20), soon())


def test_what_cannot_be_started_is_told() -> None:
    with pytest.raises(OSError, match=r".") as told:
        ConfinedProcess((str(Path(__file__).with_name("nothing.exe")),))
    assert told.value.strerror
