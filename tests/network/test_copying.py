"""A catalogue goes from a file to a database and back, and into backups, without a change."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from callrec.archive.run import back_up
from callrec.audit.log import stored_head
from callrec.catalogue.copying import copy_to_file, make_there
from callrec.catalogue.engine import FILE_NAME, open_catalogue, reading
from callrec.catalogue.postgres import connect as connect_there
from callrec.catalogue.sqlite import connect
from callrec.catalogue.tables import METADATA
from callrec.errors import Failed, Refused
from callrec.registers.verify import check_vault
from callrec.restore.copy import opener_by_password
from callrec.restore.rebuild import actor_in_rebuilt, open_volumes, rebuild
from callrec.restore.restore import restore_from_volumes
from house.commands import done
from house.drives import drive
from house.postgres import as_owner, database_at, name_of, put_there, server, there
from house.practices import House, password_of
from house.requests import grants_of
from house.spool import originals_of
from house.stages import GRANTED, TO_BE_ERASED, Stages

granted = there(GRANTED)


def rows_in(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, with the type of each value."""
    with closing(sqlite3.connect(file)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = sorted(name for (name,) in tables if name != "sqlite_sequence")
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
        }


def test_every_row_comes_back_byte_for_byte(stages: Stages, tmp_path: Path) -> None:
    file, back = stages.at(TO_BE_ERASED).config.vault / FILE_NAME, tmp_path / FILE_NAME
    url = database_at()
    put_there(file, url)
    engine = open_catalogue(tmp_path, url)
    with reading(engine) as connection, reading(connect(file, mode="ro")) as before:
        copy_to_file(connection, back)
        assert stored_head(connection) == stored_head(before)
    engine.dispose()
    found = rows_in(back)
    assert found == rows_in(file)
    assert len(found["token"]) > len(found["recording"]) > 0
    reading(open_catalogue(tmp_path))  # it has the schema that callrec makes


def test_what_is_in_a_database_is_never_written_over(stages: Stages) -> None:
    url = database_at()
    file = stages.at(GRANTED).config.vault / FILE_NAME
    put_there(file, url)
    engine = connect_there(url)
    with reading(connect(file, mode="ro")) as source, engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        with pytest.raises(Failed, match="there is a catalogue already"):
            make_there(connection, source)
    engine.dispose()


def test_no_sample_of_a_key_is_kept_among_the_statistics(granted: House) -> None:
    """Rows are deleted, and what ANALYZE took of them before would not be."""
    with as_owner(server(), name_of(granted.config.catalogue)) as connection:
        connection.execute("ANALYZE")
        query = "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'"
        sampled = {*connection.execute(query)}
    assert ("recording", "started_at") in sampled
    bytes_in = {
        (table.name, column.name)
        for table in METADATA.sorted_tables
        for column in table.columns
        if column.type.python_type is bytes
    }
    assert ("share", "sealed") in bytes_in
    assert sampled.isdisjoint(bytes_in)


def test_a_backup_gives_the_vault_back_in_a_folder(granted: House) -> None:
    originals = originals_of(granted)
    assert grants_of(granted, "R-1")
    back_up(
        granted.practice,
        granted.actor("max"),
        drive(granted, "backup"),
        label=None,
        check=check_vault,
    )
    granted.close()
    granted.config = granted.config.model_copy(update={"catalogue": ""})
    (granted.folder / "config" / "callrec" / "config.toml").unlink()
    kept = granted.folder / "kept"
    granted.config.vault.rename(kept)
    volumes = open_volumes([drive(granted, "backup")])
    back = rebuild(
        granted.config,
        volumes,
        opener_by_password(password_of("dora")),
        now=granted.now,
        environ=granted.environ,
        check=check_vault,
    )
    shutil.copytree(kept / "recordings", granted.config.vault / "recordings")
    given = (back.practice, actor_in_rebuilt(back), volumes)
    restore_from_volumes(*given, advance=lambda _: None, check=check_vault)
    granted.open()
    assert originals_of(granted) == originals
    with pytest.raises(Refused):
        grants_of(granted, "R-1")
    assert "INTACT" in done(granted, "dora", "audit", "verify", "--full")
