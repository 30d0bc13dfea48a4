"""Tell what the vault has already, by HMACs of what a source holds, is called and tells.

The catalogue holds no names and no hashes of originals, only HMACs of them, under a key derived
from the index key (docs/formats/recording.md, 5). A known sight (name, size, time) only spares the
sealing: the file is hashed all the same, and its sound decides, with what is told of its call
where others have the same sound (`alike`). A file whose mark is known stands there as it was read,
and is not read again where it stays.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, select

from callrec.calls.custody import decode_name, encode_name
from callrec.catalogue import tables
from callrec.catalogue.engine import batches, insert_rows
from callrec.catalogue.tables import to_millis
from callrec.crypto.canonical import encode
from callrec.crypto.context import context
from callrec.crypto.primitives import derive, mac_function
from callrec.dataclass import dataclass, field
from callrec.intake.reading import sidecar_mark
from callrec.intake.sealing import Seen, Taken
from callrec.intake.sources import Mark, Quarantined, Source
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, vault_key
from callrec.telephone.call import Call

_K = TypeVar("_K")

_COARSEST_CLOCK: Final = timedelta(seconds=2)
"""The times of files on FAT are even seconds. What changed so shortly before a run, or during it,
could change again and look the same, as git's index has it too (racy-git)."""

MAC_BYTES: Final = 16
"""Half of an HMAC-SHA-256, the least that RFC 2104 keeps; the sound decides, not the MAC."""

_REMEMBERED: Final = 4096
"""More than what is asked for twice of the sources that are under way: those of two batches."""


class DuplicateMacs:
    """The MACs of one run, under every version of the index key that the actor holds."""

    def __init__(self, keys: Sequence[bytes], *, still_since_ns: int) -> None:
        """Take the derived keys, newest first: that one is written under.

        ``still_since_ns``: what changed later, in nanoseconds since 1970, gets no mark.
        """
        self._macs = [mac_function(key) for key in keys]
        self._still_since_ns = still_since_ns
        # What is asked for before a file is catalogued and, of most, again when it is.
        self._asked_twice = lru_cache(_REMEMBERED)(self._under_each)

    @classmethod
    def of(cls, practice: Practice, actor: Actor, *, marking: bool) -> DuplicateMacs:
        """Derive them from what the actor has open.

        ``marking``: sources stay where they are, and are to be known again by their marks.
        """
        newest = practice.register.newest(VaultKey.INDEX).version
        held = {v for key, v in actor.shares if key is VaultKey.INDEX} - {newest}
        versions, info = (newest, *sorted(held, reverse=True)), context("duplicate", practice.vault)
        keys = [derive(vault_key(actor, VaultKey.INDEX, version), info) for version in versions]
        since = to_millis(practice.now() - _COARSEST_CLOCK) * 10**6 if marking else 0
        return cls(keys, still_since_ns=since)

    def sound(self, sha256: str) -> list[bytes]:
        """MACs of an original's SHA-256 (in hex), one for each key, the newest key's first."""
        return self._asked_twice(bytes.fromhex(sha256))

    def name(self, seen: Seen) -> list[bytes]:
        name = os.fsencode(seen.source.path)
        return self._under_each(b"name" + bytes.fromhex(seen.sha256) + name)

    def call(self, sha256: str, told: Mapping[str, Any]) -> list[bytes]:
        """Of what is told of a call with that sound; of ``{}``, that nothing is."""
        return self._under_each(b"call" + bytes.fromhex(sha256) + encode(told))

    def sight(self, source: Source, mark: Mark) -> list[bytes]:
        name = encode_name(os.fsencode(source.path))
        return self._asked_twice(_sight_of(name, str(mark.modified_ns), mark.size_bytes))

    def mark(self, source: Source, mark: Mark, sidecar: Mark | None) -> list[bytes]:
        facts = {
            **_as_json(mark),
            "name": encode_name(os.fsencode(source.path)),
            "sidecar": _as_json(sidecar) if sidecar else None,
        }
        return self._asked_twice(b"mark" + encode(facts))

    def record(self, uid: str) -> list[bytes]:
        """Of a recording whose call record is in its metadata."""
        return self._under_each(b"record" + uid.encode())

    def of_metadata(self, uid: str, fields: Mapping[str, Any]) -> list[list[bytes]]:
        """Every MAC of a recording that its metadata tell, each under each key.

        The marks of its files are not among them: a file without one is read again.
        """
        sources, sha256 = fields["provenance"], bytes.fromhex(fields["sha256"])
        sights = [
            _sight_of(source["name"], source["modified_ns"], fields["size_bytes"])
            for source in sources
            if "modified_ns" in source  # what came in earlier has none: it is sealed to be known
        ]
        known = [b"name" + sha256 + decode_name(source["name"]) for source in sources]
        recorded = [b"record" + uid.encode()] if fields["record"] else []
        of_bytes = [self._under_each(data) for data in (sha256, *known, *sights, *recorded)]
        return [*of_bytes, self.call(fields["sha256"], Call.from_members(fields).told)]

    def to_write(self, seen: Seen, calls: Iterable[Call], *, is_new: bool) -> set[bytes]:
        """What the catalogue is to know of a source once it is taken in, and of its call."""
        macs = {self.name(seen)[0], self.sight(seen.source, seen.mark)[0]}
        sound = {self.sound(seen.sha256)[0]} if is_new else set()
        told = {self.call(seen.sha256, call.told)[0] for call in calls}
        return macs | sound | told | self.marks_to_write(seen)

    def marks_to_write(self, seen: Seen) -> set[bytes]:
        """Its mark, unless it may have changed since within one tick of its disk's clock.

        Nor if its sidecar may have: what that says now may not be what was read.
        """
        if seen.mark.changed_ns >= self._still_since_ns:
            return set()
        sidecar = seen.sidecar if isinstance(seen, Taken) else mark_beside(seen.source)
        if sidecar is not None and sidecar.changed_ns >= self._still_since_ns:
            return set()
        return {self.mark(seen.source, seen.mark, sidecar)[0]}

    def _under_each(self, data: bytes) -> list[bytes]:
        return [of(data)[:MAC_BYTES] for of in self._macs]


