"""Cases of smart cards: keys, what was made for them, and OAEP's blocks, sound and spoilt."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from vectors.crypto.by_hand import canonical, sha256
from vectors.crypto.cases import case_text
from vectors.crypto.fixed import KEY, OTHER_KEY, OTHER_SEED, SEED, Cases, b64

P: Final = int(
    "f8a7876209d68f4e5d7131de75c997867f12957b7590d939658aff09f4f05505"
    "84cefcdecb187921336428e7d6f3430c56115d285c3d8c62baa02c541658568c"
    "1dec00042fe7ec3221eed5b7246c7e68cdf82cf4128fe781d1cf058916795513"
    "a08ac8c0e23972e62e69d6965be5c5c81527d90912db80e6245376068b85b86d",
    16,
)

Q: Final = int(
    "d64b88cd055714f8b064a98e009cc3286d2bec6efcf6e715af9db07804918d95"
    "1faa04e886dff5d514b53b083f3df5843b5dcb293eeee0160be96589922e4b02"
    "47d37aa04ff2fd51af2db72d22e2e9991516f6f9cb5eb568df5559bb1e360c89"
    "330ceb1dcf354ab4c4e6a8da0abd234b04bd89028584dc419aa19fb9f600c623",
    16,
)
"""Two primes that were drawn once, for a key of nobody."""

N: Final = P * Q

E: Final = 65537

SIZE: Final = 256
"""Bytes of that key."""


def mask(seed: bytes, size: int) -> bytes:
    """MGF1 with SHA-256 (RFC 8017, B.2.1)."""
    out, count = b"", 0
    while len(out) < size:
        out += sha256(seed + count.to_bytes(4, "big"))
        count += 1
    return out[:size]


def both(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def block(
    message: bytes,
    *,
    size: int = SIZE,
    label: bytes = b"",
    first: bytes = b"\0",
    between: bytes = b"\1",
) -> bytes:
    """EME-OAEP (RFC 8017, 7.1.1, 2), with a seed that is always the same."""
    data = sha256(label) + bytes(size - len(message) - 66) + between + message
    masked = both(data, mask(OTHER_SEED, len(data)))
    return first + both(OTHER_SEED, mask(masked, 32)) + masked


def blocks() -> Cases:
    """What a card that only raises to a power gives back."""
    for name, size in (("of_2048_bits", 256), ("of_4096_bits", 512)):
        yield name, case_text(block(SEED, size=size), expect="good", secret=SEED.hex())
    good = block(SEED)
    for name, why, bad in (
        ("first_byte", "a first byte that is not 0", block(SEED, first=b"\1")),
        ("of_a_label", "a label", block(SEED, label=b"callrec")),
        ("without_a_one", "no byte 1 before the message", block(SEED, between=b"\2")),
        ("changed", "a byte that was changed", good[:100] + bytes([good[100] ^ 1]) + good[101:]),
        ("of_another_key", "what another key makes of it", (b"\0" + KEY + OTHER_KEY) * 4),
        ("short", "as short as its hashes", good[:65]),
        ("empty", "nothing", b""),
    ):
        yield name, case_text(bad, expect="refused", why=why)


def cards() -> Cases:
    """The fields of a slot, and the key of a card that makes the secret of them."""
    d = pow(E, -1, (P - 1) * (Q - 1))
    wrapped = pow(int.from_bytes(block(SEED), "big"), E, N).to_bytes(SIZE, "big")
    numbers = {"p": P, "q": Q, "d": d}
    yield (
        "rsa",
        case_text(
            canonical({"mechanism": "rsa-oaep-sha256", "wrapped": b64(wrapped)}),
            expect="good",
            secret=SEED.hex(),
            **{name: f"{number:x}" for name, number in numbers.items()},
        ),
    )
    held, drawn = (
        ec.derive_private_key(int.from_bytes(each, "big"), ec.SECP256R1()) for each in (SEED, KEY)
    )
    numbers_drawn = drawn.public_key().public_numbers()
    point = b"\4" + numbers_drawn.x.to_bytes(32, "big") + numbers_drawn.y.to_bytes(32, "big")
    yield (
        "p256",
        case_text(
            canonical({"mechanism": "ecdh-p256", "wrapped": b64(point)}),
            expect="good",
            secret=held.exchange(ec.ECDH(), drawn.public_key()).hex(),
            d=SEED.hex(),
        ),
    )
