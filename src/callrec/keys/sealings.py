"""Everything that names the version of a vault key that it is sealed to.

Each is HPKE to the key's public half; whoever has the key can seal it anew to another version, and
nothing else about it changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, tuple_

from callrec.catalogue import tables
from callrec.crypto.context import context
from callrec.incidents.log import INCIDENTS
from callrec.policy.role import VaultKey
from callrec.requests.history import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select, Table

    from callrec.record.versions import Versioned

Place = tuple[Any, ...]
"""The primary key of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """One column of the catalogue that is sealed to a vault key."""

    what: str
    """Plural, as it is shown: ``requests``."""
    table: Table
    key: VaultKey
    info: Callable[[str, Row[Any], int], bytes]
    """Vault, row and version of the vault key -> the HPKE information."""
    version: str = "key_version"
    sealed: str = "sealed"
    holder: str = ""
    """Where a table holds what is sealed to several: which of its rows are meant."""

    def count_older(self, connection: Connection, newest: int) -> int:
        """How many rows are not sealed to the newest version."""
        query = select(func.count()).select_from(self.table).where(*self._is_older(newest))
        return connection.execute(query).scalar_one()

    def older(
        self, connection: Connection, newest: int, after: Place, most: int
    ) -> Sequence[Row[Any]]:
        """Rows that are not sealed to the newest version, by their place, after one of them."""
        place = self.table.primary_key.columns
        query: Select[Any] = select(self.table).where(*self._is_older(newest)).order_by(*place)
        if after:
            query = query.where(tuple_(*place) > after)
        return connection.execute(query.limit(most)).all()

    def place_of(self, row: Row[Any]) -> Place:
        """Where a row stands."""
        return tuple(getattr(row, column.name) for column in self.table.primary_key.columns)

    def replace(self, connection: Connection, row: Row[Any], newest: int, sealed: bytes) -> None:
        """Put what was sealed anew in a row's place."""
        place = zip(self.table.primary_key.columns, self.place_of(row), strict=True)
        connection.execute(
            self.table.update()
            .where(*(column == value for column, value in place))
            .values({self.version: newest, self.sealed: sealed})
        )

    def _is_older(self, newest: int) -> Sequence[ColumnElement[bool]]:
        older = self.table.c[self.version] != newest
        return (older, self.table.c.holder == self.holder) if self.holder else (older,)


def _batch(key: VaultKey) -> SealedColumn:
    return SealedColumn(
        what="batches",
        table=tables.batch,
        key=key,
        info=lambda vault, row, version: context(
            "batch", vault, batch=row.id, key=key, version=version
        ),
        version=f"{key}_version",
        sealed=f"{key}_key",
    )


def _versions(what: str, kind: Versioned[Any]) -> Iterator[SealedColumn]:
    name = kind.table.name
    for key in kind.holders:
        yield SealedColumn(
            what=what,
            table=kind.keys,
            key=key,
            info=lambda vault, row, _: context(
                name, vault, version=row.version, **{name: getattr(row, name)}
            ),
            holder=key,
        )


SEALED_COLUMNS: Final = (
    _batch(VaultKey.RECORDINGS),
    _batch(VaultKey.CATALOGUE),
    SealedColumn(
        what="people",
        table=tables.person,
        key=VaultKey.CATALOGUE,
        info=lambda vault, row, version: context("person", vault, person=row.id, version=version),
        version="name_version",
        sealed="name_sealed",
    ),
    *_versions("requests", REQUESTS),
    SealedColumn(
        what="holds",
        table=tables.hold,
        key=VaultKey.CATALOGUE,
        info=lambda vault, row, _: context("hold", vault, hold=row.id),
    ),
    *_versions("incidents", INCIDENTS),
    SealedColumn(
        what="volumes",
        table=tables.volume,
        key=VaultKey.CATALOGUE,
        info=lambda vault, row, _: context("kept", vault, volume=row.id),
        version="kept_version",
        sealed="kept_sealed",
    ),
    SealedColumn(
        what="details",
        table=tables.detail,
        key=VaultKey.AUDIT,
        info=lambda vault, row, _: context("detail", vault, seq=row.seq),
    ),
)
"""All there are; a test holds them against the columns of the catalogue."""
