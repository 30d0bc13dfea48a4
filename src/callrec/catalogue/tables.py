"""The schema, once. Times are milliseconds since 1970 in UTC; ids and hashes are lower-case hex.

Columns called ``state`` follow from the audit log's leaves and are recomputed before they are used.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    func,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from callrec.errors import Tampered
from callrec.policy.hold import HoldState
from callrec.policy.incident import IncidentState
from callrec.policy.purpose import Purpose
from callrec.policy.request import RequestState
from callrec.policy.rights.complaint import ComplaintState
from callrec.policy.rights.note import NoteState
from callrec.policy.rights.subject import SubjectState
from callrec.policy.role import VaultKey

METADATA = MetaData()

_LEAVES: Final = {"bound": "by the log's tree, and the signatures over its root"}
"""Of tables whose rows `written` does not sign for: what does."""

_YEARS: Final = range(1800, 3000)
"""Of times in the catalogue: more than ever were, with room for all that is reckoned from them."""

ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows only in a column of exactly this type."""

_PART_OF_RECORDING: Final = {"part_of": "recording"}
"""Of tables whose rows are signed for with that of their recording."""

_GUESSES: Final = {"harmless": "a wrong password may be tried sooner, or later"}
_COUNTED: Final = {"harmless": "more or fewer wrong passwords are told of than there were"}
_MAIL: Final = {"harmless": "mail only tells people to look: what waits for them, the inbox says"}
"""Of columns that no transaction signs for: what a change of them does."""


class EnumText(TypeDecorator[str]):
    """One word of an enumeration; any other was put there by somebody."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self.words = words

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The word."""
        del dialect  # the same in every database
        try:
            return value if value is None else self.words(value)
        except ValueError as error:
            kind = self.words.__name__
            raise Tampered(f"a row of the catalogue has a {kind} that there is not") from error


class Blob(TypeDecorator[bytes]):
    """Bytes; a number or a text was put there by somebody."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """The bytes."""
        del dialect  # the same in every database
        if value is not None and type(value) is not bytes:
            raise Tampered("a row of the catalogue has something else where bytes were written")
        return value


class _Instr(GenericFunction[int]):
    """Where bytes begin within others, from 1; 0: nowhere."""

    name = "instr"
    type = Integer()
    inherit_cache = True


@compiles(_Instr, "postgresql")
def _position(found: _Instr, compiler: SQLCompiler, **options: Any) -> str:
    within, sought = (compiler.process(each, **options) for each in found.clauses)
    return f"position({sought} IN {within})"


def _table(name: str, *columns: Column[Any], **options: Any) -> Table:
    return Table(name, METADATA, *columns, **options)


def _written_by_people(noun: str, *columns: Column[Any]) -> tuple[Table, Table, Table]:
    """What somebody writes, its sealed versions, and each version's key, sealed to each holder.

    It is called by its number, as in ``R-17``. A version is nonce[32] || canonical JSON under its
    key. The key is sealed to the catalogue key (holder ``catalogue``) or to a person.
    """

    def place() -> tuple[Column[Any], Column[Any]]:
        return (
            Column(noun, ForeignKey(f"{noun}.id"), primary_key=True),
            Column("version", Integer, primary_key=True, autoincrement=False),
        )

    clear = _table(
        noun,
        Column("id", String(32), primary_key=True),
        Column("number", Integer, nullable=False, unique=True),
        Column("version", Integer, nullable=False),
        *columns,
    )
    sealed = _table(f"{noun}_version", *place(), Column("sealed", LargeBinary, nullable=False))
    keys = _table(
        f"{noun}_key",
        *place(),
        Column("holder", String(32), primary_key=True),
        Column("key_version", Integer, nullable=False),
        Column("sealed", LargeBinary, nullable=False),
    )
    return clear, sealed, keys


# --- the audit log (docs/formats/audit-log.md) -------------------------------------------------

leaf = _table(
    "leaf",
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Blob, nullable=False),
    Column("statement", String(64), index=True),
    info=_LEAVES,
)
"""The leaves, byte for byte. ``statement`` repeats what the leaf carries, to find it by."""

# Canonical JSON sorts, so that a leaf begins with its act, and then its actor: `audit.log` asks so.
Index("leaf_act", func.substr(leaf.c.body, 1, func.instr(leaf.c.body, b'"actor"')), leaf.c.seq)

node = _table(
    "node",
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Blob, nullable=False),
    sqlite_with_rowid=False,
    info=_LEAVES,
)
"""Hashes of the Merkle tree's complete subtrees, so that a proof reads O(log n) of them."""

