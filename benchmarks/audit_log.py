"""A vault whose log has as many leaves as are wanted, written quickly, and just as callrec writes.

Two shapes. ``batches``: a thousand leaves of one person under each checkpoint, as the longest
transactions of callrec have them. ``lived``: what a practice's work makes, a checkpoint for each
transaction: of 100 leaves 84 are searches and their answers, 4 intakes with their summaries, 10
reading without details, 2 failed logins that nobody signs. The vault is founded by callrec, so its
keys and first leaves are real, and so is every signature and every hash. What is sealed beside a
leaf is random bytes of the length that callrec would seal: only a holder of the audit key could
tell.
"""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from callrec.audit import tree
from callrec.audit.checkpoint import Checkpoint, origin, sign_checkpoint
from callrec.audit.leaf import Leaf, Outcome
from callrec.catalogue.engine import FILE_NAME
from callrec.catalogue.written import WrittenRow, digest, rows_digest
from callrec.config import Config, Passwords
from callrec.crypto.canonical import format_instant
from callrec.crypto.statement import sign_statement
from callrec.login.unlock import actor_by_password
from callrec.people.founding import set_up_practice
from callrec.practice import Actor, Practice, open_practice, writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from callrec.crypto.statement import Statement

BEGUN: Final = datetime(2023, 11, 24, 9, tzinfo=UTC)
"""A million leaves later it is 1 October 2026."""

PASSWORD: Final = "plenty marigold teaspoon harbour"  # noqa: S105 - of a made-up practice

BATCHES: Final = "batches"

LIVED: Final = "lived"

UNDER_ONE_CHECKPOINT: Final = 1000

AT_ONCE: Final = 20_000
"""Leaves that are written in one transaction of SQLite."""

SEALED_BYTES: Final = 1120 + 16 + 32 + 90
"""Of details: what HPKE adds, the nonce, and some 90 bytes of JSON."""

SECONDS_BETWEEN: Final = 90


@dataclass(frozen=True, slots=True)
class Vault:
    """A vault on disk, and who works in it."""

    config: Config
    environ: dict[str, str]
    practice: Practice
    actor: Actor


@dataclass(frozen=True, slots=True)
class _Entry:
    act: str
    actor: str
    details: bool = False
    statement: Statement | None = None
    subject: tuple[str, ...] = ()
    outcome: Outcome = Outcome.DONE
    signed: bool = True
    """It is the last of its transaction, and that of a person."""


def found_vault(folder: Path) -> Vault:
    """A new vault with its Data Controller, who is at work."""
    config = Config(vault=folder / "vault", passwords=Passwords(approver_memory_mib=64))
    environ = {"XDG_STATE_HOME": str(folder / "state")}
    set_up_practice(
        config,
        practice_name="Hama Medical Centre",
        login="dora",
        full_name="Dora Whitlock",
        password=PASSWORD,
        now=lambda: BEGUN,
        environ=environ,
    )
    practice = open_practice(config, lambda: BEGUN, environ)
    actor = actor_by_password(practice, login="dora", password=PASSWORD)
    return Vault(config, environ, practice, actor)


