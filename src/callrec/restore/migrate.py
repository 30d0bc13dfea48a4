"""Bring a vault that an older callrec wrote to the schema that this one works with.

In one transaction a sealed copy of the catalogue is put beside it, the migrations are done, what
they made is checked, and the log records it: all of it happens or nothing. No key is needed, as
nothing sealed is opened, so the leaf's actor is nobody, and the next checkpoint covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from callrec.archive.copy import SEALED_COPIES_GLOB, UNFINISHED_COPY, keep_sealed
from callrec.audit import log as audit
from callrec.audit.leaf import NOBODY
from callrec.audit.log import LogTransaction
from callrec.catalogue.engine import (
    OLDER_SCHEMAS,
    SCHEMA,
    check_schema,
    newer_schema,
    open_any_schema,
    reading,
    schema_of,
    upgrade,
)
from callrec.catalogue.sound import check_integrity, check_no_rows_lost, row_counts
from callrec.config import Config
from callrec.dataclass import dataclass
from callrec.errors import Failed
from callrec.practice import (
    Practice,
    check_remembered_head,
    practice_on,
    report_unsaved_head,
    writing,
)
from callrec.system.files import remove_folder

MIGRATED: Final = "vault.migrated"


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of a vault's schema."""

    before: str
    after: str
    copy: Path | None
    """The folder with the catalogue as it was, sealed; None where nothing was to be done."""


def migrate_vault(
    config: Config, *, now: Callable[[], datetime], environ: Mapping[str, str]
) -> Migrated:
    """Bring the vault that the configuration names to the newest schema.

    Raises:
        Misconfigured: there is no vault, or its schema is newer than this callrec.
        Tampered: the catalogue is damaged, or its log is behind what was seen before.
        Failed: it cannot be copied or written; then it is as it was.
    """
    engine = open_any_schema(config.vault, config.catalogue)
    with reading(engine) as connection:
        before = schema_of(connection)
    if before == SCHEMA:
        for left in config.vault.glob(UNFINISHED_COPY):
            remove_folder(left, ignore_errors=True)
        return Migrated(before, SCHEMA, None)
    if before not in OLDER_SCHEMAS:
        raise newer_schema(before)
    practice = practice_on(engine, config, now, environ)
    check_remembered_head(practice)
    copy = config.vault / SEALED_COPIES_GLOB.replace("*", SCHEMA)
    with writing(practice, None) as act:
        if schema_of(act.connection) != before:
            raise Failed("somebody else migrated this vault a moment ago", hint="callrec status")
        check_integrity(act.connection)
        keep_sealed(practice, copy)  # under the write lock: of the catalogue as it was
        _bring_on(act, before)
    engine.dispose()
    report_unsaved_head(practice)
    return Migrated(before, SCHEMA, copy)


def migrate_unpacked(practice: Practice) -> None:
    """Bring a copy of the catalogue that was just unpacked to the newest schema, if it is older."""
    with reading(practice.engine) as connection:
        before = schema_of(connection)
        if before == SCHEMA:
            check_schema(connection)
    if before in OLDER_SCHEMAS:
        with audit.log_transaction(practice.engine, practice.log, None) as act:
            _bring_on(act, before)
    elif before != SCHEMA:
        raise newer_schema(before)
    practice.engine.dispose()


def _bring_on(act: LogTransaction, before: str) -> None:
    counts = row_counts(act.connection)
    upgrade(act.connection)
    check_no_rows_lost(act.connection, {**counts, "alembic_version": 1})
    check_schema(act.connection)
    act.leaf(MIGRATED, actor=NOBODY, details={"from": before, "to": SCHEMA})
