"""Things that are kept in versions, each sealed: requests, incidents, complaints.

A version lies under a fresh key, and that key lies sealed, by HPKE, to each who may read it: to
keys of the vault and to people. A version counts only if the leaf that made it commits to its
digest.

A leaf's details lie sealed beside it. A leaf commits to them in whatever form they are, as anybody
with a key can seal what they like; so each form is checked before anything is made of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any, Final, Literal, Protocol, Self, TypeVar

from sqlalchemy import Connection, Row, Table, select

from callrec.audit.leaf import Leaf, detail_commitment
from callrec.audit.log import DAMAGED_DETAILS, UNREADABLE_DETAILS, LogTransaction, read_detail
from callrec.audit.register import Register
from callrec.audit.rows import check_tables
from callrec.catalogue.engine import reading
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, parse_instant
from callrec.dataclass import dataclass, field
from callrec.errors import Locked, Tampered
from callrec.policy.edits import UNEDITED, Edits, read_edits
from callrec.policy.handing_over import Channel
from callrec.policy.role import PersonId, Standing, VaultKey
from callrec.practice import (
    Actor,
    Practice,
    attempt,
    password_needed,
    record,
    register_now,
    vault_key,
)
from callrec.record.acts import done_leaves, log_leaf
from callrec.record.forms import (
    NONCE_BYTES,
    Day,
    Hex,
    InJson,
    Nonce,
    as_json,
    body_of,
    fits,
    read_body,
)
from callrec.record.rows import Columns, H, Kind


class VersionId(Protocol):
    """Which version of which thing: it has the thing's id under the name of its kind."""

    @property
    def vault(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def context(self) -> bytes:
        """What its sealing is bound to."""

    @property
    def called(self) -> str:
        """As ``a request``."""


class OwnVersionId(VersionId, Protocol):
    """One that also says which people may read the thing, besides those who hold its keys."""

    @property
    def people(self) -> tuple[str, ...]:
        """Their ids."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SealedBody:
    """One version as it is sealed; what it says is for its kind to add. Its repr shows nothing."""

    number: int
    nonce: Nonce
    """Keeps the digest from being guessed."""
    log_nonce: Hex
    """32 bytes: lets those who open it hold it against the leaf that made it."""

    def details(self, digest: str) -> Mapping[str, Any]:
        """What the leaf that makes this version commits to."""
        return {"digest": digest, "number": self.number}

    def commitment(self, vault: str, seq: int, digest: str) -> str:
        """The ``detail`` of the leaf at ``seq``, if that leaf made this version."""
        details = canonical(dict(self.details(digest)))
        return detail_commitment(vault, seq, self.log_nonce, details)

    def seal(self, key: bytes, version_id: VersionId) -> bytes:
        """Under a key of its own (32 bytes): nonce[32] || canonical JSON, by AES-256-GCM."""
        return primitives.seal(key, body_of(self, self.nonce), version_id.context)

    @classmethod
    def open(cls, sealed: bytes, key: bytes, version_id: VersionId) -> Self:
        """Open what `seal` sealed."""
        opened = primitives.open_sealed(key, sealed, version_id.context)
        return read_body(cls, opened, f"{version_id.called} is not in its form")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WholeBody(SealedBody):
    """One whose digest is of all that it says, and of which version of which thing it is."""

    def digest(self, version_id: VersionId) -> str:
        """SHA-256(nonce[32] || canonical JSON) in hex."""
        whole = {**as_json(self), **as_json(version_id)}
        del whole["log_nonce"]
        return primitives.sha256(self.nonce, canonical(whole)).hex()

    @property
    def columns(self) -> Columns:
        """What its row has besides its number and what follows from leaves."""
        return {}


@dataclass(frozen=True, slots=True)
class VersionHistory(ABC):
    """What happened to one thing, oldest first: the leaf of each of its versions."""

    id: str
    leaves: tuple[Leaf, ...]

    @property
    def version(self) -> int:
        """How many versions were made of it."""
        return len(self.leaves)

    @property
    def entered_by(self) -> PersonId:
        """The actor of the leaf that made it; the state of each kind shows that it is the first."""
        return PersonId(self.leaves[0].actor)

    @property
    def entered_at(self) -> datetime:
        return parse_instant(self.leaves[0].at)

    @abstractmethod
    def version_id(self, vault: str, version: int) -> OwnVersionId:
        """What a version of it is bound to."""

    def made(self, vault: str) -> Iterator[tuple[Leaf, VersionId]]:
        """Each leaf, and what the version that it made is bound to."""
        for number, leaf in enumerate(self.leaves, 1):
            yield leaf, self.version_id(vault, number)


T = TypeVar("T")
V = TypeVar("V", bound=VersionHistory)
W = TypeVar("W", bound=WholeBody)


def fresh_nonces() -> dict[str, Any]:
    """The two nonces of a new version."""
    return {name: primitives.random_bytes(NONCE_BYTES) for name in ("nonce", "log_nonce")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Versioned(Kind[H]):
    """A kind of thing that is kept in sealed versions."""

    versions: Table
    keys: Table
    holders: tuple[VaultKey, ...]
    """The keys of the vault that open each."""
    hidden_from: Callable[[Practice, Actor, Connection], frozenset[str]] = lambda *_: frozenset()
    """The ids of those of which somebody must not learn."""

    def find_visible(
        self, practice: Practice, actor: Actor, connection: Connection, reference: str
    ) -> Row[Any]:
        """As `find`, by somebody: for them there is none that is hidden from them."""
        row = self.find(connection, reference)
        if row.id in self.hidden_from(practice, actor, connection):
            raise self.not_found(reference)
        return row

    def id_of(self, practice: Practice, actor: Actor, reference: str) -> str:
        """The id of one, by its reference; raises as `find_visible`."""
        with reading(practice.engine) as connection:
            return str(self.find_visible(practice, actor, connection, reference).id)

    def opens_for(self, actor: Actor) -> bool:
        """Whether what a login keeps opens every one."""
        return any(map(actor.has_key, self.holders))

    def check_unopened(
        self,
        practice: Practice,
        actor: Actor,
        act: str,
        reference: str,
        check: Callable[[Row[Any], H], None],
    ) -> str:
        """Ask ``check`` of a row and its leaves; a refusal is on record. Returns its id."""
        subject = self.id_of(practice, actor, reference)
        with (
            attempt(practice, actor, act, subject=[subject]),
            reading(practice.engine) as connection,
        ):
            row = self.find(connection, reference)
            check(row, self.read(connection, practice.register, row.id))
        return subject

    def open_on_record(
        self,
        practice: Practice,
        actor: Actor,
        act: str,
        reference: str,
        *,
        check: Callable[[Row[Any], H], None],
        read: Callable[[Connection], T],
    ) -> T:
        """Open one that the actor may read; that they did is in the log first, a refusal as well.

        ``check`` is asked whether they may, by its row and its leaves; nothing is open before.
        """
        subject = [self.check_unopened(practice, actor, act, reference, check)]
        record(practice, actor, act, subject=subject)
        with attempt(practice, actor, act, subject=subject), reading(practice.engine) as connection:
            return read(connection)

    def log_version(
        self,
        practice: Practice,
        act: LogTransaction,
        actor: Actor,
        *,
        what: str,
        body: WholeBody,
        version_id: OwnVersionId,
        subject: Sequence[str] = (),
        before: Sequence[Leaf] = (),
    ) -> None:
        """Write the leaf that makes a version, its row, and the version under a new key.

        ``subject`` is what the leaf names besides it, ``before`` are its leaves until now.
        """
        id_ = self._place(version_id)[self.table.name]
        details = body.details(body.digest(version_id))
        leaf = log_leaf(act, actor, what, [id_, *subject], details=details, nonce=body.log_nonce)
        history = self.history(id_, (*before, leaf))
        if before:
            self.update(act.connection, id_, history)
        else:
            self.insert(act.connection, id_, history, number=body.number, **body.columns)
        register = register_now(practice, act.connection)
        self.store(act.connection, register, version_id, body, version_id.people)

    def store(
        self,
        connection: Connection,
        register: Register,
        version_id: VersionId,
        body: SealedBody,
        people: Iterable[str],
    ) -> bytes:
        """Seal a version under a new key, and that to the vault's keys and to people.

        Not to people who were shut out, who keep their seed, nor to people whose key is not
        confirmed, as another person knows a provisional password: who confirms it gives them these.

        Returns the key, 32 bytes.
        """
        key = primitives.random_bytes(primitives.KEY_BYTES)
        values = {**self._place(version_id), "sealed": body.seal(key, version_id)}
        connection.execute(self.versions.insert().values(values))
        for newest in map(register.newest, self.holders):
            self.put_key(
                connection,
                version_id,
                key,
                newest.public,
                holder=newest.key,
                version=newest.version,
            )
        for person in dict.fromkeys(people):
            if register.person(person).standing is Standing.CONFIRMED:
                self.put_key(
                    connection, version_id, key, register.public_keys(person).kem, holder=person
                )
        return key

    def put_key(
        self,
        connection: Connection,
        version_id: VersionId,
        key: bytes,
        public: bytes,
        *,
        holder: str,
        version: int = 0,
    ) -> None:
        """Seal the key of a version to a holder, in place of what they had of it."""
        table, place = self.keys, {**self._place(version_id), "holder": str(holder)}
        sealed = {"key_version": version, "sealed": seal_key(key, version_id, public)}
        connection.execute(table.delete().filter_by(**place))
        connection.execute(table.insert().values({**place, **sealed}))

    def opened(
        self,
        actor: Actor,
        connection: Connection,
        form: type[W],
        made: Iterable[tuple[Leaf, VersionId]],
    ) -> tuple[W, ...]:
        """Every version of one thing, opened by any key of the actor's and held against its leaf.

        Whether they may read it is not asked.
        """
        bodies = []
        for leaf, version_id in made:
            key = self.key(actor, connection, version_id)
            if key is None:
                check_tables(connection, {self.keys.name: "%"})
                raise password_needed(
                    f"this {self.table.name} opens with the password of somebody whom it concerns"
                )
            bodies.append(self.opened_by(connection, form, leaf, version_id, key=key))
        return tuple(bodies)

    def opened_by(
        self,
        connection: Connection,
        form: type[W],
        leaf: Leaf,
        version_id: VersionId,
        *,
        key: bytes,
    ) -> W:
        """One version, opened by its key and held against the leaf that made it."""
        body = form.open(self.sealed(connection, version_id), key, version_id)
        if body.commitment(version_id.vault, leaf.seq, body.digest(version_id)) != leaf.detail:
            raise Tampered(f"its version {version_id.version} is not the one that was made")
        return body

    def sealed(self, connection: Connection, version_id: VersionId) -> bytes:
        """A version as it lies sealed."""
        query = select(self.versions.c.sealed).filter_by(**self._place(version_id))
        sealed: bytes | None = connection.execute(query).scalar()
        if sealed is None:
            raise Tampered(f"version {version_id.version} is missing")
        return bytes(sealed)

    def find_key(
        self, connection: Connection, id_: str, version: int, holder: str
    ) -> Row[Any] | None:
        """The key of a version as it was sealed to one holder; None if it was not."""
        rows = self.keys_of(connection, id_, version)
        return next((row for row in rows if row.holder == holder), None)

    def keys_of(self, connection: Connection, id_: str, version: int) -> Sequence[Row[Any]]:
        """The keys of a version, the vault's first."""
        query = select(self.keys).filter_by(**{self.table.name: id_, "version": version})
        rows = connection.execute(query).all()
        return sorted(rows, key=lambda row: row.holder not in self.holders)

    def key(self, actor: Actor, connection: Connection, version_id: VersionId) -> bytes | None:
        """The key of a version, by any of the actor's; None where it is not theirs to open."""
        for row in self.keys_of(connection, *self._place(version_id).values()):
            secret = None
            if row.holder in self.holders:
                secret = actor.shares.get((VaultKey(row.holder), row.key_version))
            elif row.holder == actor.person.id and actor.identity is not None:
                secret = actor.identity.kem
            if secret is not None:
                return open_key(bytes(row.sealed), version_id, secret)
        return None

    def key_by_vault(self, actor: Actor, connection: Connection, version_id: VersionId) -> bytes:
        """The key of a version, by one of the vault's."""
        rows = self.keys_of(connection, *self._place(version_id).values())
        rows = [row for row in rows if row.holder in self.holders]
        opens = [row for row in rows if (VaultKey(row.holder), row.key_version) in actor.shares]
        if not rows:
            raise Tampered(f"a key of this {self.table.name} is missing")
        row = (opens or rows)[0]
        secret = vault_key(actor, VaultKey(row.holder), row.key_version)
        return open_key(bytes(row.sealed), version_id, secret)

    def _place(self, version_id: VersionId) -> dict[str, Any]:
        """The columns that say where something of a version lies."""
        return {
            self.table.name: getattr(version_id, self.table.name),
            "version": version_id.version,
        }


def hidden_among(  # noqa: PLR0917  # which, for whom, and by what
    kind: Versioned[V],
    practice: Practice,
    actor: Actor,
    connection: Connection,
    form: type[W],
    hidden: frozenset[str],
    named_in: Callable[[W], Collection[str]],
) -> frozenset[str]:
    """The ids of those that somebody neither made nor was told of, and that may name ``hidden``."""
    if not hidden:
        return hidden
    histories, visible = kind.histories(done_leaves(connection, kind.acts)), set[str]()
    for id_, history in histories.items():
        with suppress(Locked, Tampered):
            if actor.person.id not in history.version_id(practice.vault, 1).people:
                made = islice(history.made(practice.vault), 1)
                (body,) = kind.opened(actor, connection, form, made)
                if not hidden.isdisjoint(named_in(body)):
                    continue
            visible.add(id_)
    return frozenset({*histories, *(row.id for row in kind.every(connection))} - visible)


def seal_key(key: bytes, version_id: VersionId, public: bytes) -> bytes:
    """The key of a version to one holder, by HPKE."""
    return primitives.hpke_seal(public, key, version_id.context)


def open_key(sealed: bytes, version_id: VersionId, secret: bytes) -> bytes:
    """The key of a version, by its holder's X-Wing seed."""
    return primitives.hpke_open(secret, sealed, version_id.context)


_DEEPEST: Final = 8
"""Lists and objects within each other; our own are within four."""


@dataclass(frozen=True, slots=True)
class _Details:
    """The members that something is read from, whatever act they are of."""

    attended: tuple[str, ...] = ()
    channel: str | None = None
    code: str | None = None
    criteria: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    deliver_by: Channel | Literal[""] | None = None
    edits: Annotated[Edits, InJson(read_edits, Edits.as_json, list[dict[str, Any]])] = UNEDITED
    found: int | None = None
    how: str | None = None
    manifest: str | None = None
    medium_serial: str | None = None
    note: str | None = None
    opinion: str | None = None
    on: Day = date.min
    passphrase_by: Channel | Literal[""] | None = None
    reason: str | None = None
    request: str | None = None
    search: int | None = None
    seqs: tuple[int, ...] = ()
    sha256: str | None = None
    time: str | None = None
    to_whom: str | None = None
    verdict: str | None = None
    why: str | None = None


def checked_details(details: Any) -> Mapping[str, Any]:
    """Details whose members are in their form; `UNREADABLE_DETAILS` in the place of others."""
    if not isinstance(details, dict) or _is_deep(details) or not fits(_Details, details):
        return UNREADABLE_DETAILS
    # The further particulars of a request lie elsewhere.
    return UNREADABLE_DETAILS if "further" in details else details


def _is_deep(value: object, left: int = _DEEPEST) -> bool:
    if not isinstance(value, dict | list):
        return False
    within = value.values() if isinstance(value, dict) else value
    return not left or any(_is_deep(each, left - 1) for each in within)


def open_details(
    practice: Practice, actor: Actor, connection: Connection, leaf: Leaf
) -> Mapping[str, Any]:
    """As `find_details`; nothing where there are none."""
    return find_details(practice, actor, connection, leaf) or {}


def find_details(
    practice: Practice, actor: Actor, connection: Connection, leaf: Leaf
) -> Mapping[str, Any] | None:
    """What a leaf commits to; None where there are no details, or where they were erased.

    Where they are in no form of ours, `UNREADABLE_DETAILS`.
    """

    def secret(version: int) -> bytes:
        if (VaultKey.AUDIT, version) not in practice.register.keys:
            raise Tampered(f"the details of leaf {leaf.seq} are sealed to a key that there is not")
        return vault_key(actor, VaultKey.AUDIT, version)

    details = read_detail(connection, leaf, secret, practice.vault)
    return None if details is None else checked_details(details)


def find_details_if_sound(
    practice: Practice, actor: Actor, connection: Connection, leaf: Leaf
) -> Mapping[str, Any] | None:
    """As `find_details`, for lists: `DAMAGED_DETAILS` in the place of what somebody spoiled."""
    try:
        return find_details(practice, actor, connection, leaf)
    except Tampered:
        return DAMAGED_DETAILS
