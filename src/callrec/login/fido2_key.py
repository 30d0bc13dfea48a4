"""A security key (FIDO2) as a second factor, by its extension hmac-secret (CTAP 2.1, 12.5).

The key answers a salt with HMAC-SHA-256 under a secret that never leaves it: 32 bytes, the same
each time, and others for each credential and each salt. It is always asked with its PIN, since a
key answers differently with and without it (CTAP 2.1, 12.5: CredRandomWithUV). What a key signs is
looked at by nobody here: its answer opens the factor key, or does not.

Only what a key is asked stands in the slot (docs/formats/keys.md, 4). The library `fido2` is
an extra, and imported when somebody's factor is such a key.
"""

from __future__ import annotations

import base64
import glob
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from callrec.crypto import primitives
from callrec.errors import CallrecError, Locked, Misconfigured, Unusable
from callrec.login.asking import Asking

try:
    from fido2.cose import ES256
    from fido2.ctap import STATUS, CtapError
    from fido2.ctap2.base import Ctap2
    from fido2.ctap2.pin import ClientPin
    from fido2.hid import (
        CAPABILITY,
        ConnectionFailure,
        CtapHidDevice,
        list_descriptors,
        open_connection,
    )
    from fido2.webauthn import AuthenticatorData
except ImportError:
    raise Misconfigured(
        "what speaks to a security key is not installed on this machine",
        hint="install callrec with its extra: callrec[keys]",
    ) from None

RELYING_PARTY: Final = "callrec"
"""For whom the key keeps the credential: fixed by the format."""

EXTENSION: Final = "hmac-secret"
SALT_BYTES: Final = 32
PIN_TRIES: Final = 3
"""How often it is asked for in one go: a key wants to be unplugged after three wrong ones in a row,
and is blocked for good after eight (CTAP 2.1, 6.5.5.5)."""
_MIN_PIN: Final = 4
"""Characters (CTAP 2.1, 6.5.1): fewer need not be tried."""

_OTHER_FACTOR: Final = "use your other factor; a Data Controller can help if you have none"


def enrol(
    person: str, ask: Asking, others: Sequence[Mapping[str, str]]
) -> tuple[dict[str, str], bytes]:
    """Make a credential on the one new key that is plugged in, and ask it for the first time.

    Args:
        person: their id; the key keeps it with the credential, and no name of theirs.
        ask: where the PIN is asked for.
        others: the slots of the keys that they have already, which may be plugged in as well.

    Returns:
        What the slot says of it: `credential` and `salt`, base64; and the secret, 32 bytes.

    Raises:
        Unusable: several keys are plugged in, or one that they have already; it has no PIN yet, or
            cannot do what is asked of it.
        Locked: none is plugged in; the PIN is wrong or blocked; it was not touched in time, or was
            unplugged.
        Misconfigured: this account may not speak to keys.
    """
    known = [base64.b64decode(each["credential"]) for each in others]
    with _explained(), _new_key(known, ask) as key:
        _check_suitable(key)
        pin, token = _unlocked(key, ask, ClientPin.PERMISSION.MAKE_CREDENTIAL, "the new")
        credential = _make_credential(key, person, token, known, ask)
        # CTAP 2.1, 6.1.2, 15: what was allowed is over with the touch.
        client = ClientPin(key)
        token = client.get_pin_token(pin, ClientPin.PERMISSION.GET_ASSERTION, RELYING_PARTY)
        salt = primitives.random_bytes(SALT_BYTES)
        touch = _Touch(ask, "touch it once more, so that callrec sees what it answers")
        secret = _ask_secret(client, credential, salt, token, touch)
    encoded = {"credential": credential, "salt": salt}
    return {name: base64.b64encode(each).decode() for name, each in encoded.items()}, secret


def secret(public: Mapping[str, str], person: str, ask: Asking) -> bytes:  # noqa: ARG001
    """What the key says to the slot's salt: 32 bytes. Of several keys the one that has it is asked.

    Raises:
        Locked: as `enrol`; or it is another key than the slot's.
    """
    credential, salt = (base64.b64decode(public[name]) for name in ("credential", "salt"))
    with _explained(), _plugged_in() as keys:
        key = _one_with(keys, credential)
        _, token = _unlocked(key, ask, ClientPin.PERMISSION.GET_ASSERTION)
        return _ask_secret(ClientPin(key), credential, salt, token, _Touch(ask))


