"""Things that are kept in versions, each sealed: requests, incidents.

A version lies under a fresh key, and that key lies sealed, by HPKE, to each who may read it: to
keys of the vault and to people. A version counts only if the leaf that made it commits to its
digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from sqlalchemy import Connection, Row, Table, select

from callrec.audit.leaf import detail_commitment
from callrec.audit.register import Register
from callrec.crypto import primitives
from callrec.crypto.canonical import canonical
from callrec.errors import Tampered
from callrec.policy.role import Standing, VaultKey
from callrec.practice import Actor, vault_key
from callrec.record.forms import NONCE_BYTES, Hex, Nonce, body_of, read_body
from callrec.record.rows import H, Kind


class Which(Protocol):
    """Which version of which thing: it has the thing's id under the name of its kind."""

    @property
    def version(self) -> int: ...
    @property
    def context(self) -> bytes:
        """What its sealing is bound to."""

    @property
    def called(self) -> str:
        """As ``a request``."""


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

    def seal(self, key: bytes, which: Which) -> bytes:
        """Under a key of its own (32 bytes): nonce[32] || canonical JSON, by AES-256-GCM."""
        return primitives.seal(key, body_of(self, self.nonce), which.context)

    @classmethod
    def open(cls, sealed: bytes, key: bytes, which: Which) -> Self:
        """Open what `seal` sealed."""
        opened = primitives.open_sealed(key, sealed, which.context)
        return read_body(cls, opened, f"{which.called} is not in its form")


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

    def store(
        self,
        connection: Connection,
        register: Register,
        which: Which,
        body: SealedBody,
        people: Iterable[str],
    ) -> bytes:
        """Seal a version under a new key, and that to the vault's keys and to people.

        Not to people who were shut out, who keep their seed, nor to people whose key is not
        confirmed, as another person knows a provisional password: who confirms it gives them these.

        Returns the key, 32 bytes.
        """
        key = primitives.random_bytes(primitives.KEY_BYTES)
        values = {**self._place(which), "sealed": body.seal(key, which)}
        connection.execute(self.versions.insert().values(values))
        for newest in map(register.newest, self.holders):
            self.put_key(
                connection, which, key, newest.public, holder=newest.key, version=newest.version
            )
        for person in dict.fromkeys(people):
            if register.person(person).standing is Standing.CONFIRMED:
                self.put_key(
                    connection, which, key, register.public_keys(person).kem, holder=person
                )
        return key

    def put_key(
        self,
        connection: Connection,
        which: Which,
        key: bytes,
        public: bytes,
        *,
        holder: str,
        version: int = 0,
    ) -> None:
        """Seal the key of a version to a holder, in place of what they had of it."""
        table, place = self.keys, {**self._place(which), "holder": str(holder)}
        sealed = {"key_version": version, "sealed": seal_key(key, which, public)}
        connection.execute(table.delete().filter_by(**place))
        connection.execute(table.insert().values({**place, **sealed}))

    def sealed(self, connection: Connection, which: Which) -> bytes:
        """A version as it lies sealed."""
        query = select(self.versions.c.sealed).filter_by(**self._place(which))
        sealed: bytes | None = connection.execute(query).scalar()
        if sealed is None:
            raise Tampered(f"version {which.version} is missing")
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

    def key(self, actor: Actor, connection: Connection, which: Which) -> bytes | None:
        """The key of a version, by any of the actor's; None where it is not theirs to open."""
        for row in self.keys_of(connection, *self._place(which).values()):
            secret = None
            if row.holder in self.holders:
                secret = actor.shares.get((VaultKey(row.holder), row.key_version))
            elif row.holder == actor.person.id and actor.identity is not None:
                secret = actor.identity.kem
            if secret is not None:
                return open_key(bytes(row.sealed), which, secret)
        return None

    def key_by_vault(self, actor: Actor, connection: Connection, which: Which) -> bytes:
        """The key of a version, by one of the vault's."""
        rows = self.keys_of(connection, *self._place(which).values())
        rows = [row for row in rows if row.holder in self.holders]
        opens = [row for row in rows if (VaultKey(row.holder), row.key_version) in actor.shares]
        if not rows:
            raise Tampered(f"a key of this {self.table.name} is missing")
        row = (opens or rows)[0]
        secret = vault_key(actor, VaultKey(row.holder), row.key_version)
        return open_key(bytes(row.sealed), which, secret)

    def _place(self, which: Which) -> dict[str, Any]:
        """The columns that say where something of a version lies."""
        return {self.table.name: getattr(which, self.table.name), "version": which.version}


def seal_key(key: bytes, which: Which, public: bytes) -> bytes:
    """The key of a version to one holder, by HPKE."""
    return primitives.hpke_seal(public, key, which.context)


def open_key(sealed: bytes, which: Which, secret: bytes) -> bytes:
    """The key of a version, by its holder's X-Wing seed."""
    return primitives.hpke_open(secret, sealed, which.context)
