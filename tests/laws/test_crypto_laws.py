"""Laws of the cryptographic foundation, for any values, keys and bytes."""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callrec.crypto import primitives
from callrec.crypto.canonical import (
    LARGEST_INTEGER,
    canonical,
    format_instant,
    parse,
    parse_instant,
)
from callrec.crypto.context import CONTEXT_FIELDS, STATEMENT_KINDS, context, statement_context
from callrec.crypto.grouped import LETTERS, check_letter
from callrec.crypto.identity import Identity, PublicKeys
from callrec.crypto.kit import kit_pages, kit_words, read_kit, read_kit_words
from callrec.crypto.statement import check_statement, read_statement, root_of, sign_statement
from callrec.crypto.streaming import StreamSealer
from callrec.errors import Tampered, Unusable
from crypto.streams import opened_with, sealed_with
from vectors.crypto import by_hand

VAULT = "5f3a9c0e7b1d4826a0c4e8f21b6d9735"

PERSON = "0123456789abcdef0123456789abcdef"

PUBLIC = primitives.kem_public(bytes(32))

keys = st.binary(min_size=32, max_size=32)

short = st.binary(max_size=200)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

names = st.text(st.characters(max_codepoint=127), max_size=8)

integers = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)

scalars = st.none() | st.booleans() | integers | text

values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)

ids = st.text("0123456789abcdef", min_size=32, max_size=32)

instants = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-11))]),
)


