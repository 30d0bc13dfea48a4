"""The recovery kit's secret in a form that a person can type (docs/formats/keys.md, 7).

Base32 of seed[32] || check[3] in 14 groups of four, each with a fifth letter that checks the group
and its place; the check is the start of the seed's SHA-256.

Or the seed in three shares, of which any two give it back: Shamir's scheme by Trezor's own library,
whose words and checksums are those of SLIP-39. The checksum, RS1024, tells up to three wrong words
of a share from right ones; here it is also asked which one is wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from callrec.crypto.grouped import grouped_words, read_grouped_words
from callrec.crypto.primitives import KEY_BYTES
from callrec.dataclass import dataclass
from callrec.errors import Unusable

CHECK_BYTES: Final = 3
_WORDS_ON_A_PAGE: Final = 16
"""A page of groups has no more words; shares have."""
SHARES_NEEDED: Final = 2
SHARE_COUNT: Final = 3
SHARE_WORDS: Final = 33
_EXPONENT: Final = 0
_CHECKSUM_WORDS: Final = 3
_BITS: Final = 10
"""Of a word: the list has 1,024."""
_WORDS: Final = "compare it with the page; each word is one of the list of SLIP-39"


@dataclass(frozen=True, slots=True, repr=False)
class PrintedKit:
    """A kit before it is printed, the only time that its words are anywhere. Its repr shows none.

    It is shown or written once and kept nowhere.
    """

    practice: str
    vault: str
    fingerprint: str
    """The vault root in hex."""
    serial: int
    """1 for the kit that the vault was founded with, then one more for each."""
    made_at: datetime
    pages: tuple[str, ...]
    """The words: of one page, or of three pages of which any two will do."""


def kit_pages(seed: bytes, *, split: bool = False) -> tuple[str, ...]:
    """The printed pages of a 32-byte seed: one page of words, or three of which any two will do."""
    return kit_shares(seed) if split else (kit_words(seed),)


def read_kit(typed: str) -> bytes:
    """The seed of a kit, from its page of groups or from two of its three shares.

    Raises:
        Unusable: something is mistyped or missing, or there is one share alone.
    """
    if len(typed.split()) > _WORDS_ON_A_PAGE:
        return read_kit_shares(typed)
    return read_kit_words(typed)


def kit_words(seed: bytes) -> str:
    """The 32-byte seed as groups of five letters and digits, with spaces between."""
    return grouped_words(seed, CHECK_BYTES)


def read_kit_words(words: str) -> bytes:
    """The seed again; case and spaces do not matter. Law: ``read_kit_words(kit_words(s)) == s``.

    Raises:
        Unusable: something is mistyped or missing; it names the wrong groups where it can.
    """
    return read_grouped_words(words, KEY_BYTES, CHECK_BYTES, what="kit", no_such=_no_kit)


def _no_kit() -> Unusable:
    return Unusable(
        "these are not the words of a recovery kit",
        hint="a page has 14 groups, or 33 words and then two pages are needed",
    )


def kit_shares(seed: bytes) -> tuple[str, ...]:
    """Three shares of a 32-byte seed, 33 words each; any two give it back, one tells nothing."""
    from shamir_mnemonic import generate_mnemonics  # noqa: PLC0415  # few commands see a kit

    # The seed is random, so stretching an empty passphrase would slow nobody down but ourselves.
    (shares,) = generate_mnemonics(
        1, [(SHARES_NEEDED, SHARE_COUNT)], seed, iteration_exponent=_EXPONENT
    )
    return tuple(shares)


def read_kit_shares(typed: str) -> bytes:
    """The seed, from two or all of its shares, one after the other.

    Raises:
        Unusable: a word is mistyped (it is named where it is known), a share is missing, or
            they are not of one kit.
    """
    words = typed.lower().split()
    if len(words) % SHARE_WORDS:
        raise Unusable(
            f"a share has {SHARE_WORDS} words, and {len(words)} words were given",
            hint="give two of the three pages, one after the other, without the numbers",
        )
    shares = [words[i : i + SHARE_WORDS] for i in range(0, len(words), SHARE_WORDS)]
    for number, share in enumerate(shares, 1):
        _check_words(number, share)
    return _combined([" ".join(share) for share in shares])


def _check_words(number: int, share: list[str]) -> None:
    from shamir_mnemonic.wordlist import WORD_INDEX_MAP  # noqa: PLC0415  # as above

    unknown = [n for n, word in enumerate(share, 1) if word not in WORD_INDEX_MAP]
    if unknown:
        raise Unusable(f"word {unknown[0]} of page {number} is not in the list", hint=_WORDS)
    values = [WORD_INDEX_MAP[word] for word in share]
    if _wrongness(values):
        place = _wrong_place(values)
        if place:
            raise Unusable(f"word {place} of page {number} is another one", hint=_WORDS)
        raise Unusable(f"some words of page {number} are others, or in another order", hint=_WORDS)


def _combined(shares: list[str]) -> bytes:
    from shamir_mnemonic import MnemonicError, Share, combine_mnemonics  # noqa: PLC0415  # as above

    try:
        read = {share.index: share for share in map(Share.from_mnemonic, shares)}
        if len({share.identifier for share in read.values()}) > 1:
            raise Unusable("these pages are of different kits", hint="take two pages of one kit")
        # What is the same in every share of ours; others could ask for hours of computing.
        forms = {(s.iteration_exponent, s.group_count, s.member_threshold) for s in read.values()}
        if forms != {(_EXPONENT, 1, SHARES_NEEDED)}:
            raise _of_no_kit()
        if len(read) < SHARES_NEEDED:
            raise Unusable("one page alone opens nothing", hint="two different pages are needed")
        first, *others = (share.mnemonic() for share in read.values())
        seeds = {bytes(combine_mnemonics([first, other])) for other in others}
    except MnemonicError as error:
        raise _of_no_kit() from error
    seed = seeds.pop()
    if seeds or len(seed) != KEY_BYTES:
        raise _of_no_kit()
    return seed


def _of_no_kit() -> Unusable:
    return Unusable("these pages are not two of one kit", hint="take two pages of one kit")


def _wrong_place(values: list[int]) -> int:
    """The one place, from 1 on, where another word would make the share right; 0 if there is none.

    The checksum is linear and any two right shares differ in four words, so two wrong words are
    never taken for one.
    """
    wrongness = _wrongness(values)
    for place in range(SHARE_WORDS):
        images = [_image(place, 1 << bit) for bit in range(_BITS)]
        if _is_sum_of(images, wrongness):
            return place + 1
    return 0


def _is_sum_of(images: list[int], target: int) -> bool:
    """Whether some of the images add up (without carry) to the target: elimination over GF(2)."""
    basis: list[int] = []
    for image in images:
        left = _reduced(image, basis)
        if left:
            basis.append(left)
            basis.sort(reverse=True)
    return _reduced(target, basis) == 0


def _reduced(value: int, basis: list[int]) -> int:
    for each in basis:
        value = min(value, value ^ each)
    return value


def _image(place: int, error: int) -> int:
    """What an error at one place alone adds to the checksum's difference."""
    nothing = [0] * SHARE_WORDS
    wrong = [*nothing[:place], error, *nothing[place + 1 :]]
    return _wrongness(wrong) ^ _wrongness(nothing)


def _wrongness(values: list[int]) -> int:
    """How the checksum differs from what it should be, 30 bits; 0 where the share is right."""
    from shamir_mnemonic import constants, rs1024  # noqa: PLC0415  # as above

    data, given = values[:-_CHECKSUM_WORDS], values[-_CHECKSUM_WORDS:]
    right = rs1024.create_checksum(data, constants.CUSTOMIZATION_STRING_EXTENDABLE)
    difference = 0
    for one, other in zip(right, given, strict=True):
        difference = difference << _BITS | one ^ other
    return difference
