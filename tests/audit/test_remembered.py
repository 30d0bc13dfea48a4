from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrec.audit.log import Head
from callrec.audit.remembered import (
    VERIFIED_FILE,
    VerifiedState,
    last_verified_whole,
    load_seen_head,
    load_verified,
    save_seen_head,
    save_verified,
    write_json_atomically,
)
from callrec.errors import Failed, Tampered

TEN, ELEVEN = Head(10, b"r" * 32), Head(11, b"s" * 32)

AT = "2026-11-24T09:00:00.000Z"


def test_a_head_is_remembered_as_it_was_seen(tmp_path: Path) -> None:
    save_seen_head(tmp_path / "state", TEN, AT)
    seen = load_seen_head(tmp_path / "state")
    assert seen is not None
    assert (seen.head, seen.seen_at) == (TEN, AT)


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    assert load_seen_head(tmp_path) is None


def test_an_earlier_head_does_not_take_a_later_one_s_place(tmp_path: Path) -> None:
    for head in (TEN, ELEVEN, TEN):
        save_seen_head(tmp_path, head, AT)
    seen = load_seen_head(tmp_path)
    assert seen is not None
    assert seen.head == ELEVEN


def test_another_head_of_the_same_size_does_not_take_its_place(tmp_path: Path) -> None:
    for head in (TEN, Head(10, b"s" * 32)):
        save_seen_head(tmp_path, head, AT)
    seen = load_seen_head(tmp_path)
    assert seen is not None
    assert seen.head == TEN


def test_the_head_of_an_empty_log_can_be_remembered(tmp_path: Path) -> None:
    save_seen_head(tmp_path, Head(0, b"e" * 32), AT)
    seen = load_seen_head(tmp_path)
    assert seen is not None
    assert seen.head.size == 0


DAMAGED = {
    "an object": "{}",
    "a list": "[]",
    "without end": "[" * 100_000,
    "its size in words": json.dumps({"root": "72" * 32, "seen": AT, "size": "ten"}),
    "a root of one byte": json.dumps({"root": "72", "seen": AT, "size": 10}),
    "never seen": json.dumps({"root": "72" * 32, "seen": None, "size": 10}),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_memory_is_told_of(text: str, tmp_path: Path) -> None:
    (tmp_path / "head.json").write_text(text)
    with pytest.raises(Tampered, match="note of the newest entry"):
        load_seen_head(tmp_path)


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_what_was_verified_by_a_damaged_memory_is_read_again(text: str, tmp_path: Path) -> None:
    (tmp_path / VERIFIED_FILE).write_text(text)
    assert load_verified(tmp_path) is None


def test_how_far_the_log_was_verified_is_remembered_as_it_was_seen(tmp_path: Path) -> None:
    for signed in (1, 10):
        seen = VerifiedState(TEN, stated="aa" * 32, signed=signed, signatures="bb" * 32)
        save_verified(tmp_path / "state" / "vault", seen, whole_at=None)
        assert load_verified(tmp_path / "state" / "vault") == seen
    assert (tmp_path / "state" / "vault").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "wrong", [{"signed": 0}, {"signed": 11}, {"size": 0}, {"root": "72" * 31}, {"stated": 1}]
)
def test_what_cannot_have_been_verified_is_read_again(
    wrong: dict[str, object], tmp_path: Path
) -> None:
    seen = VerifiedState(TEN, stated="aa" * 32, signed=1, signatures="bb" * 32)
    save_verified(tmp_path, seen, whole_at=None)
    value = json.loads((tmp_path / VERIFIED_FILE).read_text())
    (tmp_path / VERIFIED_FILE).write_text(json.dumps({**value, **wrong}))
    assert load_verified(tmp_path) is None


def test_when_all_was_verified_is_remembered(tmp_path: Path) -> None:
    assert last_verified_whole(tmp_path) is None
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    seen = VerifiedState(TEN, stated="aa" * 32, signed=1, signatures="bb" * 32)
    save_verified(tmp_path, seen, whole_at=at)
    assert last_verified_whole(tmp_path) == at
    for text in DAMAGED.values():
        (tmp_path / VERIFIED_FILE).write_text(text)
        assert last_verified_whole(tmp_path) is None


def test_of_what_could_not_be_remembered_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "head.json").mkdir()
    (tmp_path / "a file").write_text("")
    for folder in (tmp_path, tmp_path / "a file"):
        with pytest.raises(OSError, match=r"head\.json|File exists"):
            write_json_atomically(folder / "head.json", {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a file", "head.json"]


def test_where_nothing_can_be_remembered_the_act_is_said_to_be_done(tmp_path: Path) -> None:
    (tmp_path / f".head.json.{os.getpid()}").mkdir()
    with pytest.raises(Failed, match="it is done and on record"):
        save_seen_head(tmp_path, TEN, AT)


def test_a_memory_that_cannot_be_read_is_no_first_use(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(Failed, match="cannot be read"):
        load_seen_head(tmp_path / "state")