def fill(vault: Vault, size: int, *, shape: str) -> None:
    """Write leaves behind those that there are until there are ``size``."""
    vault.practice.engine.dispose()
    connection = sqlite3.connect(vault.config.vault / FILE_NAME, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA journal_mode=OFF")
    writer = _Writer(connection, vault)
    entries = _batches(vault) if shape == BATCHES else _lived(vault, writer)
    connection.execute("BEGIN")
    for entry in entries:
        if writer.size >= size and not writer.waiting:
            break
        writer.add(entry)
        if writer.size % AT_ONCE == 0:
            writer.flush()
            connection.execute("COMMIT")
            connection.execute("BEGIN")
    writer.flush()
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def append(vault: Vault, count: int) -> None:
    """Append leaves by callrec itself, a thousand in each durable transaction."""
    person = vault.actor.person.id
    for _ in range(count // UNDER_ONE_CHECKPOINT):
        with writing(vault.practice, vault.actor.signer) as act:
            for _ in range(UNDER_ONE_CHECKPOINT):
                act.leaf("search.reviewed", actor=person, details={"verdict": "looked at"})


class _Writer:
    """What is yet to be written, and the tree's right edge."""

    def __init__(self, connection: sqlite3.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault, self._origin = vault.practice.vault, origin(vault.practice.vault)
        self._seed = vault.actor.signer.seed
        self._rows: dict[str, list[tuple[object, ...]]] = {}
        bodies = connection.execute("SELECT body FROM leaf ORDER BY seq").fetchall()
        self._peaks: list[tuple[int, int, bytes]] = []
        self.size = 0
        for (body,) in bodies:
            self._grow(body)
        self.waiting = False
        """The last leaf is under no checkpoint yet."""
        self.recordings = self.since = 0
        self._months: set[int] = set()
        self._written: list[WrittenRow] = []

    def add(self, entry: _Entry) -> None:
        seq = self.size
        at = BEGUN + timedelta(seconds=SECONDS_BETWEEN * seq)
        leaf = Leaf(
            act=entry.act,
            actor=entry.actor,
            at=format_instant(at),
            detail=os.urandom(32).hex() if entry.details else "",
            log=self._origin,
            outcome=entry.outcome,
            seq=seq,
            statement=entry.statement.digest if entry.statement else "",
            subject=entry.subject,
        )
        body = leaf.encode()
        if entry.statement is not None:
            said = entry.statement
            self._row("statement", said.digest, said.kind, said.body, said.signature)
        self._row("leaf", seq, body, leaf.statement or None)
        if entry.details:
            self._row("detail", seq, 1, os.urandom(SEALED_BYTES))
        for level, position, node in self._grow(body):
            self._row("node", level, position, node)
        self.waiting = not entry.signed
        if entry.signed:
            rows, self._written = sorted(self._written), []
            for name, key, was, now in rows:
                self._row("written", name, key, self.size, was, now)
            signed = rows_digest(rows) if rows else b""
            point = Checkpoint(self._origin, self.size, self._root(), signed)
            self._row("checkpoint", self.size, sign_checkpoint(point, self._seed))

    def flush(self) -> None:
        for table, rows in self._rows.items():
            places = ",".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - our own tables
        self._rows.clear()

    def recording(self, batch: str, uid: str, ciphertext: str, statement: str) -> None:
        """The rows of a batch of one recording; its keys and what is sealed are random bytes."""
        day = 86_400_000 * (19_000 + self.size // 1000)
        began = datetime.fromtimestamp(day / 1000, UTC)
        month = began.year * 12 + began.month - 1
        if month not in self._months:
            self._months.add(month)
            self._signed("part", month, ("part", (month, 1, 5, 1)))
        keys = (1, os.urandom(1184), 1, os.urandom(1184))
        self._signed("batch", batch, ("batch", (batch, statement, *keys)))
        self.recordings += 1
        columns = (
            self.recordings,
            uid,
            batch,
            os.urandom(60),
            ciphertext,
            day,
            180_000,
            "in",
            1_440_000,
        )
        self._signed(
            "recording",
            self.recordings,
            ("recording", (*columns, "wav", "live")),
            ("metadata", (self.recordings, 1, batch, os.urandom(900))),
        )

    def _signed(
        self, name: str, key: object, *rows: tuple[str, tuple[str | int | bytes, ...]]
    ) -> None:
        """Rows with one digest, for which the next checkpoint signs (audit-log.md, 9)."""
        lines = []
        for table, values in rows:
            self._row(table, *values)
            plain = [each for each in values if not isinstance(each, bytes)]
            sealed = [f"X'{each.hex().upper()}'" for each in values if isinstance(each, bytes)]
            lines.append(json.dumps([table, *plain], separators=(",", ":")) + "".join(sealed))
        now = digest("\n".join(lines))
        self._written.append(WrittenRow(name, str(key), None, now))

    def _row(self, table: str, *values: object) -> None:
        self._rows.setdefault(table, []).append(values)

    def _grow(self, body: bytes) -> list[tuple[int, int, bytes]]:
        level, position, node = 0, self.size, tree.leaf_hash(body)
        new = [(level, position, node)]
        while position & 1:
            node = tree.node_hash(self._peaks.pop()[2], node)
            level, position = level + 1, position >> 1
            new.append((level, position, node))
        self._peaks.append(new[-1])
        self.size += 1
        return new

    def _root(self) -> bytes:
        *rest, (_, _, root) = self._peaks
        for _, _, peak in reversed(rest):
            root = tree.node_hash(peak, root)
        return root


def _batches(vault: Vault) -> Iterator[_Entry]:
    person = vault.actor.person.id
    while True:
        for number in range(1, UNDER_ONE_CHECKPOINT + 1):
            signed = number == UNDER_ONE_CHECKPOINT
            yield _Entry("search.reviewed", person, details=True, signed=signed)


def _lived(vault: Vault, writer: _Writer) -> Iterator[_Entry]:
    person = vault.actor.person.id
    while True:
        for number in range(50):
            if number < 42:  # noqa: PLR2004 - the mix that the module's docstring gives
                yield _Entry("search", person, details=True)
                yield _Entry("search.answered", person, details=True)
            elif number < 44:  # noqa: PLR2004
                yield from _intake(vault, writer)
            elif number < 49:  # noqa: PLR2004
                yield _Entry("people.listed", person)
                yield _Entry("recording.shown", person, subject=(os.urandom(16).hex(),))
            else:
                for _ in range(2):
                    failed = Outcome.FAILED
                    yield _Entry("login", "-", details=True, outcome=failed, signed=False)


def _intake(vault: Vault, writer: _Writer) -> Iterator[_Entry]:
    person = vault.actor.person.id
    batch, uid, ciphertext = os.urandom(16).hex(), os.urandom(16).hex(), os.urandom(32).hex()
    item = {
        "ciphertext": ciphertext,
        "metadata": os.urandom(32).hex(),
        "revision": 1,
        "uid": uid,
    }
    said = _state(vault, writer, "batch", {"batch": batch, "items": [item]})
    writer.recording(batch, uid, ciphertext, said.digest)
    yield _Entry("ingest", person, details=True, statement=said, subject=(batch,))
    counts = {"batches": 1, "dated_by_file": 0, "recordings": 1, "since": writer.since}
    fields = {**counts, "complete": True, "refused": {}}
    writer.since = writer.size + 1
    summary = _state(vault, writer, "intake", fields)
    yield _Entry("ingest.finished", person, details=True, statement=summary)


def _state(vault: Vault, writer: _Writer, kind: str, fields: Mapping[str, object]) -> Statement:
    assert vault.actor.identity is not None  # noqa: S101 - he gave his password
    return sign_statement(
        kind,
        vault=vault.practice.vault,
        by=vault.actor.person.id,
        at=BEGUN + timedelta(seconds=SECONDS_BETWEEN * writer.size),
        seed=vault.actor.identity.act,
        fields=fields,
    )
