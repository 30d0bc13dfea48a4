"""A smart card as a second factor, through PKCS#11: NHS cards, YubiKeys (PIV) and others.

A secret of 32 bytes is made for the public key that the card shows, and the card makes it again of
what stands in the slot, with its PIN (crypto/card.py; docs/formats/keys.md, 4). The card is known
by its serial number, the key by its CKA_ID: a label may be on many cards.

What speaks to the card is a module of its maker or of OpenSC, a library of C that is loaded into
this process: it must be one that nobody else can change. `python-pkcs11` is an extra, and
imported when somebody's factor is a card.
"""

from __future__ import annotations

import base64
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from callrec.crypto.card import (
    P256_PARAMETERS,
    CardPublic,
    Mechanism,
    Wrapped,
    certified_public,
    point_public,
    remove_oaep,
    rsa_public,
    wrap_secret,
)
from callrec.crypto.primitives import KEY_BYTES
from callrec.errors import CallrecError, Locked, Misconfigured, Unusable
from callrec.login.asking import Asking
from callrec.system.rights import check_only_we_can_change

try:
    import pkcs11
    from pkcs11 import KDF, MGF, Attribute, KeyType, ObjectClass, TokenFlag
    from pkcs11 import Mechanism as Does
    from pkcs11 import exceptions as failures
except ImportError:
    raise Misconfigured(
        "what speaks to a smart card is not installed on this machine",
        hint="install callrec with its extra: callrec[keys]",
    ) from None

USUAL_PLACES: Final = (
    f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/opensc-pkcs11.so",  # Debian, Ubuntu
    "/usr/lib64/pkcs11/opensc-pkcs11.so",  # Fedora
    "/usr/lib/pkcs11/opensc-pkcs11.so",  # Arch
    "/Library/OpenSC/lib/opensc-pkcs11.so",  # macOS
    "/opt/homebrew/lib/opensc-pkcs11.so",
)
"""Where OpenSC's module lies, which knows most cards, if the configuration names none."""

PIN_TRIES: Final = 3
"""How often it is asked for in one go; many cards are blocked after three wrong ones."""

_OTHER_FACTOR: Final = "use your other factor; a Data Controller can help if you have none"
_REMOVED: Final = (
    failures.DeviceError,
    failures.DeviceRemoved,
    failures.GeneralError,
    failures.TokenNotPresent,
    failures.SessionHandleInvalid,
    failures.SessionClosed,
)
"""What a module answers once the card is out; which of them, the standard leaves open."""
_CANNOT: Final = (
    failures.ArgumentsBad,
    failures.FunctionNotSupported,
    failures.KeyTypeInconsistent,
    failures.MechanismInvalid,
    failures.MechanismParamInvalid,
)
"""What a module answers to what a card, or this key on it, does not do."""
_OF_ANOTHER_KEY: Final = (
    failures.DataInvalid,
    failures.DataLenRange,
    failures.EncryptedDataInvalid,
    failures.EncryptedDataLenRange,
    failures.GeneralError,
)
"""What it answers to a number that is none below the key's modulus; SoftHSM the last."""


def enrol(
    person: str,  # noqa: ARG001
    ask: Asking,
    others: Sequence[Mapping[str, str]],
) -> tuple[dict[str, str], bytes]:
    """Make a secret for a key of the one new card that is in a reader, and have the card open it.

    ``others``: the slots of the cards that they have already, which may be in a reader as well.

    Returns:
        What the slot says of it: `key` (CKA_ID, hex), `mechanism`, `token` (serial number) and
        `wrapped` (base64); and the secret, 32 bytes.

    Raises:
        Unusable: several cards are in readers, or one that they have already; or it has no key
            that can do this.
        Locked: none is in a reader; the PIN is wrong or blocked, or the card was taken out.
        Misconfigured: the module of PKCS#11 is missing, or cannot be used.
    """
    known = [each["token"] for each in others]
    with _explained(), _new_card(known, ask) as card:
        if not (serial := _serial(card)).isprintable() or not serial:
            raise Unusable("this smart card has no serial number by which it could be known")
        with _unlocked(card, ask, "the new") as session:
            key, made = _usable(session)
            fields = {
                "key": key.hex(),
                "mechanism": made.mechanism.value,
                "token": serial,
                "wrapped": base64.b64encode(made.wrapped).decode(),
            }
            return fields, made.secret


