"""Cases of second factors: slots, locks that have some, and the words of the printed secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vectors.crypto import by_hand
from vectors.crypto.by_hand import canonical, context, sha256
from vectors.crypto.cases import case_text
from vectors.crypto.fixed import (
    KDF,
    KEY,
    NONCE,
    OTHER_KEY,
    OTHER_PERSON,
    OTHER_SEED,
    OTHER_VAULT,
    PASSWORD,
    PERSON,
    ROOT,
    SALT,
    SEED,
    VAULT,
    Cases,
    b64,
)
from vectors.crypto.made_texts import each_checked

FACTOR_KEY: Final = bytes(range(32, 64))

PRINTED: Final = bytes(range(96, 112))
"""The secret of a printed factor, 16 bytes."""

DEVICE: Final = bytes(range(64, 96))
"""What a device gives, 32 bytes."""

OF_FIDO: Final = {"credential": b64(bytes(range(48))), "salt": b64(bytes(range(7, 39)))}

OF_A_PASSKEY: Final = {
    "credential": b64(bytes(range(32))),
    "public_key": b64(bytes(range(91))),
    "rp_id": "desk.practice.example",
}

OF_A_CARD: Final = {
    "key": "01",
    "mechanism": "rsa-oaep-sha256",
    "token": "8f3c21d0",
    "wrapped": b64(bytes(256)),
}

OWN: Final[Mapping[str, tuple[bytes, dict[str, str]]]] = {
    "printed": (PRINTED, {}),
    "fido2": (DEVICE, OF_FIDO),
    "passkey": (DEVICE, OF_A_PASSKEY),
    "pkcs11": (DEVICE, OF_A_CARD),
}
"""Of each kind the secret and the fields of its own."""


def slot(kind: str, number: int = 1, key: bytes = FACTOR_KEY) -> dict[str, Any]:
    secret, own = OWN[kind]
    id_ = f"{number:032x}"
    about = {"id": id_, "kind": kind, "person": PERSON, "public": own}
    info = context("factor", VAULT, about)
    sealed = by_hand.aes(by_hand.hkdf(secret, info), NONCE, key, info)
    return {"id": id_, "kind": kind, "name": f"{kind}-{number}", "sealed": b64(sealed), **own}


def bad_slots(good: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Slots that are refused before anything is opened; ``good`` is a FIDO2 key's."""
    for name, why, changed in (
        ("kind_unknown", "a kind that there is not", {"kind": "telephone"}),
        ("kind_of_others_fields", "a kind that has other fields", {"kind": "printed"}),
        ("name_with_a_space", "a name that tells whose it is", {"name": "Mary Smith"}),
        ("name_too_long", "a name of 32 letters", {"name": "a" * 32}),
        ("id_too_short", "an id of 31 digits", {"id": "0" * 31}),
        ("salt_too_short", "a salt of 31 bytes", {"salt": b64(bytes(31))}),
        ("salt_a_number", "a number as a salt", {"salt": 32}),
        ("sealed_not_base64", "signs of no base64", {"sealed": "!" + good["sealed"]}),
        ("field_too_many", "a field that no kind has", {"pin": "1234"}),
    ):
        yield name, why, good | changed
    yield "field_missing", "no salt", {n: each for n, each in good.items() if n != "salt"}
    passkey = slot("passkey")
    for name, why, changed in (
        ("rp_id_with_a_port", "a name and a port", {"rp_id": "desk.practice.example:8443"}),
        ("rp_id_empty", "no name", {"rp_id": ""}),
        ("public_key_empty", "no public key", {"public_key": ""}),
        ("passkey_with_a_salt", "a field of a FIDO2 key", {"salt": good["salt"]}),
    ):
        yield name, why, passkey | changed


def factors() -> Cases:
    """A slot, opened with its secret."""
    opens = {"vault": VAULT, "person": PERSON}
    for kind, (secret, _) in OWN.items():
        gives = {"secret": secret.hex(), "factor_key": FACTOR_KEY.hex()}
        yield kind, case_text(canonical(slot(kind)), expect="good", **opens, **gives)
    for name, why, bad in bad_slots(slot("fido2")):
        yield name, case_text(canonical(bad), expect="tampered", why=why)
    good, body, passkey = slot("fido2"), canonical(slot("fido2")), slot("passkey")
    for name, why, stored, changed in (
        ("other_secret", "what another device gives", body, {"secret": OTHER_KEY.hex()}),
        ("other_person", "of another person", body, {"person": OTHER_PERSON}),
        ("other_vault", "of another vault", body, {"vault": OTHER_VAULT}),
        ("other_id", "another id", canonical(good | {"id": "2" * 32}), {}),
        ("other_rp_id", "of another desk", canonical(passkey | {"rp_id": "a.example"}), {}),
        ("other_public_key", "another passkey's", canonical(passkey | {"public_key": "AAAA"}), {}),
        ("other_salt", "another salt", canonical(good | {"salt": b64(bytes(32))}), {}),
        ("tag_changed", "cut by a byte", canonical(good | {"sealed": good["sealed"][:-4]}), {}),
    ):
        head = opens | {"secret": DEVICE.hex()} | changed
        yield name, case_text(stored, expect="locked", why=why, **head)


