"""The second factor of a lock: a secret that no copy of the vault holds (docs/formats/keys.md, 4).

A lock with factors opens under the password and its *factor key*, 32 random bytes. Each factor that
is enrolled has a slot in the lock, in which that key lies sealed under the factor's own secret. So
any one of them opens the lock together with the password, and none of them does alone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from callrec.crypto import primitives
from callrec.crypto.context import context
from callrec.crypto.grouped import grouped_words, read_grouped_words
from callrec.dataclass import dataclass, replace
from callrec.errors import Locked, Tampered, Unusable

MOST_FACTORS: Final = 2
"""One to use, and one for the day when it is lost."""

PRINTED_BYTES: Final = 16
PRINTED_CHECK_BYTES: Final = 4
"""32 letters in all, eight groups of four and a check letter."""

PRINTED: Final = "printed"
"""The one factor that is a text on paper and no device."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_NO_FORM: Final = "a second factor is not in its form"


def _bytes_of(least: int, most: int) -> Callable[[str], bool]:
    def is_right(text: str) -> bool:
        try:
            data = base64.b64decode(text, validate=True)
        except ValueError:
            return False
        return least <= len(data) <= most and base64.b64encode(data).decode() == text

    return is_right


def _matching(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


_OF_FIDO: Final = {"credential": _bytes_of(1, 1024), "salt": _bytes_of(32, 32)}

PUBLIC_FIELDS: Final[Mapping[str, Mapping[str, Callable[[str], bool]]]] = {
    PRINTED: {},
    "fido2": _OF_FIDO,
    "passkey": {
        "credential": _bytes_of(1, 1023),
        "public_key": _bytes_of(1, 1024),
        "rp_id": _matching(r"[a-z0-9.-]{1,253}"),
    },
    "pkcs11": {
        "key": _matching(r"([0-9a-f]{2}){1,64}"),
        "mechanism": _matching(r"rsa-oaep-sha256|ecdh-p256"),
        "token": _matching(r"[\x20-\x7e]{1,64}"),
        "wrapped": _bytes_of(1, 1024),
    },
}
"""Every kind there is, with the fields of its own and what each may be."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A factor that is enrolled: which it is, and the factor key sealed under its secret."""

    id: str
    kind: str
    name: str
    """What the person calls it: small letters, digits and hyphens."""
    public: Mapping[str, str]
    """What its device is asked with, as `PUBLIC_FIELDS` has it; nothing secret."""
    sealed: bytes

    def as_json(self) -> dict[str, str]:
        """Its JSON form, as it stands in a lock."""
        sealed = base64.b64encode(self.sealed).decode()
        own = {"id": self.id, "kind": self.kind, "name": self.name, "sealed": sealed}
        return {**own, **self.public}

    @classmethod
    def from_json(cls, value: Any) -> Slot:
        """Read it back.

        Raises:
            Tampered: it is of no kind that there is, or not in its form.
        """
        match value:
            case {"id": str(id_), "kind": str(kind), "name": str(name), "sealed": str(sealed)}:
                public = {field: value[field] for field in value.keys() - _OF_EACH}
            case _:
                raise Tampered(_NO_FORM)
        try:
            read = cls(id_, kind, name, public, base64.b64decode(sealed, validate=True))
        except ValueError as error:
            raise Tampered(_NO_FORM) from error
        _check_form(read)
        return read


_OF_EACH: Final = frozenset({"id", "kind", "name", "sealed"})


@dataclass(frozen=True, slots=True, repr=False)
class Factors:
    """The second factors of a lock that is open: its slots and their factor key. No repr of it."""

    key: bytes
    """32 random bytes; empty where there are no slots."""
    slots: tuple[Slot, ...]


NO_FACTORS: Final = Factors(b"", ())


def is_factor_name(name: str) -> bool:
    """Whether a factor may be called so: 1 to 31 small letters, digits and hyphens."""
    return _NAME.fullmatch(name) is not None


def read_slots(value: object) -> tuple[Slot, ...]:
    """The slots of a lock that has some.

    Raises:
        Tampered: there are none or too many, or two with one id or one name.
    """
    if not isinstance(value, Sequence) or not 1 <= len(value) <= MOST_FACTORS:
        raise Tampered(_NO_FORM)
    slots = tuple(Slot.from_json(each) for each in value)
    if len({slot.id for slot in slots}) < len(slots) or len({s.name for s in slots}) < len(slots):
        raise Tampered(_NO_FORM)
    return slots


def seal_factor(
    secret: bytes,
    factor_key: bytes,
    *,
    kind: str,
    name: str,
    public: Mapping[str, str],
    person: str,
    vault: str,
) -> Slot:
    """A new slot: the factor key of a person's lock, sealed under a factor's secret.

    ``secret`` has 16 bytes where it is printed, else 32.
    """
    slot = Slot(primitives.random_id(), kind, name, public, b"")
    _check_form(slot)
    return reseal_factor(slot, secret, factor_key, person=person, vault=vault)


def reseal_factor(slot: Slot, secret: bytes, factor_key: bytes, *, person: str, vault: str) -> Slot:
    """The same slot with another factor key, sealed under the same secret."""
    info = _context(slot.id, slot.kind, slot.public, person, vault)
    return replace(slot, sealed=primitives.seal(primitives.derive(secret, info), factor_key, info))


def slot_of_nobody(slot: Slot, whose: bytes) -> Slot:
    """One like it that nothing opens, the same each time for the same ``whose``."""
    id_ = primitives.sha256(whose, slot.id.encode()).hex()[:32]
    return replace(slot, id=id_, sealed=primitives.random_bytes(len(slot.sealed)))


def open_factor(secret: bytes, slot: Slot, *, person: str, vault: str) -> bytes:
    """The factor key, by the secret of a factor that is enrolled.

    Raises:
        Locked: it is another secret, or the slot was changed; which of them is not known.
    """
    info = _context(slot.id, slot.kind, slot.public, person, vault)
    try:
        return primitives.open_sealed(primitives.derive(secret, info), slot.sealed, info)
    except Tampered as error:
        raise Locked("this second factor is not the one that was added") from error


def printed_words(secret: bytes) -> str:
    """A printed secret of 16 bytes as eight groups of five letters and digits."""
    return grouped_words(secret, PRINTED_CHECK_BYTES)


def read_printed_words(typed: str) -> bytes:
    """The 16 bytes again; case and spaces do not matter.

    Law: ``read_printed_words(printed_words(secret)) == secret``.

    Raises:
        Unusable: something is mistyped or missing; it names the wrong groups where it can.
    """
    return read_grouped_words(
        typed, PRINTED_BYTES, PRINTED_CHECK_BYTES, what="secret key", no_such=_no_printed
    )


def _no_printed() -> Unusable:
    return Unusable(
        "this is not a printed secret key",
        hint="a page has eight groups of five letters and digits",
    )


def _context(id_: str, kind: str, public: Mapping[str, str], person: str, vault: str) -> bytes:
    return context("factor", vault, id=id_, kind=kind, person=person, public=dict(public))


def _check_form(slot: Slot) -> None:
    fields = PUBLIC_FIELDS.get(slot.kind)
    is_right = (
        fields is not None
        and fields.keys() == slot.public.keys()
        and all(
            isinstance(slot.public[field], str) and may_be(slot.public[field])
            for field, may_be in fields.items()
        )
        and is_factor_name(slot.name)
        and re.fullmatch(r"[0-9a-f]{32}", slot.id)
    )
    if not is_right:
        raise Tampered(_NO_FORM)