def secret(public: Mapping[str, str], person: str, ask: Asking) -> bytes:  # noqa: ARG001
    """What the card makes of the slot's `wrapped`: 32 bytes.

    Raises:
        Locked: as `enrol`; or it is another card than the slot's, or has lost the key.
        Misconfigured: as `enrol`.
    """
    with _explained(), _cards(ask) as cards:
        if not cards:
            raise _none_there()
        card = next((each for each in cards if _serial(each) == public["token"]), None)
        if card is None:
            raise Locked(
                "this is not the smart card that you added", hint="put in the one that you added"
            )
        with _unlocked(card, ask) as session:
            wrapped, id_ = base64.b64decode(public["wrapped"]), bytes.fromhex(public["key"])
            for key in _found(session, ObjectClass.PRIVATE_KEY, id_):
                if opened := _opened(key, Mechanism(public["mechanism"]), wrapped):
                    return opened
    raise Locked("the key that you added is no longer on this smart card", hint=_OTHER_FACTOR)


@contextmanager
def _new_card(known: Sequence[str], ask: Asking) -> Iterator[pkcs11.Token]:
    """The card that is to be added; it may be put in now."""
    with _cards(ask) as cards:
        if new := [each for each in cards if _serial(each) not in known]:
            yield _only(new)
            return
    ask.hidden("Put in the smart card that you want to add, and press Enter")
    with _cards(ask) as cards:
        if not cards:
            raise _none_there()
        yield _only([each for each in cards if _serial(each) not in known])


def _only(cards: Sequence[pkcs11.Token]) -> pkcs11.Token:
    if not cards:
        raise Unusable(
            "you have added this smart card already", hint="put in the one that you want to add"
        )
    if len(cards) > 1:
        raise Unusable(
            "more than one smart card is in a reader",
            hint="leave only the one that you want to add, and try again",
        )
    return cards[0]


def _none_there() -> Locked:
    return Locked(
        "no smart card is in a reader",
        hint="put it in, and try again; the technician's page says what a reader needs",
    )


@contextmanager
def _cards(ask: Asking) -> Iterator[list[pkcs11.Token]]:
    """The cards that are in readers; nobody is logged in to them any more afterwards.

    Raises:
        Misconfigured: the module is missing, others can change it, or it cannot be loaded.
    """
    named = ask.card_module or _usual_module()
    if not named.is_file():
        raise Misconfigured(
            f'there is no PKCS#11 module at "{named}"', hint="correct factor.card_module"
        )
    check_only_we_can_change(named)
    try:
        module = pkcs11.lib(str(named))
    except (pkcs11.PKCS11Error, OSError) as error:
        raise Misconfigured(
            f'"{named}" cannot be used as a PKCS#11 module', hint="correct factor.card_module"
        ) from error
    try:
        slots = module.get_slots(token_present=True)
        cards = [slot.get_token() for slot in slots]
        yield [each for each in cards if each.flags & TokenFlag.TOKEN_INITIALIZED]
    finally:
        module.finalize()


def _usual_module() -> Path:
    for place in USUAL_PLACES:
        if (found := Path(place)).is_file():
            return found
    raise Misconfigured(
        "no PKCS#11 module was found on this machine",
        hint="install OpenSC, or name your card's module as factor.card_module",
    )


def _serial(card: pkcs11.Token) -> str:
    return card.serial.decode("ascii", "replace").strip()


@contextmanager
def _explained() -> Iterator[None]:
    """Say in words what the module answers."""
    try:
        yield
    except _REMOVED as error:
        raise Locked(
            "the smart card stopped answering", hint="see that it is in the reader, and try again"
        ) from error
    except pkcs11.PKCS11Error as error:
        said = str(error) or type(error).__name__
        raise Locked(f"the smart card refused: {said}") from error


@contextmanager
def _unlocked(card: pkcs11.Token, ask: Asking, whose: str = "your") -> Iterator[Any]:
    """A session in which the card takes the person for its owner."""
    for _ in range(PIN_TRIES):
        check_pin_may_be_tried(card.flags)
        pin = ask.hidden(f"PIN of {whose} smart card")
        try:
            session = card.open(user_pin=pin)
        except (failures.PinIncorrect, failures.PinLenRange, failures.PinInvalid):
            card = card.slot.get_token()
            check_pin_may_be_tried(card.flags)
            ask.tell(f"wrong PIN; {tries_left(card.flags)}")
        except failures.PinLocked as error:
            raise _blocked() from error
        else:
            with session:
                yield session
            return
    raise Locked("no PIN was right", hint="try again when you know it")