@contextmanager
def _new_key(known: Sequence[bytes], ask: Asking) -> Iterator[Ctap2]:
    """The key that is to be added; it may be plugged in now."""
    with _plugged_in() as keys:
        if new := _without(keys, known):
            yield _only(new)
            return
    ask.hidden("Plug in the security key that you want to add, and press Enter")
    with _plugged_in() as keys:
        if not keys:
            raise _none_there()
        yield _only(_without(keys, known))


def _without(keys: Sequence[Ctap2], known: Sequence[bytes]) -> list[Ctap2]:
    return [key for key in keys if not any(_says_it_has(key, each) for each in known)]


def _only(keys: Sequence[Ctap2]) -> Ctap2:
    if not keys:
        raise _added_already()
    if len(keys) > 1:
        raise Unusable(
            "more than one security key is plugged in",
            hint="leave only the one that you want to add, and try again",
        )
    return keys[0]


@contextmanager
def _plugged_in() -> Iterator[list[Ctap2]]:
    """The keys that are plugged in and speak CTAP2."""
    with ExitStack() as opened:
        keys = []
        for descriptor in list_descriptors():  # type: ignore[no-untyped-call]
            # A key that is just being unplugged, or only knows U2F, is none.
            with suppress(OSError, ConnectionFailure, CtapError, ValueError):
                connection = open_connection(descriptor)  # type: ignore[no-untyped-call]
                opened.callback(connection.close)
                device = CtapHidDevice(descriptor, connection)
                if device.capabilities & CAPABILITY.CBOR:
                    keys.append(Ctap2(device))
        yield keys


def _none_there() -> CallrecError:
    shut = [each for each in glob.glob("/dev/hidraw*") if not os.access(each, os.R_OK | os.W_OK)]  # noqa: PTH207
    if shut:
        return Misconfigured(
            "this account may not speak to security keys on this machine",
            hint="the technician's page says which udev rule it needs",
        )
    return Locked("no security key is plugged in", hint="plug it in, and try again")


@contextmanager
def _explained() -> Iterator[None]:
    """Say in words what the key answers."""
    try:
        yield
    except CtapError as error:
        raise _in_words(error) from error
    except (OSError, ConnectionFailure) as error:
        raise Locked("the security key was unplugged", hint="plug it in, and try again") from error
    except ValueError as error:
        raise Unusable("the security key does not answer as FIDO2 says") from error


def _in_words(error: CtapError) -> CallrecError:
    code = CtapError.ERR
    match error.code:
        case code.PIN_BLOCKED:
            return _blocked()
        case code.PIN_AUTH_BLOCKED:
            return _to_be_unplugged()
        case (
            code.OPERATION_DENIED
            | code.USER_ACTION_TIMEOUT
            | code.ACTION_TIMEOUT
            | code.KEEPALIVE_CANCEL
        ):
            return Locked(
                "the security key was not touched in time",
                hint="try again, and touch it when it blinks",
            )
        case code.NO_CREDENTIALS | code.INVALID_CREDENTIAL:
            return _another_key()
        case code.CREDENTIAL_EXCLUDED:
            return _added_already()
        case _:
            return Locked(f"the security key refused: {error.code.name}")


def _blocked() -> Locked:
    return Locked("the PIN of this security key is blocked", hint=_OTHER_FACTOR)


def _to_be_unplugged() -> Locked:
    return Locked(
        "three wrong PINs in a row", hint="unplug the security key, plug it in, and try again"
    )


def _another_key() -> Locked:
    return Locked(
        "this is not the security key that you added", hint="plug in the one that you added"
    )


def _added_already() -> Unusable:
    return Unusable(
        "you have added this security key already", hint="plug in the one that you want to add"
    )


def _check_suitable(key: Ctap2) -> None:
    if EXTENSION not in key.info.extensions:
        raise Unusable(
            f"this security key cannot do what callrec needs ({EXTENSION})",
            hint="the technician's page says which keys can",
        )
    if not key.info.options.get("clientPin"):
        raise Unusable(
            "this security key has no PIN yet",
            hint="choose one first, with its maker's program or fido2-token -S",
        )


def _one_with(keys: Sequence[Ctap2], credential: bytes) -> Ctap2:
    """The key that made a credential; asked without a touch, which not every key allows."""
    if not keys:
        raise _none_there()
    asked = [(_says_it_has(key, credential), key) for key in keys]
    likely = [key for has, key in asked if has] or [key for has, key in asked if has is None]
    if not likely:
        raise _another_key()
    return likely[0]


