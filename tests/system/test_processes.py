"""Processes, and what tells them to end: one contract for every system."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callrec.frozen import OWN_PROCESSES
from callrec.system.modules import RUN_MODULE, python_command
from callrec.system.processes import (
    has_writer,
    kill_process,
    read_available,
    start_process,
    usable_processors,
)
from house.telling import CTRL_C, IMPORTS, TO_END

SRC = Path(__file__).parents[2] / "src"

TELLS_ITSELF = (
    IMPORTS
    + """
import time
from threading import Event
from callrec.system.processes import graceful_shutdown, interruptible
from house.telling import tell

def heard():
    for _ in range(300):  # the system has a thread for it
        time.sleep(0.01)

def say(text):
    print(text, flush=True)

"""
)


def said(program: str) -> tuple[list[str], int]:
    """What a program said on its output, line by line, and how it ended."""
    command = [sys.executable, "-c", TELLS_ITSELF + program]
    environ = {**os.environ, "PYTHONPATH": str(SRC)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    return done.stdout.splitlines(), done.returncode


@contextmanager
def child(program: str) -> Iterator[subprocess.Popen[bytes]]:
    process = start_process((sys.executable, "-I", "-c", program))
    try:
        yield process
    finally:
        kill_process(process)


def output_of(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.read()


def test_a_child_gets_nothing_of_its_parent_s_environment_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLREC_PASSWORD_FILE", "told")
    monkeypatch.chdir(tmp_path)
    with child("import os; print(os.getcwd(), [*os.environ])") as process:
        told = output_of(process).decode()
    assert "CALLREC" not in told
    assert tmp_path.name not in told


def test_bytes_go_to_a_child_and_back_as_they_are() -> None:
    every_kind = bytes(range(256)) + b"\r\n\n\x1a" * 50_000
    echo = "import os\nwhile some := os.read(0, 65536): os.write(1, some)"
    with child(echo) as process:
        assert process.communicate(every_kind)[0] == every_kind


def test_what_is_killed_is_gone() -> None:
    with child("import sys; print(flush=True); sys.stdin.read()") as process:
        assert process.stdout is not None
        process.stdout.read(1)
    assert process.returncode not in (0, None)


def test_what_a_pipe_has_is_read_without_waiting() -> None:
    with child("import sys; sys.stdin.read(1); print('told', flush=True); sys.stdin.read()") as one:
        assert one.stdin is not None
        assert one.stdout is not None
        assert read_available(one.stdout) == b""
        one.stdin.write(b".")
        found = b""
        while not found.endswith(b"\n"):
            found += read_available(one.stdout)
        assert found.split() == [b"told"]
        one.kill()
        one.wait()
        assert read_available(one.stdout) == b""


def test_there_is_a_processor() -> None:
    assert 1 <= usable_processors() <= (os.cpu_count() or 1)


def test_a_file_that_is_open_for_writing_has_a_writer_until_that_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    with path.open("wb") as writing:
        descriptor = os.open(path, os.O_RDONLY)
        assert has_writer(descriptor)
        writing.write(b"RIFF")
    assert not has_writer(descriptor)
    with path.open("rb"):  # who only reads it does not count
        assert not has_writer(descriptor)
    path.write_bytes(b"and everybody can write to it")
    os.close(descriptor)


HELD_BACK = """
with interruptible() as hold_back:
    {before}
    hold_back()
    tell({kind})
    heard()
    say("the passphrase")
heard()
say("more")
"""


@pytest.mark.parametrize("kind", [CTRL_C, TO_END])
def test_who_is_told_to_end_tells_all_first(kind: int) -> None:
    lines, status = said(HELD_BACK.format(kind=kind, before=""))
    assert lines == ["the passphrase"]
    assert status != 0


@pytest.mark.parametrize("kind", [CTRL_C, TO_END])
def test_before_that_it_ends_at_once(kind: int) -> None:
    lines, status = said(HELD_BACK.format(kind=kind, before=f"tell({kind}); heard()"))
    assert lines == []
    assert status != 0


def test_work_under_way_is_finished_when_the_process_is_told_to_end() -> None:
    program = f"""
with graceful_shutdown() as stop:
    tell({TO_END})
    stop.wait()
    say("finished")
say("over")
"""
    assert said(program) == (["finished", "over"], 0)


def test_after_ctrl_c_it_is_finished_too_and_then_as_if_that_came_then() -> None:
    program = f"""
with graceful_shutdown() as stop:
    tell({CTRL_C})
    stop.wait()
    say("finished")
say("over")
"""
    lines, status = said(program)
    assert lines == ["finished"]
    assert status != 0


def test_a_second_time_it_ends_there_and_then_whatever_it_does() -> None:
    program = f"""
with graceful_shutdown() as stop:
    tell({TO_END})
    stop.wait()
    say("told")
    tell({TO_END})
    Event().wait(100)
    say("finished")
"""
    lines, status = said(program)
    assert lines == ["told"]
    assert status != 0


def test_the_installed_program_starts_its_own_modules_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert python_command("callrec.desk") == (sys.executable, RUN_MODULE, "callrec.desk")


def test_it_starts_those_modules_and_no_others() -> None:
    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "callrec.frozen", *words]
        environ = {**os.environ, "PYTHONPATH": str(SRC)}
        return subprocess.run(command, check=False, capture_output=True, input=b"", env=environ)

    assert run("--version").stdout.startswith(b"callrec ")
    assert run(RUN_MODULE, "callrec", "--version").stdout.startswith(b"callrec ")
    made_no_papers = run(RUN_MODULE, "callrec.paper.apart")
    assert b"EOFError" in made_no_papers.stderr
    no_such_word = run(RUN_MODULE, "timeit")
    assert no_such_word.returncode == 2
    assert b"loop" not in no_such_word.stdout


def test_each_module_that_is_started_as_a_process_is_among_them() -> None:
    asked: Callable[[str], list[str]] = re.compile(r'python_command\(\s*"([a-z_.]+)"').findall
    started = {name for path in SRC.rglob("*.py") for name in asked(path.read_text("utf-8"))}
    assert started <= OWN_PROCESSES
    is_run = re.compile(r'^if __name__ == "__main__":', re.MULTILINE)
    for name in OWN_PROCESSES:
        path = SRC / name.replace(".", "/")
        file = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert is_run.search(file.read_text("utf-8")), name
