"""Standing intake as a process: beside a telephone system, stopped, killed, and started again."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from callrec.audit.verify import verify_log
from callrec.catalogue.engine import reading, transaction
from callrec.people.powers import disable_person
from house.practices import House
from house.processes import environment, program
from house.spool import a_call, a_name, a_wave, left_in, originals_of, recordings_of
from house.standing_intake import Standing, eventually
from house.steps import Steps
from house.telephone_system import contents

DEATHS = (2, 4, 5, 6, 7, 8, 9, 10)
"""By which call of the clock it dies: as it begins, and at each step of its first round, which
killed_intake lists; the last when the round is told. Where not all steps are taken, every other.
"""

CALLS = 20

OTHERS = 100
"""From this number on are calls that lie there when a process starts."""


@pytest.fixture
def standing(house: House, tmp_path: Path) -> Iterator[Standing]:
    spool = tmp_path / "spool"
    spool.mkdir()
    intake = Standing(house, spool)
    yield intake
    intake.kill()


def test_killed_again_and_again_beside_a_telephone_system_it_takes_in_each_file_once(
    standing: Standing, steps: Steps
) -> None:
    deaths = DEATHS if steps.are_all else DEATHS[::2]
    written = [*contents(CALLS).values(), *(a_wave(OTHERS + death) for death in deaths)]
    words = program("house.telephone_system", standing.spool, CALLS)
    with subprocess.Popen(words, env=environment()) as telephone:
        for death in deaths:
            a_call(standing.spool, OTHERS + death)
            standing.start("--after", "delete", DIES_AT=str(death))
            assert standing.ended() == -signal.SIGKILL
            assert set(originals_of(standing.house)) <= set(written), "half a file was taken in"
        telephone.wait()
    standing.start("--after", "delete")
    eventually(lambda: left_in(standing.spool) == [], "some file was left")
    standing.tell(signal.SIGTERM)
    assert standing.ended() == 0
    assert sorted(originals_of(standing.house)) == sorted(written)
    with reading(standing.house.open().engine) as connection:
        whole = verify_log(connection, standing.house.practice.vault)
    assert (whole.problems, whole.unattested) == ((), 0)


def test_each_round_is_a_line_of_json_and_what_was_left_is_told_once(standing: Standing) -> None:
    (standing.spool / "note.wav").write_text("call her back", encoding="utf-8")
    standing.start("--json")
    eventually(lambda: standing.rounds() != [], "nothing was told")
    for call in (1, 2):
        a_call(standing.spool / "2024" / "07", call)
        eventually(partial(has_taken_in, standing, call), "a call was not taken in")
    eventually(lambda: standing.vault_files() == [], "between rounds the vault stays open")
    standing.tell(signal.SIGTERM)
    assert standing.ended() == 0
    left = [each for told in standing.rounds() for each in told["quarantined"]]
    assert left == [{"path": str(standing.spool / "note.wav"), "why": "it is text, not sound"}]
    assert len(left_in(standing.spool)) == 3


def has_taken_in(standing: Standing, calls: int) -> bool:
    counts: list[int] = [told["ingested"] for told in standing.rounds()]
    return sum(counts) == calls


def test_what_was_taken_in_by_the_process_before_is_not_taken_in_again(standing: Standing) -> None:
    a_call(standing.spool, 0)
    for life in range(2):
        a_call(standing.spool, life + 1)
        standing.start("--json")
        eventually(partial(has_taken_in, standing, life + 2), "a call was not taken in")
        standing.tell(signal.SIGTERM)
        assert standing.ended() == 0
    assert sorted(originals_of(standing.house)) == sorted(a_wave(call) for call in range(3))
    assert [told["recordings"] for told in standing.summaries()] == [2, 1]


def test_where_nobody_tells_of_changes_they_are_looked_for(standing: Standing) -> None:
    standing.start("--json", WATCHFILES_FORCE_POLLING="1")
    eventually(standing.is_watching, "it does not watch")
    a_call(standing.spool, 0)
    eventually(partial(has_taken_in, standing, 1), "the call was not taken in")


def test_a_file_that_is_made_anew_under_its_name_is_another_call(standing: Standing) -> None:
    standing.start("--after", "delete")
    for call in (1, 2):
        a_call(standing.spool, call, name=a_name(0))
        eventually(lambda: left_in(standing.spool) == [], "the call was not taken in")
    standing.tell(signal.SIGTERM)
    assert standing.ended() == 0
    assert sorted(originals_of(standing.house)) == sorted([a_wave(1), a_wave(2)])


def test_ctrl_c_ends_it_as_interrupted(standing: Standing) -> None:
    standing.start()
    eventually(standing.is_watching, "it does not watch")
    standing.tell(signal.SIGINT)
    assert standing.ended() == 130
    assert standing.complained.read_text(encoding="utf-8").endswith("error: interrupted\n")


def test_a_second_signal_ends_it_at_once_and_nothing_is_lost(standing: Standing) -> None:
    a_call(standing.spool)
    with transaction(standing.house.practice.engine):  # the round waits for the catalogue
        standing.start("--after", "delete")
        incoming = standing.house.folder / "vault" / "incoming"
        eventually(lambda: incoming.exists() and left_in(incoming) != [], "no round began")
        for signal_ in (signal.SIGTERM, signal.SIGINT):
            standing.tell(signal_)
        assert standing.ended() in {128 + signal.SIGTERM, 128 + signal.SIGINT}
    assert (recordings_of(standing.house), left_in(standing.spool)) == ([], [a_name()])
    standing.start("--after", "delete")
    eventually(lambda: left_in(standing.spool) == [], "the call was not taken in")
    assert originals_of(standing.house) == [a_wave()]


def test_a_service_that_is_disabled_meanwhile_ends_with_the_next_call(standing: Standing) -> None:
    standing.start()
    eventually(standing.is_watching, "it does not watch")
    disable_person(standing.house.open(), standing.house.actor("dora"), login="door")
    a_call(standing.spool)
    assert standing.ended() == 6
    assert "callrec: error: this login is disabled" in standing.complained.read_text("utf-8")
    assert left_in(standing.spool) == [a_name()]