def check_pin_may_be_tried(flags: TokenFlag) -> None:
    """Check what a card says of its PIN before it is asked for.

    Raises:
        Locked: it is blocked.
        Unusable: none is set, or it is to be changed first.
    """
    if flags & TokenFlag.USER_PIN_LOCKED:
        raise _blocked()
    if not flags & TokenFlag.USER_PIN_INITIALIZED or flags & TokenFlag.USER_PIN_TO_BE_CHANGED:
        raise Unusable(
            "this smart card has no PIN of your own yet", hint="choose one with its maker's program"
        )


def tries_left(flags: TokenFlag) -> str:
    """What a card tells of the tries that are left: no number (PKCS #11 v2.40, 3.2)."""
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return "1 try left before the card is blocked"
    if flags & TokenFlag.USER_PIN_COUNT_LOW:
        return "few tries left before the card is blocked"
    return "too many wrong ones block the card"


def _blocked() -> CallrecError:
    return Locked("the PIN of this smart card is blocked", hint=_OTHER_FACTOR)


def _usable(session: Any) -> tuple[bytes, Wrapped]:
    """The first key on the card that opens what was made for it: its id, and what was made."""
    for key in filter(_may_open, _found(session, ObjectClass.PRIVATE_KEY)):
        public = _public(session, key)
        if public is None:
            continue
        try:
            made = wrap_secret(public)
            if _opened(key, made.mechanism, made.wrapped) == made.secret:
                return key[Attribute.ID], made
        except _REMOVED:
            raise
        except (Unusable, pkcs11.PKCS11Error):  # another key may do it
            continue
    raise Unusable(
        "no key on this smart card can open what is made for it",
        hint="it takes RSA of 2048 bits with decryption, or P-256 with key agreement:"
        " the technician's page says more",
    )


def _found(session: Any, what: ObjectClass, id_: bytes | None = None) -> list[Any]:
    """All of them at once: a session looks for one thing at a time."""
    named = {} if id_ is None else {Attribute.ID: id_}
    return list(session.get_objects({Attribute.CLASS: what, **named}))


def _may_open(key: Any) -> bool:
    """Whether the card says that the key is for this, and wants no second PIN for each use."""
    what = Attribute.DECRYPT if key.key_type == KeyType.RSA else Attribute.DERIVE
    return _attribute(key, what) is True and not _attribute(key, Attribute.ALWAYS_AUTHENTICATE)


def _public(session: Any, key: Any) -> CardPublic | None:
    """The public half: as the card shows it, or of the certificate beside it."""
    id_ = key[Attribute.ID]
    for public in _found(session, ObjectClass.PUBLIC_KEY, id_):
        if public.key_type == KeyType.RSA == key.key_type:
            return rsa_public(public[Attribute.MODULUS], public[Attribute.PUBLIC_EXPONENT])
        if public.key_type == KeyType.EC == key.key_type:
            is_p256 = public[Attribute.EC_PARAMS] == P256_PARAMETERS
            return point_public(public[Attribute.EC_POINT]) if is_p256 else None
    for certificate in _found(session, ObjectClass.CERTIFICATE, id_):
        return certified_public(certificate[Attribute.VALUE])
    return None


def _opened(key: Any, mechanism: Mechanism, wrapped: bytes) -> bytes | None:
    """What the key makes of it; None: it is not what was made for this key."""
    try:
        opened = _agreed(key, wrapped) if mechanism is Mechanism.ECDH else _decrypted(key, wrapped)
    except _CANNOT:
        return None
    return opened if opened is not None and len(opened) == KEY_BYTES else None


def _agreed(key: Any, point: bytes) -> bytes | None:
    if key.key_type != KeyType.EC:
        return None
    readable = {Attribute.TOKEN: False, Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
    derived = key.derive_key(
        KeyType.GENERIC_SECRET,
        8 * KEY_BYTES,
        mechanism_param=(KDF.NULL, None, point),
        template=readable,
    )
    return bytes(derived[Attribute.VALUE])


def _decrypted(key: Any, wrapped: bytes) -> bytes | None:
    """By the card's own OAEP; where it has none, or none with SHA-256, that is done here."""
    if key.key_type != KeyType.RSA:
        return None
    parameters = (Does.SHA256, MGF.SHA256, None)
    try:
        return bytes(key.decrypt(wrapped, mechanism=Does.RSA_PKCS_OAEP, mechanism_param=parameters))
    except _CANNOT:
        pass
    except _OF_ANOTHER_KEY:
        return None
    try:
        return remove_oaep(key.decrypt(wrapped, mechanism=Does.RSA_X_509))
    except _OF_ANOTHER_KEY:
        return None


def _attribute(key: Any, which: Attribute) -> object:
    try:
        return key[which]
    except (failures.AttributeTypeInvalid, failures.AttributeSensitive):
        return None
