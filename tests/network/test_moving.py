"""A vault's catalogue is moved into a database and back, by the command that people type."""

from __future__ import annotations

from typing import Any

import pytest

from callrec.archive.unfinished import archive_lock
from callrec.catalogue.engine import FILE_NAME, transaction
from callrec.errors import Failed, Misconfigured, Tampered
from callrec.restore import moving
from house.commands import done, type_in
from house.erasures import approved_erasure, erase
from house.holds import with_two_callers
from house.postgres import as_owner, configure, database_at, name_of, put_there, server
from house.practices import House
from house.requests import approved, last_leaf, rows


def test_there_and_back_nothing_is_lost_and_what_was_left_is_closed(granted: House) -> None:
    url, size = database_at(), last_leaf(granted).seq
    everything = rows(granted, "SELECT * FROM share ORDER BY person, key")
    granted.close()
    assert "was in a folder and is in a database" in done(
        granted, "nobody", "practice", "migrate", "--to", url
    )
    left = type_in(granted, "max", "inbox")
    assert left.status == Misconfigured.exit_status
    assert "was moved away from here" in left.err
    configure(granted, url)
    assert last_leaf(granted).seq == size + 1
    assert rows(granted, "SELECT * FROM share ORDER BY person, key") == everything
    assert "INTACT" in done(granted, "dora", "audit", "verify")
    approved(granted)
    size = last_leaf(granted).seq
    granted.close()
    back = type_in(granted, "nobody", "practice", "migrate", "--to", "sqlite")
    assert "a catalogue that was left is there yet" in back.err
    for file in granted.config.vault.glob(f"{FILE_NAME}*"):
        file.unlink()
    done(granted, "nobody", "practice", "migrate", "--to", "sqlite")
    assert "was moved away from here" in type_in(granted, "max", "inbox").err
    configure(granted, "")
    assert last_leaf(granted).seq == size + 1
    assert "INTACT" in done(granted, "dora", "audit", "verify", "--full")
    assert not [*granted.config.vault.glob("catalogue.moving*")]


def test_what_was_left_in_the_folder_goes_with_the_first_erasure(house: House) -> None:
    with_two_callers(house)
    house.close()
    url = database_at()
    done(house, "nobody", "practice", "migrate", "--to", url)
    configure(house, url)
    assert "lies beside it: delete it" in done(house, "nobody", "status")
    erase(house, approved_erasure(house, 1))
    assert not [*house.config.vault.glob(f"{FILE_NAME}*")]
    assert "delete it" not in done(house, "nobody", "status")


def test_a_machine_that_had_nothing_of_the_vault_has_a_folder_for_it_at_once(house: House) -> None:
    url = database_at()
    done(house, "nobody", "practice", "migrate", "--to", url)
    configure(house, url)
    for file in house.config.vault.glob(f"{FILE_NAME}*"):
        file.unlink()
    house.config.vault.rename(house.folder / "one")
    assert "its owner's alone" in done(house, "nobody", "practice", "doctor")
    assert house.config.vault.stat().st_mode & 0o777 == 0o700


def test_who_had_it_open_writes_nothing_more_where_it_was(granted: House) -> None:
    granted.open()
    done(granted, "nobody", "practice", "migrate", "--to", database_at())
    with pytest.raises(Misconfigured, match="was moved away"), transaction(granted.practice.engine):
        pass


def begun(house: House) -> str:
    """A move that was killed before the old one was closed; returns the URL to which it led."""

    def killed(_: Any) -> None:
        raise KeyboardInterrupt

    house.close()
    url = database_at()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "close_for_good", killed)
        assert type_in(house, "nobody", "practice", "migrate", "--to", url).status != 0
    return url


def test_killed_before_the_old_one_was_closed_it_is_ended_by_the_same_command(
    granted: House,
) -> None:
    url = begun(granted)
    size = last_leaf(granted).seq  # the file is the vault yet
    granted.close()
    done(granted, "nobody", "practice", "migrate", "--to", url)
    configure(granted, url)
    assert last_leaf(granted).seq == size + 1


def test_while_a_move_is_under_way_another_is_told_so(granted: House) -> None:
    with archive_lock(granted.practice):
        answer = type_in(granted, "nobody", "practice", "migrate", "--to", database_at())
    assert answer.status == Failed.exit_status
    assert "a move, an erasure or sealing anew is under way" in answer.err
    assert "hint: wait until it ends" in answer.err


def test_what_somebody_planted_where_it_is_moved_to_is_not_asked(granted: House) -> None:
    url = begun(granted)
    with as_owner(server(), name_of(url)) as connection:
        connection.execute(
            "ALTER TABLE node RENAME TO x; CREATE VIEW node AS"
            " SELECT level, position, hash FROM x WHERE 1 / position > 0"
        )
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", url)
    assert answer.status == Tampered.exit_status
    assert "not those that callrec made" in answer.err


@pytest.mark.parametrize(
    "changed",
    [
        "DELETE FROM share WHERE ctid = (SELECT min(ctid) FROM share)",
        "UPDATE leaf SET body = body || 'x' WHERE seq = (SELECT max(seq) FROM leaf)",
        "UPDATE detail SET sealed = sealed || 'x' WHERE seq = (SELECT min(seq) FROM detail)",
        "INSERT INTO failed_login VALUES (1)",
    ],
)
def test_a_move_that_is_ended_compares_every_row_before_the_old_one_is_closed(
    granted: House, changed: str
) -> None:
    url = begun(granted)
    with as_owner(server(), name_of(url)) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(changed.encode()).rowcount == 1
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", url)
    assert answer.status == Tampered.exit_status
    assert "INTACT" in done(granted, "dora", "audit", "verify")  # in the file, as before


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE x (a int)",
        "CREATE SCHEMA other CREATE TABLE x (a int)",
        "CREATE DOMAIN x AS int",
        "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_into_a_database_with_anything_in_it_nothing_is_moved(granted: House, made: str) -> None:
    url = database_at()
    with as_owner(server(), name_of(url)) as connection:
        connection.execute(made.encode())
    granted.close()
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", url)
    assert answer.status == Misconfigured.exit_status
    assert "the database is not empty" in answer.err
    assert "INTACT" in done(granted, "dora", "audit", "verify")


def test_into_a_database_with_another_catalogue_nothing_is_moved(granted: House) -> None:
    url = database_at()
    put_there(granted.config.vault / FILE_NAME, url)
    approved(granted)
    granted.close()
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", url)
    assert "there is another catalogue in that database" in answer.err
    approved(granted)
    assert "INTACT" in done(granted, "dora", "audit", "verify")


def test_it_is_not_moved_to_where_it_is(granted: House) -> None:
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", "sqlite")
    assert "in a folder already" in answer.err
    answer = type_in(granted, "nobody", "practice", "migrate", "--to", "mysql://x/y")
    assert "no address of a PostgreSQL database" in answer.err
