"""One stretch of the log, checked at once: is every byte of it as a sound log has it?

The answer is yes or no, in a tenth of the time that naming the faults would take: leaves are
matched against the one form that a writer gives them instead of being parsed, and the tree is
hashed a level at a time. What fails here may still be sound, say a note with a second signature;
`verify` then reads leaf by leaf and names what it finds (docs/formats/audit-log.md).

A stretch is checked by itself, so that two processes can each check some. It trusts the stored
nodes for everything before it and reports their root: `whole`, which joins the stretches, compares
that with what it has hashed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import groupby
from typing import Any, Final

from callrec.audit import tree
from callrec.audit.checkpoint import (
    HASH_BYTES,
    KEY_ID_BYTES,
    Checkpoint,
    decode_base64,
    key_id,
    origin,
    written_in,
)
from callrec.audit.leaf import MAX_LEAF_BYTES, NOBODY, Leaf
from callrec.audit.resumed import SetAside
from callrec.audit.session import SessionCertificate, may_session_attest
from callrec.catalogue.engine import Database
from callrec.crypto.primitives import verify
from callrec.dataclass import dataclass, field
from callrec.errors import Tampered

LEVEL: Final = 13

STRETCH: Final = 1 << LEVEL
"""Leaves of a stretch; it begins at a multiple of this."""

CHUNK_LEAVES: Final = 1024
"""Leaves that are looked at together: of these all stays in a processor's own memory."""

MAX_CHECKPOINT_LEAVES: Final = 4 * STRETCH
"""Leaves under one checkpoint beyond which they are read one by one."""

_ID: Final = "[0-9a-f]{32}"

_HEAD: Final = re.compile(
    r'\{"act":"([a-z]+(?:[.-][a-z]+)*)",'
    rf'"actor":"(-|{_ID})",'
    r'"at":"([0-9]{4}-[0-9]{2}-[0-9]{2})'
)
"""How a leaf begins, to the day: act, actor, day. Many begin alike, so it is not asked of each."""

_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"


UNSIGNED: Final = ""
"""In the place of whose leaf it is: it was set aside, or stands without its signature."""


@dataclass(frozen=True, slots=True)
class StretchExpectations:
    """What stretches are held against."""

    vault: str
    size: int
    """Leaves of the log."""
    keys: Mapping[str, Sequence[tuple[int, bytes]]]
    """A person's id -> the public keys of their checkpoints, each with the sequence it counts
    after, in order."""
    signed_before: int
    """Checkpoints over no more leaves than this had good signatures when they were as they are."""
    sessions: Mapping[str, tuple[SessionCertificate, int | None]]
    """By digest, with the last leaf that each may attest: all that attest a later leaf."""
    aside: SetAside = field(default_factory=SetAside)
    """What the log went on without."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch that was found sound, and what its neighbours have to agree with."""

    first: int
    before: str
    """Root of the leaves before it, by the stored nodes, in hex."""
    peaks: tuple[str, ...]
    """Roots of the complete subtrees that tile it, the largest first, in hex."""
    unattested: int
    """How many leaves were written where no key was at hand, as at a failed login."""
    stated: int
    """Leaves that carry a statement."""
    without_details: tuple[int, ...]
    """Sequences of leaves that commit to details which are not there."""


@dataclass(frozen=True, slots=True)
class _LeafColumns:
    """What the leaves of a stretch say, a column each."""

    actors: list[str]
    sessions: list[str]
    details: list[str]
    statements: list[str]

    def add(self, other: _LeafColumns) -> None:
        """Append the columns of the leaves that follow these."""
        self.actors.extend(other.actors)
        self.sessions.extend(other.sessions)
        self.details.extend(other.details)
        self.statements.extend(other.statements)


