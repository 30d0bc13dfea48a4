"""A practice whose catalogue is in PostgreSQL, from its founding to the erasure of what it held."""

from __future__ import annotations

import shutil
from pathlib import Path

from callrec.catalogue.copying import copy_to_file
from callrec.catalogue.engine import FILE_NAME
from house.commands import done, type_in
from house.drives import archive, drive
from house.erasures import erase, found_in, secrets_of, to_be_erased
from house.packages import acts_of, release
from house.postgres import there
from house.practices import House
from house.requests import approved
from house.stages import GRANTED

founded = there(None)

granted = there(GRANTED)


def rows_in(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in some order that is the same for the same rows."""
    connection = sqlite3.connect(file)
    names = [each for (each,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}


def test_calls_come_in_are_archived_asked_for_and_erased(founded: House) -> None:
    to_be_erased(founded)
    secrets = secrets_of(founded, 1, 2, 5)
    erased = erase(founded, "R-1", founded.folder / "drive-a", founded.folder / "drive-b")
    assert erased.certificate
    assert found_in(secrets, founded.folder / "vault") == []
    assert "INTACT" in done(founded, "dora", "audit", "verify", "--full")
