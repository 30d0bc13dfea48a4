"""Rows of an older copy of the catalogue, put back for as long as it takes, open nothing."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from callrec.requests import ask, grants
from house.commands import Answer, done, type_in
from house.erasures import approved_erasure, erase
from house.incidents import an_incident
from house.practices import House
from house.requests import a_request, approve, approved, by_sql, state_of
from house.restated import add_revision
from house.stages import CALLERS, copied

TAMPERED = 5

callers = copied(CALLERS)

PUT_BACK = {
    "its row and its metadata": ("recording", "metadata"),
    "all but what was signed": ("recording", "metadata", "token", "duplicate", "destroyed"),
    "all of it": ("recording", "metadata", "token", "duplicate", "destroyed", "written"),
}

ASKS = (
    *("request", "create", "complaint", "--complaint", "C-7", "--complainant", "patient"),
    *("--reason", "The caller complains about that call", "--number", "07700 900123"),
    *("--party", "unknown", "--extension", "201", "--date", "4/7/2024", "--time", "unknown"),
    *("--about", "unknown", "--recording", "1"),
)

COMMANDS = {
    "show": ("max", "show", "1"),
    "create": ("sam", *ASKS),
    "attach": ("sam", "request", "attach", "R-2", "1"),
    "approve": ("max", "approve", "R-2", "--yes"),
    "look": ("sam", "listen", "R-2", "1", "--look"),
    "listen": ("sam", "listen", "R-2", "1", "--attended", "nobody"),
    "release": ("sam", "release", "R-2", "--to", "outbox"),
}


class OlderCopy:
    """What somebody kept of a vault who can write all of it and has no key."""

    def __init__(self, house: House, folder: Path) -> None:
        self._house = house
        house.close()
        self._copy = shutil.copytree(house.practice.folder, folder / "older")
        house.open()

    def put_back(self, *names: str) -> None:
        """The rows of these tables, and every sealed file."""
        vault = self._house.practice.folder
        self._house.close()
        shutil.copytree(self._copy / "recordings", vault / "recordings", dirs_exist_ok=True)
        with closing(sqlite3.connect(vault / "catalogue.sqlite")) as connection, connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("ATTACH ? AS older", (str(self._copy / "catalogue.sqlite"),))
            for name in names:
                some = "WHERE name IN ('recording', 'destroyed')" if name == "written" else ""
                connection.execute(f"DELETE FROM main.{name} {some}")
                connection.execute(f"INSERT INTO {name} SELECT * FROM older.{name} {some}")
        self._house.open()


def with_a_program_of_their_own(house: House, *recordings: int, decided: bool) -> None:
    """R-2 is sam's, made without a look at the log; max approves it likewise."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (ask, grants):
            patch.setattr(module, "check_as_signed", _looks_at_nothing, raising=False)
        assert a_request(house, recordings=recordings) == "R-2"
        if decided:
            approve(house, "R-2")


def _looks_at_nothing(*_: object) -> None:
    return


def typed(house: House, words: Sequence[str]) -> Answer:
    (house.folder / "outbox").mkdir()
    answer = type_in(
        house, *(str(house.folder / each) if each == "outbox" else each for each in words)
    )
    assert not [*(house.folder / "outbox").iterdir()]
    return answer


@pytest.mark.parametrize("names", PUT_BACK.values(), ids=PUT_BACK)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_destroyed_recording_that_is_put_back_is_not_given_to_anybody(
    callers: House, tmp_path: Path, command: str, names: Sequence[str]
) -> None:
    older = OlderCopy(callers, tmp_path)
    erase(callers, approved_erasure(callers, 1))
    older.put_back(*names)
    asked = (2,) if command in ("show", "create", "attach") else (1,)
    with_a_program_of_their_own(
        callers, *asked, decided=COMMANDS[command][1] in ("listen", "release")
    )
    answer = typed(callers, COMMANDS[command])
    assert answer.status == TAMPERED, answer
    assert "recording 1 was destroyed by entry " in answer.err
    assert "callrec drive restore --from DRIVE" in answer.err


def test_nor_where_the_statement_is_gone_too_by_which_it_was_destroyed(
    callers: House, tmp_path: Path
) -> None:
    older = OlderCopy(callers, tmp_path)
    erase(callers, approved_erasure(callers, 1))
    older.put_back(*PUT_BACK["all of it"])
    by_sql(callers, "DELETE FROM statement WHERE kind = 'destruction'")
    assert "recording 1 was destroyed by entry " in type_in(callers, "max", "show", "1").err


@pytest.fixture
def joined(stocked: House, tmp_path: Path) -> tuple[House, OlderCopy]:
    """Recording 1 has a second revision, of which an older copy does not know."""
    older = OlderCopy(stocked, tmp_path)
    add_revision(stocked, parties=["Zoë Featherstonehaugh"])
    return stocked, older


@pytest.mark.parametrize("names", [("metadata",), ("metadata", "written")], ids=" ".join)
@pytest.mark.parametrize("command", ["show", "approve"])
def test_nothing_is_given_by_an_earlier_revision(
    joined: tuple[House, OlderCopy], command: str, names: Sequence[str]
) -> None:
    house, older = joined
    for count in (1, 2):
        assert a_request(house, recordings=(1,)) == f"R-{count}"
    older.put_back(*names)
    assert type_in(house, *COMMANDS[command]).status == TAMPERED
    assert state_of(house, "R-2") == "submitted"


@pytest.mark.parametrize("command", ["create", "attach", "look", "listen", "release"])
def test_nor_is_it_asked_for_or_given_meanwhile(
    joined: tuple[House, OlderCopy], command: str
) -> None:
    house, older = joined
    asked = (2,) if command == "attach" else (1,)
    assert a_request(house, recordings=asked) == "R-1"
    assert approved(house, recordings=asked) == "R-2"
    older.put_back("metadata")
    answer = typed(house, COMMANDS[command])
    assert answer.status == TAMPERED, answer
    assert "recording 1, in " in answer.err


def test_what_is_damaged_can_be_reported_and_asked_for_no_longer(
    joined: tuple[House, OlderCopy],
) -> None:
    house, older = joined
    a_request(house, recordings=(1, 2))
    older.put_back("metadata")
    done(house, "sam", "request", "detach", "R-1", "1")
    assert an_incident(house, recordings=(1,)) == "I-1"
