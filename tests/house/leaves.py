"""What is on record, told so that the same acts of another practice can be held against it.

Everything that a leaf says is compared: who did what to what, how it ended, its details, the
statement that it carries, and what lies sealed under a digest that it names. What must differ where
people do the same elsewhere is told by what it is of, and left out where it is of nothing
(`_ANOTHER`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from callrec.audit.leaf import Leaf, Outcome
from callrec.audit.log import read_detail, read_leaf, stored_head
from callrec.catalogue import tables
from callrec.catalogue.engine import reading
from callrec.complaints.log import COMPLAINTS, ComplaintBody
from callrec.incidents.log import INCIDENTS, IncidentBody
from callrec.login.people import logins
from callrec.notes.log import NOTES, NoteBody
from callrec.policy.role import VaultKey
from callrec.practice import Actor, Practice, vault_key
from callrec.record.acts import read_unverified_statement
from callrec.record.forms import as_json
from callrec.record.versions import Versioned
from callrec.requests.history import REQUESTS, read_history
from callrec.requests.model import RequestBody, RequestVersion
from callrec.subjects.log import SUBJECTS, SubjectBody
from house.practices import House
from house.requests import signed_in

_ANOTHER: Final[Mapping[str, str]] = {
    "agreement_key": "drawn for each file that is sealed",
    "grant": "the hash of what is sealed under fresh keys",
    "log_nonce": "drawn for each version",
    "manifest": "the hash of a list that has the time and a random id of its release",
    "played_to_second": "by how long a program ran at a terminal, which here takes all at once",
    "player": "what played it: a program at a terminal, the browser at the desk",
    "salt": "drawn for each approval",
    "sha256": "the hash of a package, which is encrypted under a fresh passphrase",
}
"""Members whose value must be another, and why."""

_PLACES: Final = frozenset({"reconcile", "search", "searches", "seqs"})
"""Members that name leaves by their sequence, which logins move on."""

_ID: Final = re.compile(r"[0-9a-f]{32}")

_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T[0-9:.]+Z")


@dataclass(frozen=True)
class Act:
    """One leaf, in words that are the same wherever it is done."""

    act: str
    by: str
    """A login, ``-`` where no key was at hand."""
    outcome: Outcome
    subject: tuple[str, ...]
    details: Any
    """None where there are none."""
    statement: Any
    """None where it carries none."""


def acts_on_record(house: House, *, without: Collection[str] = ()) -> list[Act]:
    """All that was done, but acts of these names; dora opens what lies sealed."""
    practice, dora = house.open(), signed_in(house, "dora")
    with reading(practice.engine) as connection:
        size = stored_head(connection).size
        every = [read_leaf(connection, seq)[0] for seq in range(size)]
        leaves = [leaf for leaf in every if leaf.act not in without]
        words = _Words(
            {**logins(practice), **_references(connection)},
            {leaf.seq: place for place, leaf in enumerate(leaves)},
            dict(_sealed_versions(practice, dora, connection)),
        )
        return [words.act(practice, dora, connection, leaf) for leaf in leaves]


@dataclass
class _Words:
    """What ids, digests, times and sequences are of."""

    called: dict[str, str]
    places: Mapping[int, int]
    sealed: Mapping[str, Mapping[str, Any]]
    """What a version says, by its digest."""
    others: dict[str, str] = field(default_factory=dict)
    """Ids of releases, hearings and the like, drawn when they are made: by which came when."""

    def act(self, practice: Practice, dora: Actor, connection: Connection, leaf: Leaf) -> Act:
        def secret(version: int) -> bytes:
            return vault_key(dora, VaultKey.AUDIT, version)

        details = read_detail(connection, leaf, secret, practice.vault)
        stated = read_unverified_statement(connection, leaf) if leaf.statement else None
        if leaf.statement:  # later statements name it by its hash
            self.called[leaf.statement] = f"what act {self.places[leaf.seq]} states"
        return Act(
            leaf.act,
            self.called.get(leaf.actor, leaf.actor),
            leaf.outcome,
            tuple(map(self._told, leaf.subject)),
            self._told(details),
            self._told(stated),
        )

    def _told(self, value: Any, member: str = "") -> Any:
        match value:
            case Mapping():
                return {
                    self._told(name): self._told(each, name)
                    for name, each in value.items()
                    if name not in _ANOTHER
                }
            case list() | tuple():
                return [self._told(each, member) for each in value]
            case int() if member in _PLACES:
                return f"act {self.places[value]}"
            case str() if value in self.sealed:
                return self._told(self.sealed[value])
            case str():
                return self._text(value)
            case _:
                return value

    def _text(self, value: str) -> str:
        if known := self.called.get(value):
            return known
        if _ID.fullmatch(value):
            return self.others.setdefault(value, f"id {len(self.others)}")
        # The desk's clock goes on, and a terminal's stands: the day is the same.
        instant = _INSTANT.fullmatch(value)
        return instant[1] if instant else value


def _references(connection: Connection) -> dict[str, str]:
    """By id: ``R-1``, or the number of a recording."""
    kinds = (REQUESTS, COMPLAINTS, INCIDENTS, SUBJECTS, NOTES)
    lettered: dict[str, Table] = {each.letter: each.table for each in kinds} | {"H": tables.hold}
    found = {
        row.id: f"{letter}-{row.number}"
        for letter, table in lettered.items()
        for row in connection.execute(select(table.c.id, table.c.number))
    }
    recording = tables.recording.c
    numbers = connection.execute(select(recording.uid, recording.id))
    return found | {row.uid: f"recording {row.id}" for row in numbers}


def _sealed_versions(
    practice: Practice, actor: Actor, connection: Connection
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """By its digest, what each version says of each thing that is kept in versions."""
    for row in REQUESTS.every(connection):
        requester = read_history(practice, connection, row.id).requester
        for number in _numbers(REQUESTS, connection, row.id):
            version = RequestVersion(practice.vault, row.id, number)
            key = REQUESTS.key_by_vault(actor, connection, version)
            body = RequestBody.open(REQUESTS.sealed(connection, version), key, version)
            yield body.digest(version, requester), as_json(body)
    forms = (
        (COMPLAINTS, ComplaintBody),
        (INCIDENTS, IncidentBody),
        (NOTES, NoteBody),
        (SUBJECTS, SubjectBody),
    )
    for kind, form in forms:
        for row in kind.every(connection):
            history = kind.read(connection, practice.register, row.id)
            for number in _numbers(kind, connection, row.id):
                which = history.version_id(practice.vault, number)
                key = kind.key_by_vault(actor, connection, which)
                opened = form.open(kind.sealed(connection, which), key, which)
                yield opened.digest(which), as_json(opened)


def _numbers(kind: Versioned[Any], connection: Connection, id_: str) -> list[int]:
    """Of the versions that are there: erasing a person takes theirs."""
    query = select(kind.versions.c.version).filter_by(**{kind.table.name: id_})
    return [*connection.execute(query).scalars()]
