"""The way to the database breaks at each thing that a command asks: before it, within, and after.

What is promised is what a disk that fails promises (tests/faults/cases.py): one clear error or
success, the log whole, nothing lost and nothing twice, and the same command ends what it began.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from callrec.errors import Failed
from callrec.practice import record
from faults.cases import CASES, Case
from house import postgres, practices
from house.commands import Answer, done, type_in
from house.interrupted import found, wrong_with, wrong_with_vault
from house.postgres import (
    as_owner,
    beside,
    configure,
    database_at,
    end_sessions,
    name_of,
    owned,
    server,
    there,
)
from house.practices import House
from house.processes import begin
from house.requests import a_request, last_leaf, state_of
from house.spool import a_call, a_wave, originals_of
from house.stages import GRANTED, Stages
from house.steps import Steps
from house.wire import PIECE, Break, Question, Way, Wire, at, first, wire

LATER = timedelta(hours=1)

WAYS = (Way.UNASKED, Way.HALF_ASKED, Way.UNANSWERED, Way.HALF_ANSWERED)

COMMANDS = ("ingest", "approve", "release")


founded = there(None)

granted = there(GRANTED)


@pytest.fixture
def line() -> Iterator[Wire]:
    with wire(server()) as made:
        yield made


def prepared(case: Case, stages: Stages, folder: Path) -> House:
    """A practice that is ready for a command, its catalogue in a database.

    It does not lie where it was made: drives are looked for where they were used last.
    """
    house = stages.copy(None, folder.with_name("made"))
    case.prepare(house)
    house.close()
    house.folder.rename(folder)
    house = practices.moved(house, folder)
    postgres.move_to_own(house)
    if case is CASES["erase"]:  # which rewrites tables
        configure(house, owned(house.config.catalogue))
    return house


def met(house: House, case: Case, line: Wire, breaks: Break) -> Answer:
    """What a command says whose wire breaks there."""
    direct = house.config.catalogue
    configure(house, line.url(direct))
    line.begin(breaks)
    answer = type_in(house, case.who, *case.words(house))
    configure(house, direct)
    return answer


def wrong(house: House, case: Case, answer: Answer) -> Iterator[str]:
    """All that is wrong with what is left, and once the same command was typed again."""
    yield from wrong_with(answer)
    yield from wrong_with_vault(house)
    yield from case.kept(house)
    is_done = case.is_done(house)
    if answer.status == 0 and not is_done:
        yield "it said that it was done, and it is not"
    house.at += LATER
    case.before_again(house)
    again = type_in(house, case.who, *case.words(house))
    if again.status != 0 and not (is_done and again.status in case.done_already):
        yield f"typed again: {again.status}, {again.err.strip()}"
    yield from wrong_with_vault(house)
    yield from case.kept(house)
    if not case.is_done(house):
        yield "typed again, and it is not done"


@pytest.mark.parametrize("command", COMMANDS)
def test_wherever_the_wire_is_cut_a_command_says_so_and_nothing_is_lost_or_twice(
    command: str, stages: Stages, tmp_path: Path, line: Wire, steps: Steps
) -> None:
    case, ready = CASES[command], prepared(CASES[command], stages, tmp_path / "ready")
    whole = postgres.copy(ready, tmp_path / "whole")
    assert met(whole, case, line, lambda _: None).status == 0
    questions = list(line.asked)
    problems = []
    for count, number in enumerate(steps.of(len(questions))):
        for way in WAYS if steps.are_all else [WAYS[(count + 1) % len(WAYS)]]:
            house = postgres.copy(ready, tmp_path / f"{number}-{way.name}")
            answer = met(house, case, line, at(number, way))
            assert line.broke or number > len(questions) - 3
            said = found(partial(wrong, house, case, answer))
            problems += [(number, way.name, questions[number - 1][:60], each) for each in said]
            postgres.forget(house)
    assert problems == []


def at_commit(number: int, way: Way, *, after: bool) -> Break:
    """At the COMMIT with this number, or at the first question after it."""
    seen = 0

    def chosen(question: Question) -> Way | None:
        nonlocal seen
        is_commit = question[1] == "COMMIT"
        is_there = seen == number if after else is_commit and seen + 1 == number
        seen += is_commit or is_there
        return way if is_there else None

    return chosen


@pytest.mark.parametrize("command", ["erase", "archive"])
def test_cut_at_a_commit_or_after_it_what_takes_many_is_ended_by_the_same_command(
    command: str, stages: Stages, tmp_path: Path, line: Wire, steps: Steps
) -> None:
    """How many questions there are is another number each time; commits are as many."""
    case, ready = CASES[command], prepared(CASES[command], stages, tmp_path / "ready")
    whole = postgres.copy(ready, tmp_path / "whole")
    assert met(whole, case, line, lambda _: None).status == 0
    commits = range(1, line.asked.count("COMMIT") + 1)
    problems = []
    for count, (number, after) in enumerate(steps.some([*product(commits, (False, True))])):
        for way in WAYS if steps.are_all else [WAYS[(count + 2) % len(WAYS)]]:
            house = postgres.copy(ready, tmp_path / f"{number}-{after}-{way.name}")
            answer = met(house, case, line, at_commit(number, way, after=after))
            assert line.broke or (after and number == commits[-1])
            said = found(partial(wrong, house, case, answer))
            problems += [(number, after, way.name, each) for each in said]
            postgres.forget(house)
    assert problems == []


@pytest.mark.parametrize("way", [Way.UNASKED, Way.HALF_ASKED, "given up there"])
def test_a_move_that_fails_within_a_copy_is_ended_by_the_same_command(
    stages: Stages, tmp_path: Path, line: Wire, way: Way | str
) -> None:
    """The way is cut, or the server gives the COPY up, as where its disk is full."""
    house, url = stages.copy(GRANTED, tmp_path / "house"), database_at()
    size = last_leaf(house).seq
    house.close()

    def give_up(question: Question) -> None:
        if question == (question[0], PIECE):
            with as_owner(server()) as connection:
                query = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                connection.execute(query, (name_of(url),))

    line.begin(first(PIECE, way) if isinstance(way, Way) else give_up)
    answer = type_in(house, "nobody", "practice", "migrate", "--to", line.url(url))
    assert answer.status == Failed.exit_status
    assert [*wrong_with(answer)] == []
    assert last_leaf(house).seq == size
    house.close()
    done(house, "nobody", "practice", "migrate", "--to", url)
    configure(house, url)
    assert last_leaf(house).seq == size + 1
    assert [*wrong_with_vault(house)] == []


# --- at the very end of a commit -------------------------------------------------------------


def after(words: str, breaks: Break) -> Break:
    """At the first COMMIT once something like this was asked."""
    seen = list[str]()

    def chosen(question: Question) -> Way | None:
        if question[1].startswith(words):
            seen.append(words)
        if seen and question[1] == "COMMIT":
            seen.clear()
            return breaks(question)
        return None

    return chosen


def test_where_nobody_can_be_asked_it_is_not_said_that_nothing_was_done(
    granted: House, line: Wire
) -> None:
    """The answer to COMMIT is lost, and the server lets nobody in for a while."""
    reference = a_request(granted)
    direct = granted.config.catalogue
    configure(granted, line.url(direct))

    def lost(_: Question) -> Way:
        line.refuses = 100
        return Way.UNANSWERED

    line.begin(after("INSERT INTO grant_", lost))
    answer = type_in(granted, "max", "approve", reference, "--yes")
    assert answer.status == Failed.exit_status, line.asked
    assert "whether it is done is not known" in answer.err
    assert [*wrong_with(answer)] == []
    configure(granted, direct)
    assert state_of(granted, reference) == "approved"


def test_the_files_of_a_batch_stay_that_is_committed_once_its_command_has_failed(
    founded: House, line: Wire, tmp_path: Path
) -> None:
    """What the command clears away then is asked of the catalogue when that has settled."""
    spool = tmp_path / "spool"
    for call in range(3):
        a_call(spool, call)
    direct = founded.config.catalogue
    configure(founded, line.url(direct))

    def late(_: Question) -> Way:
        line.refuses = 1
        return Way.LATE

    broken = after("INSERT INTO batch", late)

    def chosen(question: Question) -> Way | None:
        if line.broke and question[1].startswith("LOCK"):
            line.let_go.set()
        return broken(question)

    line.begin(chosen)
    answer = type_in(founded, "max", "ingest", str(spool), "--after", "delete")
    assert answer.status == Failed.exit_status
    line.let_go.set()
    configure(founded, direct)
    assert [*wrong_with_vault(founded)] == []
    assert sorted(originals_of(founded)) == sorted(map(a_wave, range(3)))
    done(founded, "max", "ingest", str(spool), "--after", "delete")
    assert len(originals_of(founded)) == 3


def test_of_one_that_falls_silent_the_server_lets_go_and_others_go_on(
    founded: House, line: Wire
) -> None:
    """It holds the lock that every writer takes, and nothing comes from it any more."""
    other, size = beside(founded), last_leaf(founded).seq
    direct = founded.config.catalogue
    configure(founded, line.url(direct))
    line.begin(after("INSERT INTO leaf", lambda _: Way.SILENT))

    def write() -> None:
        record(founded.practice, founded.actor("max"), "user.shown")

    child = begin(write)
    line.is_broken.wait()
    assert end_sessions(other, "state = 'idle in transaction'") == 1  # as the server does then
    record(other.practice, other.actor("mia"), "user.shown")
    assert last_leaf(other).seq == size + 1
    line.close()
    assert "cannot be reached, or broke off" in child.ended().failure
    configure(founded, direct)
    record(founded.practice, founded.actor("max"), "user.shown")
    assert last_leaf(founded).seq == size + 2
    assert "INTACT" in done(other, "dora", "audit", "verify")
    other.close()
