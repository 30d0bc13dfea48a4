"""Cases of identities, of their public keys, and of seeds under a password."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from vectors.crypto import by_hand
from vectors.crypto.by_hand import canonical, context, sha256
from vectors.crypto.cases import case_text
from vectors.crypto.fixed import (
    KDF,
    NONCE,
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


def identity_seed(name: str, seed: bytes = SEED, vault: str = VAULT) -> bytes:
    return by_hand.hkdf(seed, context(f"identity {name}", vault, {}))


def public_keys(seed: bytes, vault: str = VAULT) -> dict[str, str]:
    return {
        "act": b64(by_hand.signing_public(identity_seed("act", seed, vault))),
        "kem": b64(by_hand.kem_public(identity_seed("kem", seed, vault))),
        "log": b64(by_hand.signing_public(identity_seed("log", seed, vault))),
    }


def fingerprint(keys: dict[str, str]) -> str:
    return sha256(b"".join(base64.b64decode(keys[name]) for name in ("act", "log", "kem"))).hex()


def identities() -> Cases:
    for name, seed, vault in (
        ("one_seed", SEED, VAULT),
        ("another_seed", OTHER_SEED, VAULT),
        ("the_same_seed_in_another_vault", SEED, OTHER_VAULT),
    ):
        keys = public_keys(seed, vault)
        secret = {n: identity_seed(n, seed, vault).hex() for n in ("act", "log", "kem")}
        yield (
            name,
            case_text(
                canonical(keys),
                expect="good",
                vault=vault,
                seed=seed.hex(),
                **secret,
                fingerprint=fingerprint(keys),
            ),
        )
    good = public_keys(SEED)
    for name, why, keys in (
        ("key_missing", "no log key", {n: good[n] for n in ("act", "kem")}),
        ("key_too_short", "a kem key of 1,215 bytes", good | {"kem": b64(bytes(1215))}),
        ("key_too_long", "an act key of 33 bytes", good | {"act": b64(bytes(33))}),
        ("not_base64", "an act key with a sign of no base64", good | {"act": "!" + good["act"]}),
    ):
        yield name, case_text(canonical(keys), expect="tampered", why=why)


def locked(password: str, kdf: dict[str, int]) -> dict[str, Any]:
    head = context("locked-seed", VAULT, {"person": PERSON, "kdf": kdf | {"salt": SALT.hex()}})
    sealed = by_hand.aes(by_hand.argon2id(password, SALT, kdf), NONCE, SEED + ROOT, head)
    return {"kdf": kdf | {"salt": SALT.hex()}, "person": PERSON, "sealed": b64(sealed)}


def bad_locks(good: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, why, changed in (
        ("memory_below", "64 MiB less 1 KiB", {"memory_kib": 65535}),
        ("memory_above", "1 GiB and 1 KiB", {"memory_kib": 1048577}),
        ("passes_below", "two passes", {"passes": 2}),
        ("passes_above", "eleven passes", {"passes": 11}),
        ("lanes_below", "no lane", {"lanes": 0}),
        ("lanes_above", "seventeen lanes", {"lanes": 17}),
        ("salt_too_short", "a salt of 15 bytes", {"salt": SALT[:15].hex()}),
        ("salt_not_hex", "a salt in no hex", {"salt": "z" * 32}),
        ("memory_in_text", "a number as text", {"memory_kib": "65536"}),
    ):
        yield name, why, good | {"kdf": good["kdf"] | changed}
    yield "sealed_not_base64", "signs of no base64", good | {"sealed": "!" + good["sealed"]}
    yield "no_person", "of nobody", {name: good[name] for name in ("kdf", "sealed")}


def locked_seeds() -> Cases:
    opens = {"vault": VAULT, "password": PASSWORD, "seed": SEED.hex(), "root": ROOT.hex()}
    good = locked(PASSWORD, KDF)
    body = canonical(good)
    yield "second_choice_of_rfc_9106", case_text(body, expect="good", **opens)
    decomposed = opens | {"password": PASSWORD.replace("\u00e9", "e\u0301")}
    yield "password_decomposed", case_text(body, expect="good", **decomposed)
    other = canonical(locked(PASSWORD, {"lanes": 1, "memory_kib": 65537, "passes": 4}))
    yield "other_parameters", case_text(other, expect="good", **opens)
    for name, why, lock in bad_locks(good):
        yield name, case_text(canonical(lock), expect="tampered", why=why)
    more = canonical(good | {"kdf": good["kdf"] | {"passes": 4}})
    for name, why, bad, changed in (
        ("other_password", "a letter in capitals", body, {"password": PASSWORD.capitalize()}),
        ("other_vault", "of another vault", body, {"vault": OTHER_VAULT}),
        ("parameter_changed", "another parameter within the bounds", more, {}),
        ("other_person", "of another person", canonical(good | {"person": OTHER_PERSON}), {}),
        ("sealed_cut", "cut to a nonce", canonical(good | {"sealed": b64(NONCE)}), {}),
    ):
        head = {"vault": VAULT, "password": PASSWORD} | changed
        yield name, case_text(bad, expect="locked", why=why, **head)
