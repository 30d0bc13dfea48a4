"""A release's papers from a process that was started for them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest

from callrec.package.certificate import Certificate
from callrec.paper.apart import make_papers, papers_made_beside
from callrec.paper.certificate_pdf import papers_of
from house.processes import children
from package.certificates import EDITED, PLAIN
from sound.builders import no_further_file


@pytest.mark.parametrize("certificate", [PLAIN, EDITED], ids=["no exhibit", "an exhibit"])
def test_they_are_the_same_to_the_byte_as_those_made_here(certificate: Certificate) -> None:
    with papers_made_beside():
        (waiting,) = children()
        made = make_papers(certificate)
        assert children() == []
        assert made == papers_of(certificate)
    assert waiting
    assert [bool(each) for each in made] == [True, bool(certificate.exhibit)]


def test_the_process_makes_those_of_one_release_and_the_next_are_made_here() -> None:
    with papers_made_beside():
        assert make_papers(PLAIN) == make_papers(PLAIN)


def test_where_it_was_ended_they_are_made_here() -> None:
    with papers_made_beside():
        (waiting,) = children()
        os.kill(waiting, signal.SIGKILL)
        assert make_papers(PLAIN) == papers_of(PLAIN)


def test_where_none_can_be_started_they_are_made_here() -> None:
    with ExitStack() as block:
        with no_further_file():
            block.enter_context(papers_made_beside())
        assert children() == []
        assert make_papers(PLAIN) == papers_of(PLAIN)


def test_none_is_left_however_the_block_ends() -> None:
    def interrupted() -> None:
        with papers_made_beside():
            assert len(children()) == 1
            raise InterruptedError

    with pytest.raises(InterruptedError):
        interrupted()
    assert children() == []


def test_its_memory_is_not_dumped_or_read_once_it_is_told_of_a_release() -> None:
    program = """
import ctypes, os, resource, runpy, sys
class Told:
    def read(self, *_):
        dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
        os.write(1, f"{resource.getrlimit(resource.RLIMIT_CORE)} {dumpable}".encode())
        os._exit(0)
    readinto = readline = read
class Input:
    buffer = Told()
sys.stdin = Input()
runpy.run_module("callrec.paper.apart", run_name="__main__")
"""
    shell = ["sh", "-c", 'ulimit -c unlimited; exec "$0" -c "$1"', sys.executable, program]
    said = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    assert said == "(0, 0) 0"


def test_outside_a_block_none_is_started() -> None:
    certificate, _ = make_papers(PLAIN)
    assert certificate.startswith(b"%PDF-1.7")
    assert children() == []


def test_who_asks_the_process_loads_nothing_of_what_sets_papers() -> None:
    program = "import sys, callrec.release.release; sys.exit('fpdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
