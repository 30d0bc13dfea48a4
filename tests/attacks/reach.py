"""What a key opens: each sealing in a catalogue is tried with it, and with all that it opened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.catalogue.tables import from_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import format_instant, parse
from callrec.crypto.context import context
from callrec.errors import Tampered
from house.practices import House


class Sealing(NamedTuple):
    """Something sealed by HPKE in the catalogue."""

    what: str
    sealed: bytes
    info: bytes


def reach(house: House, *keys: bytes) -> set[str]:
    """What somebody opens who has these keys and the whole catalogue, by hand and with no tool.

    Args:
        house: its catalogue is read as it stands.
        keys: X-Wing seeds; what they open is tried as a key in its turn.
    """
    with reading(house.practice.engine) as connection:
        closed = set(_sealings(connection, house.practice.vault))
    found = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        opened = {sealing: secret for sealing in closed if (secret := _open(key, sealing))}
        closed -= opened.keys()
        found |= {sealing.what for sealing in opened}
        waiting += [secret for secret in opened.values() if len(secret) == primitives.KEY_BYTES]
    return found


def _open(key: bytes, sealing: Sealing) -> bytes | None:
    try:
        return primitives.hpke_open(key, sealing.sealed, sealing.info)
    except Tampered:
        return None


def _sealings(connection: Connection, vault: str) -> Iterator[Sealing]:
    logins = {row.id: row.login for row in connection.execute(select(tables.person))}
    for row in connection.execute(select(tables.share)):
        info = context("share", vault, key=row.key, version=row.version, to=row.person)
        whose = logins.get(row.person, "the kit")
        yield Sealing(f"share of {row.key} {row.version} to {whose}", row.sealed, info)
    for row in connection.execute(select(tables.batch)):
        for side in ("recordings", "catalogue"):
            version = getattr(row, f"{side}_version")
            info = context("batch", vault, batch=row.id, key=side, version=version)
            yield Sealing(f"batch key: {side} {version}", getattr(row, f"{side}_key"), info)
    for row in connection.execute(select(tables.detail)):
        yield Sealing("details of leaves", row.sealed, context("detail", vault, seq=row.seq))
    yield from _sealings_of_requests(connection, vault)


def _sealings_of_requests(connection: Connection, vault: str) -> Iterator[Sealing]:
    numbers = {row.id: f"R-{row.number}" for row in connection.execute(select(tables.request))}
    for row in connection.execute(select(tables.request_key)):
        info = context("request", vault, request=row.request, version=row.version)
        yield Sealing(f"key of {numbers[row.request]}", row.sealed, info)
    approved = select(tables.grant, tables.statement.c.body).join(
        tables.statement, tables.statement.c.digest == tables.grant.c.approval
    )
    for row in connection.execute(approved):
        info = context(
            "grant",
            vault,
            request=row.request,
            digest=parse(row.body)["digest"],
            uid=row.uid,
            to=row.person,
            lapses=format_instant(from_millis(row.lapses_at)),
        )
        yield Sealing(f"grant under {numbers[row.request]}", row.sealed, info)
