"""A catalogue in PostgreSQL that an older callrec made is brought to the newest schema.

As in a file (tests/restore/test_migrate.py), the second schema is made up.
"""

from __future__ import annotations

import pytest

from callrec.catalogue import postgres
from callrec.catalogue.engine import connect_there, making, upgrade
from callrec.catalogue.written import make_triggers
from callrec.errors import Misconfigured
from house.commands import done, type_in
from house.older_vaults import SECOND, begin_second_schema
from house.postgres import (
    as_owner,
    configure,
    database_at,
    give_rights,
    name_of,
    owned,
    server,
    there,
)
from house.practices import House
from house.requests import approved, last_leaf, rows
from house.stages import GRANTED

MIGRATE = ("practice", "migrate")

granted = there(GRANTED)


@pytest.fixture
def older(granted: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Its database has the first schema, and callrec a second."""
    granted.close()
    begin_second_schema(monkeypatch.setattr)
    with making(connect_there(database_at())) as connection:
        upgrade(connection)
        postgres.keep_no_samples(connection)
        make_triggers(connection)
        monkeypatch.setattr(postgres, "SHAPE_HASH", postgres.shape_hash(connection))
    return granted


def schema_of(url: str) -> object:
    with as_owner(server(), name_of(url)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()


def test_the_owner_brings_it_to_the_newest_and_then_the_daily_role_works_on(older: House) -> None:
    url = older.config.catalogue
    before = type_in(older, "max", "inbox")
    assert (before.status, "callrec practice migrate brings it there" in before.err) == (7, True)
    not_theirs = type_in(older, "nobody", *MIGRATE)
    assert not_theirs.status == Misconfigured.exit_status
    assert "what is done as the tables' owner" in not_theirs.err
    assert schema_of(url) == [("0001",)]
    configure(older, owned(url))
    done(older, "nobody", *MIGRATE)
    assert schema_of(url) == [(SECOND,)]
    give_rights(owned(url))
    configure(older, url)
    assert last_leaf(older).act == "vault.migrated"
    approved(older)
    assert "INTACT" in done(older, "dora", "audit", "verify", "--full")
    size = last_leaf(older).seq
    older.close()
    done(older, "nobody", *MIGRATE)  # there is nothing more to do
    assert last_leaf(older).seq == size


def test_the_catalogue_as_it_was_is_kept_sealed_and_gives_the_vault_back(older: House) -> None:
    everything = [tuple(row) for row in rows_as_owner(older, "SELECT seq, body FROM leaf")]
    configure(older, owned(older.config.catalogue))
    done(older, "nobody", *MIGRATE)
    copy = older.config.vault / f"before-{SECOND}"
    configure(older, "")
    done(older, "dora", "drive", "restore", "--from", str(copy))
    size = len(everything)
    kept = rows(older, "SELECT seq, body FROM leaf WHERE seq < :size ORDER BY seq", size=size)
    assert [tuple(row) for row in kept] == everything
    assert rows(older, "SELECT version_num FROM alembic_version") == [(SECOND,)]
    # The copy had the first schema: it was brought on here.
    brought_on = "SELECT count(*) FROM leaf WHERE instr(body, :act)"
    assert rows(older, brought_on, act=b'"act":"vault.migrated"') == [(1,)]
    assert "INTACT" in done(older, "dora", "audit", "verify", "--full")


def rows_as_owner(house: House, query: str) -> list[tuple[object, ...]]:
    with as_owner(server(), name_of(house.config.catalogue)) as connection:
        return connection.execute(f"{query} ORDER BY seq".encode()).fetchall()
