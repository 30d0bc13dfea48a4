"""Cases of canonical JSON, of contexts, and of the recovery kit's words."""

from __future__ import annotations

import base64
import json
from typing import Final

from vectors.crypto.by_hand import canonical, context, sha256
from vectors.crypto.cases import case_text
from vectors.crypto.fixed import CONTEXTS, SEED, VAULT, Cases
from vectors.crypto.outside import JCS

GOOD_JSON: Final = {
    "largest_integer": "[9007199254740991, -9007199254740991]",
    "nothing": "null",
    "text_alone": '"\\u0000 \\u001f \\u007f \\u2028"',
    "empty": '[{}, [], ""]',
    "order_of_members": '{"b": 1, "a": 2, "Z": 3, "_": 4, "9": 5, "": 6, "aa": 7, "~": 8}',
    "not_normalised": '["caf\\u00e9", "cafe\\u0301"]',
}

BAD_JSON: Final = {
    "nothing_at_all": ("no bytes", b""),
    "space_after_colon": ("a space", b'{"a": 1}'),
    "newline_at_the_end": ("a byte too many", b"{}\n"),
    "order": ("members not sorted", b'{"b":1,"a":2}'),
    "member_twice": ("a member twice", b'{"a":1,"a":1}'),
    "escaped_solidus": ("an escape that is not needed", rb'"\/"'),
    "escaped_letter": ("an escape that is not needed", rb'"\u0061"'),
    "escape_in_capitals": ("hex digits of an escape in capitals", rb'"\u001F"'),
    "long_escape": ("an escape that has a short form", rb'"\u000a"'),
    "half_a_pair": ("a lone surrogate", rb'"\ud83d"'),
    "float": ("a float", b"1.5"),
    "float_of_an_integer": ("a float", b"1.0"),
    "exponent": ("a float", b"1e3"),
    "minus_nothing": ("minus zero", b"-0"),
    "leading_zero": ("a leading zero", b"01"),
    "integer_too_large": ("2**53", b"9007199254740992"),
    "integer_too_small": ("-2**53", b"-9007199254740992"),
    "integer_without_end": ("five thousand digits", b"9" * 5000),
    "not_a_number": ("no JSON", b"NaN"),
    "infinity": ("no JSON", b"Infinity"),
    "name_beyond_ascii": ("a member's name is not ASCII", '{"\u00fc":1}'.encode()),
    "byte_order_mark": ("a byte order mark", b"\xef\xbb\xbf{}"),
    "utf_16": ("UTF-16", '{"a":1}'.encode("utf-16-le")),
    "latin_1": ("not UTF-8", b'"caf\xe9"'),
    "cut": ("cut short", b'{"a":1'),
    "nested_without_end": ("brackets without end", b"[" * 20_000),
    "two_values": ("two values", b"1 2"),
    "comment": ("a comment", b"{}//"),
}  # fmt: skip


def canonical_json() -> Cases:
    for name, (source, value, said) in JCS.items():
        yield name, case_text(said.encode(), expect="good", source=source, value=value)
    for name, value in GOOD_JSON.items():
        body = canonical(json.loads(value))
        yield name, case_text(body, expect="good", value=value)
    for name, (why, bad) in BAD_JSON.items():
        yield name, case_text(bad, expect="tampered", why=why)


def contexts() -> Cases:
    for kind, fields in CONTEXTS.items():
        body = context(kind, VAULT, fields)
        yield (
            kind.replace(" ", "-"),
            case_text(body, expect="good", kind=kind, vault=VAULT, fields=fields),
        )


ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def times(a: int, b: int) -> int:
    """The product in GF(32), modulo x^5 + x^2 + 1."""
    product = 0
    for bit in range(5):
        product ^= (a << bit) if b >> bit & 1 else 0
    for bit in range(9, 4, -1):
        product ^= (0b100101 << (bit - 5)) if product >> bit & 1 else 0
    return product


def checked(number: int, group: str) -> str:
    check = number
    for weight, letter in zip((2, 4, 8, 16), group, strict=True):
        check ^= times(weight, ALPHABET.index(letter))
    return group + ALPHABET[check]


def each_checked(data: bytes) -> list[str]:
    """Its groups, each with its check letter."""
    text = base64.b32encode(data).decode()
    groups = [text[at : at + 4] for at in range(0, len(text), 4)]
    return [checked(number, group) for number, group in enumerate(groups, 1)]


def mistyped_groups(each: list[str]) -> Cases:
    """Which group is named where one is wrong."""
    seventh, fifth = each[6], each[4]
    mistyped = seventh[:2] + ("A" if seventh[2] != "A" else "B") + seventh[3:]
    exchanged = fifth[1] + fifth[0] + fifth[2:]
    for name, why, wrong, changed in (
        ("letter_mistyped", "a letter of group 7", "7", {6: mistyped}),
        ("check_mistyped", "the check of group 14", "14", {13: each[13][:4] + "A"}),
        ("letters_exchanged", "two letters of group 5", "5", {4: exchanged}),
        ("groups_exchanged", "groups 2 and 3 exchanged", "2, 3", {1: each[2], 2: each[1]}),
        ("digit_8", "an 8 in group 9", "9", {8: "8" + each[8][1:]}),
        ("letter_missing", "a letter of group 1 too few", "1", {0: each[0][1:]}),
        ("check_missing", "group 3 without its check", "3", {2: each[2][:4]}),
    ):
        typed = " ".join(changed.get(place, group) for place, group in enumerate(each))
        yield name, case_text(typed.encode(), expect="unusable", why=why, wrong=wrong)


def kit() -> Cases:
    each = each_checked(SEED + sha256(SEED)[:3])
    words = " ".join(each)
    for name, typed in (
        ("as_printed", words),
        ("in_small_letters", words.lower()),
        ("without_spaces", words.replace(" ", "")),
        ("over_two_lines", "\n".join((" ".join(each[:7]), " ".join(each[7:]) + "\n"))),
        ("in_odd_groups", f"{words[:2]} {words[2:]}"),
        ("in_sixteen_pieces", " ".join((words[:2], words[2:4], words[4:]))),
    ):
        yield name, case_text(typed.encode(), expect="good", seed=SEED.hex())
    yield from mistyped_groups(each)
    for name, why, typed in (
        ("without_checks", "no group has its check letter", " ".join(e[:4] for e in each)),
        ("group_missing", "thirteen groups", " ".join(each[:13])),
        ("group_too_many", "fifteen groups", f"{words} AAAAA"),
        ("padded", "signs of equality", f"{words[:-1]}="),
        ("beyond_ascii", "a letter with an accent", "\u00c9" + words[1:]),
        (
            "capital_in_ascii",
            "an i without a dot, of which the capital is I",
            words.replace("I", "\u0131"),
        ),
        ("empty", "nothing", ""),
        ("check_wrong", "another check over all", " ".join(each_checked(SEED + bytes(3)))),
    ):
        yield name, case_text(typed.encode(), expect="unusable", why=why)