@dataclass(frozen=True, slots=True, repr=False)
class KnownRecording:
    """A recording that was in the vault, and what a call record, or a name, tells of it now."""

    row: Row[Any]
    fields: Mapping[str, Any]
    """Members of its metadata."""
    call: Call
    """The call with these members."""


@dataclass(slots=True)
class Portion:
    """One portion of sources, sorted: what becomes a recording, what only adds to one."""

    new: dict[str, list[Taken]] = field(default_factory=dict)
    """Uid of a recording -> what becomes it, then others with the same sound and call: the source
    that tells the most of the call first, of several that tell as much the first found."""
    named: dict[int, list[Seen]] = field(default_factory=dict)
    """A recording's number -> sources with its sound, under names that it is not known by."""
    held: list[tuple[Seen, Row[Any]]] = field(default_factory=list)
    """Sources whose sound and call the vault has, each with its recording's row."""
    told: dict[Source, Call] = field(default_factory=dict)
    """What sources that sound as others do tell, where that was asked."""
    adding: dict[int, tuple[Row[Any], Call]] = field(default_factory=dict)
    """A recording's number -> its row, and a call that tells what is not known of it."""
    same_sound: list[str] = field(default_factory=list)
    """Uids of what is new and sounds the same as another call."""
    unsealed: list[Source] = field(default_factory=list)
    """What was only hashed, and the vault has not."""
    quarantined: list[Quarantined] = field(default_factory=list)
    unread: Mapping[Source, Row[Any]] = field(default_factory=dict)
    """Sources that stand there as they were read before, each with its recording's row."""
    marks: dict[bytes, int] = field(default_factory=dict)
    """MACs by which sources that are held will be known, each with its recording's number."""
    refused: list[Taken] = field(default_factory=list)
    """What was sealed and is not taken in after all."""
    recorded: dict[int, KnownRecording] = field(default_factory=dict)
    """By its number, what is newly known of a recording that was there before."""

    def leave(self, seen: Seen, why: Quarantined) -> None:
        """Leave a source where it is."""
        self.quarantined.append(why)
        if isinstance(seen, Taken):
            self.refused.append(seen)

    @property
    def joined(self) -> list[str]:
        """Uids of recordings, new or not, that got their call record."""
        anew = [taken.uid for taken in self.recordings if taken.record is not None]
        return anew + [each.row.uid for each in self.recorded.values() if "record" in each.fields]

    @property
    def known_sources(self) -> list[tuple[Row[Any], Source]]:
        """Sources whose sound the vault has, read or not, each after its recording's row."""
        unread = [(row, source) for source, row in self.unread.items()]
        return unread + [(row, seen.source) for seen, row in self.held]

    @property
    def is_empty(self) -> bool:
        """There is nothing to put into a batch."""
        return not self.new and not self.named and not self.recorded

    @property
    def duplicates(self) -> int:
        again = sum(len(seen) - 1 for seen in self.new.values())
        return len(self.held) + len(self.unread) + again

    @property
    def recordings(self) -> list[Taken]:
        """What is new, in the order in which it began."""
        return [taken[0] for taken in self.new.values()]

    @property
    def surplus(self) -> list[Taken]:
        """What was sealed in vain: the vault, or this portion, has its sound already."""
        again = [taken for same in self.new.values() for taken in same[1:]]
        held = [seen for seen, _ in self.held if isinstance(seen, Taken)]
        return again + held + self.refused


