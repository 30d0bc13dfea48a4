"""What was taken in before is stated again by somebody, who changes what the rows say of it."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row

from callrec.calls.custody import REENCRYPTED, seal_data_key, seal_metadata, with_shown
from callrec.catalogue import tables
from callrec.catalogue.engine import transaction
from callrec.catalogue.tables import from_millis
from callrec.crypto import primitives
from callrec.crypto.canonical import format_instant
from callrec.crypto.context import context
from callrec.crypto.statement import sign_statement
from callrec.crypto.streaming import StreamSealer
from callrec.intake.batch import BatchKeys, batch_row
from callrec.practice import writing
from callrec.store.sealing import seal_stream
from house.practices import House
from house.requests import rows
from house.spool import a_wave

ANOTHER_NUMBER = "+441144960987"


def take_in_again(
    house: House,
    number: int = 1,
    *,
    login: str = "door",
    kind: str = "batch",
    copies: int = 1,
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """State a recording as new once more, in a batch of its own, with another sound and number.

    ``copies``: how often the statement lists it; ``more``: what else its item says.
    """
    row, keys = _recording(house, number), BatchKeys.draw()
    vault, store = house.practice.vault, house.practice.store
    data_key, sealed = primitives.random_bytes(32), BytesIO()
    stream = StreamSealer(data_key, context("recording", vault, uid=row.uid))
    made = seal_stream(BytesIO(a_wave(99)), sealed, stream)
    place = store.path(made.sha256_ciphertext)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(sealed.getvalue())
    said = {
        **{name: getattr(row, name) for name in ("direction", "duration_ms", "format")},
        **dict.fromkeys(("callee", "caller", "contradiction", "record", "unique_id")),
        **dict.fromkeys(("utc_offset_minutes", "zone")),
        "ciphertext": made.sha256_ciphertext,
        "extension": "201",
        "findings": [],
        "local_time": "2024-07-04T14:05:01",
        "number": ANOTHER_NUMBER,
        "parties": [],
        "raw_time": "14:05:01",
        "said": {},
        "sha256": made.sha256_original,
        "sides": [],
        "size_bytes": made.size_bytes,
        "started_at": format_instant(from_millis(row.started_at)),
        "system": "asterisk",
        "time_confidence": "utc-proven",
    }
    columns = {
        "batch": keys.batch,
        "ciphertext": made.sha256_ciphertext,
        "data_key": seal_data_key(
            vault, keys.batch, keys.recordings, uid=row.uid, data_key=data_key
        ),
        "size_bytes": made.size_bytes,
    }
    _state(house, row, keys, said, login=login, kind=kind, copies=copies, more=more)
    house.open()
    table = tables.recording
    with transaction(house.practice.engine) as connection:
        query = table.update().where(table.c.id == number)
        connection.execute(query.values(columns))
    house.open()


def add_revision(house: House, revision: int = 2, **said: Any) -> None:
    """State a further revision of recording 1, in a batch of its own, that says this."""
    _state(house, _recording(house, 1), BatchKeys.draw(), said, revision=revision)
    house.open()


def _recording(house: House, number: int) -> Row[Any]:
    row: Row[Any]
    (row,) = rows(house, f"SELECT * FROM recording WHERE id = {number}")
    return row


def _state(
    house: House,
    row: Row[Any],
    keys: BatchKeys,
    said: dict[str, Any],
    *,
    revision: int = 1,
    login: str = "door",
    kind: str = "batch",
    copies: int = 1,
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    actor, practice = house.actor(login), house.practice
    assert actor.identity is not None
    fields = {"provenance": [], "uid": row.uid, **said}
    metadata = seal_metadata(
        fields if kind == REENCRYPTED and revision > 1 else with_shown(fields, revision),
        key=keys.catalogue,
        vault=practice.vault,
        uid=row.uid,
        revision=revision,
    )
    item = {
        "ciphertext": said.get("ciphertext", row.ciphertext),
        "metadata": metadata.commitment,
        "revision": revision,
        "uid": row.uid,
        **more,
    }
    item |= {"was": item["ciphertext"]} if kind == REENCRYPTED else {"shown": metadata.shown}
    statement = sign_statement(
        kind,
        vault=practice.vault,
        by=actor.person.id,
        at=house.at,
        seed=actor.identity.act,
        fields={"batch": keys.batch, "items": [item] * copies},
    )
    table = tables.metadata
    with writing(practice, actor.signer) as act:
        there = act.connection
        act.leaf("ingest", actor=actor.person.id, subject=[keys.batch], statement=statement)
        there.execute(tables.batch.insert().values(batch_row(practice, keys, statement)))
        this = (table.c.recording == row.id) & (table.c.revision == revision)
        there.execute(table.delete().where(this))
        new = {"recording": row.id, "revision": revision, "batch": keys.batch}
        there.execute(table.insert().values(**new, sealed=metadata.sealed))
