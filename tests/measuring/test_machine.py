"""What others do meanwhile is told from what a run does, and a disk with a journal is one."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import journaled
from benchmarks.bench import Bench
from benchmarks.machine import Busy, has_journal

BURN = "import time\nwhile time.process_time() < 0.5: pass"


def test_threads_of_the_kernel_and_the_harness_are_no_others() -> None:
    before = Busy(100, {2: 10, 3: 5}, 1)
    after = Busy(110, {2: 12, 4: 1}, 1.5)  # one thread is gone, one has come
    assert before.others_until(after) == 10 - (2 + 1) - 0.5


def test_a_program_that_runs_beside_is_seen() -> None:
    before = Busy.now()
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert before.others_until(Busy.now()) > 0.4


def test_what_the_harness_does_itself_is_its_own() -> None:
    before, own = Busy.now(), resource.getrusage(resource.RUSAGE_SELF)
    sum(range(5_000_000))
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - own.ru_utime
    assert Busy.now().ours_s - before.ours_s >= used


@pytest.mark.root
def test_an_image_by_loop_has_a_journal_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaled, "SMALL_BYTES", 64_000_000)
    with journaled.journaled(Bench(tmp_path, full=False)) as bench:
        assert bench is not None
        place = bench.fresh_place()
        assert has_journal(place)
        assert place.stat().st_dev != tmp_path.stat().st_dev
    assert not (tmp_path / "journaled.img").exists()
    assert not os.path.ismount(tmp_path / "journaled")
