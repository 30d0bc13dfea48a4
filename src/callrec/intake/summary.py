"""What was taken in and what was refused, on record: a statement at the end of each run.

A summary counts every batch of its maker since their last summary, whatever run took it in: a
run that was killed has none, and the next one's counts what it did (docs/formats/recording.md, 6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, select

from callrec.audit.leaf import Leaf
from callrec.audit.log import rows_of_acts
from callrec.catalogue import tables
from callrec.catalogue.tables import from_millis
from callrec.crypto.canonical import format_instant, parse, parse_instant
from callrec.crypto.statement import entries_in
from callrec.dataclass import dataclass, field
from callrec.intake.sources import MISDATED, Quarantined, ReadBack, Refusal
from callrec.policy.role import Power, powers_of
from callrec.practice import Actor, Practice, register_now, today, writing
from callrec.record.acts import read_unverified_statement
from callrec.record.statements import sign_statement_as
from callrec.telephone.sound.sound import Finding

INTAKE_STATEMENT: Final = "intake"


@dataclass(slots=True)
class Totals:
    """What the catalogue does not tell of one run or several."""

    batches: int = 0
    duplicates: int = 0
    joined: int = 0
    unjoined: int = 0
    dated_by_file: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)

    @classmethod
    def of(cls, done: Ingested) -> Totals:
        totals = cls()
        totals.add(done)
        return totals

    def add(self, done: Ingested) -> None:
        """A run more; a file that two runs refuse is counted twice."""
        self.batches += len(done.batches)
        self.duplicates += done.duplicates
        self.joined += done.joined
        self.unjoined += done.unjoined
        self.dated_by_file += done.dated_by_file
        self.refused.update(each.refusal for each in done.quarantined)

    def __bool__(self) -> bool:
        """Whether something was taken in or refused: known files alone are nothing to tell of."""
        return bool(self.batches or self.refused)


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary as it was signed, and the leaf that carries it."""

    seq: int
    fields: Mapping[str, Any]


def close_intake(
    practice: Practice, actor: Actor, totals: Totals, *, complete: bool
) -> Summary | None:
    """Put on record, signed, what was taken in since the last summary.

    None: nothing was taken in or refused, or the actor may not ingest any more.
    """
    with writing(practice, actor.signer) as act:
        now = register_now(practice, act.connection).person(actor.person.id)
        if Power.INGEST not in powers_of(now, today(practice)):
            return None
        counted = _counted(act.connection, actor.person.id)
        if not counted["batches"] and not totals:
            return None
        fields = counted | {
            "complete": complete,
            "dated_by_file": totals.dated_by_file,
            "duplicates": totals.duplicates,
            "joined": totals.joined,
            "refused": {word: totals.refused[word] for word in Refusal},
            "unjoined": totals.unjoined,
        }
        statement = sign_statement_as(practice, actor, INTAKE_STATEMENT, fields)
        seq = act.leaf(
            "ingest.finished", actor=actor.person.id, details=fields, statement=statement
        )
    return Summary(seq, dict(sorted(fields.items())))


def _counted(connection: Connection, person: str) -> dict[str, Any]:
    """What a person took in since their last summary."""
    since = _last_summary(connection, person) + 1
    batches = _batches(connection, person, since)
    found = [*_recordings(connection, batches)]
    first = min((row.first for row in found), default=None)
    last = max((row.last for row in found), default=None)
    return {
        "batches": len(batches),
        "first_start": None if first is None else format_instant(from_millis(first)),
        "last_start": None if last is None else format_instant(from_millis(last)),
        "recordings": sum(row.recordings for row in found),
        "since": since,
        "size_bytes": sum(row.size_bytes for row in found),
    }


_TOLD_FOR: Final = timedelta(days=30)


def unrecognised_warnings(practice: Practice, connection: Connection) -> Iterator[str]:
    """What intake left last, in the last 30 days, as nothing tells when its calls were.

    Less what was taken in since though nothing told: no summary says which files these were.
    """
    since, taken = practice.now() - _TOLD_FOR, 0
    for leaf in _summaries(connection):
        fields, at = read_unverified_statement(connection, leaf), parse_instant(leaf.at)
        if at <= since:
            return
        if fields["kind"] != INTAKE_STATEMENT:  # somebody wrote it with a program of their own
            continue
        if left := fields["refused"].get(Refusal.UNRECOGNISED, 0):
            if left > taken:
                on = at.astimezone(practice.settings.time_zone).date()
                yield (
                    f"left where they are on {on}, files with names that no known telephone"
                    f" system writes: {left - taken}; callrec ingest PATH --dry-run lists them"
                )
            return
        taken += fields["dated_by_file"]


