"""A security key in software: CTAP 2.1 with clientPIN and hmac-secret, over CTAPHID packets.

Written from the words of the specification, of which the sections stand beside what they ask for.
libfido2 speaks to it as our own client does (tests/login/test_fido2_key.py), so that both sides of
a test are not one misunderstanding. Its secrets follow from 32 bytes, as those of many keys do, and
it can be plugged in again: in another process, from a file.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import fido2.hid
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fido2 import cbor
from fido2.hid.base import CtapHidConnection, HidDescriptor

PACKET: Final = 64
"""Bytes of a report of a USB key (11.2.4)."""
TRIES: Final = 8
TRIES_IN_A_ROW: Final = 3

OK: Final = 0x00
INVALID_COMMAND: Final = 0x01
INVALID_PARAMETER: Final = 0x02
MISSING_PARAMETER: Final = 0x14
CREDENTIAL_EXCLUDED: Final = 0x19
UNSUPPORTED_ALGORITHM: Final = 0x26
UNSUPPORTED_OPTION: Final = 0x2B
KEEPALIVE_CANCEL: Final = 0x2D
NO_CREDENTIALS: Final = 0x2E
USER_ACTION_TIMEOUT: Final = 0x2F
PIN_INVALID: Final = 0x31
PIN_BLOCKED: Final = 0x32
PIN_AUTH_INVALID: Final = 0x33
PIN_AUTH_BLOCKED: Final = 0x34
PIN_NOT_SET: Final = 0x35
PUAT_REQUIRED: Final = 0x36
PIN_POLICY_VIOLATION: Final = 0x37
"""8.2."""

MAKE_CREDENTIAL: Final = 0x01
GET_ASSERTION: Final = 0x02
MAY_MAKE: Final = 0x01
MAY_ASSERT: Final = 0x02
"""Permissions of a token (6.5.5.7)."""
UP, UV, AT, ED = 0x01, 0x04, 0x40, 0x80
"""Flags of authenticator data (WebAuthn 6.1)."""


class Refusal(Exception):
    """An answer with another status than success."""

    def __init__(self, status: int) -> None:
        super().__init__(hex(status))
        self.status = status


def refuse(status: int) -> NoReturn:
    raise Refusal(status)


@dataclass
class Finger:
    """Who stands at the key: they touch it after so many of its blinks; None: never."""

    blinks: int | None = 1
    blinked: int = 0


@dataclass
class SoftwareKey:
    """One key. What it has stays, and what it has of a session goes when it is plugged in anew."""

    master: bytes = field(default_factory=lambda: os.urandom(32))
    pin: bytes = b""
    """LEFT(SHA-256(PIN), 16); empty: none is set."""
    tries: int = TRIES
    file: Path | None = None
    has_secrets: bool = True
    """It knows hmac-secret."""
    always_pin: bool = False
    """alwaysUv (7.2): it answers nothing without a PIN."""
    ignores_pin: bool = False
    """It answers as if nobody had given one."""
    finger: Finger = field(default_factory=Finger)
    patience: int = 300
    """Blinks after which it gives up: 30 s of ten a second."""
    wrong_in_a_row: int = 0
    unplugged: bool = False
    asked: list[int] = field(default_factory=list)
    """The commands that it was given."""
    salts: list[bytes] = field(default_factory=list)
    """What it was asked to answer, as it came: enciphered."""
    made_for: list[Mapping[int, Any]] = field(default_factory=list)
    """What it was sent to make credentials."""
    cancelled: bool = False
    """The last command was taken back."""

    def __post_init__(self) -> None:
        self.plug_in()

    def plug_in(self) -> None:
        """Power: a new key for agreements, no token, and three more tries (6.5.5.1)."""
        self.unplugged, self.wrong_in_a_row = False, 0
        self._agreed = ec.generate_private_key(ec.SECP256R1())
        self._token, self._allowed, self._for = os.urandom(32), 0, ""

    def set_pin(self, pin: str) -> SoftwareKey:
        """As the maker's program does."""
        self.pin, self.tries = hashlib.sha256(pin.encode()).digest()[:16], TRIES
        return self._keep()

    def _keep(self) -> SoftwareKey:
        if self.file is not None:
            told = {"master": self.master.hex(), "pin": self.pin.hex(), "tries": self.tries}
            self.file.write_text(json.dumps(told))
        return self

    @classmethod
    def of(cls, file: Path) -> SoftwareKey:
        """The key that is in a file."""
        told = json.loads(file.read_text())
        master, pin = (bytes.fromhex(told[name]) for name in ("master", "pin"))
        return cls(master, pin, told["tries"], file)

    # Commands (6): each takes what was sent, and yields while it waits for a touch.

    def answer(self, command: int, sent: Mapping[int, Any]) -> Iterator[bytes | None]:
        """None for each blink, then status and CBOR."""
        self.asked.append(command)
        try:
            match command:
                case 0x04:
                    told: Any = self._info()
                case 0x06:
                    told = self._client_pin(sent)
                case _ if command in (MAKE_CREDENTIAL, GET_ASSERTION):
                    work = self._made if command == MAKE_CREDENTIAL else self._asserted
                    told = work(sent, verified=self._is_verified(sent, command))
                    if sent.get(_OPTIONS[command], {}).get("up", True):
                        yield from self._touched()
                case _:
                    refuse(INVALID_COMMAND)
        except Refusal as refused:
            yield bytes([refused.status])
        except KeyError:
            yield bytes([MISSING_PARAMETER])
        else:
            yield bytes([OK]) + (cbor.encode(told) if told else b"")

    def _touched(self) -> Iterator[None]:
        self.finger.blinked = 0
        while self.finger.blinks is None or self.finger.blinked < self.finger.blinks:
            if self.finger.blinked == self.patience:
                raise Refusal(USER_ACTION_TIMEOUT)
            self.finger.blinked += 1
            yield

    def _info(self) -> dict[int, Any]:
        """authenticatorGetInfo (6.4)."""
        options = {"rk": False, "up": True, "clientPin": bool(self.pin), "pinUvAuthToken": True}
        if self.always_pin:
            options["alwaysUv"] = True
        return {
            1: ["FIDO_2_0", "FIDO_2_1"],
            **({2: ["hmac-secret"]} if self.has_secrets else {}),
            3: bytes(16),
            4: options,
            5: 1200,
            6: [2, 1],
        }

    def _client_pin(self, sent: Mapping[int, Any]) -> dict[int, Any]:
        """authenticatorClientPIN (6.5)."""
        match sent[2]:
            case 0x01:
                blocked = {4: True} if self.wrong_in_a_row >= TRIES_IN_A_ROW else {}
                return {3: self.tries, **blocked}
            case 0x02:
                numbers = self._agreed.public_key().public_numbers()
                point = {-2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
                return {1: {1: 2, 3: -25, -1: 1, **point}}
            case 0x03:
                return self._set_pin(sent)
            case 0x05:
                return self._give_token(sent, MAY_MAKE | MAY_ASSERT, "")
            case 0x09:
                return self._give_token(sent, sent[9], sent.get(10, ""))
            case _:
                raise Refusal(0x3E)

    def _set_pin(self, sent: Mapping[int, Any]) -> dict[int, Any]:
        """6.5.5.5."""
        if self.pin:
            raise Refusal(PIN_AUTH_INVALID)
        channel = self._channel(sent[1], sent[3])
        channel.check(channel.shared_mac, sent[5], sent[4])
        pin = channel.decrypt(sent[5]).rstrip(b"\0")
        if len(pin.decode()) < 4:
            raise Refusal(PIN_POLICY_VIOLATION)
        self.set_pin(pin.decode())
        return {}

    def _give_token(self, sent: Mapping[int, Any], allowed: int, for_: str) -> dict[int, Any]:
        """6.5.5.7."""
        if not self.pin:
            raise Refusal(PIN_NOT_SET)
        if not self.tries:
            raise Refusal(PIN_BLOCKED)
        if self.wrong_in_a_row >= TRIES_IN_A_ROW:
            raise Refusal(PIN_AUTH_BLOCKED)
        channel = self._channel(sent[1], sent[3])
        self.tries -= 1
        self._keep()
        if not hmac.compare_digest(channel.decrypt(sent[6]), self.pin):
            self._agreed = ec.generate_private_key(ec.SECP256R1())
            self.wrong_in_a_row += 1
            if not self.tries:
                raise Refusal(PIN_BLOCKED)
            raise Refusal(
                PIN_AUTH_BLOCKED if self.wrong_in_a_row == TRIES_IN_A_ROW else PIN_INVALID
            )
        self.tries, self.wrong_in_a_row = TRIES, 0
        self._keep()
        self._token, self._allowed, self._for = os.urandom(32), allowed, for_
        return {2: channel.encrypt(self._token)}

    def _is_verified(self, sent: Mapping[int, Any], command: int) -> bool:
        """6.1.2, 11 and 6.2.2, 6: with a PIN's token; without it no more than a look."""
        place, protocol = (8, 9) if command == MAKE_CREDENTIAL else (6, 7)
        if place not in sent:
            if self.pin and (command == MAKE_CREDENTIAL or self.always_pin):
                raise Refusal(PUAT_REQUIRED)
            return False
        party = sent[2]["id"] if command == MAKE_CREDENTIAL else sent[1]
        digest = sent[1] if command == MAKE_CREDENTIAL else sent[2]
        Channel(sent[protocol], b"").check(self._token, digest, sent[place])
        if not self._allowed & (MAY_MAKE if command == MAKE_CREDENTIAL else MAY_ASSERT):
            raise Refusal(PIN_AUTH_INVALID)
        if self._for and self._for != party:
            raise Refusal(PIN_AUTH_INVALID)
        if sent.get(_OPTIONS[command], {}).get("up", True):
            self._allowed = 0  # 6.5.5.7: a touch ends what was allowed
        return True

    def _made(self, sent: Mapping[int, Any], *, verified: bool) -> dict[int, Any]:
        """authenticatorMakeCredential (6.1)."""
        self.made_for.append(sent)
        if all(each["alg"] != -7 for each in sent[4]):
            raise Refusal(UNSUPPORTED_ALGORITHM)
        party = hashlib.sha256(sent[2]["id"].encode()).digest()
        if any(self._is_ours(each["id"], party) for each in sent.get(5, ())):
            raise Refusal(CREDENTIAL_EXCLUDED)
        drawn = os.urandom(16)
        id_ = drawn + self._of("credential", drawn, party)[:16]
        numbers = self._private(id_).public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + struct.pack(">H", len(id_)) + id_ + cbor.encode(cose)
        said = {}
        if self.has_secrets and sent.get(6, {}).get("hmac-secret"):
            said = {"hmac-secret": True}
        data = _authenticator_data(party, UP | AT | (UV if verified else 0), attested, said)
        signature = self._private(id_).sign(data + sent[1], ec.ECDSA(hashes.SHA256()))
        return {1: "packed", 2: data, 3: {"alg": -7, "sig": signature}}

    def _asserted(self, sent: Mapping[int, Any], *, verified: bool) -> dict[int, Any]:
        """authenticatorGetAssertion (6.2)."""
        party = hashlib.sha256(sent[1].encode()).digest()
        ours = [each for each in sent.get(3, ()) if self._is_ours(each["id"], party)]
        if not ours:
            raise Refusal(NO_CREDENTIALS)
        touched = sent.get(5, {}).get("up", True)
        said = {}
        if self.has_secrets and (asked := sent.get(4, {}).get("hmac-secret")):
            if not touched:
                raise Refusal(UNSUPPORTED_OPTION)
            said = {"hmac-secret": self._hmac_secret(asked, ours[0]["id"], verified=verified)}
        flags = (UP if touched else 0) | (UV if verified and not self.ignores_pin else 0)
        data = _authenticator_data(party, flags, b"", said)
        signature = self._private(ours[0]["id"]).sign(data + sent[2], ec.ECDSA(hashes.SHA256()))
        return {1: {"type": "public-key", "id": ours[0]["id"]}, 2: data, 3: signature}

    def _hmac_secret(self, asked: Mapping[int, Any], id_: bytes, *, verified: bool) -> bytes:
        """12.5: another secret with the PIN than without."""
        channel = self._channel(asked.get(4, 1), asked[1])
        channel.check(channel.shared_mac, asked[2], asked[3])
        salts = channel.decrypt(asked[2])
        self.salts.append(asked[2])
        if len(salts) not in (32, 64):
            raise Refusal(INVALID_PARAMETER)
        secret = self._of("secret with PIN" if verified else "secret without PIN", id_)
        answers = [
            hmac.digest(secret, salts[at : at + 32], "sha256") for at in range(0, len(salts), 32)
        ]
        return channel.encrypt(b"".join(answers))

    def _channel(self, protocol: int, theirs: Mapping[int, Any]) -> Channel:
        public = ec.EllipticCurvePublicNumbers(
            int.from_bytes(theirs[-2]), int.from_bytes(theirs[-3]), ec.SECP256R1()
        ).public_key()
        return Channel(protocol, self._agreed.exchange(ec.ECDH(), public))

    def _of(self, what: str, *parts: bytes) -> bytes:
        return hmac.digest(self.master, what.encode() + b"".join(parts), "sha256")

    def _private(self, id_: bytes) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self._of("private", id_)) >> 1, ec.SECP256R1())

    def _is_ours(self, id_: bytes, party: bytes) -> bool:
        return id_[16:] == self._of("credential", id_[:16], party)[:16]


