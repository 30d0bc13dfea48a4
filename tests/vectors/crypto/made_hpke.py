"""Cases of HPKE: sealings that were recorded, and those made from one of them that is broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from vectors.crypto import by_hand
from vectors.crypto.by_hand import canonical, context
from vectors.crypto.cases import case_text, read_case
from vectors.crypto.fixed import (
    CONTEXTS,
    KEY,
    OTHER_KEY,
    OTHER_PERSON,
    OTHER_SEED,
    OTHER_VAULT,
    PERSON,
    SEED,
    VAULT,
    Cases,
    b64,
    under,
)

HPKE_SEALED: Final[Mapping[str, bytes]] = {
    "share": KEY,
    "batch": KEY,
    "request": KEY,
    "grant": canonical({"data_key": b64(KEY), "metadata": {"number": "+441632960999"}}),
    "detail": bytes(32) + canonical({"reason": "what was said"}),
    "catalogue-copy": KEY,
    "share-part": by_hand.part(KEY, OTHER_KEY, int(PERSON, 16)),
    "catalogue-part": by_hand.part(KEY, OTHER_KEY, int(PERSON, 16)),
    "person": canonical({"full_name": "Kim Example", "login": "kim", "nonce": b64(bytes(32))}),
}


def sealed_once() -> Cases:
    """A sealing of each kind; another one each time, so that each is recorded but once."""
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    public = by_hand.kem_public(SEED)
    key = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:1184]),
        X25519PublicKey.from_public_bytes(public[1184:]),
    )
    for kind, plain in HPKE_SEALED.items():
        sealed = suite.encrypt(plain, key, context(kind, VAULT, CONTEXTS[kind]))
        yield (
            kind,
            case_text(
                expect="good",
                **under(kind),
                seed=SEED.hex(),
                sealed=sealed.hex(),
                plain=plain.hex(),
            ),
        )


def bad_hpke() -> Cases:
    kind = "share"
    good = read_case("hpke/share.txt").bytes_of("sealed")
    bit = bytes([good[0] ^ 1]) + good[1:]
    for name, why, sealed, seed, head in (
        ("other_kind", "under another kind", good, SEED, under("batch")),
        ("other_vault", "of another vault", good, SEED, under(kind, vault=OTHER_VAULT)),
        ("other_holder", "to another holder, by name", good, SEED, under(kind, to=OTHER_PERSON)),
        ("other_key", "another vault key", good, SEED, under(kind, key="audit")),
        ("other_seed", "to another holder, by key", good, OTHER_SEED, under(kind)),
        ("encapsulation_changed", "a bit of ML-KEM's part", bit, SEED, under(kind)),
        ("x25519_of_low_order", "no point", good[:1088] + bytes(32) + good[1120:], SEED,
         under(kind)),
        ("tag_changed", "a bit of the tag", good[:-1] + bytes([good[-1] ^ 1]), SEED, under(kind)),
        ("cut", "the last byte is missing", good[:-1], SEED, under(kind)),
        ("cut_to_the_encapsulation", "nothing sealed", good[:1120], SEED, under(kind)),
        ("cut_in_the_encapsulation", "half a key", good[:1119], SEED, under(kind)),
        ("empty", "nothing", b"", SEED, under(kind)),
    ):  # fmt: skip
        yield (
            name,
            case_text(expect="tampered", why=why, **head, seed=seed.hex(), sealed=sealed.hex()),
        )
