"""Cases of AES-256-GCM, and of what is derived or authenticated by HKDF and HMAC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vectors.crypto import by_hand
from vectors.crypto.by_hand import canonical, context, sha256
from vectors.crypto.cases import case_text
from vectors.crypto.fixed import (
    CONTEXTS,
    KEY,
    NONCE,
    OTHER_KEY,
    OTHER_PERSON,
    OTHER_UID,
    OTHER_VAULT,
    PERSON,
    VAULT,
    Cases,
    under,
)

SEALED: Final[Mapping[str, bytes]] = {
    "data-key": OTHER_KEY,
    "metadata": bytes(32) + canonical({"duration_ms": 61000, "number": "+441632960999"}),
    "request": bytes(32) + canonical({"purpose": "complaint", "reason": "what was said"}),
}


def sealings() -> Cases:
    for kind, plain in SEALED.items():
        sealed = by_hand.aes(KEY, NONCE, plain, context(kind, VAULT, CONTEXTS[kind]))
        yield (
            kind,
            case_text(
                expect="good", **under(kind), key=KEY.hex(), sealed=sealed.hex(), plain=plain.hex()
            ),
        )
    kind = "data-key"
    good = by_hand.aes(KEY, NONCE, OTHER_KEY, context(kind, VAULT, CONTEXTS[kind]))
    for name, why, sealed, head in (
        ("other_kind", "under another kind", good, under("request")),
        ("other_vault", "of another vault", good, under(kind, vault=OTHER_VAULT)),
        ("other_uid", "of another recording", good, under(kind, uid=OTHER_UID)),
        ("other_batch", "of another batch", good, under(kind, batch=OTHER_UID)),
        ("tag_changed", "a bit of the tag", good[:-1] + bytes([good[-1] ^ 1]), under(kind)),
        ("nonce_changed", "a bit of the nonce", bytes([good[0] ^ 1]) + good[1:], under(kind)),
        ("cut", "the last byte is missing", good[:-1], under(kind)),
        ("cut_to_27", "no room for nonce and tag", good[:27], under(kind)),
        ("empty", "nothing", b"", under(kind)),
    ):
        yield (
            name,
            case_text(expect="tampered", why=why, **head, key=KEY.hex(), sealed=sealed.hex()),
        )
    for name, why, key in (
        ("other_key", "another key", OTHER_KEY),
        ("key_of_16_bytes", "a key of AES-128", KEY[:16]),
        ("key_of_5_bytes", "a key of no AES", KEY[:5]),
    ):
        head = under(kind)
        yield name, case_text(expect="tampered", why=why, **head, key=key.hex(), sealed=good.hex())


def derivations() -> Cases:
    """What is derived and what is authenticated: HKDF-SHA-256 and HMAC-SHA-256."""
    for name, part, kind, value in (
        ("index_number", "2026-11", "number", "+441632960999"),
        ("index_tail", "2026-11", "tail", "0999"),
        ("index_party", "2026-12", "party", "ellison"),
        ("index_extension_day", "2027-01", "extension-day", "201|2027-01-04"),
    ):
        fields = {"kind": kind, "part": part}
        derived = by_hand.hkdf(KEY, context("index", VAULT, fields))
        yield name, case_text(
            value.encode(),
            expect="good", **under("index", **fields), key=KEY.hex(), derived=derived.hex(),
            mac=by_hand.mac(derived, value.encode()).hex(),
        )  # fmt: skip
    derived = by_hand.hkdf(KEY, context("duplicate", VAULT, {}))
    original = sha256(b"the original")
    yield "duplicate", case_text(
        original,
        expect="good", **under("duplicate"), key=KEY.hex(), derived=derived.hex(),
        mac=by_hand.mac(derived, original).hex(),
    )  # fmt: skip
    yield "key_check", case_text(
        context("key-check", VAULT, CONTEXTS["key-check"]),
        expect="good", **under("key-check"), key=KEY.hex(),
        mac=by_hand.mac(KEY, context("key-check", VAULT, CONTEXTS["key-check"])).hex(),
    )  # fmt: skip


def parts() -> Cases:
    """A key in parts, of which any two give it back."""
    places = [int(PERSON, 16), int(OTHER_PERSON, 16), 1, 2, (1 << 128) - 1]
    for name, key, slope in (
        ("drawn", KEY, OTHER_KEY),
        ("level", KEY, bytes(32)),
        ("of_nothing", bytes(32), OTHER_KEY),
        ("all_ones", bytes([255]) * 32, bytes([255]) * 32),
    ):
        each = [
            {"place": f"{at:032x}", "value": by_hand.part(key, slope, at).hex()} for at in places
        ]
        head = {"key": key.hex(), "slope": slope.hex()}
        yield name, case_text(canonical(each), expect="good", **head)
    good = [
        {"place": f"{at:032x}", "value": by_hand.part(KEY, OTHER_KEY, at).hex()} for at in (1, 2)
    ]
    for name, why, one, other in (
        ("same_place", "both of one place", good[0], good[0]),
        ("short", "31 bytes", good[0], good[1] | {"value": good[1]["value"][:62]}),
        ("long", "33 bytes", good[0] | {"value": good[0]["value"] + "00"}, good[1]),
    ):
        yield name, case_text(canonical([one, other]), expect="tampered", why=why, key=KEY.hex())