_OPTIONS: Final = {MAKE_CREDENTIAL: 7, GET_ASSERTION: 5}


def _authenticator_data(
    party: bytes, flags: int, attested: bytes, said: Mapping[str, Any]
) -> bytes:
    flags |= ED if said else 0
    told = cbor.encode(said) if said else b""
    return party + struct.pack(">BI", flags, 1) + attested + told


class Channel:
    """PIN/UV auth protocols one (6.5.6) and two (6.5.7), from the key's side."""

    def __init__(self, protocol: int, agreed: bytes) -> None:
        if protocol not in (1, 2):
            raise Refusal(INVALID_PARAMETER)
        self._two = protocol == 2
        if self._two:
            self.shared_mac, self._aes = (
                HKDF(hashes.SHA256(), 32, bytes(32), f"CTAP2 {name} key".encode()).derive(agreed)
                for name in ("HMAC", "AES")
            )
        else:
            self.shared_mac = self._aes = hashlib.sha256(agreed).digest()

    def check(self, key: bytes, message: bytes, code: bytes) -> None:
        right = hmac.digest(key, message, "sha256")
        if not hmac.compare_digest(right if self._two else right[:16], code):
            raise Refusal(PIN_AUTH_INVALID)

    def decrypt(self, data: bytes) -> bytes:
        vector, data = (data[:16], data[16:]) if self._two else (bytes(16), data)
        opening = Cipher(algorithms.AES(self._aes), modes.CBC(vector)).decryptor()
        return opening.update(data) + opening.finalize()

    def encrypt(self, data: bytes) -> bytes:
        vector = os.urandom(16) if self._two else bytes(16)
        sealing = Cipher(algorithms.AES(self._aes), modes.CBC(vector)).encryptor()
        return (vector if self._two else b"") + sealing.update(data) + sealing.finalize()


