"""The second factor at the desk: a passkey that the browser used, or a printed key that was typed.

A browser uses a passkey for the name under which the desk is served, and for no other
(docs/reference/desk.md). What comes of it goes with the form, as the password does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from callrec.crypto import primitives
from callrec.crypto.factor import PRINTED, Slot, open_factor, read_printed_words
from callrec.crypto.webauthn import (
    Assertion,
    as_base64url,
    check_assertion,
    check_public_key,
    from_base64url,
    relying_party,
)
from callrec.dataclass import dataclass, field
from callrec.desk.exchange import Asked
from callrec.errors import Locked, Unusable
from callrec.login.asking import Answer
from callrec.login.factors import NewFactor, Presents
from callrec.login.printed import kept_secret

PASSKEY: Final = "passkey"

_NONCE_BYTES: Final = 16


@dataclass(slots=True, repr=False)
class Challenges:
    """What passkeys are asked with. Nothing is kept of one until it was answered; then it is used.

    Somebody who opens pages and answers none so fills no memory.
    """

    _key: bytes = field(default_factory=lambda: primitives.random_bytes(primitives.KEY_BYTES))
    _used: set[str] = field(default_factory=set)

    def new(self) -> str:
        """Another one, in base64url."""
        nonce = primitives.random_bytes(_NONCE_BYTES)
        return as_base64url(nonce + self._mark(nonce))

    def take(self, given: str) -> str:
        """A challenge that was answered; empty if it is not of here, or was answered before."""
        with suppress(ValueError):
            both = from_base64url(given)
            nonce, mark = both[:_NONCE_BYTES], both[_NONCE_BYTES:]
            is_ours = primitives.constant_time_equal(mark, self._mark(nonce))
            if is_ours and given not in self._used:
                self._used.add(given)
                return given
        return ""

    def _mark(self, nonce: bytes) -> bytes:
        return primitives.mac(self._key, nonce)[:_NONCE_BYTES]


@dataclass(frozen=True, slots=True, repr=False)
class Presented:
    """What a form shows beside a password. Its repr shows nothing."""

    origin: str = ""
    """Where the desk is served."""
    challenge: str = ""
    """What its page asked with; empty if that does not count any more."""
    passkey: str = ""
    """What came of a passkey, as static/passkey.js writes it."""
    printed_key: str = ""
    """As somebody typed it from its page."""
    whose: str = "your"
    """Or "their": of the person who signs beside, as the one who reads the answer is told."""

    @classmethod
    def in_form(cls, asked: Asked, origin: str, challenge: str, prefix: str = "") -> Presented:
        """What stands in a form; ``prefix``: of whom, where it is not the person who is there."""
        passkey, printed_key = asked.first(f"{prefix}passkey"), asked.first(f"{prefix}printed_key")
        return cls(origin, challenge, passkey, printed_key, "their" if prefix else "your")

    def check_form(self) -> None:
        """Check that what came can be read, at each login alike: else it would tell who has one.

        Raises:
            Unusable: a printed key is mistyped, or what came of a passkey is none.
        """
        if self.printed_key:
            read_printed_words(self.printed_key)
        if self.passkey:
            Assertion.from_json(_read(self.passkey))

    def answer(self, vault: str, folder: Path, person: str, slots: Sequence[Slot]) -> Answer:
        """The second factor that this is.

        Args:
            vault: whose people they are.
            folder: where this machine keeps printed keys that were entered at its terminal.
            person: whose slots.
            slots: of their lock.

        Raises:
            Locked: nothing was presented, or not what was added.
            Unusable: a printed key is mistyped.
        """
        for slot, secret in self._secrets(folder, slots):
            with suppress(Locked):
                key = open_factor(secret, slot, person=person, vault=vault)
                return Answer(person, slot, secret, key)
        if self.printed_key or self.passkey:
            raise Locked("this second factor is not one that was added to this login")
        raise _needed(slots, self.origin, self.whose)

    def _secrets(self, folder: Path, slots: Sequence[Slot]) -> Iterator[tuple[Slot, bytes]]:
        """What was presented, or else is kept here, and each slot that it may be of."""
        printed = [slot for slot in slots if slot.kind == PRINTED]
        if self.printed_key:
            typed = read_printed_words(self.printed_key)
            yield from ((slot, typed) for slot in printed)
        elif self.passkey:
            yield from self._used(slots)
        else:
            kept = ((slot, kept_secret(folder, slot)) for slot in printed)
            yield from ((slot, secret) for slot, secret in kept if secret is not None)

    def _used(self, slots: Sequence[Slot]) -> Iterator[tuple[Slot, bytes]]:
        used = Assertion.from_json(_read(self.passkey))
        for slot in slots:
            if _credential(slot) == used.credential:
                check_assertion(
                    used,
                    public_key=base64.b64decode(slot.public["public_key"]),
                    origin=self.origin,
                    challenge=self.challenge,
                )
                yield slot, used.secret


def presents(presented: Presented, vault: str, folder: Path, *, tells: bool = True) -> Presents:
    """The factor key of a lock, by what was presented (login/factors.py).

    Unless it ``tells``, what does not open gives a key that opens nothing. So neither the answer
    nor the time that it takes tells whether somebody has a second factor, or which.
    """

    def factor_key(person: str, slots: Sequence[Slot]) -> bytes:
        try:
            return presented.answer(vault, folder, person, slots).key
        except Locked:
            if tells:
                raise
            return primitives.random_bytes(primitives.KEY_BYTES)

    return factor_key


def made_passkey(name: str, sent: str, origin: str, challenge: str) -> tuple[NewFactor, bool]:
    """A passkey that was just made, and whether it is synced.

    Raises:
        Locked: it did not answer this page.
        Unusable: none came, or it signs in another way.
    """
    value = _read(sent)
    made = Assertion.from_json(value)
    try:
        public_key = from_base64url(value.get("public_key"))
    except ValueError as error:
        raise _no_passkey() from error
    check_public_key(public_key)
    check_assertion(made, public_key=public_key, origin=origin, challenge=challenge)
    public = {
        "credential": base64.b64encode(made.credential).decode(),
        "public_key": base64.b64encode(public_key).decode(),
        "rp_id": relying_party(origin),
    }
    return NewFactor(PASSKEY, name, public, made.secret), made.is_synced


def passkeys_at(slots: Sequence[Slot], origin: str) -> str:
    """The ids of the passkeys that work at a site, as a page has them: base64url, with spaces."""
    site = relying_party(origin)
    there = [slot for slot in slots if site and slot.public.get("rp_id") == site]
    return " ".join(as_base64url(_credential(slot)) for slot in there)


def _needed(slots: Sequence[Slot], origin: str, whose: str) -> Locked:
    """Why a password alone does not do, and what would."""
    kinds = {slot.kind for slot in slots}
    if passkeys_at(slots, origin):
        return Locked(
            f"{whose} passkey is needed for this, beside {whose} password",
            hint=f"send it again, and use {whose} passkey when the browser asks for it",
        )
    if PRINTED in kinds:
        return Locked(
            f"{whose} printed secret key is needed for this, beside {whose} password",
            hint=f"type it from its page, below {whose} password",
        )
    if PASSKEY in kinds:
        return Locked(
            f"{whose} passkey belongs to another name of the desk, and does not work here",
            hint="open the desk under that name, or ask a Data Controller for a new password",
        )
    return Locked(
        f"{whose} second factor works on the command line only",
        hint="do it there, or add a printed secret key there, which works here, too",
    )


def _credential(slot: Slot) -> bytes:
    return base64.b64decode(slot.public["credential"]) if slot.kind == PASSKEY else b""


def _read(sent: str) -> Mapping[str, Any]:
    try:
        value = json.loads(sent)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _no_passkey()
    return value


def _no_passkey() -> Unusable:
    return Unusable("your browser sent no passkey", hint="turn JavaScript on and try again")