def seen_before(
    connection: Connection, duplicates: DuplicateMacs, sources: Iterable[Source]
) -> frozenset[Source]:
    """Those sources that are known by name, size and time."""
    macs = {m: s for s in sources for m in duplicates.sight(s, s.mark)}
    return frozenset(macs[m] for m in known_macs(connection, macs))


def unchanged_sources(
    connection: Connection, duplicates: DuplicateMacs, sources: Iterable[Source]
) -> dict[Source, Row[Any]]:
    """Those sources that stand there as they were read, each with its recording's row."""
    macs = {
        m: source
        for source in sources
        for m in duplicates.mark(source, source.mark, mark_beside(source))
    }
    return {source: rows[-1] for source, rows in _rows_of(connection, macs).items()}


def without_record(
    connection: Connection, duplicates: DuplicateMacs, rows: Iterable[Row[Any]]
) -> list[Row[Any]]:
    """Those of the recordings, each once, that lack a call record; an erased one gets none."""
    live = {row.uid: row for row in rows if row.data_key is not None}
    macs = {m: uid for uid in live for m in duplicates.record(uid)}
    having = {macs[m] for m in known_macs(connection, macs)}
    return [row for uid, row in live.items() if uid not in having]


def known_sounds(
    connection: Connection, duplicates: DuplicateMacs, seen: Iterable[Seen]
) -> dict[str, list[Row[Any]]]:
    """SHA-256 of originals that the vault has, each with the rows of its recordings, oldest first.

    Each is of another call.
    """
    macs = {m: sha256 for sha256 in {s.sha256 for s in seen} for m in duplicates.sound(sha256)}
    return _rows_of(connection, macs)


def known_names(
    connection: Connection, duplicates: DuplicateMacs, seen: Iterable[Seen]
) -> dict[Source, int]:
    """Those whose recordings are known by their names, each with its number: the newest of several.

    Several are of one name if another call lay under it afterwards, with the same sound.
    """
    macs = {m: each.source for each in seen for m in duplicates.name(each)}
    return {macs[m]: numbers[-1] for m, numbers in known_macs(connection, macs).items()}


def mark_beside(source: Source) -> Mark | None:
    """Of the sidecar that lies beside a source; None: there is none, or it is just going."""
    try:
        return None if source.member else sidecar_mark(source.path)
    except OSError:
        return None


def _sight_of(name: object, modified_ns: str, size_bytes: int) -> bytes:
    """Name and size alone could be guessed from a number and the clear columns."""
    return b"sight" + encode({"modified_ns": modified_ns, "name": name, "size_bytes": size_bytes})


def _as_json(mark: Mark) -> dict[str, Any]:
    """As JSON holds it: times and inode are larger than its numbers."""
    return {
        "changed_ns": str(mark.changed_ns),
        "inode": str(mark.inode),
        "modified_ns": str(mark.modified_ns),
        "size_bytes": mark.size_bytes,
    }


def write_macs(connection: Connection, macs: Iterable[tuple[bytes, int]]) -> None:
    """Write MACs into the catalogue, each with its recording's number."""
    if rows := sorted(macs):
        # A file may change and keep name, size and time: then its sight is there already.
        insert_rows(connection, tables.duplicate.insert(), rows, if_new=True)


def known_macs(connection: Connection, macs: Iterable[bytes]) -> dict[bytes, list[int]]:
    """Those that the catalogue knows, each with the numbers of its recordings, oldest first."""
    found = defaultdict[bytes, list[int]](list)
    for some in batches(list(macs)):
        # As text: SQLAlchemy takes longer to write so many parameters than they are looked for.
        places = ", ".join("?" * len(some))
        query = f"SELECT mac, recording FROM duplicate WHERE mac IN ({places}) ORDER BY recording"  # noqa: S608
        for found_mac, recording in connection.exec_driver_sql(query, tuple(some)):
            found[bytes(found_mac)].append(recording)
    return found


def _rows_of(connection: Connection, macs: Mapping[bytes, _K]) -> dict[_K, list[Row[Any]]]:
    """What each known MAC was made of, with its recordings' rows, oldest first."""
    known, table = known_macs(connection, macs), tables.recording
    of_key = defaultdict[_K, set[int]](set)
    for m, numbers in known.items():
        of_key[macs[m]].update(numbers)
    rows = {
        row.id: row
        for some in batches([*set().union(*of_key.values())])
        for row in connection.execute(select(table).where(table.c.id.in_(some)))
    }
    return {key: [rows[number] for number in sorted(numbers)] for key, numbers in of_key.items()}
