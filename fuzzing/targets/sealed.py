"""What is sealed or signed, and what lies within: its maker may have written anything."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from callrec.crypto import primitives
from callrec.crypto.canonical import canonical, format_instant, parse, parse_instant
from callrec.crypto.context import context, statement_context
from callrec.crypto.identity import LockedSeed
from callrec.crypto.statement import check_statement, read_statement, sign_statement
from callrec.crypto.streaming import HEADER_BYTES, SEGMENT_BYTES, StreamSealer
from callrec.errors import CallrecError, Tampered
from callrec.package import callrec_verify
from callrec.policy.purpose import Purpose
from callrec.record.forms import NONCE_BYTES
from callrec.requests.model import RequestBody, RequestVersion
from callrec.store.sealing import Buffers, open_seekable, open_stream
from crypto.streams import cut, sealed_with
from fuzzing.target import Script, Target, in_one_form
from vectors.crypto.cases import cases

VAULT: Final = "22" * 16

KEY: Final = bytes(range(32))

ID: Final = "11" * 16

AT: Final = datetime(2026, 8, 7, 10, 15, tzinfo=UTC)

ASSOCIATED: Final = context("recording", VAULT, uid=ID)

BUFFERS: Final = Buffers()

ENDS: Final = ("", "a", "recording", "ab" * 300)

LONG: Final = bytes(range(256)) * (9 << 10)
"""Two and a quarter segments."""


def _sealer() -> StreamSealer:
    return StreamSealer(KEY, ASSOCIATED, salt=bytes(32), prefix=bytes(7))


SEALED: Final = {sealed_with(_sealer(), text.encode()): text.encode() for text in ENDS}
"""What was sealed under the key -> the original."""

SEALED_LONG: Final = sealed_with(_sealer(), LONG)


def _opened(data: bytes) -> bytes:
    """What both readers of a sealed recording make of it."""
    whole: bytes | None
    try:
        whole = b"".join(open_stream(io.BytesIO(data), KEY, ASSOCIATED, BUFFERS))
    except Tampered:
        whole = None
    try:
        sought: bytes | None = open_seekable(io.BytesIO(data), KEY, ASSOCIATED).read()
    except Tampered:
        sought = None
    assert whole == sought, "one of two readers opens it"
    if whole is None:
        raise Tampered("as it should be")
    return whole


def _recording(data: bytes) -> None:
    with suppress(Tampered):
        assert _opened(data) == SEALED[data]


def _segments(data: bytes) -> None:
    """A recording of three segments, spoilt as the bytes have it."""
    script, sealed = Script(data), SEALED_LONG
    for _ in range(4):
        if not script:
            break
        sealed = script.spoil(sealed) if script.number(1) % 2 else _moved(script, sealed)
    try:
        opened = _opened(sealed)
    except Tampered:
        assert sealed != SEALED_LONG
    else:
        assert (sealed, opened) == (SEALED_LONG, LONG)


def _moved(script: Script, sealed: bytes) -> bytes:
    """With one segment left out, or put where another was, or before it."""
    segments = list(cut(sealed[HEADER_BYTES:], SEGMENT_BYTES - HEADER_BYTES, SEGMENT_BYTES))
    place, other = script.below(len(segments)), script.below(len(segments))
    match script.number(1) % 3:
        case 0:
            del segments[place]
        case 1:
            segments[place] = segments[other]
        case _:
            segments.insert(place, segments[other])
    return sealed[:HEADER_BYTES] + b"".join(segments)


def _canonical(data: bytes) -> None:
    try:
        value = parse(data)
    except Tampered:
        value = None
    else:
        assert canonical(value) == data
    try:
        again = callrec_verify.parse(data)
    except callrec_verify.Wrong:
        again = None
    assert value == again, "callrec and callrec_verify.py differ"


def _instant(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        at = parse_instant(text)
    except Tampered:
        at = None
    assert at is None or format_instant(at) == text
    assert callrec_verify.fits(text, "time") == (at is not None)


STATED: Final = tuple(
    sign_statement(kind, vault=VAULT, by=ID, at=AT, seed=KEY, fields={"x": [1, None, "é"]})
    for kind in ("voucher", "volume")
)

PUBLIC: Final = primitives.signing_public(KEY)


def _statement(data: bytes) -> None:
    """64 bytes of a signature, and the statement."""
    signature, body = data[:64], data[64:]
    with suppress(Tampered):
        statement = read_statement(body, signature, VAULT)
        assert canonical(statement.fields) == body
        assert statement.at.tzinfo is UTC
        check_statement(statement, PUBLIC)
        assert (body, signature) in {(each.body, each.signature) for each in STATED}


def _signature(data: bytes) -> None:
    """A key, a signature, and what was signed: both programs say the same."""
    key, signature, message = data[:32], data[32:96], data[96:]
    try:
        primitives.verify(key, message, signature)
        holds = True
    except (Tampered, ValueError):  # no point of the curve
        holds = False
    # callrec_verify.py refuses keys of small order, which nobody makes by chance.
    assert holds or not callrec_verify.is_signed(key, message, signature)
    if holds and key == PUBLIC:
        assert callrec_verify.is_signed(key, message, signature)


def _signatures() -> tuple[bytes, ...]:
    head = statement_context("volume", VAULT)
    return tuple(PUBLIC + primitives.sign(KEY, text) + text for text in (b"", head, STATED[1].body))


def _locked(data: bytes) -> None:
    with suppress(Tampered):
        value = parse(in_one_form(data))
        read = LockedSeed.from_json(value)
        assert LockedSeed.from_json(read.as_json()) == read


WHICH: Final = RequestVersion(vault=VAULT, request=ID, version=1)


def _request(data: bytes) -> None:
    """What is sealed of a request, by somebody who may ask: opened with the key it is under."""
    sealed = primitives.seal(KEY, bytes(NONCE_BYTES) + in_one_form(data), WHICH.context)
    with suppress(CallrecError):
        try:
            body = RequestBody.open(sealed, KEY, WHICH)
        except Tampered:
            return
        assert RequestBody.open(body.seal(KEY, WHICH), KEY, WHICH) == body
        assert type(body.number) is int
        assert all(isinstance(each, str) for pair in body.recordings for each in pair)
        body.details("")


def _requests() -> tuple[bytes, ...]:
    told = {
        "reason": "she asked for it in writing",
        "date": "2026-07-14",
        "time": ["14:00", "14:30"],
        "extension": "203",
        "number": "unknown",
        "parties": ["Ann Other", "Reception"],
        "about": "herself",
    }
    body = {
        "log_nonce": "00" * 32,
        "number": 7,
        "particulars": told,
        "purpose": Purpose.SUBJECT_ACCESS.value,
        "recordings": [[ID, "aa" * 32]],
    }
    kept = {ID: ["routine", "three years", "2026-08-07"]}
    further = {**told, "further": {"received": "2026-08-01"}}
    return tuple(
        canonical(each)
        for each in (body, {**body, "retention": kept}, {**body, "particulars": further})
    )


TARGETS: Final = (
    Target(
        name="sealed-recording",
        reads="a sealed recording of one segment",
        holds="it opens only if every byte is as it was sealed; both readers agree",
        one=_recording,
        seeds=lambda: (*SEALED, *(each[:-1] for each in SEALED)),
    ),
    Target(
        name="sealed-segments",
        reads="a sealed recording of three segments: cut, moved, repeated, spoilt",
        holds="it opens only if every byte is as it was sealed; both readers agree",
        one=_segments,
        seeds=lambda: (b"", b"\0\0\0\1\0\0\2\1", b"\1\0\0\0\7\0x", b"\0\0\0\2\0\0\2\0", bytes(16)),
        longest=64,
    ),
    Target(
        name="canonical",
        reads="canonical JSON, in which every record is written",
        holds="only what callrec writes is read; callrec_verify.py reads the same",
        one=_canonical,
        seeds=lambda: (
            *(each.body for each in cases("canonical")),
            *(b'{"a":[1,-2,"\xc3\xa9",null,true],"b":{}}', b"9007199254740991", b'"\\u0001"'),
        ),
        longest=20_000,
        words=(b"[[[[[[[[", b'{"a":', b"1e1", b"\\ud800", b"\\/", b"9007199254740992", b"NaN"),
    ),
    Target(
        name="instants",
        reads="the time in a record",
        holds="only what callrec writes is read; callrec_verify.py reads the same",
        one=_instant,
        seeds=lambda: (b"2026-08-07T10:15:00.000Z", b"0001-01-01T00:00:00.000Z", b"2026-W31-5"),
        longest=64,
        words=(b"9999-12-31", b"23:59:59.999", b"+00:00", b"24:00", b"T", b"Z"),
    ),
    Target(
        name="statements",
        reads="a statement and its signature",
        holds="only what was signed verifies",
        one=_statement,
        seeds=lambda: (each.signature + each.body for each in STATED),
        words=(b'"kind":"voucher"', b'"at":', b'"by":', b'"vault":'),
    ),
    Target(
        name="signatures",
        reads="an Ed25519 key, a signature, and what it is said to sign",
        holds="what callrec_verify.py takes, OpenSSL takes; of an honest key, the other way too",
        one=_signature,
        seeds=_signatures,
        longest=400,
    ),
    Target(
        name="locked-seeds",
        reads="a seed under a password, as it lies on a drive",
        holds="its parameters are within their bounds; what is read reads back the same",
        one=_locked,
        seeds=lambda: (each.body for each in cases("locked")),
        words=(b'"lanes":', b'"passes":', b'"memory_kib":', b"true", b"null", b"1048576"),
    ),
    Target(
        name="requests",
        reads="what is sealed of a request, by anyone who may make one",
        holds="what is read, sealed again, reads back the same",
        one=_request,
        seeds=_requests,
        words=(b'"retention":', b'"further":', b'"unknown"', b"[]", b"null", b"{}"),
    ),
)
