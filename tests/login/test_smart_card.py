"""A smart card as a second factor: SoftHSM's, by the same interface as a card of plastic."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import TokenFlag

from callrec.errors import CallrecError, Locked, Misconfigured, Unusable
from callrec.login import smart_card
from callrec.login.smart_card import check_pin_may_be_tried, tries_left
from house.at_the_device import AtTheDevice
from house.cards import MODULE, Card, Reader, certified, point_private, rsa_private
from vectors.crypto.cases import Case, cases

PERSON = "8f" * 16
PIN = "123456"
PIN_ASKED = "PIN of your smart card"
KINDS = ("rsa2048", "secp256r1")


def person(*types: str, before: Callable[[], object] = lambda: None) -> AtTheDevice:
    return AtTheDevice([*types] or [PIN], card_module=MODULE, before=before)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader.of(tmp_path, monkeypatch)


def enrolled(reader: Reader, kind: str = "secp256r1") -> tuple[Card, Mapping[str, str], bytes]:
    card = reader.put_in()
    card.make_key(kind)
    public, secret = smart_card.enrol(PERSON, person(), [])
    return card, public, secret


def refused(public: Mapping[str, str], *types: str) -> CallrecError:
    with pytest.raises(CallrecError) as said:
        smart_card.secret(public, PERSON, person(*types))
    return said.value


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_gives_each_time_what_it_gave_when_it_was_added(reader: Reader, kind: str) -> None:
    card, public, secret = enrolled(reader, kind)
    assert len(secret) == 32
    assert public["key"] == "01"
    assert public["mechanism"] == {"rsa2048": "rsa-oaep-sha256", "secp256r1": "ecdh-p256"}[kind]
    card.take_out()
    card.put_back()
    assert smart_card.secret(public, PERSON, person()) == secret


@pytest.mark.parametrize("case", cases("cards"), ids=str)
def test_a_card_makes_what_the_vectors_say(reader: Reader, case: Case) -> None:
    numbers = {name: int(case.head[name], 16) for name in ("p", "q", "d") if name in case.head}
    card = reader.put_in()
    card.hold(rsa_private(**numbers) if "p" in numbers else point_private(**numbers))
    public = {**json.loads(case.body), "key": "01", "token": card.serial}
    assert smart_card.secret(public, PERSON, person()) == case.bytes_of("secret")


def test_a_card_that_shows_its_certificate_alone_can_be_added(reader: Reader) -> None:
    """As PIV cards do, YubiKeys among them."""
    private = ec.generate_private_key(ec.SECP256R1())
    reader.put_in().hold(
        point_private(private.private_numbers().private_value), certified(private.public_key())
    )
    public, secret = smart_card.enrol(PERSON, person(), [])
    assert smart_card.secret(public, PERSON, person()) == secret


def test_two_slots_of_one_card_have_two_secrets(reader: Reader) -> None:
    """So a slot of another person who shares the card opens under theirs alone."""
    _, public, secret = enrolled(reader)
    theirs, other = smart_card.enrol("7e" * 16, person(), [])
    assert other != secret
    assert smart_card.secret({**public, "wrapped": theirs["wrapped"]}, PERSON, person()) == other


def test_of_two_cards_of_one_label_the_one_that_was_added_is_asked(reader: Reader) -> None:
    _, public, secret = enrolled(reader)
    reader.put_in(pin="999999")
    asked = person()
    assert smart_card.secret(public, PERSON, asked) == secret
    assert asked.shown == [PIN_ASKED]


@pytest.mark.parametrize("kind", KINDS)
def test_another_card_of_the_same_label_is_told_apart_before_the_pin(
    reader: Reader, kind: str
) -> None:
    card, public, _ = enrolled(reader, kind)
    card.take_out()
    reader.put_in().make_key(kind)
    said = refused(public)
    assert isinstance(said, Locked)
    assert said.message == "this is not the smart card that you added"


def test_a_key_that_was_made_anew_on_the_card_is_another(reader: Reader) -> None:
    card, public, _ = enrolled(reader, "rsa2048")
    card.clear()
    card.make_key("rsa2048")
    assert refused(public).message == "the key that you added is no longer on this smart card"


@pytest.mark.parametrize("number", [1, 256**256 - 1], ids=["below its modulus", "above it"])
def test_what_was_made_for_another_key_does_not_open(reader: Reader, number: int) -> None:
    _, public, _ = enrolled(reader, "rsa2048")
    other = {**public, "wrapped": base64.b64encode(number.to_bytes(256)).decode()}
    assert refused(other).message == "the key that you added is no longer on this smart card"


def test_a_wrong_pin_is_asked_for_again_and_it_is_said_that_the_card_may_be_blocked(
    reader: Reader,
) -> None:
    _, public, secret = enrolled(reader)
    typing = person("000000", PIN)
    assert smart_card.secret(public, PERSON, typing) == secret
    assert typing.shown == [
        PIN_ASKED,
        "wrong PIN; few tries left before the card is blocked",
        PIN_ASKED,
    ]


def test_three_wrong_pins_end_it(reader: Reader) -> None:
    _, public, _ = enrolled(reader)
    assert refused(public, "000000", "111111", "222222").message == "no PIN was right"


READY = TokenFlag.TOKEN_INITIALIZED | TokenFlag.USER_PIN_INITIALIZED


def test_what_a_card_tells_of_its_pin_is_said_before_it_is_asked_for() -> None:
    """SoftHSM blocks no PIN; a PIV card did, tried by hand (docs/adr/0063)."""
    check_pin_may_be_tried(READY)
    with pytest.raises(Locked, match="the PIN of this smart card is blocked"):
        check_pin_may_be_tried(READY | TokenFlag.USER_PIN_LOCKED)
    for none in (TokenFlag.TOKEN_INITIALIZED, READY | TokenFlag.USER_PIN_TO_BE_CHANGED):
        with pytest.raises(Unusable, match="has no PIN of your own yet"):
            check_pin_may_be_tried(none)
    low = READY | TokenFlag.USER_PIN_COUNT_LOW
    assert tries_left(READY) == "too many wrong ones block the card"
    assert tries_left(low) == "few tries left before the card is blocked"
    final = low | TokenFlag.USER_PIN_FINAL_TRY
    assert tries_left(final) == "1 try left before the card is blocked"


def test_no_card_at_all(reader: Reader) -> None:
    card, public, _ = enrolled(reader)
    card.take_out()
    assert refused(public).message == "no smart card is in a reader"
    with pytest.raises(Locked, match="no smart card is in a reader"):
        smart_card.enrol(PERSON, person(""), [])


def test_a_second_card_is_never_the_first_one_again(reader: Reader) -> None:
    card, public, secret = enrolled(reader)
    with pytest.raises(Unusable, match="you have added this smart card already"):
        smart_card.enrol(PERSON, person(""), [public])
    reader.put_in("other").make_key("secp256r1")
    theirs, other = smart_card.enrol(PERSON, person(), [public])
    card.take_out()
    assert other != secret
    assert smart_card.secret(theirs, PERSON, person()) == other


def test_a_card_that_is_taken_out_while_it_is_asked(reader: Reader) -> None:
    card, public, _ = enrolled(reader)
    with pytest.raises(Locked, match="the smart card stopped answering"):
        smart_card.secret(public, PERSON, person(before=card.take_out))


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("rsa1024", {}),
        ("secp384r1", {}),
        ("rsa2048", {"decrypt": False}),
        ("secp256r1", {"derive": False}),
    ],
    ids=["a short key", "another curve", "an RSA key that only signs", "a point that only signs"],
)
def test_a_card_without_a_key_for_this_is_refused(
    reader: Reader, kind: str, attributes: dict[str, bool]
) -> None:
    reader.put_in().make_key(kind, **attributes)
    with pytest.raises(Unusable, match="no key on this smart card can open"):
        smart_card.enrol(PERSON, person(), [])


def test_the_first_key_that_can_is_taken(reader: Reader) -> None:
    card = reader.put_in()
    card.make_key("rsa2048", 1, decrypt=False)
    card.make_key("secp256r1", 2)
    public, secret = smart_card.enrol(PERSON, person(), [])
    assert public["key"] == "02"
    assert smart_card.secret(public, PERSON, person()) == secret


def test_of_two_cards_none_is_added(reader: Reader) -> None:
    reader.put_in("one")
    reader.put_in("two")
    with pytest.raises(Unusable, match="more than one smart card is in a reader"):
        smart_card.enrol(PERSON, AtTheDevice([], card_module=MODULE), [])


def test_a_module_that_others_can_change_is_not_loaded(tmp_path: Path) -> None:
    copy = tmp_path / "module.so"
    shutil.copy(MODULE, copy)
    copy.chmod(0o666)
    with pytest.raises(Misconfigured, match="others can change"):
        smart_card.enrol(PERSON, AtTheDevice([], card_module=copy), [])


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.so", "there is no PKCS#11 module at"), ("text.so", "cannot be used as a PKCS#11")],
)
def test_a_module_that_is_none(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "text.so").write_text("text")
    with pytest.raises(Misconfigured, match=message):
        smart_card.enrol(PERSON, AtTheDevice([], card_module=tmp_path / name), [])
