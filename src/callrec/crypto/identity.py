"""An identity: a person, an intake service or the recovery kit, all from one 32-byte seed.

Format: docs/formats/keys.md, 4.

act  Ed25519  statements and releases; never kept between commands
log  Ed25519  checkpoints only; the one that a login keeps
kem  X-Wing   what is sealed to this identity
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.factor import NO_FACTORS, Factors, Slot, read_slots
from callrec.crypto.primitives import (
    KEM_PUBLIC_BYTES,
    SALT_BYTES,
    SIGNING_PUBLIC_BYTES,
    Kdf,
    KemPublic,
    SigningPublic,
)
from callrec.dataclass import dataclass, replace
from callrec.errors import Locked, Tampered

_NO_FORM: Final = "a locked seed is not in its form"


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """An identity's three public keys, as a voucher names them."""

    act: SigningPublic
    log: SigningPublic
    kem: KemPublic

    def as_json(self) -> dict[str, str]:
        """Base64, standard alphabet."""
        return {
            "act": base64.b64encode(self.act).decode(),
            "kem": base64.b64encode(self.kem).decode(),
            "log": base64.b64encode(self.log).decode(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PublicKeys:
        """Read them back, out of whatever else ``value`` holds.

        Raises:
            Tampered: one is missing, or of another size.
        """
        return cls(
            act=SigningPublic(_public_key(value, "act", SIGNING_PUBLIC_BYTES)),
            log=SigningPublic(_public_key(value, "log", SIGNING_PUBLIC_BYTES)),
            kem=KemPublic(_public_key(value, "kem", KEM_PUBLIC_BYTES)),
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of act || log || kem, in hex: what two people compare aloud."""
        return primitives.sha256(self.act, self.log, self.kem).hex()


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """An identity's secret half. Its repr shows nothing."""

    seed: bytes
    act: bytes
    log: bytes
    kem: bytes
    public: PublicKeys

    @classmethod
    def from_seed(cls, seed: bytes, vault: str) -> Identity:
        """Derive the three keys of a 32-byte seed in this vault, each by HKDF."""
        act, log, kem = (
            primitives.derive(seed, context(f"identity {name}", vault))
            for name in ("act", "log", "kem")
        )
        public = PublicKeys(
            act=primitives.signing_public(act),
            log=primitives.signing_public(log),
            kem=primitives.kem_public(kem),
        )
        return cls(seed, act, log, kem, public)


@dataclass(frozen=True, slots=True)
class LockedSeed:
    """A seed and the vault root under a password, and under a second factor where it has one."""

    person: str
    kdf: Kdf
    salt: bytes
    sealed: bytes
    factors: tuple[Slot, ...] = ()
    """Any one of them opens it, together with the password; none: the password opens it alone."""

    def as_json(self) -> dict[str, object]:
        """Its JSON form, which lies in the catalogue and on an archive volume."""
        factors = [slot.as_json() for slot in self.factors]
        return {
            **({"factors": factors} if factors else {}),
            "kdf": {**self.kdf.as_json(), "salt": self.salt.hex()},
            "person": self.person,
            "sealed": base64.b64encode(self.sealed).decode(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> LockedSeed:
        """Read it back.

        Raises:
            Tampered: it is not in its form, or its parameters are out of bounds.
        """
        match value:
            case {
                "person": str(person),
                "kdf": {
                    "lanes": int(lanes),
                    "memory_kib": int(memory),
                    "passes": int(passes),
                    "salt": str(salt),
                },
                "sealed": str(sealed),
            }:
                kdf = Kdf(memory, passes, lanes)
            case _:
                raise Tampered(_NO_FORM)
        factors = read_slots(value["factors"]) if "factors" in value else ()
        try:
            opened_by = bytes.fromhex(salt), base64.b64decode(sealed, validate=True)
            read = cls(person, kdf, *opened_by, factors)
        except ValueError as error:
            raise Tampered(_NO_FORM) from error
        if len(read.salt) != SALT_BYTES:
            raise Tampered(_NO_FORM)
        return read


def lock(
    seed: bytes,
    root: bytes,
    *,
    password: str,
    person: str,
    vault: str,
    kdf: Kdf,
    factors: Factors = NO_FACTORS,
) -> LockedSeed:
    """Lock a seed together with the vault root (32 bytes each) under a password.

    AES-256-GCM under Argon2id(password), or with second factors under what HKDF makes of that and
    the factor key; the parameters, the salt and every slot are in the associated data.
    """
    salt = primitives.random_bytes(primitives.SALT_BYTES)
    bare = LockedSeed(person, kdf, salt, b"", factors.slots)
    key, head = _lock_key(bare, password, vault, factors.key)
    return replace(bare, sealed=primitives.seal(key, seed + root, head))


def unlock(
    locked: LockedSeed, password: str, vault: str, factor_key: bytes = b""
) -> tuple[Identity, bytes]:
    """The identity, and the vault root that was locked with it.

    ``factor_key``: where the lock has second factors, what one of them gave (`open_factor`).

    Raises:
        Locked: the password is wrong, or the locked seed was changed; which of them is not known.
    """
    key, head = _lock_key(locked, password, vault, factor_key)
    try:
        both = primitives.open_sealed(key, locked.sealed, head)
    except Tampered as error:
        raise Locked("wrong password", hint="try again; a Data Controller can help") from error
    return Identity.from_seed(both[:32], vault), both[32:]


def _public_key(value: Mapping[str, Any], name: str, size: int) -> bytes:
    try:
        key = base64.b64decode(value[name], validate=True)
    except (KeyError, TypeError, ValueError):
        key = b""
    if len(key) != size:
        raise Tampered("a public key is not in its form")
    return key


def _lock_key(
    locked: LockedSeed, password: str, vault: str, factor_key: bytes
) -> tuple[bytes, bytes]:
    """The key that a lock opens with, and its associated data."""
    stretched = primitives.stretch_password(password, locked.salt, locked.kdf)
    of_kdf = {**locked.kdf.as_json(), "salt": locked.salt.hex()}
    if not locked.factors:
        return stretched, context("locked-seed", vault, person=locked.person, kdf=of_kdf)
    slots = [slot.as_json() for slot in locked.factors]
    head = context("factored-lock", vault, person=locked.person, kdf=of_kdf, factors=slots)
    return primitives.derive(stretched + factor_key, head), head
