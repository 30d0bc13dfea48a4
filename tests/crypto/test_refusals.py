"""What is told where something is refused: each message once, with the hint where there is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from shamir_mnemonic import generate_mnemonics

from callrec.crypto import canonical, primitives
from callrec.crypto.context import context, statement_context
from callrec.crypto.identity import LockedSeed, PublicKeys, unlock
from callrec.crypto.kit import kit_shares, kit_words, read_kit
from callrec.crypto.primitives import Kdf
from callrec.crypto.statement import read_statement
from callrec.crypto.streaming import StreamOpener, StreamSealer
from callrec.errors import Locked, Tampered, Unusable

KEY = bytes(32)

VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"

PERSON = "0123456789abcdef0123456789abcdef"

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)

WORDS = kit_words(KEY).split()

PAGES = kit_shares(KEY)


def opened(header: bytes, data: bytes) -> object:
    opener = StreamOpener(KEY, b"", header)
    return opener.open_segment(0, last=True, data=memoryview(data), out=memoryview(bytearray(99)))


def locked(**kdf: object) -> LockedSeed:
    both = {"lanes": 4, "memory_kib": 65536, "passes": 3, "salt": "00" * 16, **kdf}
    return LockedSeed.from_json({"kdf": both, "person": PERSON, "sealed": "AAAA"})


def stated(**fields: Any) -> object:
    body = {
        "kind": "kit",
        "vault": VAULT,
        "by": PERSON,
        "at": canonical.format_instant(AT),
        **fields,
    }
    return read_statement(canonical.canonical(body), b"", VAULT)


HEADER = StreamSealer(KEY, b"").header

TAMPERED: dict[str, Callable[[], object]] = {
    "a record is not in its canonical form": lambda: canonical.parse(b"{ }"),
    "a record's time is not in its form": lambda: canonical.parse_instant("noon"),
    "a public key is not in its form": lambda: PublicKeys.from_json({}),
    "the parameters of a password's lock are out of bounds": lambda: Kdf(lanes=0),
    "a sealed record does not open": lambda: primitives.open_sealed(KEY, bytes(40), b""),
    "a signature does not verify": lambda: primitives.verify(KEY, b"", bytes(64)),
    "nothing can be sealed to a public key that is none": lambda: primitives.hpke_seal(
        KEY, b"", b""
    ),
    "a sealed key does not open": lambda: primitives.hpke_open(KEY, bytes(2000), b""),
    "a statement lacks its head": lambda: stated(by=None),
    "a statement is of another kind or vault": lambda: stated(vault=PERSON),
    "a sealed recording has no header": lambda: opened(bytes(40), b""),
    "a sealed recording is cut short": lambda: opened(HEADER, bytes(15)),
    "a sealed recording does not open": lambda: opened(HEADER, bytes(16)),
    "a recording's data key is not in its form": lambda: StreamOpener(b"", b"", HEADER),
}

A_MISTAKE_OF_OURS: dict[str, Callable[[], object]] = {
    "this float has no canonical form": lambda: canonical.canonical(0.5),
    "there is no context share with the fields ['to']": lambda: context("share", VAULT, to=1),
    "noise is no kind of statement": lambda: statement_context("noise", VAULT),
    "a key of AES-256 has 32 bytes": lambda: primitives.seal(b"", b"", b""),
    "an X-Wing seed has 32 bytes": lambda: primitives.kem_public(bytes(31)),
    "a data key has 32 bytes": lambda: StreamSealer(b"", b""),
}

COMPARE = "compare it with the page, letter by letter; 0, 1, 8 and 9 do not occur"

COMPARE_WORDS = "compare it with the page; each word is one of the list of SLIP-39"

FOURTEEN = "a page has 14 groups, or 33 words and then two pages are needed"

ONE_KIT = "take two pages of one kit"


def page(number: int, **words: str) -> str:
    """A page of a kit with other words at these places: ``w12="acid"``."""
    there = enumerate(PAGES[number - 1].split(), 1)
    return " ".join(words.get(f"w{place}", word) for place, word in there)


def with_extra_letters(count: int) -> str:
    """A kit in whose first groups a letter is too many."""
    return " ".join(group + "A" * (n < count) for n, group in enumerate(WORDS))


MISTYPED: dict[str, tuple[str, str, str]] = {
    "thirteen groups": (
        "these are not the words of a recovery kit",
        FOURTEEN,
        " ".join(WORDS[:13]),
    ),
    "a group": ("group 1 of the kit has a mistake", COMPARE, " ".join(["1AAAA", *WORDS[1:]])),
    "three groups": (
        "groups 1, 2 and 3 of the kit have mistakes",
        COMPARE,
        " ".join(["1AAAA"] * 3 + WORDS[3:]),
    ),
    "a letter too many in half of the groups": (
        "groups 1, 2, 3, 4, 5, 6 and 7 of the kit have mistakes",
        COMPARE,
        with_extra_letters(7),
    ),
    "seventeen words": (
        "a share has 33 words, and 17 words were given",
        "give two of the three pages, one after the other, without the numbers",
        "acid " * 17,
    ),
    "a word that is none": (
        "word 2 of page 1 is not in the list",
        COMPARE_WORDS,
        page(1, w2="teh"),
    ),
    "another word": (
        "word 9 of page 1 is another one",
        COMPARE_WORDS,
        page(1, w9="acid" if PAGES[0].split()[8] != "acid" else "zero"),
    ),
    "words in another order": (
        "some words of page 1 are others, or in another order",
        COMPARE_WORDS,
        " ".join(reversed(PAGES[0].split())),
    ),
    "two kits": ("these pages are of different kits", ONE_KIT, f"{page(1)} {kit_shares(KEY)[1]}"),
    "pages of which three are needed": (
        "these pages are not two of one kit",
        ONE_KIT,
        " ".join(generate_mnemonics(1, [(3, 5)], KEY, iteration_exponent=0)[0][:2]),
    ),
    "one page": (
        "one page alone opens nothing",
        "two different pages are needed",
        page(1),
    ),
}


@pytest.mark.parametrize(("message", "deed"), TAMPERED.items(), ids=TAMPERED)
def test_what_was_tampered_with_is_told_so(message: str, deed: Callable[[], object]) -> None:
    with pytest.raises(Tampered) as refused:
        deed()
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("message", "deed"), A_MISTAKE_OF_OURS.items(), ids=A_MISTAKE_OF_OURS.keys()
)
def test_a_mistake_of_this_program_says_which(message: str, deed: Callable[[], object]) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - all of its words are compared
        deed()
    assert str(refused.value) == message


@pytest.mark.parametrize(("message", "hint", "typed"), MISTYPED.values(), ids=MISTYPED)
def test_what_was_mistyped_of_a_kit_is_told_with_what_to_do(
    message: str, hint: str, typed: str
) -> None:
    with pytest.raises(Unusable) as refused:
        read_kit(typed)
    assert (refused.value.message, refused.value.hint) == (message, hint)


@pytest.mark.parametrize(
    "make",
    [lambda: LockedSeed.from_json({}), lambda: locked(salt="no"), lambda: locked(salt="00" * 15)],
    ids=["nothing", "salt not in hex", "salt too short"],
)
def test_a_locked_seed_is_told_not_to_be_in_its_form(make: Callable[[], object]) -> None:
    with pytest.raises(Tampered) as refused:
        make()
    assert refused.value.message == "a locked seed is not in its form"


def test_a_wrong_password_is_told_with_who_can_help() -> None:
    with pytest.raises(Locked) as refused:
        unlock(locked(), "wrong", VAULT)
    assert refused.value.message == "wrong password"
    assert refused.value.hint == "try again; a Data Controller can help"
