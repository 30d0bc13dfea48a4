"""Killed at each step, with the catalogue in PostgreSQL: the other machine goes on, and it sweeps.

A command is judged as where its disk fails (tests/faults/cases.py); a move by its rows.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from callrec.audit.log import stored_head
from callrec.catalogue.copying import copy_to_file
from callrec.catalogue.engine import FILE_NAME, connect_there, reading
from callrec.practice import record
from faults.cases import CASES
from house import postgres, practices
from house.commands import Answer, done, type_in
from house.killing import Death, Deed, count_steps, killed_at
from house.postgres import beside, configure, database_at, owned, there
from house.practices import House
from house.requests import last_leaf
from house.spool import left_in
from house.stages import GRANTED, Stages
from house.steps import Steps
from network.test_copying import rows_in
from network.test_cut import prepared, wrong

KILLED = Answer(-signal.SIGKILL)

granted = there(GRANTED)


def typed(login: str, words: Callable[[House], object]) -> Deed:
    """Somebody types a command."""

    def deed(house: House, death: Death) -> None:
        house.close()
        death.begins()
        answer = type_in(house, login, *words(house))  # type: ignore[misc]
        assert answer.status == 0, answer

    return deed


@pytest.mark.parametrize("command", ["ingest", "release", "erase"])
def test_killed_anywhere_the_other_goes_on_and_the_same_command_ends_it(
    command: str, stages: Stages, tmp_path: Path, steps: Steps
) -> None:
    case, ready = CASES[command], prepared(CASES[command], stages, tmp_path / "ready")
    deed = typed(case.who, case.words)
    last = count_steps(ready, tmp_path / "whole", deed, copy=postgres.copy)
    assert last > 50
    for step in steps.of(last)[:: 1 if steps.are_all else 2]:
        house = killed_at(step, ready, tmp_path / f"{step}", deed, copy=postgres.copy)
        assert house, f"step {step} of {last} was not reached"
        other = beside(house, house.folder.with_name(f"{step}-other"))
        size = last_leaf(house).seq
        record(other.practice, other.actor("mia"), "user.shown")
        assert last_leaf(house).seq == size + 1
        assert [*wrong(house, case, KILLED)] == [], f"step {step} of {last}"
        assert left_in(house.config.vault / "incoming") == []
        assert done(other, "dora", "audit", "verify").startswith("INTACT")
        other.close()
        postgres.forget(house)


def test_a_move_there_that_is_killed_anywhere_is_ended_by_the_same_command(
    stages: Stages, tmp_path: Path, steps: Steps
) -> None:
    ready = stages.copy(GRANTED, tmp_path / "ready")
    words = ("practice", "migrate", "--to")

    def to(house: House) -> tuple[str, ...]:
        return (*words, (house.folder / "url").read_text())

    def with_database(house: House, folder: Path) -> House:
        copied = practices.copy(house, folder)
        (folder / "url").write_text(database_at())
        return copied

    deed = typed("nobody", to)
    last = count_steps(ready, tmp_path / "whole", deed, copy=with_database)
    for step in steps.of(last):
        house = killed_at(step, ready, tmp_path / f"{step}", deed, copy=with_database)
        assert house, f"step {step} of {last} was not reached"
        answer = type_in(house, "nobody", *to(house))
        # The last step may have been after the end.
        assert answer.status == 0 or "was moved away from here" in answer.err, (step, answer)
        configure(house, to(house)[-1])
        left = rows_in(house.config.vault / FILE_NAME)
        assert rows_there(house) == left, f"step {step} of {last}"
        assert done(house, "dora", "audit", "verify").startswith("INTACT")
        postgres.forget(house)


def test_a_move_back_that_is_killed_anywhere_is_ended_by_the_same_command(
    granted: House, tmp_path: Path, steps: Steps
) -> None:
    configure(granted, owned(granted.config.catalogue))
    deed = typed("nobody", lambda _: ("practice", "migrate", "--to", "sqlite"))
    last = count_steps(granted, tmp_path / "whole", deed, copy=postgres.copy)
    for step in steps.of(last):
        house = killed_at(step, granted, tmp_path / f"{step}", deed, copy=postgres.copy)
        assert house, f"step {step} of {last} was not reached"
        answer = type_in(house, "nobody", "practice", "migrate", "--to", "sqlite")
        assert answer.status == 0 or "was moved away from here" in answer.err, (step, answer)
        there_ = rows_there(house)
        url = house.config.catalogue
        configure(house, "")
        assert rows_in(house.config.vault / FILE_NAME) == there_, f"step {step} of {last}"
        assert left_in(house.config.vault).count("catalogue.moving") == 0
        assert done(house, "dora", "audit", "verify").startswith("INTACT")
        configure(house, url)
        postgres.forget(house)


def rows_there(house: House) -> dict[str, list[tuple[object, ...]]]:
    """Every row that lies in its database, which may have been left."""
    file = house.folder / "rows.sqlite"
    file.unlink(missing_ok=True)
    engine = connect_there(house.config.catalogue)
    with reading(engine) as connection:
        assert stored_head(connection).size
        copy_to_file(connection, file)
    engine.dispose()
    return rows_in(file)
