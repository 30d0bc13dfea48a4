"""What a release shows of each recording: how it came in, and who approved that it goes out.

Nothing of another call is in it: of the batch that a recording came in with the one item, with its
path to what was signed; of the approval what is signed, which tells nothing of what was withheld
(docs/formats/release.md, 11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from callrec.catalogue import tables
from callrec.crypto.canonical import parse
from callrec.crypto.statement import shown_items
from callrec.dataclass import dataclass
from callrec.errors import Tampered
from callrec.requests.approvals import by_statement
from callrec.requests.grants import UsableGrant


@dataclass(frozen=True, slots=True)
class Signed:
    """What signers.json shows of recordings, and the leaves that carry it."""

    carrying: frozenset[int]
    recordings: tuple[dict[str, Any], ...]


def read_signed(connection: Connection, grants: Sequence[UsableGrant]) -> Signed:
    """Who signed what of the recordings of these grants.

    Raises:
        Tampered: a statement does not list what was sealed with its recording.
    """
    approvals = by_statement(grants[0].request.approvals)
    approved = {grant.uid: approvals[grant.approval.digest] for grant in grants}
    carrying = {seq for each in approved.values() for seq in each.carried_by}
    shown = {grant.uid: _to_show(grant.metadata["shown"]) for grant in grants}
    items = _items(connection, grants, shown)
    recordings: tuple[dict[str, Any], ...] = tuple(
        {
            "approval": approved[uid].leaf.seq,
            "intake": [{**items[uid, each["revision"]], "shown": each} for each in revisions],
            "uid": uid,
        }
        for uid, revisions in shown.items()
    )
    carrying |= {each["entry"] for said in recordings for each in said["intake"]}
    return Signed(frozenset(carrying), recordings)


def _to_show(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What came in first, and what was said since of the call's time or of its call record."""
    return [s for s in shown if s["revision"] == 1 or s["matched"] or "started_at" in s]


def _items(
    connection: Connection,
    grants: Sequence[UsableGrant],
    shown: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Mapping[tuple[str, int], dict[str, Any]]:
    """By uid and revision, the item of the statement that lists it, its path, and its leaf."""
    uids = {grant.recording.id: grant.uid for grant in grants}
    wanted = {(uid, each["revision"]) for uid in shown for each in shown[uid]}
    metadata, batch, leaf = tables.metadata.c, tables.batch.c, tables.leaf.c
    query = (
        select(metadata.recording, metadata.revision, leaf.seq, batch.statement)
        .join(tables.batch, batch.id == metadata.batch)
        .join(tables.leaf, leaf.statement == batch.statement)
        .where(metadata.recording.in_(uids))
    )
    listed: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for number, revision, seq, digest in connection.execute(query):
        if (uids[number], revision) in wanted:
            listed.setdefault((seq, digest), []).append((uids[number], revision))
    said, found = tables.statement.c, dict[tuple[str, int], dict[str, Any]]()
    for (seq, digest), revisions in listed.items():
        body = connection.execute(select(said.body).where(said.digest == digest)).scalar_one()
        items = shown_items(parse(body), revisions)
        found |= {each: {**item, "entry": seq} for each, item in items.items()}
    if wanted - found.keys():
        raise Tampered("a recording is not listed by the statement of its batch")
    return found
