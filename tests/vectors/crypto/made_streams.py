"""Cases of streams: Tink's AES256_GCM_HKDF_1MB."""

from __future__ import annotations

from typing import Any, Final

from vectors.crypto import by_hand
from vectors.crypto.by_hand import context, sha256
from vectors.crypto.cases import case_text
from vectors.crypto.fixed import (
    CONTEXTS,
    KEY,
    OTHER_KEY,
    OTHER_UID,
    OTHER_VAULT,
    PREFIX,
    STREAM_SALT,
    VAULT,
    Cases,
    under,
)

FIRST: Final = by_hand.SEGMENT - 40 - 16
FULL: Final = by_hand.SEGMENT - 16
FOUR: Final = FIRST + 2 * FULL + 5


def stream_head(zeros: int, order: str, sealed: bytes) -> dict[str, Any]:
    return {
        **under("recording"),
        "key": KEY.hex(),
        "salt": STREAM_SALT.hex(),
        "prefix": PREFIX.hex(),
        "zeros": zeros,
        "order": order,
        "size": len(sealed),
        "sha256": sha256(sealed).hex(),
    }


def sealed_zeros(zeros: int, last: int = 1) -> list[bytes]:
    head = context("recording", VAULT, CONTEXTS["recording"])
    return by_hand.stream(KEY, head, salt=STREAM_SALT, prefix=PREFIX, plain=bytes(zeros), last=last)


def streams() -> Cases:
    for name, zeros, order in (
        ("nothing", 0, "0"),
        ("one_byte", 1, "0"),
        ("one_short_of_a_segment", FIRST - 1, "0"),
        ("an_exact_segment", FIRST, "0"),
        ("one_over_a_segment", FIRST + 1, "0 1"),
        ("two_exact_segments", FIRST + FULL, "0 1"),
        ("four_segments", FOUR, "0 1 2 3"),
    ):
        sealed = by_hand.arranged(sealed_zeros(zeros), order)
        yield name, case_text(expect="good", **stream_head(zeros, order, sealed))
    segments = sealed_zeros(FOUR)
    for name, why, order in (
        ("segments_swapped", "two segments in each other's place", "0 2 1 3"),
        ("segment_repeated", "a segment twice", "0 1 1 2 3"),
        ("segment_dropped", "a segment is missing", "0 2 3"),
        ("last_segment_dropped", "cut at the end of a segment", "0 1 2"),
        ("first_segment_dropped", "no header", "1 2 3"),
    ):
        head = stream_head(FOUR, order, by_hand.arranged(segments, order))
        yield name, case_text(expect="tampered", why=why, **head)
    bound = context("recording", VAULT, CONTEXTS["recording"])
    ends_empty = by_hand.stream(
        KEY, bound, salt=STREAM_SALT, prefix=PREFIX, plain=bytes(FIRST), ends_empty=True
    )
    told = stream_head(FIRST, "0 1", by_hand.arranged(ends_empty, "0 1"))
    why = "the last segment is empty"
    yield "last_segment_empty", case_text(expect="tampered", why=why, **told, ends_empty=True)
    yield from bad_streams()


def bad_streams() -> Cases:
    """One segment each, so that the whole file stands in the case."""
    good = sealed_zeros(9)[0]
    mine = under("recording")
    for name, why, sealed, head in (
        ("last_flag_cleared", "it says that one follows", sealed_zeros(9, 0)[0], mine),
        ("last_flag_of_two", "a flag that there is not", sealed_zeros(9, 2)[0], mine),
        ("cut", "the last byte is missing", good[:-1], mine),
        ("byte_added", "a byte too many", good + b"\0", mine),
        ("cut_to_the_header", "a header alone", good[:40], mine),
        ("cut_in_the_header", "half a header", good[:39], mine),
        ("cut_in_the_tag", "no room for a tag", good[:55], mine),
        ("empty", "nothing", b"", mine),
        ("header_of_41", "the header says another size", b"\x29" + good[1:], mine),
        ("salt_changed", "a bit of the salt", good[:1] + bytes([good[1] ^ 1]) + good[2:], mine),
        ("prefix_changed", "a bit of the prefix", good[:39] + bytes([good[39] ^ 1]) + good[40:],
         mine),
        ("tag_changed", "a bit of the tag", good[:-1] + bytes([good[-1] ^ 1]), mine),
        ("other_uid", "of another recording", good, under("recording", uid=OTHER_UID)),
        ("other_vault", "of another vault", good, under("recording", vault=OTHER_VAULT)),
        ("other_kind", "of another kind", good, under("volume-copy")),
    ):  # fmt: skip
        yield (
            name,
            case_text(expect="tampered", why=why, **head, key=KEY.hex(), sealed=sealed.hex()),
        )
    for name, why, key in (
        ("other_key", "another data key", OTHER_KEY),
        ("key_of_31_bytes", "a data key of 31 bytes", KEY[:31]),
    ):
        yield name, case_text(expect="tampered", why=why, **mine, key=key.hex(), sealed=good.hex())
