"""A security key as a second factor: what it is asked, and what is said when it does not answer."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping

import pytest

from callrec.errors import CallrecError, Locked, Unusable
from callrec.login import fido2_key
from house.at_the_device import AtTheDevice
from house.libfido2 import Client
from house.security_keys import GET_ASSERTION, TRIES, SoftwareKey, plug_in

PERSON = "8f" * 16
PIN = "2468"
PIN_ASKED = "PIN of your security key"

Plug = Callable[..., None]


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    return lambda *keys: plug_in(monkeypatch, *keys)


def a_key(**how: object) -> SoftwareKey:
    return SoftwareKey(**how).set_pin(PIN)  # type: ignore[arg-type]


def enrolled(plug: Plug, key: SoftwareKey) -> tuple[Mapping[str, str], bytes]:
    plug(key)
    return fido2_key.enrol(PERSON, AtTheDevice([PIN]), [])


def answers(public: Mapping[str, str], *types: str) -> bytes:
    return fido2_key.secret(public, PERSON, AtTheDevice([*types] or [PIN]))


def refused(public: Mapping[str, str], *types: str) -> CallrecError:
    with pytest.raises(CallrecError) as said:
        answers(public, *types)
    return said.value


def test_a_key_answers_each_time_as_when_it_was_added(plug: Plug) -> None:
    key = a_key()
    public, secret = enrolled(plug, key)
    assert len(secret) == 32
    assert len(base64.b64decode(public["salt"])) == 32
    key.plug_in()
    assert answers(public) == secret
    assert len({*key.salts}) == 2, "what goes over the wire is never the same"


def test_libfido2_gets_the_same_answer_from_the_same_key(plug: Plug) -> None:
    """So the key in software is one to Yubico's client in C, and ours asks as that does."""
    key, salt = SoftwareKey(), os.urandom(32)
    client = Client(key)
    client.set_pin(PIN)
    credential = client.make(fido2_key.RELYING_PARTY, PIN)
    theirs = client.ask(fido2_key.RELYING_PARTY, credential, salt, PIN)
    plug(key)
    named = {"credential": credential, "salt": salt}
    public = {name: base64.b64encode(each).decode() for name, each in named.items()}
    assert answers(public) == theirs
    without_pin = client.ask(fido2_key.RELYING_PARTY, credential, salt, None)
    assert without_pin != theirs, "who takes the key alone has nothing"


def test_a_credential_of_ours_opens_to_libfido2(plug: Plug) -> None:
    key = a_key()
    public, secret = enrolled(plug, key)
    credential, salt = (base64.b64decode(public[each]) for each in ("credential", "salt"))
    assert Client(key).ask("callrec", credential, salt, PIN) == secret


def test_of_two_keys_the_one_that_was_added_is_asked(plug: Plug) -> None:
    key, other = a_key(), a_key()
    public, secret = enrolled(plug, key)
    plug(other, key)
    assert answers(public) == secret
    assert not other.salts
    assert GET_ASSERTION in other.asked, "it was asked whether it has the credential"


def test_another_key_is_told_apart_before_the_pin(plug: Plug) -> None:
    public, _ = enrolled(plug, a_key())
    plug(a_key())
    said = refused(public)
    assert isinstance(said, Locked)
    assert said.message == "this is not the security key that you added"


def test_a_key_that_tells_nothing_without_its_pin_is_asked_with_it(plug: Plug) -> None:
    key = a_key(always_pin=True)
    public, secret = enrolled(plug, key)
    assert answers(public) == secret
    plug(a_key(always_pin=True))
    assert refused(public).message == "this is not the security key that you added"


def test_another_salt_gives_another_secret(plug: Plug) -> None:
    """Who exchanges it in a slot gets nothing that opens the slot."""
    public, secret = enrolled(plug, a_key())
    other = {**public, "salt": base64.b64encode(bytes(32)).decode()}
    assert answers(other) != secret


def test_two_credentials_of_one_key_have_two_secrets(plug: Plug) -> None:
    """So a slot of another person who shares the key opens under theirs alone."""
    key = a_key()
    public, secret = enrolled(plug, key)
    theirs, _ = enrolled(plug, key)
    mixed = {**public, "credential": theirs["credential"]}
    assert answers(mixed) != secret


def test_the_key_is_told_no_name(plug: Plug) -> None:
    key = a_key()
    enrolled(plug, key)
    (sent,) = key.made_for
    assert sent[2] == {"id": "callrec", "name": "callrec"}
    assert sent[3] == {"id": bytes.fromhex(PERSON), "name": "callrec", "displayName": "callrec"}


