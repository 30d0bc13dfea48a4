"""What a transaction signs for, against known answers (tests/vectors/audit/rows.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, and_

from callrec.audit.checkpoint import Checkpoint
from callrec.catalogue import engine as catalogue
from callrec.catalogue.tables import METADATA
from callrec.catalogue.written import rows_digest, save_written_rows, watch, written_rows
from callrec.errors import Tampered

STEPS = json.loads((Path(__file__).parents[1] / "vectors/audit/rows.json").read_bytes())["steps"]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    catalogue.create_catalogue(tmp_path / catalogue.FILE_NAME)
    engine = catalogue.open_catalogue(tmp_path)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        watch(connection)
        yield connection


def is_row(table: Table, row: Mapping[str, Any]) -> Any:
    return and_(*(column == row[column.name] for column in table.primary_key))


def carry_out(connection: Connection, step: Mapping[str, Any]) -> None:
    def rows(what: str) -> Iterator[tuple[Table, dict[str, Any]]]:
        for name, row in step[what]:
            yield (
                METADATA.tables[name],
                {k: bytes.fromhex(v["hex"]) if isinstance(v, dict) else v for k, v in row.items()},
            )

    for table, row in rows("take"):
        assert connection.execute(table.delete().where(is_row(table, row))).rowcount == 1
    for table, row in rows("put"):
        changed = table.update().where(is_row(table, row)).values(row)
        if not connection.execute(changed).rowcount:
            connection.execute(table.insert().values(row))


def test_each_digest_and_the_line_of_the_checkpoint_is_the_known_one(
    connection: Connection,
) -> None:
    for size, step in enumerate(STEPS, 1):
        carry_out(connection, step)
        found = written_rows(connection)
        assert [
            {
                "name": row.name,
                "key": row.key,
                "was": row.was and row.was.hex(),
                "now": row.now and row.now.hex(),
            }
            for row in found
        ] == step["written"]
        save_written_rows(connection, found, size)
        text = Checkpoint("callrec/0", size, bytes(32), rows_digest(found)).text
        assert text.splitlines()[3] == step["line"]


def test_what_is_written_twice_counts_once_and_what_is_put_back_not_at_all(
    connection: Connection,
) -> None:
    first, _ = STEPS
    carry_out(connection, first)
    carry_out(connection, {**first, "put": [], "take": first["put"]})
    assert written_rows(connection) == []
    carry_out(connection, first)
    carry_out(connection, first)
    assert len(written_rows(connection)) == len(first["written"])


def test_a_row_that_somebody_changed_is_not_written_again(connection: Connection) -> None:
    first, _ = STEPS
    carry_out(connection, first)
    save_written_rows(connection, written_rows(connection), 1)
    part = METADATA.tables["part"]
    connection.execute(part.update().values(bits=9))
    connection.exec_driver_sql("DELETE FROM touched")  # as by another program
    connection.execute(part.update().values(rows=9))
    with pytest.raises(Tampered, match='of the table "part" is not as entry 0 wrote it'):
        written_rows(connection)
