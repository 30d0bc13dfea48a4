"""Laws of a release: what is signed and written comes back, and nothing else does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrec.errors import CallrecError, Tampered
from callrec.release.manifest import ReleasedFile, Withheld, parse_manifest
from callrec.release.sshsig import NAMESPACE, check_ssh, sign_ssh
from release.builders import PUBLIC, SEED, a_file, a_listening_copy, a_manifest

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


@given(files(), st.lists(st.builds(Withheld, st.integers(1, 10**9), st.text("abc-", max_size=9))))
def test_a_manifest_reads_as_it_was_written(
    listed: tuple[ReleasedFile, ...], withheld: list[Withheld]
) -> None:
    manifest = a_manifest(*listed, withheld=withheld)
    assert parse_manifest(manifest.to_bytes()) == manifest


@given(st.integers(0, len(a_manifest().to_bytes()) - 1), st.integers(1, 255))
def test_a_manifest_with_a_changed_byte_reads_otherwise_or_not_at_all(at: int, by: int) -> None:
    data = bytearray(a_manifest().to_bytes())
    data[at] ^= by
    with suppress(CallrecError):
        assert parse_manifest(bytes(data)) != a_manifest()


@given(st.binary(max_size=200))
def test_a_signature_holds_for_its_message(message: bytes) -> None:
    check_ssh(message, sign_ssh(message, SEED, NAMESPACE), PUBLIC, NAMESPACE)


MESSAGE = a_manifest().to_bytes()
SIGNATURE = sign_ssh(MESSAGE, SEED, NAMESPACE)


@given(st.integers(0, len(MESSAGE) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_message_is_accepted(at: int, by: int) -> None:
    changed = bytearray(MESSAGE)
    changed[at] ^= by
    with pytest.raises(Tampered):
        check_ssh(bytes(changed), SIGNATURE, PUBLIC, NAMESPACE)


@given(st.sampled_from([i for i, c in enumerate(SIGNATURE) if c != "\n"]), st.integers(33, 126))
def test_no_changed_letter_of_a_signature_is_accepted(at: int, letter: int) -> None:
    changed = SIGNATURE[:at] + chr(letter) + SIGNATURE[at + 1 :]
    if changed != SIGNATURE:
        with pytest.raises(Tampered):
            check_ssh(MESSAGE, changed, PUBLIC, NAMESPACE)
