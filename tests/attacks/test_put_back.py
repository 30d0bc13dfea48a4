"""A catalogue that is put back to an earlier state: who has seen more signs nothing over it."""

from __future__ import annotations

import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from house.commands import Answer, done, type_in
from house.practices import House
from house.requests import rows

TAMPERED = 5

REASON = "This patient complains about the call that was made"

EVERYDAY = (
    ("search", "--number", "07700900123", "--reason", REASON),
    ("show", "1"),
    ("user", "list"),
    ("audit", "list"),
    ("hold", "place", "1", "--reason", REASON),
)


@pytest.fixture
def behind(worked: House) -> House:
    """A practice whose catalogue is older than what this operator has seen of it."""
    catalogue = worked.config.vault / "catalogue.sqlite"
    older = worked.folder / "older.sqlite"
    shutil.copy(catalogue, older)
    for _ in range(2):
        done(worked, "dora", "user", "list")
    shutil.copy(older, catalogue)
    return worked


def elsewhere(house: House, login: str, *words: str) -> Answer:
    """By somebody whose account has seen nothing of this vault."""
    return type_in(house, login, *words, XDG_STATE_HOME=house.folder / "elsewhere")


def memory(house: House) -> bytes:
    return (house.practice.state_folder / "head.json").read_bytes()


@pytest.mark.parametrize("words", EVERYDAY, ids=" ".join)
def test_no_command_signs_over_a_record_that_has_gone_back(
    behind: House, words: tuple[str, ...]
) -> None:
    before, size = memory(behind), entries(behind)
    answer = type_in(behind, "dora", *words)
    assert answer.status == TAMPERED
    assert "entries were seen before" in answer.err
    assert "a Data Controller runs callrec audit resume here" in answer.err
    assert (memory(behind), entries(behind)) == (before, size)


def entries(house: House) -> int:
    ((size,),) = rows(house, "SELECT max(size) FROM checkpoint")
    return int(size)


def test_a_record_that_outgrew_what_was_seen_of_it_is_not_what_was_seen(behind: House) -> None:
    seen = json.loads(memory(behind))["size"]
    behind.at += timedelta(minutes=1)  # else the same entries would be made again
    while entries(behind) <= seen:
        assert elsewhere(behind, "dora", "user", "list").status == 0
    for _ in range(2):
        assert type_in(behind, "dora", "user", "list").status == TAMPERED
        verified = type_in(behind, "dora", "audit", "verify")
        assert (verified.status, verified.out.split()[0]) == (TAMPERED, "TAMPERED")


def test_a_data_controller_puts_on_record_that_it_has_gone_back(behind: House) -> None:
    seen, size = json.loads(memory(behind))["size"], entries(behind)
    answer = resume(behind)
    assert f"the record has gone back: this machine saw {seen} entries of it" in answer.err
    said = done(behind, "dora", "audit", "verify")
    assert said.startswith("INTACT")
    assert f"resumed at {size}, without what was seen before; entries lost: {seen - size}" in said
    done(behind, "dora", "user", "list")


@pytest.fixture
def catalogue(worked: House) -> Path:
    return worked.config.vault / "catalogue.sqlite"


def test_an_account_that_saw_more_than_was_put_on_record_names_what_it_saw_itself(
    worked: House, catalogue: Path, tmp_path: Path
) -> None:
    older = shutil.copy(catalogue, tmp_path / "older.sqlite")
    for _ in range(5):
        done(worked, "dora", "user", "list")
    seen = json.loads(memory(worked))["size"]
    shutil.copy(older, catalogue)
    assert elsewhere(worked, "dora", "user", "list").status == 0
    shutil.copy(older, catalogue)
    size = entries(worked)
    worked.at += timedelta(minutes=1)
    resume(worked, XDG_STATE_HOME=worked.folder / "elsewhere")  # who saw one entry more
    assert type_in(worked, "dora", "user", "list").status == TAMPERED
    assert f"this machine saw {seen} entries of it" in resume(worked).err
    done(worked, "dora", "user", "list")
    said = done(worked, "dora", "audit", "verify")
    assert f"resumed at {size}, without what was seen before; entries lost: 1" in said
    assert f"entries lost: {seen - size - 1}" in said


def test_what_is_seen_after_a_head_was_named_as_lost_is_remembered_in_its_place(
    behind: House, catalogue: Path, tmp_path: Path
) -> None:
    seen = json.loads(memory(behind))["size"]
    state = behind.practice.state_folder
    shutil.copytree(state, behind.folder / "elsewhere" / state.relative_to(state.parents[1]))
    resume(behind)
    again = shutil.copy(catalogue, tmp_path / "again.sqlite")
    assert elsewhere(behind, "dora", "user", "list").status == 0
    assert entries(behind) <= seen + 1
    shutil.copy(again, catalogue)
    assert elsewhere(behind, "dora", "user", "list").status == TAMPERED


def test_where_what_is_seen_then_cannot_be_remembered_it_is_done_and_told_last(
    behind: House,
) -> None:
    state = behind.practice.state_folder
    copy = behind.folder / "elsewhere" / state.relative_to(state.parents[1])
    shutil.copytree(state, copy)
    resume(behind)
    (copy / f".head.json.{os.getpid()}").mkdir()
    size = entries(behind)
    answer = elsewhere(behind, "dora", "user", "list")
    assert "it is done and on record, but this machine could not note it" in answer.err
    assert entries(behind) == size + 1


def test_a_clock_that_was_ahead_when_it_was_put_on_record_opens_no_way_back(
    behind: House, catalogue: Path, tmp_path: Path
) -> None:
    now = behind.at
    behind.at += timedelta(days=365)
    resume(behind)
    behind.at = now
    again = shutil.copy(catalogue, tmp_path / "again.sqlite")
    done(behind, "dora", "user", "list")
    shutil.copy(again, catalogue)
    assert type_in(behind, "dora", "user", "list").status == TAMPERED


def test_beside_a_damaged_note_of_what_was_seen_nothing_is_written(worked: House) -> None:
    note = worked.practice.state_folder / "head.json"
    note.write_bytes(memory(worked)[:20])
    size = entries(worked)
    answer = type_in(worked, "dora", "user", "list")
    assert answer.status == TAMPERED
    assert f'move "{note}" away' in answer.err
    assert entries(worked) == size
    note.unlink()
    done(worked, "dora", "user", "list")


def resume(house: House, **environ: Path) -> Answer:
    reason = "The computer was set back to what was saved at noon"
    answer = type_in(house, "dora", "audit", "resume", "--reason", reason, "--yes", **environ)
    assert answer.status == 0, answer
    return answer