@st.composite
def contexts(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """A kind, a vault, and the kind's own fields."""
    kind = draw(st.sampled_from(sorted(CONTEXT_FIELDS)))
    plain = st.sampled_from([0, 1, 17, "0", "1", "a", "b", '"', "\n", "a\n{}"])
    return kind, draw(ids), {name: draw(plain) for name in sorted(CONTEXT_FIELDS[kind])}


@given(values)
def test_reading_undoes_writing(value: object) -> None:
    assert parse(canonical(value)) == value


@given(values)
def test_canonical_json_is_json_and_what_by_hand_gives(value: object) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(value) == by_hand.canonical(value)


@given(st.dictionaries(names, scalars, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_in_which_members_were_put_is_of_no_account(
    value: dict[str, object], shuffler: Any
) -> None:
    members = list(value.items())
    shuffler.shuffle(members)
    assert canonical(dict(members)) == canonical(value)


@given(st.binary(max_size=60))
def test_whatever_is_read_is_canonical(data: bytes) -> None:
    try:
        value = parse(data)
    except Tampered:
        return
    assert canonical(value) == data


@given(values, st.integers(min_value=0), st.sampled_from(b' \n\t0"a,'))
def test_a_byte_put_in_is_never_read_as_the_same(value: object, where: int, byte: int) -> None:
    data = canonical(value)
    where %= len(data) + 1
    try:
        assert parse(data[:where] + bytes([byte]) + data[where:]) != value
    except Tampered:
        return


@given(instants)
def test_an_instant_is_read_back_to_the_millisecond(at: datetime) -> None:
    cut = timedelta(microseconds=at.microsecond % 1000)
    assert parse_instant(format_instant(at)) == at - cut
    assert format_instant(parse_instant(format_instant(at))) == format_instant(at)


@given(instants, instants)
def test_instants_sort_as_their_text_does(one: datetime, two: datetime) -> None:
    if format_instant(one) < format_instant(two):
        assert one < two


@given(contexts(), contexts())
def test_different_kinds_vaults_or_fields_give_different_contexts(
    one: tuple[str, str, dict[str, Any]], two: tuple[str, str, dict[str, Any]]
) -> None:
    (kind, vault, fields), (other, elsewhere, others) = one, two
    same = context(kind, vault, **fields) == context(other, elsewhere, **others)
    assert same == (one == two)


@given(contexts(), st.sampled_from(sorted(STATEMENT_KINDS)), ids)
def test_no_statement_has_the_context_of_a_sealing_with_fields(
    one: tuple[str, str, dict[str, Any]], kind: str, vault: str
) -> None:
    assert context(one[0], one[1], **one[2]) != statement_context(kind, vault)


@given(contexts(), contexts(), keys)
def test_keys_derived_in_different_contexts_are_different(
    one: tuple[str, str, dict[str, Any]], two: tuple[str, str, dict[str, Any]], key: bytes
) -> None:
    assume(one != two)
    first, second = (context(kind, vault, **fields) for kind, vault, fields in (one, two))
    assert primitives.derive(key, first) != primitives.derive(key, second)
    assert primitives.derive(key, first) == by_hand.hkdf(key, first)


@given(keys, st.lists(st.binary(max_size=200), max_size=4))
def test_macs_under_a_key_that_is_taken_in_once_are_those_under_the_key(
    key: bytes, several: list[bytes]
) -> None:
    of = primitives.mac_function(key)
    assert [of(data) for data in several] == [primitives.mac(key, data) for data in several]


@given(keys, short, short)
def test_opening_undoes_sealing(key: bytes, data: bytes, head: bytes) -> None:
    assert primitives.open_sealed(key, primitives.seal(key, data, head), head) == data


@given(keys, short, short, st.integers(min_value=0), st.integers(1, 255))
def test_no_changed_sealing_opens(
    key: bytes, data: bytes, head: bytes, where: int, change: int
) -> None:
    sealed = bytearray(primitives.seal(key, data, head))
    sealed[where % len(sealed)] ^= change
    with pytest.raises(Tampered):
        primitives.open_sealed(key, bytes(sealed), head)


@given(keys, short, short, short)
def test_no_sealing_opens_in_another_context(
    key: bytes, data: bytes, head: bytes, other: bytes
) -> None:
    assume(head != other)
    with pytest.raises(Tampered):
        primitives.open_sealed(key, primitives.seal(key, data, head), other)


@given(keys, short, short)
def test_opening_undoes_sealing_to_a_public_key(seed: bytes, data: bytes, info: bytes) -> None:
    sealed = primitives.hpke_seal(primitives.kem_public(seed), data, info)
    assert primitives.hpke_open(seed, sealed, info) == data


@given(short, st.integers(min_value=0), st.integers(1, 255))
def test_no_changed_sealing_to_a_public_key_opens(data: bytes, where: int, change: int) -> None:
    sealed = bytearray(primitives.hpke_seal(PUBLIC, data, b"info"))
    # The top bit of an X25519 key too: RFC 7748 ignores it, but X-Wing hashes it.
    sealed[where % len(sealed)] ^= change
    with pytest.raises(Tampered):
        primitives.hpke_open(bytes(32), bytes(sealed), b"info")


@given(st.binary(max_size=1300))
def test_no_bytes_but_a_sealing_open(data: bytes) -> None:
    with pytest.raises(Tampered):
        primitives.hpke_open(bytes(32), data, b"info")


@given(keys, short)
def test_a_signature_verifies_for_its_own_message_and_key(seed: bytes, message: bytes) -> None:
    public, signature = primitives.signing_public(seed), primitives.sign(seed, message)
    primitives.verify(public, message, signature)
    with pytest.raises(Tampered):
        primitives.verify(public, message + b"!", signature)


@given(keys, ids)
def test_one_seed_gives_three_keys_that_have_nothing_in_common(seed: bytes, vault: str) -> None:
    made = Identity.from_seed(seed, vault)
    assert len({made.seed, made.act, made.log, made.kem}) == 4
    assert PublicKeys.from_json(made.public.as_json()) == made.public


@given(
    st.sampled_from(sorted(STATEMENT_KINDS)),
    st.dictionaries(st.text(string.ascii_lowercase, min_size=5), values, max_size=4),
    keys,
    instants,
)
def test_a_statement_is_read_as_it_was_made(
    kind: str, fields: dict[str, Any], seed: bytes, at: datetime
) -> None:
    made = sign_statement(kind, vault=VAULT, by=PERSON, at=at, seed=seed, fields=fields)
    read = read_statement(made.body, made.signature, VAULT)
    check_statement(read, primitives.signing_public(seed))
    head = {"kind": kind, "vault": VAULT, "by": PERSON, "at": format_instant(at)}
    assert read == made
    assert dict(read.fields) == fields | head


MEETING = "},{"
"""As two items meet in canonical JSON."""


@given(
    st.dictionaries(names, values, max_size=2),
    st.lists(
        st.just(MEETING)
        | st.dictionaries(names, st.just(MEETING) | values, max_size=2)
        | st.lists(st.just({}), max_size=2),
        max_size=5,
    ),
    instants,
)
def test_what_is_signed_of_a_batch_is_the_root_over_its_items(
    fields: dict[str, Any], items: list[Any], at: datetime
) -> None:
    said = {**fields, "items": items}
    made = sign_statement("batch", vault=VAULT, by=PERSON, at=at, seed=bytes(32), fields=said)
    assert json.loads(made.signed)["items"] == root_of([canonical(each) for each in items]).hex()


@given(st.binary(max_size=80) | values.map(canonical))
def test_whatever_bytes_stand_for_a_statement_are_refused(body: bytes) -> None:
    with pytest.raises(Tampered):
        read_statement(body, bytes(64), VAULT)


@given(keys)
def test_reading_the_kits_words_undoes_writing_them(seed: bytes) -> None:
    words = kit_words(seed)
    assert read_kit_words(words) == seed
    assert read_kit_words(words.lower().replace(" ", "\n")) == seed


@given(keys, st.integers(0, 69), st.sampled_from(string.ascii_uppercase + "234567"))
def test_no_mistyped_letter_is_taken(seed: bytes, where: int, letter: str) -> None:
    words = kit_words(seed).replace(" ", "")
    assume(words[where] != letter)
    with pytest.raises(Unusable):
        read_kit_words(words[:where] + letter + words[where + 1 :])


group = st.text(LETTERS, min_size=4, max_size=4)

numbers = st.integers(1, 14)


@given(group, numbers, st.integers(0, 4), st.sampled_from(LETTERS))
def test_a_check_letter_tells_one_letter_mistyped(
    four: str, number: int, where: int, letter: str
) -> None:
    five = four + check_letter(number, four)
    assume(five[where] != letter)
    wrong = five[:where] + letter + five[where + 1 :]
    assert check_letter(number, wrong[:4]) != wrong[4]


@given(group, numbers, st.integers(0, 4), st.integers(0, 4))
def test_a_check_letter_tells_two_letters_exchanged(
    four: str, number: int, one: int, other: int
) -> None:
    letters = list(four + check_letter(number, four))
    assume(letters[one] != letters[other])
    letters[one], letters[other] = letters[other], letters[one]
    assert check_letter(number, "".join(letters[:4])) != letters[4]


@given(group, numbers, numbers)
def test_a_check_letter_tells_a_group_at_anothers_place(four: str, one: int, other: int) -> None:
    assume(one != other)
    assert check_letter(one, four) != check_letter(other, four)


@given(keys, st.integers(1, 3))
def test_any_two_pages_of_a_kit_give_its_seed(seed: bytes, without: int) -> None:
    pages = [page for n, page in enumerate(kit_pages(seed, split=True), 1) if n != without]
    assert read_kit(" ".join(pages)) == seed


@given(st.lists(st.sampled_from(["acid", "zero", "AAAQM", "teh", "1", "\u00c9"]), min_size=17))
def test_whatever_words_are_typed_for_pages_are_refused(typed: list[str]) -> None:
    with pytest.raises(Unusable):
        read_kit(" ".join(typed))


@given(st.text(max_size=80))
def test_whatever_else_is_typed_is_refused(typed: str) -> None:
    with pytest.raises(Unusable):
        read_kit_words(typed)


@given(keys, st.binary(max_size=300), short)
def test_a_stream_opens_to_what_was_sealed(key: bytes, plain: bytes, head: bytes) -> None:
    assert opened_with(key, head, sealed_with(StreamSealer(key, head), plain)) == plain


@given(keys, st.binary(max_size=300), st.binary(max_size=200))
def test_no_stream_opens_once_bytes_are_put_after_it(key: bytes, plain: bytes, more: bytes) -> None:
    assume(more)
    sealed = sealed_with(StreamSealer(key, b"head"), plain)
    with pytest.raises(Tampered):
        opened_with(key, b"head", sealed + more)
