"""What is erased is gone from the database's own files, whoever else reads; its log is another's.

How long that and what is made of it keep the bytes, the configuration says (`database.kept_days`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from callrec.catalogue import postgres
from callrec.errors import Failed
from callrec.package.destroyed import SealedCopies
from callrec.retention.certificate import certify_destruction
from house.commands import type_in
from house.drives import archive, drive
from house.erasures import approved_erasure, erase, found_in, path_of, secrets_of, to_be_erased
from house.holds import with_two_callers
from house.postgres import as_owner, configure, name_of, owned, server, there
from house.practices import House
from house.requests import last_leaf, rows

founded = there(None)

FIRST = "SELECT ciphertext FROM recording WHERE id = 1"


def files_with(secrets: list[bytes], house: House) -> list[str]:
    """The server's files that hold one of these, but for its write-ahead log.

    Other databases may be of practices that were copied from the same one, and come and go.
    """
    query = "SELECT oid FROM pg_database WHERE datname = %s"
    with as_owner(server()) as connection:
        connection.execute("CHECKPOINT")
        (own,) = connection.execute(query, (name_of(house.config.catalogue),)).fetchall()
    data = server() / "data"
    beside = [each for each in data.iterdir() if each.name not in ("base", "pg_wal")]
    return found_in(secrets, data / "base" / str(own[0]), *filter(Path.is_dir, beside))


@contextmanager
def reader(house: House, begins: str) -> Iterator[psycopg.Connection[Any]]:
    """Another machine, which has begun to read."""
    with as_owner(server(), name_of(house.config.catalogue)) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute(begins)
        yield connection
        connection.execute("ROLLBACK")


def drives(house: House) -> tuple[Path, Path]:
    return house.folder / "drive-a", house.folder / "drive-b"


def test_while_somebody_reads_it_is_not_called_erased_and_afterwards_no_byte_is_left(
    founded: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(founded, owned(founded.config.catalogue))
    to_be_erased(founded)
    secrets = secrets_of(founded, 1, 2, 5)
    assert files_with(secrets, founded)
    monkeypatch.setattr(postgres, "_PAUSES", ())
    for begins in ("SELECT pg_current_snapshot()", "LOCK TABLE archived IN ACCESS SHARE MODE"):
        reading = pytest.raises(Failed, match="somebody else is reading the vault")
        with reader(founded, begins), reading:
            erase(founded, "R-1", *drives(founded))
        assert files_with(secrets, founded)
    assert erase(founded, "R-1", *drives(founded)).is_done
    assert files_with(secrets, founded) == []
    certificate = certify_destruction(founded.practice, "R-1", released_to=())
    assert certificate is not None
    assert certificate.beyond_reach == SealedCopies(frozenset({"database"}), None)
    assert (
        "kept elsewhere: database.kept_days" in type_in(founded, "nobody", "practice", "doctor").out
    )


def test_what_lies_in_another_machine_s_folder_is_not_erased_and_not_called_archived(
    founded: House,
) -> None:
    configure(founded, owned(founded.config.catalogue))
    with_two_callers(founded)
    reference = approved_erasure(founded, 1)
    (file,) = [path_of(founded, row.ciphertext) for row in rows(founded, FIRST)]
    file.rename(file.with_suffix(".away"))
    size = last_leaf(founded).seq
    with pytest.raises(Failed, match="the sealed file of recording 1 is not on this machine"):
        erase(founded, reference)
    assert last_leaf(founded).seq == size + 1
    assert archive(founded, drive(founded, "drive-a")).unsound == (1,)
    file.with_suffix(".away").rename(file)
    assert erase(founded, reference, drive(founded, "drive-a")).is_done
    assert not file.exists()