def _says_it_has(key: Ctap2, credential: bytes) -> bool | None:
    """Whether the credential is this key's (CTAP 2.1, 6.2.2: `up` false); None: it does not say."""
    try:
        key.get_assertion(
            RELYING_PARTY, primitives.random_bytes(32), _named(credential), options={"up": False}
        )
    except CtapError as error:
        unknown = (CtapError.ERR.NO_CREDENTIALS, CtapError.ERR.INVALID_CREDENTIAL)
        return False if error.code in unknown else None
    return True


def _unlocked(
    key: Ctap2, ask: Asking, permission: ClientPin.PERMISSION, whose: str = "your"
) -> tuple[str, bytes]:
    """The PIN, as it was typed right, and what the key gave for it: leave for one act."""
    client = ClientPin(key)
    for _ in range(PIN_TRIES):
        left, to_be_unplugged = client.get_pin_retries()
        if not left:
            raise _blocked()
        if to_be_unplugged:
            raise _to_be_unplugged()
        pin = unicodedata.normalize("NFC", ask.hidden(f"PIN of {whose} security key"))
        if len(pin) < _MIN_PIN:
            ask.tell(f"a PIN has at least {_MIN_PIN} characters")
            continue
        try:
            return pin, client.get_pin_token(pin, permission, RELYING_PARTY)
        except CtapError as error:
            if error.code != CtapError.ERR.PIN_INVALID:
                raise
        left, _ = client.get_pin_retries()
        tries = "1 try" if left == 1 else f"{left} tries"
        ask.tell(f"wrong PIN; {tries} left before the key is blocked")
    raise Locked("no PIN was right", hint="try again when you know it")


def _make_credential(
    key: Ctap2, person: str, token: bytes, known: Sequence[bytes], ask: Asking
) -> bytes:
    digest = primitives.random_bytes(32)
    client = ClientPin(key)
    made = key.make_credential(
        digest,
        {"id": RELYING_PARTY, "name": RELYING_PARTY},
        {"id": bytes.fromhex(person), "name": RELYING_PARTY, "displayName": RELYING_PARTY},
        [{"type": "public-key", "alg": ES256.ALGORITHM}],
        exclude_list=[named for each in known for named in _named(each)] or None,
        extensions={EXTENSION: True},
        pin_uv_param=client.protocol.authenticate(token, digest),
        pin_uv_protocol=client.protocol.VERSION,
        on_keepalive=_Touch(ask),
    ).auth_data
    if not (made.extensions or {}).get(EXTENSION) or made.credential_data is None:
        raise Unusable(f"this security key did not take up {EXTENSION}")
    return made.credential_data.credential_id


def _ask_secret(
    client: ClientPin, credential: bytes, salt: bytes, token: bytes, touch: _Touch
) -> bytes:
    """CTAP 2.1, 12.5: the salt goes and the answer comes under a key agreed with the device."""
    protocol, command = client.protocol, ClientPin.CMD.GET_KEY_AGREEMENT
    theirs = client.ctap.client_pin(protocol.VERSION, command)[ClientPin.RESULT.KEY_AGREEMENT]
    ours, shared = protocol.encapsulate(theirs)
    sent, digest = protocol.encrypt(shared, salt), primitives.random_bytes(32)
    asked = {1: ours, 2: sent, 3: protocol.authenticate(shared, sent), 4: protocol.VERSION}
    answer = client.ctap.get_assertion(
        RELYING_PARTY,
        digest,
        _named(credential),
        extensions={EXTENSION: asked},
        pin_uv_param=protocol.authenticate(token, digest),
        pin_uv_protocol=protocol.VERSION,
        on_keepalive=touch,
    ).auth_data
    said = (answer.extensions or {}).get(EXTENSION)
    with_pin = answer.flags & AuthenticatorData.FLAG.UV
    if not isinstance(said, bytes) or not with_pin:
        raise Unusable(f"this security key did not answer to {EXTENSION}")
    secret = protocol.decrypt(shared, said)
    if len(secret) != SALT_BYTES:
        raise Unusable(f"this security key did not answer to {EXTENSION}")
    return secret


def _named(credential: bytes) -> list[Mapping[str, object]]:
    return [{"type": "public-key", "id": credential}]


class _Touch:
    """Tells once that the key waits for a finger; it is not told when it does not."""

    def __init__(self, ask: Asking, what: str = "touch your security key now: it blinks") -> None:
        self._ask, self._what, self._told = ask, what, False

    def __call__(self, status: int) -> None:
        if status == STATUS.UPNEEDED and not self._told:
            self._told = True
            self._ask.tell(self._what)
