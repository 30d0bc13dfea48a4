"""``make demo-network`` comes to its end, and leaves nothing behind however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where temporary files are made; the server's own account comes there."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def whole_story() -> None:
    """It takes a minute and a half: its turn comes rarely."""


@contextmanager
def demonstration(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """It runs, with a folder for all that it keeps."""
    running = subprocess.Popen(
        [sys.executable, "-u", "-m", "network.demonstration"],
        env={**os.environ, "PYTHONPATH": str(TESTS), "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with running:
        yield running


def left_of(folder: Path) -> list[str]:
    """Files in the folder, and programs that name it."""
    programs = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes()
        except OSError:  # it has ended
            continue
        if os.fsencode(folder) in words:
            programs.append(words.decode(errors="replace"))
    return [*map(str, folder.iterdir()), *programs]


@pytest.mark.usefixtures("shared", "whole_story")
def test_two_machines_of_which_one_dies_have_one_record(folder: Path) -> None:
    with demonstration(folder) as running:
        said, _ = running.communicate()
    assert running.returncode == 0, said
    assert "[killed]" in said
    assert "400 recordings taken in" in said
    assert "sealed copies, until" in said
    assert said.count("\nINTACT\n") == 2
    assert left_of(folder) == []


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ended_in_the_middle_it_ends_what_it_started(folder: Path, how: signal.Signals) -> None:
    with demonstration(folder) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "callrec init" in line:
                os.killpg(running.pid, how)  # as a terminal does
                break
        said, _ = running.communicate()
    assert running.returncode == 128 + how, said
    assert left_of(folder) == []
