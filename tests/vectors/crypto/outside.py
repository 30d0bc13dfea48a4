"""What others published, or their programs computed, as ``make`` puts it into cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_RFC = "RFC 8785, 3.2.2 (its numbers and 3.2.3's names are outside our subset)"

_TESTDATA = "cyberphone/json-canonicalization (RFC 8785, appendix F), testdata"

JCS: Final = {
    "rfc8785_strings_and_literals": (
        _RFC,
        (
            r"""{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","""
            ' "literals": [null, true, false]}'
        ),
        r"""{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}""",
    ),
    "rfc8785_integers": (
        "RFC 8785, appendix B: what it says of 0 and of the largest integers that are exact",
        "[0, 9007199254740991, -9007199254740991]",
        "[0,9007199254740991,-9007199254740991]",
    ),
    "jcs_arrays": (
        f"{_TESTDATA}/input/arrays.json",
        '[ 56, { "d": true, "10": null, "1": [ ] } ]',
        '[56,{"1":[],"10":null,"d":true}]',
    ),
    "jcs_structures": (
        f"{_TESTDATA}/input/structures.json, 56.0 written as 56",
        (
            r"""{ "1": {"f": {"f": "hi","F": 5} ,"\n": 56}, "10": { },"""
            ' "": "empty", "a": { }, "111": [ { } ], "A": { } }'
        ),
        r"""{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}}""",
    ),
    "jcs_unicode": (
        f"{_TESTDATA}/input/unicode.json",
        r"""{ "Unnormalized Unicode":"\u1e0d\u0307" }""",
        '{"Unnormalized Unicode":"\u1e0d\u0307"}',
    ),
    "jcs_weird_values": (
        f"{_TESTDATA}/input/weird.json, its values alone",
        r"""["Euro Sign", "Control\u007f", "\ud83d\ude02", "\ufb33", "</script>"]""",
        '["Euro Sign","Control\u007f","\U0001f602","\ufb33","</script>"]',
    ),
}
"""Name -> where from, as it was published, in its canonical form."""

_COMMAND = (
    "argon2-cffi 25.1.0: hash_secret_raw(password.encode(), bytes.fromhex(salt),"
    " time_cost=passes, memory_cost=memory_kib, parallelism=lanes, hash_len=32, type=Type.ID)"
)

ARGON2ID: Final[Mapping[str, dict[str, Any]]] = {
    "second_choice_of_rfc_9106": {
        "expect": "good",
        "source": _COMMAND,
        "password": "caf\u00e9 au lait and a bicycle",
        "salt": "000102030405060708090a0b0c0d0e0f",
        "kdf": {"lanes": 4, "memory_kib": 65536, "passes": 3},
        "key": "d3a5ffd6239e24c8ef5ff0b9adfe1f13de5940f5674cd0bc4290a7c9ef83b22e",
    },
    "one_lane": {
        "expect": "good",
        "source": _COMMAND,
        "password": "caf\u00e9 au lait and a bicycle",
        "salt": "000102030405060708090a0b0c0d0e0f",
        "kdf": {"lanes": 1, "memory_kib": 65537, "passes": 4},
        "key": "4a1e0861e72a6bc3a282b8f401439a247e886697ba0da2fc614f44799c73767d",
    },
}
"""By another implementation (the PHC's reference code); RFC 9106's own vectors have a key and
associated data, and 32 KiB, so that no lock of ours could be one of them."""

_RFC_7914 = "RFC 7914, 11"

PBKDF2: Final[Mapping[str, dict[str, Any]]] = {
    "one_round": {
        "expect": "good",
        "source": _RFC_7914,
        "password": "passwd",
        "salt": "salt",
        "rounds": 1,
        "key": (
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
            "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        ),
    },
    "eighty_thousand_rounds": {
        "expect": "good",
        "source": _RFC_7914,
        "password": "Password",
        "salt": "NaCl",
        "rounds": 80_000,
        "key": (
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
            "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"
        ),
    },
}
"""PBKDF2-HMAC-SHA-256; password and salt in ASCII, keys of 64 bytes."""