def last_intake(connection: Connection) -> datetime | None:
    """When a batch last came in; None: none ever did."""
    # What was refused carries no statement.
    newest = "AND statement IS NOT NULL ORDER BY seq DESC LIMIT 1"
    row = rows_of_acts(connection, ["ingest"], newest).first()
    return None if row is None else parse_instant(Leaf.decode(row.body, row.seq).at)


def _last_summary(connection: Connection, person: str) -> int:
    """The sequence of its leaf; -1: there is none."""
    return next((leaf.seq for leaf in _summaries(connection) if leaf.actor == person), -1)


def _summaries(connection: Connection) -> Iterator[Leaf]:
    """The leaf of each summary, the newest first."""
    newest = "AND statement IS NOT NULL ORDER BY seq DESC"
    rows = rows_of_acts(connection, ["ingest.finished"], newest)
    return (Leaf.decode(bytes(row.body), row.seq) for row in rows)


def _batches(connection: Connection, person: str, since: int) -> dict[str, str]:
    """The ids of a person's batches from a leaf on, in order, each with its statement's digest."""
    leaf, batch = tables.leaf.c, tables.batch.c
    query = select(leaf.seq, leaf.body, batch.id, batch.statement)
    query = query.where(batch.statement == leaf.statement, leaf.seq >= since).order_by(leaf.seq)
    return {
        batch_id: digest
        for seq, body, batch_id, digest in connection.execute(query)
        if Leaf.decode(body, seq).actor == person
    }


def _recordings(connection: Connection, batches: Mapping[str, str]) -> Iterator[Row[Any]]:
    """What came with each batch; numbers grow, so none of them is before the first."""
    table, statement = tables.recording.c, tables.statement.c
    for digest in batches.values():
        body = connection.execute(
            select(statement.body).where(statement.digest == digest)
        ).scalar_one()
        items = entries_in(parse(body), "items", "uid", "revision")
        first = next((uid for uid, revision in items if revision == 1), None)
        if first is not None:
            break
    else:
        return
    query: Select[Any] = select(
        table.batch,
        func.count().label("recordings"),
        func.min(table.started_at).label("first"),
        func.max(table.started_at).label("last"),
        func.sum(table.size_bytes).label("size_bytes"),
    ).group_by(table.batch)
    begins = select(table.id).where(table.uid == first).scalar_subquery()
    rows = connection.execute(query.where(table.id >= begins))
    yield from (row for row in rows if row.batch in batches)


@dataclass(slots=True)
class Ingested:
    """What a run did."""

    recordings: int = 0
    duplicates: int = 0
    """Files whose sound the vault had already."""
    size_bytes: int = 0
    """Of the originals that became recordings."""
    quarantined: list[Quarantined] = field(default_factory=list)
    ignored: int = 0
    """Files that are plainly no recordings."""
    damaged: int = 0
    """Sealed copies that were read back and are not whole."""
    batches: list[str] = field(default_factory=list)
    findings: dict[Finding, list[int]] = field(default_factory=dict)
    """What is to be known of the sound of which recordings, by their numbers."""
    same_sound: list[int] = field(default_factory=list)
    """Numbers of recordings that sound the same as one of another call."""
    vouched: int = 0
    """Recordings that came with a signature by a key that the practice has named."""
    signed_in_vain: int = 0
    """Those of which no signature is by such a key, or none could be checked."""
    joined: int = 0
    """Recordings, new or not, that got their call record."""
    unjoined: int = 0
    """Recordings, new or not, for which none was found."""
    dated_by_file: int = 0
    """Files that became recordings though nothing but the file tells of their calls."""
    read_back: list[ReadBack] = field(default_factory=list)
    """What was read back from the disk and compared with its source, where that was asked for."""
    told_less: int = 0
    """Recordings of which another name may tell more than is known, and could not be asked."""
    summary: Summary | None = None
    """What is on record of the run; None: there was nothing to say."""

    @property
    def unreadable(self) -> int:
        """How many of the quarantined could not be read at all."""
        return sum(each.refusal is Refusal.UNREADABLE for each in self.quarantined)

    @property
    def unrecognised(self) -> int:
        """How many of the quarantined have names that no known telephone system writes."""
        return sum(each.refusal is Refusal.UNRECOGNISED for each in self.quarantined)

    @property
    def misdated(self) -> int:
        """How many of the quarantined are dated as no call can be."""
        return sum(each.why == MISDATED for each in self.quarantined)