def factored_lock(*slots: dict[str, Any], key: bytes = FACTOR_KEY) -> dict[str, Any]:
    kdf = KDF | {"salt": SALT.hex()}
    head = context("factored-lock", VAULT, {"factors": list(slots), "kdf": kdf, "person": PERSON})
    under = by_hand.hkdf(by_hand.argon2id(PASSWORD, SALT, KDF) + key, head)
    sealed = by_hand.aes(under, NONCE, SEED + ROOT, head)
    return {"factors": list(slots), "kdf": kdf, "person": PERSON, "sealed": b64(sealed)}


def factored_locks() -> Cases:
    """A seed under a password and a factor key."""
    opens = {
        "vault": VAULT,
        "password": PASSWORD,
        "factor_key": FACTOR_KEY.hex(),
        "seed": SEED.hex(),
        "root": ROOT.hex(),
    }
    one, two = slot("printed"), slot("fido2", 2)
    both = factored_lock(one, two)
    for name, lock in (("factor_printed", factored_lock(one)), ("factors_two", both)):
        yield name, case_text(canonical(lock), expect="good", **opens)
    for name, why, slots in (
        ("factors_none", "a list without a factor", []),
        ("factors_three", "three factors", [one, two, slot("passkey", 3)]),
        ("factors_of_one_id", "one id twice", [one, two | {"id": one["id"]}]),
        ("factors_of_one_name", "one name twice", [one, two | {"name": one["name"]}]),
        ("factors_an_object", "no list", {"1": one}),
    ):
        yield name, case_text(canonical(both | {"factors": slots}), expect="tampered", why=why)
    bare = {name: each for name, each in both.items() if name != "factors"}
    pasted = slot("passkey", 3, key=OTHER_SEED)
    for name, why, bad, changed in (
        ("factor_key_other", "another factor key", both, {"factor_key": KEY.hex()}),
        ("factor_key_missing", "the password alone", both, {"factor_key": ""}),
        ("factors_stripped", "its factors were taken away", bare, {}),
        ("factor_taken_away", "one of two", both | {"factors": [two]}, {}),
        ("factor_put_in", "another in the place of one", both | {"factors": [one, pasted]}, {}),
        ("factors_exchanged", "in another order", both | {"factors": [two, one]}, {}),
        ("factor_renamed", "another name", both | {"factors": [one, two | {"name": "x"}]}, {}),
    ):
        head = {each: opens[each] for each in ("vault", "password", "factor_key")} | changed
        yield name, case_text(canonical(bad), expect="locked", why=why, **head)


def printed_words() -> Cases:
    """The printed secret, as it is typed."""
    each = each_checked(PRINTED + sha256(PRINTED)[:4])
    words = " ".join(each)
    for name, typed in (
        ("as_printed", words),
        ("in_small_letters_over_two_lines", f"{words[:23].lower()}\n{words[24:]}\n"),
        ("without_spaces", words.replace(" ", "")),
    ):
        yield name, case_text(typed.encode(), expect="good", secret=PRINTED.hex())
    mistyped = " ".join([*each[:4], each[4][1] + each[4][0] + each[4][2:], *each[5:]])
    exchanged = " ".join([each[0], each[2], each[1], *each[3:]])
    for name, why, typed, wrong in (
        ("letters_exchanged", "two letters of group 5", mistyped, "5"),
        ("groups_exchanged", "groups 2 and 3 exchanged", exchanged, "2, 3"),
    ):
        yield name, case_text(typed.encode(), expect="unusable", why=why, wrong=wrong)
    of_a_kit = " ".join(each_checked(SEED + sha256(SEED)[:3]))
    for name, why, typed in (
        ("group_missing", "seven groups", " ".join(each[:7])),
        ("of_a_kit", "a recovery kit's words", of_a_kit),
        ("check_wrong", "another check over all", " ".join(each_checked(PRINTED + bytes(4)))),
        ("empty", "nothing", ""),
    ):
        yield name, case_text(typed.encode(), expect="unusable", why=why)