class Wire(CtapHidConnection):
    """CTAPHID (11.2): packets of one channel to a key and from it."""

    def __init__(self, key: SoftwareKey, rest: Callable[[], object] = lambda: None) -> None:
        self._key, self._rest = key, rest
        self._sent, self._length, self._head = b"", 0, b""
        self._coming: Iterator[bytes] = iter(())

    def write_packet(self, data: bytes) -> None:
        if self._key.unplugged:
            raise OSError("unplugged")
        channel, command = data[:4], data[4]
        if command == 0x91:
            self._key.cancelled = True
            return
        if command & 0x80:
            self._head, self._sent = data[:5], b""
            self._length = int.from_bytes(data[5:7])
            self._sent = data[7:]
        else:
            self._sent += data[5:]
        if len(self._sent) >= self._length:
            self._key.cancelled = False
            self._coming = self._answers(channel, self._head[4], self._sent[: self._length])

    def read_packet(self) -> bytes:
        if self._key.unplugged:
            raise OSError("unplugged")
        return next(self._coming)

    def close(self) -> None:
        pass

    def _answers(self, channel: bytes, command: int, sent: bytes) -> Iterator[bytes]:
        match command:
            case 0x86:
                told = sent + b"\1\2\3\4" + bytes([2, 1, 0, 0, 0x04 | 0x08])
                yield from _packets(channel, command, told)
            case 0x90:
                yield from self._of_cbor(channel, sent)
            case _:
                yield from _packets(channel, 0xBF, b"\1")

    def _of_cbor(self, channel: bytes, sent: bytes) -> Iterator[bytes]:
        told: Any = cbor.decode(sent[1:]) if sent[1:] else {}
        for each in self._key.answer(sent[0], told):
            if each is not None:
                yield from _packets(channel, 0x90, each)
            elif self._key.cancelled:
                yield from _packets(channel, 0x90, bytes([KEEPALIVE_CANCEL]))
                return
            else:
                yield from _packets(channel, 0xBB, b"\2")
                self._rest()