def check_stretch(database: Database, first: int, expected: StretchExpectations) -> Stretch:
    """Check the leaves from ``first`` on, their nodes, details and checkpoints.

    Args:
        database: sees one state of the catalogue throughout.
        first: a multiple of ``STRETCH``.
        expected: what they are held against.

    Raises:
        Tampered: something is not as a writer writes it; only reading leaf by leaf tells what.
    """
    rows = _Rows(database, first, min(first + STRETCH, expected.size), expected)
    hashes, columns = rows.leaves()
    levels = rows.levels(hashes)
    peaks_before = tree.peaks(first, partial(stored_node, database))

    def root_after(count: int) -> bytes:
        return tree.root_of_peaks([*peaks_before, *_peaks(levels, count)])

    rows.check_checkpoints(columns, root_after)
    return Stretch(
        first=first,
        before=(tree.root_of_peaks(peaks_before) if first else tree.EMPTY_ROOT).hex(),
        peaks=tuple(peak.hex() for peak in _peaks(levels, rows.end - first)),
        unattested=columns.actors.count(NOBODY),
        stated=len(columns.statements) - columns.statements.count(""),
        without_details=rows.without_details(columns.details),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is stored of the leaves from ``first`` to ``end``."""

    database: Database
    first: int
    end: int
    expected: StretchExpectations

    def leaves(self) -> tuple[list[bytes], _LeafColumns]:
        return self._leaves(self.first, self.end)

    def _leaves(self, first: int, end: int) -> tuple[list[bytes], _LeafColumns]:
        rows = self.database.execute(
            "SELECT seq, body, statement FROM leaf WHERE seq >= ? AND seq < ? ORDER BY seq",
            (first, end),
        )
        hashes, all_columns = list[bytes](), _LeafColumns([], [], [], [])
        while fetched := rows.fetchmany(CHUNK_LEAVES):
            for portion in self._parted(fetched):
                self._pass_over(hashes, all_columns, first, until=portion[0][0])
                at = first + len(hashes)
                seqs, bodies, statements = map(list, zip(*portion, strict=True))
                require(_are(int, seqs) and seqs == [*range(at, at + len(seqs))])
                require(_are(bytes, bodies))
                columns = decode_columns(bodies, at, origin(self.expected.vault))
                require([each or None for each in columns.statements] == statements)
                hashes += tree.leaf_hashes(bodies)
                all_columns.add(columns)
        self._pass_over(hashes, all_columns, first, until=end)
        require(len(hashes) == end - first)
        for seq in self.expected.aside.unsigned:
            if first <= seq < end:
                all_columns.actors[seq - first] = UNSIGNED
                all_columns.sessions[seq - first] = ""
        return hashes, all_columns

    def _parted(self, rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Rows of leaves between which none was set aside."""
        if not self.expected.aside.entries:
            yield rows
            return
        require(_are(int, (row[0] for row in rows)))
        for _, some in groupby(enumerate(rows), lambda placed: placed[1][0] - placed[0]):
            yield [row for _, row in some]

    def _pass_over(
        self, hashes: list[bytes], columns: _LeafColumns, first: int, *, until: object
    ) -> None:
        """Take the leaves that were set aside, of which the tree alone knows."""
        aside = self.expected.aside.entries
        while (seq := first + len(hashes)) in aside and seq != until:
            hashes.append(aside[seq])
            columns.add(_LeafColumns([UNSIGNED], [""], [""], [""]))

    def levels(self, hashes: list[bytes]) -> list[list[bytes]]:
        """The nodes over these leaves, hashed a level at a time; all are stored, and just so."""
        levels = [hashes]
        while len(levels[-1]) > 1:
            levels.append(tree.parents(levels[-1]))
        for level, nodes in enumerate(levels):
            position = self.first >> level
            stored = self.database.execute(
                "SELECT position, hash FROM node WHERE level = ? AND position >= ? AND position < ?"
                " ORDER BY position",
                (level, position, position + len(nodes)),
            ).fetchall()
            require(stored == [*enumerate(nodes, position)])
        return levels

    def check_checkpoints(self, said: _LeafColumns, root_after: Callable[[int], bytes]) -> None:
        """Each is its actor's and signs this very log; no person's act is left without one."""
        expected = self.expected
        begun, waiting = self._waiting()
        actors = [*waiting.actors, *said.actors]
        sessions = [*waiting.sessions, *said.sessions]
        from_, name = begun, origin(expected.vault)
        notes = self.database.execute(
            "SELECT size, note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size",
            (self.first, self.end),
        )
        for size, note in notes:
            require(type(size) is int and type(note) is bytes)
            there = slice(from_ - begun, size - begun)
            all_acting = {*zip(actors[there], sessions[there], strict=True)} - {(NOBODY, "")}
            acting = all_acting - {(UNSIGNED, "")}
            require(len(acting) == 1 or all_acting == {(UNSIGNED, "")})
            root = root_after(size - self.first)
            text = Checkpoint(name, size, root, written_in(note)).text
            signed = f"{text}\n— {name} ".encode()
            require(note.startswith(signed) and note.endswith(b"\n"))
            if size > expected.signed_before:
                # What was verified before is followed by acts of nobody at the most, until its end.
                known = max(from_, expected.signed_before)
                encoded = note[len(signed) : -1].decode("ascii", errors="replace")
                signature = decode_base64(encoded)
                who, session = acting.pop() if acting else ("", "")
                if session:
                    public = _session_key(expected, session, who, from_, size)
                elif who:
                    public = _key(expected, who, before=known)
                else:
                    public = self._signing_key(signature[:KEY_ID_BYTES], known)
                require(signature[:KEY_ID_BYTES] == key_id(name, public))
                verify(public, text.encode(), signature[KEY_ID_BYTES:])
            from_ = size
        if self.end == expected.size:
            require(set(actors[from_ - begun :]) <= {NOBODY, UNSIGNED})

    def _signing_key(self, id_: bytes, before: int) -> bytes:
        """The key that signed a checkpoint over nothing that counts as anybody's."""
        name, expected = origin(self.expected.vault), self.expected
        for public in (
            *(
                _key(expected, who, before=before)
                for who, keys in expected.keys.items()
                if keys[0][0] < before
            ),
            *(session.public for session, _ in expected.sessions.values()),
        ):
            if key_id(name, public) == id_:
                return public
        raise Tampered("a checkpoint is signed by nobody known")

    def _waiting(self) -> tuple[int, _LeafColumns]:
        """Whose the leaves are that the last checkpoint before a stretch does not cover."""
        first = self.first
        (begun,) = self.database.execute(
            "SELECT coalesce(max(size), 0) FROM checkpoint WHERE size <= ?", (first,)
        ).fetchone()
        require(type(begun) is int and 0 <= first - begun <= MAX_CHECKPOINT_LEAVES and begun >= 0)
        if begun == first:
            return begun, _LeafColumns([], [], [], [])
        return begun, self._leaves(begun, first)[1]

    def without_details(self, details: Sequence[str]) -> tuple[int, ...]:
        """Which leaves commit to details that are not there; that others have some is refused."""
        rows = self.database.execute(
            "SELECT seq FROM detail WHERE seq >= ? AND seq < ? ORDER BY seq", (self.first, self.end)
        ).fetchall()
        there = [seq for (seq,) in rows]
        require(_are(int, there))
        committed = [seq for seq, detail in enumerate(details, self.first) if detail]
        if there == committed:
            return ()
        without = set(committed).difference(there)
        require(len(there) + len(without) == len(committed))
        return tuple(sorted(without))


def decode_columns(bodies: Sequence[bytes], first: int, log: str) -> _LeafColumns:
    """Read leaves in their exact form, which ``Leaf.decode`` would take; none lacks an actor."""
    if not first:
        founding = Leaf.decode(bodies[0], 0)
        require(founding.log == log)
        columns = _LeafColumns([founding.actor], [""], [founding.detail], [founding.statement])
        if len(bodies) > 1:
            columns.add(decode_columns(bodies[1:], 1, log))
        return columns
    require(max(map(len, bodies)) <= MAX_LEAF_BYTES)
    text = b"\n".join([*bodies, b""]).decode("ascii", errors="replace")
    found = _form(log).findall(text)
    # As many lines as leaves: so none holds a newline, and each match is one whole leaf.
    require(len(found) == len(bodies) == text.count("\n"))
    heads, details, seqs, sessions, statements = map(list, zip(*found, strict=True))
    require(seqs == [*map(str, range(first, first + len(bodies)))])
    _check_hashes(details)
    _check_hashes(sessions)
    _check_hashes(statements)
    begun = {head: _act_and_actor_in(head) for head in {*heads}}
    actors = [begun[head][1] for head in heads]
    if NOBODY in actors:  # in few portions, and of few leaves there
        nobodys = (n for n, actor in enumerate(actors) if actor == NOBODY)
        require(not any(Leaf.decode(bodies[n], first + n).has_no_actor for n in nobodys))
    for n, session in enumerate(sessions):
        if session and not may_session_attest(begun[heads[n]][0], 0):
            leaf = Leaf.decode(bodies[n], first + n)
            require(may_session_attest(leaf.act, len(leaf.subject), leaf.outcome))
    return _LeafColumns(actors, sessions, details, statements)


def _act_and_actor_in(head: str) -> tuple[str, str]:
    """Whose leaf of what begins so, if it begins as a leaf does and on a day that there is."""
    match = _HEAD.fullmatch(head)
    if match is None:
        raise Tampered("a leaf does not begin as one")
    try:
        date.fromisoformat(match[3])
    except ValueError as error:
        raise Tampered("a leaf is of a day that there is not") from error
    return match[1], match[2]


def _check_hashes(values: Sequence[str]) -> None:
    """Check that each is a SHA-256 in hex, or empty."""
    require({*map(len, values)} <= {0, 2 * HASH_BYTES})
    require(not "".join(values).encode().translate(None, b"0123456789abcdef"))


@cache
def _form(log: str) -> re.Pattern[str]:
    """A line that is a leaf of this log, once what it holds is in its form too.

    That is its head, details and statement. Left to where they can be looked at together, they are
    passed over here to the sign that ends them, at a third of the time.
    """
    return re.compile(
        rf'^([^T]+)T{_TIME}",'
        r'"detail":"([^"]*)",'
        rf'"log":"{re.escape(log)}",'
        r'"outcome":"(?:done|refused|failed)",'
        r'"seq":([0-9]+),'
        r'(?:"session":"([^"]+)",)?'
        r'"statement":"([^"]*)",'
        rf'"subject":\[(?:"{_ID}"(?:,"{_ID}")*)?\],'
        r'"v":1\}$',
        re.MULTILINE,
    )


def stored_node(database: Database, level: int, position: int) -> bytes:
    """What ``log.node_reader`` reads, of the database itself."""
    row = database.execute(
        "SELECT hash FROM node WHERE level = ? AND position = ?", (level, position)
    ).fetchone()
    require(row is not None and type(row[0]) is bytes)
    return bytes(row[0])


def _peaks(levels: Sequence[Sequence[bytes]], count: int) -> list[bytes]:
    """Roots of the complete subtrees that tile the first ``count`` leaves, the largest first."""
    return tree.peaks(count, lambda level, position: levels[level][position])


def _key(expected: StretchExpectations, actor: str, *, before: int) -> bytes:
    known = expected.keys.get(actor, ())
    place = bisect_left(known, before, key=lambda since: since[0])
    require(place > 0)
    return known[place - 1][1]


def _session_key(
    expected: StretchExpectations, digest: str, actor: str, first: int, end: int
) -> bytes:
    """The key of a session that may attest the leaves of its person under one checkpoint."""
    require(digest in expected.sessions)
    session, last = expected.sessions[digest]
    require(session.person == actor and session.seq < first)
    require(last is None or end - 1 <= last)
    return session.public


def _are(kind: type, values: Iterable[object]) -> bool:
    """SQLite holds anything in any column, and 5.0 equals 5."""
    return {*map(type, values)} <= {kind}


def require(holds: bool) -> None:  # noqa: FBT001 - read as the sentence that it makes
    """Stop a quick reading at what a sound log does not have; no one is shown these words."""
    if not holds:
        raise Tampered("a stretch of the audit log is not as it was written")
