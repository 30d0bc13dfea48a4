"""Laws of a release: what is signed and written comes back, and nothing else does."""

from __future__ import annotations

import csv
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.package.callrec_verify import Wrong, check_signature, read_manifest
from callrec.package.manifest import COLUMNS, ReleasedCall, ReleasedFile, Withheld, call_data
from callrec.package.package import NAMESPACE, sign_ssh
from package.builders import PUBLIC, SEED, a_call, a_file, a_listening_copy, a_manifest

ZONES = ("Europe/London", "UTC", "America/St_Johns", "Pacific/Kiritimati")


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """To the millisecond, on the clock of some practice."""
    start = datetime(2000, 1, 1, tzinfo=UTC)
    after = timedelta(milliseconds=draw(st.integers(0, 10**12)))
    return (start + after).astimezone(ZoneInfo(draw(st.sampled_from(ZONES))))


@st.composite
def files(draw: st.DrawFn) -> tuple[ReleasedFile, ...]:
    made: list[ReleasedFile] = []
    for place in range(1, draw(st.integers(1, 4)) + 1):
        original = replace(
            a_file(draw(st.binary(max_size=8)), place=place),
            started_at=draw(instants()),
            codec=draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=9)),
            sample_rate=draw(st.none() | st.integers(1, 192_000)),
        )
        made += [original, a_listening_copy(original)][: draw(st.integers(1, 2))]
    return tuple(made)


@given(
    files(),
    st.lists(st.builds(Withheld, st.integers(1, 10**9), st.text("abc-", min_size=1, max_size=9))),
)
def test_a_manifest_reads_as_it_was_written(
    listed: tuple[ReleasedFile, ...], withheld: list[Withheld]
) -> None:
    manifest = a_manifest(*listed, withheld=withheld)
    assert read_manifest(manifest.to_bytes()) == json.loads(manifest.to_bytes())


@given(st.integers(0, len(a_manifest().to_bytes()) - 1), st.integers(1, 255))
def test_a_manifest_with_a_changed_byte_reads_otherwise_or_not_at_all(at: int, by: int) -> None:
    data = bytearray(a_manifest().to_bytes())
    data[at] ^= by
    with suppress(Wrong):
        assert read_manifest(bytes(data)) != json.loads(a_manifest().to_bytes())


@given(st.binary(max_size=200))
def test_a_signature_holds_for_its_message(message: bytes) -> None:
    check_signature(message, sign_ssh(message, SEED, NAMESPACE).encode(), PUBLIC)


MESSAGE = a_manifest().to_bytes()

SIGNATURE = sign_ssh(MESSAGE, SEED, NAMESPACE)


@given(st.integers(0, len(MESSAGE) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_message_is_accepted(at: int, by: int) -> None:
    changed = bytearray(MESSAGE)
    changed[at] ^= by
    with pytest.raises(Wrong):
        check_signature(bytes(changed), SIGNATURE.encode(), PUBLIC)


@given(st.sampled_from([i for i, c in enumerate(SIGNATURE) if c != "\n"]), st.integers(33, 126))
def test_no_changed_letter_of_a_signature_is_accepted(at: int, letter: int) -> None:
    changed = SIGNATURE[:at] + chr(letter) + SIGNATURE[at + 1 :]
    if changed != SIGNATURE:
        with pytest.raises(Wrong):
            check_signature(MESSAGE, changed.encode(), PUBLIC)


WRITABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def calls(draw: st.DrawFn) -> tuple[ReleasedCall, ...]:
    """Of which anything may be known that a telephone system can have said."""
    made: dict[int, list[ReleasedFile]] = {}
    for file in draw(files()):
        made.setdefault(file.recording, []).append(file)
    return tuple(
        replace(
            a_call(),
            files=tuple(each),
            duration_ms=draw(st.integers(0, 10**9)),
            number=draw(st.none() | WRITABLE),
            extension=draw(st.none() | WRITABLE),
            parties=tuple(draw(st.lists(WRITABLE, max_size=3))),
        )
        for each in made.values()
    )


@given(calls())
def test_what_json_reads_back_of_the_calls_is_what_was_given(
    given: tuple[ReleasedCall, ...],
) -> None:
    told = json.loads(call_data(given)[0])["calls"]
    for call, read in zip(given, told, strict=True):
        assert datetime.fromisoformat(read["started_at"]) == call.files[0].started_at
        assert datetime.fromisoformat(read["local_time"]) == call.files[0].started_at
        assert round(read["duration_s"] * 1000) == call.duration_ms
        known = (
            call.files[0].recording,
            call.direction,
            call.number,
            call.extension,
            list(call.parties),
        )
        names = ("recording", "direction", "number", "extension", "parties")
        assert known == tuple(read[name] for name in names)
        of_files = [(each["path"], each["codec"], each["sha256"]) for each in read["files"]]
        assert of_files == [(each.path, each.codec, each.sha256) for each in call.files]


@given(calls())
def test_the_table_of_the_calls_has_a_row_for_each_and_runs_nothing(
    given: tuple[ReleasedCall, ...],
) -> None:
    text = call_data(given)[1].decode("utf-8-sig")
    header, *rows = csv.reader(StringIO(text, newline=""), strict=True)
    assert tuple(header) == COLUMNS
    assert [row[0] for row in rows] == [str(call.files[0].recording) for call in given]
    assert {len(row) for row in rows} <= {len(COLUMNS)}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@given(calls())
def test_the_table_says_what_json_says_where_that_is_plain(given: tuple[ReleasedCall, ...]) -> None:
    data, table = call_data(given)
    text = table.decode("utf-8-sig")
    rows = csv.DictReader(StringIO(text, newline=""))
    for row, read in zip(rows, json.loads(data)["calls"], strict=True):
        for name in ("recording", "started_at", "local_time", "duration_s", "direction"):
            assert row[name] == str(read[name])
        number = read["number"] or ""
        if number.isalnum() and number.isascii():
            assert row["number"] == number
        for file in read["files"]:
            assert (row[file["role"]], row[f"{file['role']}_sha256"]) == (
                file["path"],
                file["sha256"],
            )