def _packets(channel: bytes, command: int, data: bytes) -> Iterator[bytes]:
    head = channel + struct.pack(">BH", command, len(data))
    yield (head + data[: PACKET - 7]).ljust(PACKET, b"\0")
    rest = data[PACKET - 7 :]
    for number, at in enumerate(range(0, len(rest), PACKET - 5)):
        part = channel + bytes([number]) + rest[at : at + PACKET - 5]
        yield part.ljust(PACKET, b"\0")


def plug_in(monkeypatch: pytest.MonkeyPatch, *keys: SoftwareKey) -> None:
    """Have the machine find these keys, and no others: all above the packets is real.

    A kernel that gives a test a /dev/hidraw of its own (uhid) is not to be had in a container.
    """
    described = {f"/dev/hidraw{n}".encode(): key for n, key in enumerate(keys)}
    found = [HidDescriptor(name, 0, 0, PACKET, PACKET, "Key", None) for name in described]
    for module in (fido2.hid, *_importing()):
        monkeypatch.setattr(module, "list_descriptors", lambda: list(found))
        monkeypatch.setattr(module, "open_connection", lambda which: Wire(described[which.path]))


def _importing() -> list[Any]:
    from callrec.login import fido2_key  # noqa: PLC0415 - it may be what is tested

    return [fido2_key]
