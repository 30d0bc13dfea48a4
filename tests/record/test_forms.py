"""What is declared of a form is all that is read of it, and what is read is what was written."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.archive.heads import VolumeStatement
from callrec.archive.volumes import VolumeKeeper
from callrec.audit.log import Head
from callrec.complaints.log import ComplaintBody
from callrec.crypto.canonical import canonical, parse
from callrec.errors import Tampered
from callrec.holds.log import HoldBody
from callrec.incidents.log import IncidentBody
from callrec.policy.breach import Closing, Findings
from callrec.policy.handing_over import Channel
from callrec.policy.incident import Outcome
from callrec.policy.particulars import UNKNOWN, Particulars
from callrec.policy.purpose import Purpose
from callrec.policy.retention import DisposalItem
from callrec.policy.rights.complaint import Finding
from callrec.record.forms import (
    Base64,
    Day,
    Hex,
    Id,
    Instant,
    as_json,
    body_of,
    fits,
    read,
    read_body,
    recall,
)
from callrec.requests.model import RequestBody
from callrec.restore.copy import RestoredCopy

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

NUMBERS = st.integers(0, 2**53 - 1)

IDS = st.binary(min_size=16, max_size=16).map(bytes.hex)

NONCES = st.binary(min_size=32, max_size=32)

INSTANTS = st.datetimes(datetime(1800, 1, 1), datetime(2999, 12, 31)).map(  # noqa: DTZ001 - bounds
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)

RETAINED = st.builds(DisposalItem, TEXT, TEXT, st.dates())

PARTICULARS = st.builds(
    Particulars,
    reason=TEXT,
    day=st.dates() | st.just(UNKNOWN),
    times=st.just(UNKNOWN),
    extension=st.just(UNKNOWN),
    number=st.just(UNKNOWN),
    parties=st.lists(TEXT, max_size=3).map(tuple) | st.just(UNKNOWN),
    about=TEXT,
    further=st.just({}),
)

HOLDS = st.builds(HoldBody, number=NUMBERS, reason=TEXT, nonce=NONCES)

REQUESTS = st.builds(
    RequestBody,
    number=NUMBERS,
    purpose=st.sampled_from(Purpose),
    particulars=PARTICULARS,
    recordings=st.lists(st.tuples(IDS, TEXT), max_size=3).map(tuple),
    nonce=NONCES,
    log_nonce=NONCES,
    retained=st.dictionaries(IDS, RETAINED, max_size=2),
)

INCIDENTS = st.builds(
    IncidentBody,
    number=NUMBERS,
    what=TEXT,
    noticed_at=INSTANTS,
    recordings=st.lists(IDS, max_size=3).map(tuple),
    request=TEXT,
    findings=st.builds(Findings, nature=TEXT, people_count=st.none() | NUMBERS),
    closing=st.none()
    | st.builds(
        Closing,
        outcome=st.sampled_from(Outcome),
        on=st.dates(),
        at=st.none() | INSTANTS,
        reason=TEXT,
        delay_reason=TEXT,
    ),
    nonce=NONCES,
    log_nonce=NONCES,
)

COMPLAINTS = st.builds(
    ComplaintBody,
    number=NUMBERS,
    on=st.dates(),
    how=st.just("") | st.sampled_from(Channel),
    what=TEXT,
    finding=st.just("") | st.sampled_from(Finding),
    complainant=TEXT,
    contact=TEXT,
    request=TEXT,
    incident=TEXT,
    nonce=NONCES,
    log_nonce=NONCES,
)

HEADS = st.builds(Head, NUMBERS, NONCES)

BARE = (
    st.builds(
        VolumeStatement,
        volume=IDS,
        name=st.just("20261124T120000Z-1"),
        manifest=TEXT,
        catalogue=TEXT,
        keys=TEXT,
        head=HEADS,
        erased=st.lists(IDS, max_size=2).map(tuple),
        on_vaults_disk=st.booleans(),
        common=st.none() | st.integers(1, 9),
    )
    | st.builds(RestoredCopy, TEXT, TEXT, HEADS)
    | st.builds(VolumeKeeper, TEXT, TEXT)
)


@given(HOLDS | REQUESTS | INCIDENTS | COMPLAINTS)
def test_a_body_is_read_as_it_was_sealed(
    sealed: HoldBody | RequestBody | IncidentBody | ComplaintBody,
) -> None:
    told = body_of(sealed, sealed.nonce)
    found = read_body(type(sealed), told, "otherwise")
    assert found == sealed
    assert body_of(found, found.nonce) == told


@given(BARE)
def test_a_form_is_read_as_it_was_written(
    form: VolumeStatement | RestoredCopy | VolumeKeeper,
) -> None:
    said = parse(canonical(as_json(form)))
    found = read(type(form), said, "otherwise")
    assert (found, as_json(found)) == (form, said)


@given(HOLDS, st.text("abc", min_size=1, max_size=5))
def test_a_member_that_nothing_declares_is_refused(hold: HoldBody, name: str) -> None:
    told = hold.nonce + canonical({**as_json(hold), name: 1})
    with pytest.raises(Tampered, match="otherwise"):
        read_body(HoldBody, told, "otherwise")


def test_the_nonce_is_what_stands_before_the_body_and_no_member_of_it() -> None:
    hold = HoldBody(number=1, reason="", nonce=bytes(32))
    with pytest.raises(Tampered, match="otherwise"):
        read_body(
            HoldBody, bytes(32) + canonical({**as_json(hold), "nonce": "00" * 32}), "otherwise"
        )
    other = read_body(HoldBody, b"\1" * 32 + canonical(as_json(hold)), "otherwise")
    assert other == replace(hold, nonce=b"\1" * 32)


@dataclass(frozen=True, slots=True)
class Every:
    id: Id
    key: Hex
    note: Base64
    on: Day
    at: Instant
    count: int
    names: tuple[str, ...]


WHOLE = {
    "id": "ab" * 16,
    "key": "ff00",
    "note": "AAE=",
    "on": "2026-11-24",
    "at": "2026-11-24T09:05:00.000Z",
    "count": 3,
    "names": ["Siân"],
}


def test_each_type_is_what_its_text_means() -> None:
    at = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    expected = Every("ab" * 16, b"\xff\0", b"\0\1", date(2026, 11, 24), at, 3, ("Siân",))
    assert read(Every, WHOLE, "otherwise") == expected
    assert fits(Every, WHOLE)


OTHERWISE: dict[str, Any] = {
    "an id in capitals": {"id": "AB" * 16},
    "an id with a line's end": {"id": "ab" * 16 + "\n"},
    "hex in capitals": {"key": "FF00"},
    "hex with a space": {"key": "ff 00"},
    "base64 without its padding": {"note": "AAE"},
    "base64 with bits that nothing uses": {"note": "AAF="},
    "a day written shortly": {"on": "20261124"},
    "a day of a week": {"on": "2026-W48-2"},
    "a day that is a time": {"on": "2026-11-24T00:00:00Z"},
    "an instant without milliseconds": {"at": "2026-11-24T09:05:00Z"},
    "an instant of another zone": {"at": "2026-11-24T10:05:00.000+01:00"},
    "an instant that is a number": {"at": 1},
    "a number that is true": {"count": True},
    "a number that is text": {"count": "3"},
    "a list that is text": {"names": "Siân"},
    "a list of numbers": {"names": [1]},
    "null": {"count": None},
}


@pytest.mark.parametrize("other", OTHERWISE.values(), ids=OTHERWISE)
def test_what_is_written_otherwise_is_refused_and_not_told(other: dict[str, Any]) -> None:
    with pytest.raises(Tampered) as refused:
        read(Every, {**WHOLE, **other}, "otherwise")
    assert not any(str(value) in refused.value.message for value in other.values())


@pytest.mark.parametrize("said", [None, [], "", 7, [WHOLE], {}], ids=str)
def test_what_is_no_such_object_is_refused(said: object) -> None:
    with pytest.raises(Tampered, match="otherwise"):
        read(Every, said, "otherwise")
    assert not fits(Every, said)


def test_what_is_too_deep_is_refused() -> None:
    deep: Any = 7
    for _ in range(900):
        deep = [deep]
    with pytest.raises(Tampered, match="otherwise"):
        read(dict[str, str], {"a": deep}, "otherwise")
    assert not fits(dict[str, str], {"a": deep})


def test_of_a_memory_that_cannot_be_read_nothing_is_recalled(tmp_path: Path) -> None:
    file = tmp_path / "memory.json"
    assert recall(dict[str, Instant], file) is None
    for said in ("", "{", "[1]", '{"x": "noon"}', '{"x": 1}', "[" * 100_000):
        file.write_text(said)
        assert recall(dict[str, Instant], file) is None, said
    at = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    file.write_text(json.dumps(as_json({"x": at}, dict[str, Instant])))
    assert recall(dict[str, Instant], file) == {"x": at}