def test_a_wrong_pin_is_asked_for_again_and_the_tries_are_told(plug: Plug) -> None:
    key = a_key()
    public, secret = enrolled(plug, key)
    person = AtTheDevice(["12", "9999", PIN])
    assert fido2_key.secret(public, PERSON, person) == secret
    assert person.shown == [
        PIN_ASKED,
        "a PIN has at least 4 characters",
        PIN_ASKED,
        "wrong PIN; 7 tries left before the key is blocked",
        PIN_ASKED,
        "touch your security key now: it blinks",
    ]
    assert key.tries == TRIES


def test_three_wrong_pins_end_it_and_the_key_wants_to_be_unplugged(plug: Plug) -> None:
    key = a_key()
    public, secret = enrolled(plug, key)
    said = refused(public, "1111", "2222", "3333")
    assert said.message == "three wrong PINs in a row"
    assert "unplug" in said.hint
    person = AtTheDevice([PIN])
    with pytest.raises(Locked, match="three wrong PINs in a row"):
        fido2_key.secret(public, PERSON, person)
    assert person.shown == [], "no PIN is asked for in vain"
    key.plug_in()
    assert answers(public) == secret


def test_a_blocked_key_is_said_to_be_blocked_and_what_goes_on_without_it(plug: Plug) -> None:
    key = a_key()
    public, _ = enrolled(plug, key)
    for _ in range(3):
        refused(public, "1111", "2222", "3333")
        key.plug_in()
    said = refused(public)
    assert isinstance(said, Locked)
    assert said.message == "the PIN of this security key is blocked"
    assert "your other factor" in said.hint


def test_a_key_that_nobody_touches_is_given_up(plug: Plug) -> None:
    key = a_key()
    public, _ = enrolled(plug, key)
    key.finger.blinks = None
    assert refused(public).message == "the security key was not touched in time"


def test_ctrl_c_ends_the_wait_and_the_key_is_told(plug: Plug) -> None:
    key = a_key()
    public, secret = enrolled(plug, key)
    key.finger.blinks = None

    def pressed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fido2_key.secret(public, PERSON, AtTheDevice([PIN], told=pressed))
    assert key.cancelled
    key.finger.blinks = 1
    assert answers(public) == secret


def test_a_key_that_is_unplugged_while_it_is_asked(plug: Plug) -> None:
    key = a_key()
    public, _ = enrolled(plug, key)

    def unplug() -> None:
        key.unplugged = True

    with pytest.raises(Locked, match="the security key was unplugged"):
        fido2_key.secret(public, PERSON, AtTheDevice([PIN], before=unplug))


def test_no_key_at_all(plug: Plug) -> None:
    public, _ = enrolled(plug, a_key())
    plug()
    assert refused(public).message == "no security key is plugged in"
    with pytest.raises(Locked, match="no security key is plugged in"):
        fido2_key.enrol(PERSON, AtTheDevice([""]), [])


@pytest.mark.parametrize("always_pin", [False, True], ids=["asked", "asked with its PIN"])
def test_a_second_key_is_never_the_first_one_again(plug: Plug, *, always_pin: bool) -> None:
    key, other = a_key(always_pin=always_pin), a_key()
    public, secret = enrolled(plug, key)
    with pytest.raises(Unusable, match="you have added this security key already"):
        fido2_key.enrol(PERSON, AtTheDevice([PIN]), [public])
    plug(other) if always_pin else plug(key, other)
    theirs, _ = fido2_key.enrol(PERSON, AtTheDevice([PIN]), [public])
    plug(other)
    assert answers(theirs) != secret
    assert refused(public).message == "this is not the security key that you added"


def test_a_key_that_is_added_may_be_plugged_in_when_it_is_asked_for(plug: Plug) -> None:
    plug()
    key = a_key()
    person = AtTheDevice(["", PIN], before=lambda: plug(key))
    _, secret = fido2_key.enrol(PERSON, person, [])
    assert len(secret) == 32
    assert person.shown[:2] == [
        "Plug in the security key that you want to add, and press Enter",
        "PIN of the new security key",
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ((a_key(has_secrets=False),), "cannot do what callrec needs .hmac-secret."),
        ((SoftwareKey(),), "this security key has no PIN yet"),
        ((a_key(ignores_pin=True),), "did not answer to hmac-secret"),
        ((a_key(), a_key()), "more than one security key is plugged in"),
    ],
    ids=["without hmac-secret", "without a PIN", "that asks for no PIN", "two"],
)
def test_what_cannot_be_added(plug: Plug, keys: tuple[SoftwareKey, ...], message: str) -> None:
    plug(*keys)
    with pytest.raises(Unusable, match=message):
        fido2_key.enrol(PERSON, AtTheDevice([PIN]), [])
