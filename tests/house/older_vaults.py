"""Practices whose vault has the schema of an older callrec."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

from callrec.config import Config, Passwords
from callrec.procedures.migrate import migrate_vault
from house.practices import NOON, House

VAULTS = Path(__file__).parent.parent / "vectors" / "vaults"

SINCE_0002 = ("former", "destroyed", "certificate", "category")
"""Tables that came later, each before those that it refers to."""

SINCE_0001 = (
    "clock_event",
    "request_words",
    "held",
    "hold",
    "incident_version",
    "incident_key",
    "incident",
    "outbox",
    *SINCE_0002,
)

VOLUME_SINCE_0002 = ("seen_at", "standing", "serial", "kept_version", "kept_sealed")


def catalogue_of(house: House) -> Path:
    return house.config.vault / "catalogue.sqlite"


def sql(house: House, *statements: str) -> list[tuple[object, ...]]:
    """What somebody does to the file without callrec; returns the rows of the last statement."""
    rows: list[tuple[object, ...]] = []
    with closing(sqlite3.connect(catalogue_of(house))) as connection, connection:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
    return rows


def take_back_to_0001(house: House) -> None:
    """Drop what the first schema did not have; it is not to be used before it is migrated."""
    house.practice.engine.dispose()
    sql(house, *_back_to("0001", SINCE_0001))


def take_back_to_0002(house: House) -> None:
    """Drop what the second schema did not have, and keep all else, rows and all."""
    house.practice.engine.dispose()
    sql(house, *back_to_0002())


def back_to_0002() -> list[str]:
    return _back_to("0002", SINCE_0002)


def _back_to(schema: str, tables: tuple[str, ...]) -> list[str]:
    drops = [f"DROP TABLE {table}" for table in tables]
    drops += [f"ALTER TABLE volume DROP COLUMN {column}" for column in VOLUME_SINCE_0002]
    return [*drops, f"UPDATE alembic_version SET version_num = '{schema}'"]


def unpack_0001(folder: Path) -> House:
    """The practice that the callrec of the first schema wrote (tests/vectors/vaults)."""
    with tarfile.open(VAULTS / "0001.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    seeds = json.loads((folder / "seeds.json").read_text(encoding="utf-8"))
    config = Config(vault=folder / "vault", passwords=Passwords(approver_memory_mib=64))
    migrate_vault(config, now=lambda: NOON, environ={"XDG_STATE_HOME": str(folder / "state")})
    return House(folder, {login: bytes.fromhex(seed) for login, seed in seeds.items()}, kit="")