checkpoint = _table(
    "checkpoint",
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Blob, nullable=False),
    info={"bound": "by its own signature"},
)

written = _table(
    "written",
    Column("name", String(32), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("was", Blob),
    Column("now", Blob),
    sqlite_with_rowid=False,
    info={"bound": "by the checkpoint of the transaction"},
)
"""What each transaction made of a row of the table ``name``: digests of it before and after, as the
checkpoint over ``size`` leaves signs for them (`catalogue.written`)."""

stamp = _table(
    "stamp",
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("token", Blob, nullable=False),
    Column("stamped_at", BigInteger, nullable=False),
)
"""What a time-stamping authority said of the checkpoint over ``size`` leaves: a TimeStampResp, and
the time in it (docs/formats/time-stamps.md)."""

detail = _table(
    "detail",
    Column("seq", ForeignKey("leaf.seq"), primary_key=True, autoincrement=False),
    Column("key_version", Integer, nullable=False),
    Column("sealed", Blob, nullable=False),
    info={"bound": "by its leaf: anyone who holds the audit key opens it"},
)
"""What a leaf commits to, sealed to the audit key: nonce[32] || canonical JSON."""

statement = _table(
    "statement",
    Column("digest", String(64), primary_key=True),
    Column("kind", String(16), nullable=False, index=True),
    Column("body", Blob, nullable=False),
    Column("signature", Blob, nullable=False),
    info={"bound": "by its signature, and the leaf that carries its digest"},
)

set_aside = _table(
    "set_aside",
    Column("sha256", String(64), primary_key=True),
    Column("body", Blob, nullable=False),
)
"""Rows that were found in the log without belonging there, as canonical JSON, so that people can
look at them. The ``resumed`` statement that set them aside names them, and nothing follows."""


# --- people and keys ---------------------------------------------------------------------------

person = _table(
    "person",
    Column("id", String(32), primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("locked", LargeBinary),
    Column("claimed", LargeBinary),
    Column("name_version", Integer, nullable=False),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("failures", Integer, nullable=False, default=0, info=_COUNTED),
)
"""``locked``: the seed under the password; ``claimed``: the person's own, until it is confirmed.

``failures`` counts wrong passwords since the last right one, to be shown; what slows guesses is
`password_try`.
"""

password_try = _table(
    "password_try",
    Column("source", LargeBinary, primary_key=True, info=_GUESSES),
    Column("at", BigInteger, primary_key=True, autoincrement=False, info=_GUESSES),
)
"""Turns of tries that did not open or are not answered yet, the newest few of each ``source``: a
hash of from where, at whom."""

failed_login = _table(
    "failed_login", Column("at", BigInteger, primary_key=True, autoincrement=False, info=_COUNTED)
)
"""The failed login that a leaf told of last, and those since: one leaf a minute, with a count."""

share = _table(
    "share",
    Column("key", EnumText(VaultKey, 16), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

session = _table(
    "session",
    Column("statement", ForeignKey("statement.digest"), primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("sealed", Blob, nullable=False),
)
"""What open logins open: their catalogue and index keys, under a secret that their terminal has.

A row goes when its session ends."""


# --- recordings --------------------------------------------------------------------------------

batch = _table(
    "batch",
    Column("id", String(32), primary_key=True),
    Column("statement", ForeignKey("statement.digest"), nullable=False),
    Column("recordings_version", Integer, nullable=False),
    Column("recordings_key", LargeBinary, nullable=False),
    Column("catalogue_version", Integer, nullable=False),
    Column("catalogue_key", LargeBinary, nullable=False),
)

recording = _table(
    "recording",
    Column("id", ROW_NUMBER, primary_key=True),
    Column("uid", String(32), nullable=False, unique=True),
    Column("batch", ForeignKey("batch.id"), nullable=False),
    Column("data_key", LargeBinary),
    Column("ciphertext", String(64), nullable=False, index=True),
    Column("started_at", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("direction", String(8), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("format", String(8), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    sqlite_autoincrement=True,
)
"""The clear columns; a copy of each is sealed in the metadata."""

metadata = _table(
    "metadata",
    Column("recording", ForeignKey("recording.id"), primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("batch", ForeignKey("batch.id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    info=_PART_OF_RECORDING,
)
"""Under the catalogue-side key of the batch named: nonce[32] || canonical JSON."""

duplicate = _table(
    "duplicate",
    Column("mac", LargeBinary, primary_key=True),
    Column("recording", ForeignKey("recording.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
    info=_PART_OF_RECORDING,
)
"""HMACs of an original's SHA-256, of what was told of its call, and of each name it was seen under.
Calls that sound the same have that of their sound in common."""

token = _table(
    "token",
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("token", BigInteger, primary_key=True, autoincrement=False),
    Column("recording", ForeignKey("recording.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
    info=_PART_OF_RECORDING,
)

part = _table(
    "part",
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("rows", Integer, nullable=False),
    Column("bits", Integer, nullable=False),
    Column("normalising", Integer, nullable=False),
)
"""One month of the search index (``year * 12 + month - 1``): how many rows, how wide its tokens."""


note, note_version, note_key = _written_by_people(
    "note",
    Column("recording", ForeignKey("recording.uid"), nullable=False, index=True),
    Column("written_by", ForeignKey("person.id"), nullable=False),
    Column("state", EnumText(NoteState, 16), nullable=False),
)
"""A note on a recording. Of one that was erased this row alone is left."""


# --- people on the register ---------------------------------------------------------------------

subject, subject_version, subject_key = _written_by_people(
    "subject",
    Column("entered_by", ForeignKey("person.id"), nullable=False),
    Column("state", EnumText(SubjectState, 16), nullable=False),
    Column("erased", ForeignKey("leaf.seq")),
)
"""A person whose identity was proved. ``erased``: the leaf since which this row alone is left."""

subject_token = _table(
    "subject_token",
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("token", Integer, primary_key=True, autoincrement=False),
    Column("subject", ForeignKey("subject.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
    info={"part_of": "subject"},
)
"""What a person is looked up by, blinded and cut so that several share it (subjects.md, 4)."""


# --- requests, grants --------------------------------------------------------------------------

request, request_version, request_key = _written_by_people(
    "request",
    Column("requester", ForeignKey("person.id"), nullable=False),
    Column("purpose", EnumText(Purpose, 16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", EnumText(RequestState, 16), nullable=False),
)

clock_event = _table(
    "clock_event",
    Column("seq", ForeignKey("leaf.seq"), primary_key=True, autoincrement=False),
    Column("request", ForeignKey("request.id"), nullable=False, index=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""What a request's clock counts by: the details of a leaf, with their nonce, in the clear.

Nothing personal is in them, and anybody can hold them against the leaf (docs/formats/grant.md).
"""

request_file = _table(
    "request_file",
    Column("request", ForeignKey("request.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""The files of written agreements, each with the version of its request that brought it, under a
key of its own that lies in that version and in those after it, until another file comes."""

request_words = _table(
    "request_words",
    Column("seq", ForeignKey("leaf.seq"), primary_key=True, autoincrement=False),
    Column("request", ForeignKey("request.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""The reasons people gave when they decided or dated a request, under its key of ``version``."""

grant = _table(
    "grant_",
    Column("request", ForeignKey("request.id"), primary_key=True),
    Column("uid", ForeignKey("recording.uid"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("approval", ForeignKey("statement.digest"), nullable=False),
    Column("lapses_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
)


# --- holds, incidents, complaints, mail --------------------------------------------------------

hold = _table(
    "hold",
    Column("id", String(32), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("seq", ForeignKey("leaf.seq"), nullable=False),
    Column("request", ForeignKey("request.id"), index=True),
    Column("placed_by", ForeignKey("person.id"), nullable=False),
    Column("placed_at", BigInteger, nullable=False),
    Column("state", EnumText(HoldState, 16), nullable=False),
    Column("matched_to", BigInteger),
    Column("key_version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""``seq``: of the leaf that placed it. ``matched_to``: the newest recording when somebody who may
search last looked for what its request describes. ``sealed``: why, to the catalogue key."""

held = _table(
    "held",
    Column("hold", ForeignKey("hold.id"), primary_key=True),
    Column("recording", ForeignKey("recording.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

incident, incident_version, incident_key = _written_by_people(
    "incident",
    Column("reporter", ForeignKey("person.id"), nullable=False),
    Column("told", ForeignKey("person.id"), nullable=False),
    Column("aware_at", BigInteger, nullable=False),
    Column("state", EnumText(IncidentState, 16), nullable=False),
)
"""``told``: the line manager, or the Data Controller."""

complaint, complaint_version, complaint_key = _written_by_people(
    "complaint",
    Column("entered_by", ForeignKey("person.id"), nullable=False),
    Column("received_on", String(10), nullable=False),
    Column("state", EnumText(ComplaintState, 16), nullable=False),
)

outbox = _table(
    "outbox",
    Column("id", ROW_NUMBER, primary_key=True, info=_MAIL),
    Column("person", ForeignKey("person.id"), nullable=False, info=_MAIL),
    Column("line", String(200), nullable=False, info=_MAIL),
    Column("made_at", BigInteger, nullable=False, info=_MAIL),
    Column("tried_at", BigInteger, info=_MAIL),
    Column("taken_at", BigInteger, info=_MAIL),
    sqlite_autoincrement=True,
)
"""Notices by e-mail; kept when taken: who was asked, and when."""


# --- archive volumes ---------------------------------------------------------------------------

volume = _table(
    "volume",
    Column("id", String(32), primary_key=True),
    Column("label", String(64), nullable=False, unique=True),
    Column("head_size", BigInteger, nullable=False),
    Column("head_root", LargeBinary, nullable=False),
    Column("written_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger),
    Column("standing", String(16), nullable=False, server_default="in-use"),
    Column("serial", String(64)),
    Column("complete_to", BigInteger),
    Column("kept_version", Integer),
    Column("kept_sealed", LargeBinary),
)
"""``head``: the log's head that we last wrote there. ``standing``: in-use, lost or retired.
``complete_to``: it has every recording that is kept up to this one; none: not known.
``serial``: the drive's own, where it could be read. ``kept``: who has it and where it lies, sealed
to the catalogue key. When each volume was last verified, the operator's own state folder remembers:
verifying writes nothing in the vault."""

bag = _table(
    "bag",
    Column("volume", ForeignKey("volume.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("statement", ForeignKey("statement.digest"), nullable=False),
)

archived = _table(
    "archived",
    Column("recording", ForeignKey("recording.id"), primary_key=True, autoincrement=False),
    Column("volume", ForeignKey("volume.id"), primary_key=True),
    Column("bag", String(64), nullable=False),
)
"""A row that is left of a recording that was destroyed is erasure owed: the volume has it yet."""

former = _table(
    "former",
    Column("volume", ForeignKey("volume.id"), primary_key=True),
    Column("ciphertext", String(64), primary_key=True),
    Column("bag", String(64), nullable=False),
    Column("recording", ForeignKey("recording.id"), index=True),
    sqlite_with_rowid=False,
)
"""Sealed files in a bag that are no recording's any more: it was sealed again since, or the
catalogue is a restored one that does not know it (then ``recording`` is null)."""


# --- retention and destruction -----------------------------------------------------------------

category = _table(
    "category",
    Column("recording", ForeignKey("recording.id"), primary_key=True, autoincrement=False),
    Column("category", String(32), nullable=False),
    Column("seq", ForeignKey("leaf.seq"), nullable=False),
)
"""Where a person set the category of the retention schedule of a recording; others follow
from the rules."""

certificate = _table(
    "certificate",
    Column("id", String(32), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("request", ForeignKey("request.id"), nullable=False),
    Column("seq", ForeignKey("leaf.seq"), nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
    Column("done_at", BigInteger),
)
"""A destruction that was approved: C-``number``. ``seq``: of the leaf that carries its statement.
``cleared_at``: the vault's files are gone; done when nothing of it is owed any more."""

destroyed = _table(
    "destroyed",
    Column("recording", ForeignKey("recording.id"), primary_key=True, autoincrement=False),
    Column("certificate", ForeignKey("certificate.id"), nullable=False, index=True),
    Column("category", String(32), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("due_on", String(10)),
    Column("destroyed_at", BigInteger, nullable=False),
)
"""The stub of a recording, beside what its row still says: uid, start, length, hash.
``due_on``: the day on which its retention ended, ``2026-11-26``; none for an erasure."""

Index("grant_person", grant.c.person)

# With the state, or what is due could only be counted row by row.
Index("recording_started_at", recording.c.started_at, recording.c.state)

Index("held_recording", held.c.recording)

Index("request_state", request.c.state)


def from_millis(value: int) -> datetime:
    """A column's time, aware, in UTC."""
    try:
        at = datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        at = None
    if at is None or at.year not in _YEARS:
        raise Tampered("a time in the catalogue is in no calendar")
    return at


def to_millis(at: datetime) -> int:
    """A time as a column holds it: milliseconds since 1970."""
    return int(at.timestamp() * 1000)
